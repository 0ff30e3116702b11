//! Times as the API takes them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Parses a date, optionally with a time, optionally with an offset. Without an offset it is UTC. Numbers other
/// than the year may have one digit: `2024-6-1T1:2:3`.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut date = date.splitn(3, '-');
    let year = date.next().filter(|year| year.len() == 4)?;
    let (year, month, day) = (number(year)?, number(date.next()?)?, number(date.next()?)?);
    let (clock, offset) = match time {
        None => ("0:0", ""),
        Some(time) => time.split_at(time.find(['Z', 'z', '+', '-']).unwrap_or(time.len())),
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (number(clock.next()?)?, number(clock.next()?)?);
    let second = clock.next().map_or(Some(0), number)?;
    let narrow = |number: i16| i8::try_from(number).ok();
    let civil = DateTime::new(
        year,
        narrow(month)?,
        narrow(day)?,
        narrow(hour)?,
        narrow(minute)?,
        narrow(second)?,
        nanoseconds(fraction)?,
    );
    Offset::from_seconds(offset_seconds(offset)?).ok()?.to_timestamp(civil.ok()?).ok()
}

/// A number of one to four digits.
fn number(text: &str) -> Option<i16> {
    ((1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// A fraction of a second of up to twelve digits, of which nine count.
fn nanoseconds(fraction: &str) -> Option<i32> {
    let is_valid = (1..=12).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    is_valid.then(|| format!("{fraction:0<9}")[..9].parse().ok()).flatten()
}

/// The seconds of nothing, `Z`, `±HH`, `±HHMM` or `±HH:MM`.
fn offset_seconds(text: &str) -> Option<i32> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.get(1..)?.replacen(':', "", 1);
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |text: &str| text.parse::<i32>().ok();
    let (hours, minutes) =
        (number(&digits[..2])?, digits.get(2..).filter(|text| !text.is_empty()).map_or(Some(0), number)?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_as_the_api_does() {
        for (text, expected) in [
            ("2024-06-01", Some("2024-06-01T00:00:00Z")),
            ("2024-6-1T1:2:3", Some("2024-06-01T01:02:03Z")),
            ("2024-06-01 10:20", Some("2024-06-01T10:20:00Z")),
            ("2024-06-01T10:20:30.5Z", Some("2024-06-01T10:20:30.5Z")),
            ("2024-06-01T10:20:30.123456789012", Some("2024-06-01T10:20:30.123456789Z")),
            ("2024-06-01T10:20+02", Some("2024-06-01T08:20:00Z")),
            ("2024-06-01T10:20-0130", Some("2024-06-01T11:50:00Z")),
            ("2024-06-01T10:20:00+02:00", Some("2024-06-01T08:20:00Z")),
            ("2024-02-30", None),
            ("2024-06-01T24:00", None),
            ("2024-06-01T10", None),
            ("24-06-01", None),
            ("2024-06", None),
            ("2024-06-01T10:20:30.", None),
            ("2024-06-01T10:20+2", None),
            ("2024-06-01T10:20+24:00", None),
            ("2024-06-01T10:20Zx", None),
            ("2024-06-0é", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text).map(|time| time.to_string()), expected.map(str::to_owned), "{text}");
        }
    }
}
