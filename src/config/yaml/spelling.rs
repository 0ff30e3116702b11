//! The syntax of YAML that the parser does not report: numbers, escapes, comments.

use std::borrow::Cow;

/// Whether text that is a number in YAML 1.2 is also a number in YAML 1.1. In YAML 1.1, a float needs a decimal
/// point, an exponent needs a sign, a float that begins with the point has no sign, and there is no `0o17`.
pub(super) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.starts_with("0x") || unsigned.starts_with("0b") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let is_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "+0"));
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        // An integer.
        None => return !unsigned.is_empty() && is_digits(unsigned),
    };
    exponent.starts_with(['+', '-'])
        && is_digits(whole)
        && is_digits(fraction)
        && (!whole.is_empty() || unsigned.len() == text.len() && !fraction.is_empty())
}

/// Replaces each pair of surrogate escapes with the escape of the character that they stand for. JSON writes a
/// character above U+FFFF as such a pair. YAML does not support it.
pub(super) fn join_surrogates(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut joined, mut copied) = (String::new(), 0);
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let units = unit(at).zip(unit(at + 6)).map(|(high, low)| [high, low]);
        match units.and_then(|units| char::decode_utf16(units).next()?.ok()).filter(|c| c.len_utf16() == 2) {
            Some(c) => {
                joined.push_str(&text[copied..at]);
                joined.push_str(&format!("\\U{:08X}", u32::from(c)));
                at += 12;
                copied = at;
            }
            // A backslash escapes the next character, which may be a backslash.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if copied == 0 {
        return text.into();
    }
    joined.push_str(&text[copied..]);
    joined.into()
}

/// Whether the text has a comment: a `#` at the start of a line or after a space, outside of quotes. A string
/// of several lines may be taken for a comment.
pub(in crate::config) fn has_comment(text: &str) -> bool {
    text.lines().any(|line| {
        line.match_indices('#').any(|(at, _)| {
            let before = &line[..at];
            let is_outside = |quote: char| before.matches(quote).count() % 2 == 0;
            (before.is_empty() || before.ends_with([' ', '\t'])) && is_outside('\'') && is_outside('"')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_escapes_are_replaced() {
        for (text, joined) in [
            (r"x\ud83d\ude80y\uD83D\uDE80z", r"x\U0001F680y\U0001F680z"),
            (r"\\ud83d\ude80", r"\\ud83d\ude80"),
            (r"\\\ud83d\ude80", r"\\\U0001F680"),
            (r"\ud83d\u0041", r"\ud83d\u0041"),
            (r"\u0041\u0042", r"\u0041\u0042"),
            ("\\é\\", "\\é\\"),
        ] {
            assert_eq!(join_surrogates(text), joined, "{text}");
        }
    }

    #[test]
    fn comments_are_found() {
        for (text, found) in [
            ("a: b\n", false),
            ("a: b#c\n", false),
            ("# c\na: b\n", true),
            ("a:\n  # c\n  b: c\n", true),
            ("a: b # c\n", true),
            ("a: b\t# c\n", true),
            ("a: 'b # c'\n", false),
            ("a: \"b # c\"\n", false),
            ("a: 'b # c' # d\n", true),
        ] {
            assert_eq!(has_comment(text), found, "{text}");
        }
    }
}
