//! What a table takes for a number: by that a column is aligned.

/// How many characters of a number stand from its decimal point on, or from its exponent's `e` if it has no point; 0 for
/// an integer. `None` if the text is no number.
///
/// A number is what Python reads as an integer or a decimal, as the Python program aligns its tables by that: with spaces
/// around, underscores between digits, thousands separators, `inf` and `nan`.
pub(super) fn fraction_width(text: &str) -> Option<usize> {
    let bare = text.trim_matches([' ', '\t']);
    let unsigned = bare.strip_prefix(['+', '-']).unwrap_or(bare);
    if is_digits(unsigned) {
        return Some(0);
    }
    let from = |mark: Option<usize>| Some(mark.map_or(0, |mark| text.len() - mark));
    if bare.len() == text.len() && has_thousands(unsigned) {
        return from(text.rfind('.'));
    }
    if is_float(unsigned) {
        return from(text.rfind('.').or_else(|| text.rfind(['e', 'E'])));
    }
    // Signed: `inf` and `-inf`, but not `+inf`; no sign goes with `nan`.
    matches!(text.to_ascii_lowercase().as_str(), "inf" | "-inf" | "nan").then_some(0)
}

/// Digits, single underscores between them.
fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.split('_').all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit()))
}

/// A decimal that is finite: `1.`, `.5`, `1e5`, `1.5E-3`.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let is_part = |part: &str| part.is_empty() || is_digits(part);
    let is_mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => is_part(whole) && is_part(fraction) && mantissa != ".",
        None => is_digits(mantissa),
    };
    is_mantissa && exponent.is_none_or(is_digits) && text.replace('_', "").parse::<f64>().is_ok_and(f64::is_finite)
}

/// `1,000` and `1,000.25`: groups of three, the first of one to three.
fn has_thousands(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && is_number(first)
        && groups.all(|group| group.len() == 3 && is_number(group))
        && is_number(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_text() {
        let cases = [
            ("0", 0),
            ("007", 0),
            ("+5", 0),
            ("-12", 0),
            (" 7 ", 0),
            ("1_000", 0),
            ("1,000", 0),
            ("1,000.25", 3),
            ("+1,000.", 1),
            ("-3.50", 3),
            (".5", 2),
            ("5.", 1),
            ("1e5", 2),
            ("1E-05", 4),
            ("1.5e300", 6),
            ("3.14159265358979", 15),
            ("1e+22", 4),
            ("inf", 0),
            ("-inf", 0),
            ("NaN", 0),
            ("123456789012345678901234567890", 0),
        ];
        for (text, width) in cases {
            assert_eq!(fraction_width(text), Some(width), "{text}");
        }
    }

    #[test]
    fn text_is_no_number() {
        let cases = [
            "", " ", "x", "0x10", "1.2.3", "TRUE", "True", "1,00", "1000,000", "1,", "1e", "e5", ".", "+", "1__0",
            "_1", "1_", "1e999", "infinity", "+inf", "--1", "1 000", "$5", "5%", "1,000e5", "a1",
        ];
        for text in cases {
            assert_eq!(fraction_width(text), None, "{text}");
        }
    }
}
