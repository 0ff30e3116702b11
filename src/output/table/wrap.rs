//! The width of text on a terminal, and line breaks.

use memchr::memchr;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The width of a line of text on a terminal, in columns.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// The width of the widest piece of `text` that is not broken.
pub(super) fn longest_piece(text: &str) -> usize {
    text.split('\n').flat_map(pieces).map(|piece| width(piece.trim_end_matches(' '))).max().unwrap_or(0)
}

/// The lines of a text. Those that are wider than `limit` are broken where they may break. A piece that is wider stays
/// whole.
pub(super) fn wrap(text: &str, limit: usize) -> Wrapped<'_> {
    Wrapped { rest: Some(text), limit, end: None }
}

/// Breaks text into lines.
pub(super) struct Wrapped<'t> {
    rest: Option<&'t str>,
    limit: usize,
    /// Where the current line of the text ends in `rest`, if that is known.
    end: Option<usize>,
}

impl Wrapped<'_> {
    /// Whether all lines were taken.
    pub(super) fn is_complete(&self) -> bool {
        self.rest.is_none()
    }
}

impl<'t> Iterator for Wrapped<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest?;
        let end = self.end.unwrap_or_else(|| memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len()));
        let line = &rest[..end];
        if let Some(at) = break_in(line, self.limit) {
            (self.rest, self.end) = (Some(&rest[at..]), Some(end - at));
            let line = &line[..at];
            // The break replaces one space.
            return Some(without_spaces_beyond(self.limit, line.strip_suffix(' ').unwrap_or(line)));
        }
        (self.rest, self.end) = (rest.get(end + 1..), None);
        Some(without_spaces_beyond(self.limit, line))
    }
}

/// Where a line that is wider than `limit` breaks first. `None`, if it does not break.
fn break_in(line: &str, limit: usize) -> Option<usize> {
    if line.len() <= limit {
        return None;
    }
    let (mut at, mut used) = (0, 0);
    for piece in pieces(line) {
        if used > 0 && used + width(piece.trim_end_matches(' ')) > limit {
            return Some(at);
        }
        at += piece.len();
        used += width(piece);
    }
    None
}

/// Removes spaces at the end of a line that is wider than `limit`, but not more than necessary.
fn without_spaces_beyond(limit: usize, line: &str) -> &str {
    if line.len() <= limit {
        return line;
    }
    let spaces = line.len() - line.trim_end_matches(' ').len();
    let dropped = spaces.min(width(line).saturating_sub(limit));
    &line[..line.len() - dropped]
}

/// The pieces of a line that are not broken: words, each with the spaces behind it, so that an ID, a URL or a secret
/// can be copied; and wide characters, as Chinese and Japanese have no spaces.
fn pieces(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let mut graphemes = rest.grapheme_indices(true).peekable();
        while let Some((_, grapheme)) = graphemes.next() {
            let Some((at, next)) = graphemes.peek() else { break };
            if *next != " " && (grapheme == " " || width(grapheme) > 1 || width(next) > 1) {
                let (piece, behind) = rest.split_at(*at);
                rest = behind;
                return Some(piece);
            }
        }
        Some(std::mem::take(&mut rest)).filter(|piece| !piece.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_at_wide_characters() {
        for (text, wrapped) in [
            ("12345678", "12345678"),
            ("123456789", "123456789"),
            ("12345678 9", "12345678\n9"),
            ("123 5678 0", "123 5678\n0"),
            ("1234 67890", "1234\n67890"),
            ("1234  7890", "1234 \n7890"),
            ("a\n12345 789", "a\n12345\n789"),
            ("12345678   9", "12345678\n9"),
            ("1234567   89", "1234567 \n89"),
            ("12345678  ", "12345678"),
            ("1 12345678  ", "1\n12345678"),
            ("123456789  1  ", "123456789\n1  "),
            ("f6c39580-5719-431d name", "f6c39580-5719-431d\nname"),
            ("漢漢漢漢漢", "漢漢漢漢\n漢"),
            ("ab漢漢漢漢c", "ab漢漢漢\n漢c"),
            (
                "👩\u{200d}👧👩\u{200d}👧👩\u{200d}👧👩\u{200d}👧👍🏽",
                "👩\u{200d}👧👩\u{200d}👧👩\u{200d}👧👩\u{200d}👧\n👍🏽",
            ),
        ] {
            assert_eq!(wrap(text, 8).collect::<Vec<_>>().join("\n"), wrapped);
        }
    }

    #[test]
    fn words_are_pieces() {
        for (text, longest) in [("", 0), ("a bcd  e", 3), ("ab\nabcd", 4), ("漢字", 2), (" ", 0)] {
            assert_eq!(longest_piece(text), longest, "{text}");
        }
    }
}
