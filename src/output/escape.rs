//! Escapes characters that must not reach a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether `c` must not reach a terminal as it is: a control character, a line separator, a character that changes the
/// direction of the text around it, or one that cannot be seen.
///
/// Two invisible characters are allowed because emoji need them: U+200D, the zero width joiner, and U+FE0F, the
/// variation selector for coloured emoji.
pub(super) fn is_control(c: char) -> bool {
    c < ' ' || c >= '\x7f' && (is_formatting(c) || is_invisible(c))
}

/// DEL, C1, line separators, and controls of the direction of text.
fn is_formatting(c: char) -> bool {
    matches!(c,
        '\x7f'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// The characters that Unicode calls default ignorable, and annotation marks, without the two that are allowed.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200c}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// `text` on one line. Control characters and invisible ones are escaped: `\n`, `\x1b`, `\u200b`, `\U000e0041`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    push_printable(text, &mut shown);
    shown.into()
}

/// Appends `text` as [`printable`] shows it.
fn push_printable(text: &str, shown: &mut String) {
    for c in text.chars() {
        // Writing to a string does not fail.
        let _ = match c {
            '\n' => shown.write_str("\\n"),
            '\r' => shown.write_str("\\r"),
            '\t' => shown.write_str("\\t"),
            c if !is_control(c) => shown.write_char(c),
            c if u32::from(c) < 0x100 => write!(shown, "\\x{:02x}", u32::from(c)),
            c if c <= '\u{ffff}' => write!(shown, "\\u{:04x}", u32::from(c)),
            c => write!(shown, "\\U{:08x}", u32::from(c)),
        };
    }
}

/// Appends `text` as [`printable`] shows it, but keeps line breaks (`\n` or `\r\n`).
pub(super) fn push_printable_lines(text: &str, shown: &mut String) {
    // Visible ASCII is the common case, and is checked faster by bytes than by characters.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || !text.contains(is_control) {
        shown.push_str(text);
        return;
    }
    for line in text.split_inclusive('\n') {
        match line.strip_suffix('\n') {
            Some(line) => {
                push_printable(line.strip_suffix('\r').unwrap_or(line), shown);
                shown.push('\n');
            }
            None => push_printable(line, shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_invisible_characters_are_escaped() {
        let cases = [
            ("plain é 漢 🚀", "plain é 漢 🚀"),
            ("a\tb\rc\nd", "a\\tb\\rc\\nd"),
            ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            ("\u{9b}31m\x7f", "\\x9b31m\\x7f"),
            ("abc\u{202e}fed\u{2066}", "abc\\u202efed\\u2066"),
            ("a\u{200b}b\u{200c}\u{ad}\u{feff}", "a\\u200bb\\u200c\\xad\\ufeff"),
            ("tag \u{e0041}\u{e007f}", "tag \\U000e0041\\U000e007f"),
            ("👩\u{200d}👧 ❤\u{fe0f}", "👩\u{200d}👧 ❤\u{fe0f}"),
            ("❤\u{fe0e} \u{e0101}", "❤\\ufe0e \\U000e0101"),
        ];
        for (text, shown) in cases {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn line_breaks_can_stay() {
        for (text, shown) in [("a b", "a b"), ("a\nb\r\nc", "a\nb\nc"), ("a\rb\tc\n\x1b", "a\\rb\\tc\n\\x1b")] {
            let mut lines = String::new();
            push_printable_lines(text, &mut lines);
            assert_eq!(lines, shown);
        }
    }
}
