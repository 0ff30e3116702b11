//! What a table takes for a number: by that a column is aligned.

/// How many characters stand after the decimal point of a number (after the exponent's `e` where
/// there is no point), -1 for an integer. `None`: the text is no number.
///
/// An integer's or a decimal's text as Python reads them, since upstream's tables are aligned by
/// that: spaces around, underscores between digits, thousands separators, `inf` and `nan`.
pub(super) fn after_point(text: &str) -> Option<isize> {
    let bare = text.trim_matches([' ', '\t']);
    let unsigned = bare.strip_prefix(['+', '-']).unwrap_or(bare);
    if is_digits(unsigned) {
        return Some(-1);
    }
    let after = |mark: usize| Some((text.len() - mark - 1) as isize);
    if bare.len() == text.len() && has_thousands(unsigned) {
        return text.rfind('.').map_or(Some(-1), after);
    }
    if is_float(unsigned) {
        return text.rfind('.').or_else(|| text.rfind(['e', 'E'])).map_or(Some(-1), after);
    }
    // Signed: `inf` and `-inf`, but not `+inf`; no sign goes with `nan`.
    matches!(text.to_ascii_lowercase().as_str(), "inf" | "-inf" | "nan").then_some(-1)
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
            ("0", -1),
            ("007", -1),
            ("+5", -1),
            ("-12", -1),
            (" 7 ", -1),
            ("1_000", -1),
            ("1,000", -1),
            ("1,000.25", 2),
            ("+1,000.", 0),
            ("-3.50", 2),
            (".5", 1),
            ("5.", 0),
            ("1e5", 1),
            ("1E-05", 3),
            ("1.5e300", 5),
            ("3.14159265358979", 14),
            ("1e+22", 3),
            ("inf", -1),
            ("-inf", -1),
            ("NaN", -1),
            ("123456789012345678901234567890", -1),
        ];
        for (text, after) in cases {
            assert_eq!(after_point(text), Some(after), "{text}");
        }
    }

    #[test]
    fn text_is_no_number() {
        let cases = [
            "", " ", "x", "0x10", "1.2.3", "TRUE", "True", "1,00", "1000,000", "1,", "1e", "e5", ".", "+", "1__0",
            "_1", "1_", "1e999", "infinity", "+inf", "--1", "1 000", "$5", "5%", "1,000e5", "a1",
        ];
        for text in cases {
            assert_eq!(after_point(text), None, "{text}");
        }
    }
}
