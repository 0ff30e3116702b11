//! Which characters are never shown as they are, and how they are shown instead.

use std::borrow::Cow;

/// Whether `c` controls the terminal or the direction of the text around it: C0, DEL, C1, line separators, bidirectional
/// controls.
pub(super) fn is_control(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// `text` on one line, its control characters escaped: `\n`, `\x1b`, `\u202e`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if !is_control(c) => shown.push(c),
            c if u32::from(c) < 0x100 => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    shown.into()
}

/// Like [`printable`], but a line break (`\n` or `\r\n`) stays one.
pub(super) fn printable_lines(text: Cow<'_, str>) -> Cow<'_, str> {
    // Visible ASCII is the common case, and bytes are faster to look at than characters.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || !text.contains(is_control) {
        return text;
    }
    text.replace("\r\n", "\n").split('\n').map(printable).collect::<Vec<_>>().join("\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        let cases = [
            ("plain é 漢 🚀", "plain é 漢 🚀"),
            ("a\tb\rc\nd", "a\\tb\\rc\\nd"),
            ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            ("\u{9b}31m\x7f", "\\x9b31m\\x7f"),
            ("abc\u{202e}fed\u{2066}", "abc\\u202efed\\u2066"),
        ];
        for (text, shown) in cases {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn line_breaks_can_stay() {
        for (text, shown) in [("a b", "a b"), ("a\nb\r\nc", "a\nb\nc"), ("a\rb\tc\n\x1b", "a\\rb\\tc\n\\x1b")] {
            assert_eq!(printable_lines(text.into()), shown);
        }
    }
}
