//! Which texts look like numbers to a table: columns of them are aligned to the right.

/// The number of characters from the decimal point on, or from the `e` of the exponent if there is no point; 0 for an
/// integer. `None` if the text does not look like a number.
///
/// Numbers are integers and decimals in ASCII digits: `007`, `+5`, `1,000.25`, `-.5`, `1e5`.
pub(super) fn fraction_width(text: &str) -> Option<usize> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if is_digits(unsigned) {
        return Some(0);
    }
    if !has_thousands(unsigned) && !is_decimal(unsigned) {
        return None;
    }
    let point = text.rfind('.').or_else(|| text.rfind(['e', 'E']));
    Some(point.map_or(0, |point| text.len() - point))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A finite decimal: `1.`, `.5`, `1e5`, `1.5E-3`.
fn is_decimal(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    !text.starts_with(['+', '-']) && text.chars().all(is_part) && text.parse::<f64>().is_ok_and(f64::is_finite)
}

/// `1,000` and `1,000.25`: groups of three, the first of one to three.
fn has_thousands(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && is_digits(first)
        && groups.all(|group| group.len() == 3 && is_digits(group))
        && (fraction.is_empty() || is_digits(fraction))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_recognized() {
        let cases = [
            ("0", 0),
            ("007", 0),
            ("+5", 0),
            ("-12", 0),
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
            ("123456789012345678901234567890", 0),
        ];
        for (text, width) in cases {
            assert_eq!(fraction_width(text), Some(width), "{text}");
        }
    }

    #[test]
    fn text_is_not_a_number() {
        let cases = [
            "", " ", "x", "0x10", "1.2.3", "TRUE", "True", "1,00", "1000,000", "1,", "1e", "e5", ".", "+", "1__0",
            "_1", "1_", "1e999", "infinity", "+inf", "--1", "1 000", "$5", "5%", "1,000e5", "a1", "inf", "-inf", "NaN",
            " 7 ", "1_000", "٣", "1\n2", "++1", "1e5e5", "1.e", "+-1",
        ];
        for text in cases {
            assert_eq!(fraction_width(text), None, "{text}");
        }
    }
}
