//! Amounts of money and sizes of files on the command line and in tables.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use serde_json::Value;

/// An amount of US dollars in the API's unit: whole cents, at most `i64::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Cents(i64);

impl FromStr for Cents {
    type Err = String;

    /// Reads dollars: `300`, `.5`, `1e3`, `100.00`.
    fn from_str(text: &str) -> Result<Self, String> {
        let invalid = || "expected a dollar amount such as 19.99".to_owned();
        let cents = decimal(text.trim()).and_then(|dollars| dollars.checked_mul(Decimal::ONE_HUNDRED));
        let cents = cents.ok_or_else(invalid)?;
        if cents < Decimal::ZERO {
            return Err("a dollar amount must not be negative".to_owned());
        }
        if !cents.is_integer() {
            return Err("a dollar amount has at most two decimals".to_owned());
        }
        let too_large = || format!("a dollar amount is at most {}", Decimal::new(i64::MAX, 2));
        cents.to_i64().map(Self).ok_or_else(too_large)
    }
}

impl Cents {
    /// An amount of cents in a reply: a whole number.
    pub(crate) fn from_json(cents: &Value) -> Option<Self> {
        cents.as_i64().map(Self)
    }

    /// The sum, if it is not too large.
    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

/// Dollars with two decimals: `$300.00`.
impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", Decimal::new(self.0, 2))
    }
}

/// A number of cents as a table shows it: `$300.0`, `$123.45`; `0` for zero. `None` for a value that is no number.
pub(crate) fn dollars(cents: &Value) -> Option<String> {
    let Value::Number(cents) = cents else { return None };
    let cents = decimal(&cents.to_string())?;
    if cents.is_zero() {
        return Some("0".to_owned());
    }
    let dollars = cents.checked_div(Decimal::ONE_HUNDRED)?.normalize();
    Some(if dollars.is_integer() { format!("${dollars}.0") } else { format!("${dollars}") })
}

/// A number of bytes as a table shows it: `107.57 MiB`. `None` for zero and for a value that is no number.
pub(crate) fn file_size(bytes: &Value) -> Option<String> {
    let bytes = bytes.as_f64().filter(|bytes| bytes.is_finite() && *bytes != 0.0)?;
    let (mut value, mut unit) = (bytes, "Byte");
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        if value.abs() < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, larger);
    }
    Some(format!("{value:.2} {unit}"))
}

/// A decimal number of at most 28 digits, with or without an exponent.
fn decimal(text: &str) -> Option<Decimal> {
    // rust_decimal would ignore underscores.
    if text.contains('_') {
        return None;
    }
    match text.contains(['e', 'E']) {
        true => Decimal::from_scientific(text).ok(),
        false => Decimal::from_str_exact(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_become_cents_exactly() {
        let cases = [
            ("300", 30000),
            ("19.99", 1999),
            ("0.29", 29),
            (".5", 50),
            ("5.", 500),
            ("1e3", 100_000),
            ("1.5e1", 1500),
            ("1.50e1", 1500),
            ("1e-2", 1),
            ("100.00", 10000),
            ("0", 0),
            ("-0", 0),
            ("+7", 700),
            ("100.000", 10000),
            ("1.234e2", 12340),
            (" 5 ", 500),
            ("92233720368547758.07", i64::MAX),
        ];
        for (text, cents) in cases {
            assert_eq!(text.parse(), Ok(Cents(cents)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_not_amounts() {
        const INVALID: &str = "expected a dollar amount such as 19.99";
        const TOO_LARGE: &str = "a dollar amount is at most 92233720368547758.07";
        const NEGATIVE: &str = "a dollar amount must not be negative";
        const FRACTION: &str = "a dollar amount has at most two decimals";
        for (text, why) in [
            ("", INVALID),
            ("abc", INVALID),
            ("NaN", INVALID),
            ("inf", INVALID),
            ("1,000", INVALID),
            ("$5", INVALID),
            (".", INVALID),
            ("-1", NEGATIVE),
            ("1.999", FRACTION),
            ("0.001", FRACTION),
            ("1e-3", FRACTION),
            ("1e40", INVALID),
            ("1_000", INVALID),
            ("1e", INVALID),
            ("+-5", INVALID),
            ("92233720368547758.08", TOO_LARGE),
        ] {
            assert_eq!(text.parse::<Cents>(), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn cents_are_shown_as_dollars() {
        for (cents, shown) in [
            ("30000", Some("$300.0")),
            ("12345", Some("$123.45")),
            ("12340", Some("$123.4")),
            ("5", Some("$0.05")),
            ("-5", Some("$-0.05")),
            ("0", Some("0")),
            ("0.0", Some("0")),
            ("null", None),
            ("100", Some("$1.0")),
            ("12345.0", Some("$123.45")),
            ("1e4", Some("$100.0")),
            ("12.5", Some("$0.125")),
            ("1e400", None),
            ("123456789012345678901", Some("$1234567890123456789.01")),
            ("\"x\"", None),
            ("true", None),
        ] {
            let value: Value = serde_json::from_str(cents).expect(cents);
            assert_eq!(dollars(&value).as_deref(), shown, "{cents}");
        }
    }

    #[test]
    fn sizes_have_binary_units() {
        for (bytes, shown) in [
            ("1", Some("1.00 Byte")),
            ("1023", Some("1023.00 Byte")),
            ("1024", Some("1.00 KiB")),
            ("112795648", Some("107.57 MiB")),
            ("5368709120", Some("5.00 GiB")),
            ("1099511627776", Some("1.00 TiB")),
            ("0", None),
            ("null", None),
            ("\"x\"", None),
        ] {
            let value: Value = serde_json::from_str(bytes).expect(bytes);
            assert_eq!(file_size(&value).as_deref(), shown, "{bytes}");
        }
    }
}
