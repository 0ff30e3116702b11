//! Units that people read: exact dollars and cents, sizes of files.

use std::str::FromStr;

use serde::Serialize;
use serde_json::Value;

/// An amount of US dollars, as the API counts it: in whole cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Cents(u64);

impl FromStr for Cents {
    type Err = String;

    /// Read dollars: `300`, `.5`, `1e3`, `100.00`.
    fn from_str(text: &str) -> Result<Self, String> {
        let decimal = Decimal::parse(text.trim()).ok_or("it is no amount of dollars")?;
        if decimal.negative && !decimal.is_zero() {
            return Err("it must not be negative".to_owned());
        }
        if decimal.exponent < -2 {
            return Err("dollars have at most two decimals".to_owned());
        }
        let cents = decimal.scaled(2).ok_or("it is too large")?;
        Ok(Self(cents))
    }
}

/// What a table shows for an amount of cents: `$300.0`, `$123.45`; `0` for nothing.
///
/// A value that is no number is shown as it came.
pub(crate) fn dollars(cents: Option<&Value>) -> String {
    let number = match cents {
        None | Some(Value::Null) => return "0".to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => return text.clone(),
        Some(other) => return other.to_string(),
    };
    let Some(mut decimal) = Decimal::parse(&number) else { return number };
    if decimal.is_zero() {
        return "0".to_owned();
    }
    decimal.exponent -= 2;
    decimal.plain().map_or(number, |plain| format!("${plain}"))
}

/// What a table shows for a number of bytes: `107.57 MiB`. `None` for zero and for what is no number.
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

/// A decimal number as it is written: `digits * 10 ^ exponent`.
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// Beyond that many places no amount is written out.
    const MOST_PLACES: i32 = 30;

    fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        let negative = text.starts_with('-');
        let mut decimal = Self { negative, digits: digits.trim_start_matches('0').to_owned(), exponent };
        // `1.50e1` is 15: what is written behind the last digit that counts is no decimal.
        while unsigned.contains(['e', 'E']) && decimal.exponent < 0 && decimal.digits.ends_with('0') {
            decimal.digits.pop();
            decimal.exponent += 1;
        }
        Some(decimal)
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The number times `10 ^ places`, if that is a whole one that fits.
    fn scaled(&self, places: i32) -> Option<u64> {
        if self.is_zero() {
            return Some(0);
        }
        let power = u32::try_from(self.exponent.checked_add(places)?).ok()?;
        // The API counts in signed integers.
        let scaled = self.digits.parse::<u64>().ok()?.checked_mul(10u64.checked_pow(power)?)?;
        (scaled <= i64::MAX as u64).then_some(scaled)
    }

    /// Written out with one decimal at least, and none that says nothing.
    fn plain(&self) -> Option<String> {
        if self.exponent.abs() > Self::MOST_PLACES || self.digits.len() > Self::MOST_PLACES as usize {
            return None;
        }
        let places = usize::try_from(-self.exponent).unwrap_or(0);
        let zeros = usize::try_from(self.exponent).unwrap_or(0);
        let digits = format!("{:0>width$}{:0<zeros$}", self.digits, "", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let fraction = fraction.trim_end_matches('0');
        let sign = if self.negative { "-" } else { "" };
        Some(format!("{sign}{whole}.{}", if fraction.is_empty() { "0" } else { fraction }))
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
            ("92233720368547758.07", i64::MAX as u64),
        ];
        for (text, cents) in cases {
            assert_eq!(text.parse(), Ok(Cents(cents)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for (text, why) in [
            ("", "it is no amount of dollars"),
            ("abc", "it is no amount of dollars"),
            ("NaN", "it is no amount of dollars"),
            ("inf", "it is no amount of dollars"),
            ("1,000", "it is no amount of dollars"),
            ("$5", "it is no amount of dollars"),
            (".", "it is no amount of dollars"),
            ("-1", "it must not be negative"),
            ("1.999", "dollars have at most two decimals"),
            ("0.001", "dollars have at most two decimals"),
            ("1e-3", "dollars have at most two decimals"),
            ("1e40", "it is too large"),
            ("92233720368547758.08", "it is too large"),
        ] {
            assert_eq!(text.parse::<Cents>(), Err(why.to_owned()), "{text}");
        }
    }

    #[test]
    fn cents_are_shown_as_dollars() {
        for (cents, shown) in [
            ("30000", "$300.0"),
            ("12345", "$123.45"),
            ("12340", "$123.4"),
            ("5", "$0.05"),
            ("-5", "$-0.05"),
            ("0", "0"),
            ("0.0", "0"),
            ("null", "0"),
            ("100", "$1.0"),
            ("12345.0", "$123.45"),
            ("1e4", "$100.0"),
            ("1e400", "1e+400"),
            ("123456789012345678901", "$1234567890123456789.01"),
            ("\"x\"", "x"),
            ("true", "true"),
        ] {
            let value: Value = serde_json::from_str(cents).expect(cents);
            assert_eq!(dollars(Some(&value)), shown, "{cents}");
        }
        assert_eq!(dollars(None), "0");
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
