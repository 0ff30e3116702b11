//! How much room text takes on a terminal, and where it is broken.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// The columns of a terminal that a line of text takes.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Break the lines that are wider than `limit`, after a space where there is one.
pub(super) fn wrap(text: Cow<'_, str>, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit {
        return text;
    }
    text.split('\n').map(|line| wrap_line(line, limit)).collect::<Vec<_>>().join("\n").into()
}

fn wrap_line(line: &str, limit: usize) -> String {
    if width(line) <= limit {
        return line.to_owned();
    }
    let mut wrapped = String::with_capacity(line.len() + line.len() / limit + 1);
    let mut rest = line;
    loop {
        let (piece, behind) = rest.split_at(fitting(rest, limit));
        wrapped.push_str(piece);
        if behind.is_empty() {
            return wrapped;
        }
        wrapped.push('\n');
        // The break stands for it.
        rest = behind.strip_prefix(' ').unwrap_or(behind);
    }
}

/// How many bytes of a text stand on a line of so many columns, two at least.
fn fitting(text: &str, limit: usize) -> usize {
    let mut used = 0;
    let beyond = text.char_indices().find(|(_, c)| {
        used += width(c.encode_utf8(&mut [0; 4]));
        used > limit
    });
    let mut end = beyond.map_or(text.len(), |(at, _)| at);
    // In some scripts a text is wider than its characters, as it is narrower in others.
    while width(&text[..end]) > limit {
        let half = text[..end].chars().count() / 2;
        end = text.char_indices().nth(half).map_or(end, |(at, _)| at);
    }
    if text[end..].is_empty() || text[end..].starts_with(' ') {
        return end;
    }
    let space = text[..end].rfind(' ').filter(|at| !text[..*at].trim_start().is_empty());
    space.map_or(end, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_after_a_word_where_there_is_one() {
        for (text, wrapped) in [
            ("12345678", "12345678"),
            ("123456789", "12345678\n9"),
            ("12345678 9", "12345678\n9"),
            ("123 5678 0", "123 5678\n0"),
            ("1234 67890", "1234 \n67890"),
            ("  34567890", "  345678\n90"),
            ("a\n123456789", "a\n12345678\n9"),
            ("漢漢漢漢漢", "漢漢漢漢\n漢"),
            // Each of these takes one column, and two with the selector that makes it an emoji.
            ("©\u{fe0f}©\u{fe0f}©\u{fe0f}©\u{fe0f}©\u{fe0f}", "©\u{fe0f}©\u{fe0f}©\n\u{fe0f}©\u{fe0f}©\u{fe0f}"),
        ] {
            assert_eq!(wrap(text.into(), 8), wrapped);
        }
    }
}
