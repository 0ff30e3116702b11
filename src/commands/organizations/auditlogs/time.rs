//! The times that `--from` and `--to` take.

use jiff::civil::Date;
use jiff::{Span, ToSpan as _, ZonedDateTime};

/// The digits that are kept of a fraction of a second that is too long: a time of the API has microseconds.
const MOST_DIGITS: usize = 6;

/// The text that is sent to the API for a time on the command line; `None` if it is not a time.
///
/// A time that the Python program accepts is sent as it was typed. Others that RFC 3339 allows are put into that form.
/// A date, `today` and `yesterday` mean the start of that day, and a duration such as `90m` or `7d` means that long
/// before `now`. These are sent with the offset of the time zone of `now`.
pub(super) fn resolve(text: &str, now: &ZonedDateTime) -> Option<String> {
    if is_upstream_time(text) {
        return Some(text.to_owned());
    }
    let start_of = |date: Date| date.to_zoned_datetime(now.time_zone().clone()).ok();
    let time = match text {
        "today" => start_of(now.date())?,
        "yesterday" => start_of(now.date().checked_sub(1.day()).ok()?)?,
        _ => match only_date(text).and_then(start_of).or_else(|| before(now, text)) {
            Some(time) => time,
            None => return shortened(text),
        },
    };
    (time.year() > 0).then(|| time.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// The time that is the duration `text` before `now`, in whole seconds.
fn before(now: &ZonedDateTime, text: &str) -> Option<ZonedDateTime> {
    let duration: Span = text.parse().ok()?;
    let time = now.checked_sub(duration).ok().filter(|_| !duration.is_negative())?;
    time.with().subsec_nanosecond(0).build().ok()
}

/// A time with a long fraction or lower-case letters, in the form that the Python program accepts.
fn shortened(text: &str) -> Option<String> {
    let mut text = text.to_ascii_uppercase();
    if let Some(point) = text.find('.') {
        let digits = text[point + 1..].bytes().take_while(u8::is_ascii_digit).count();
        text.replace_range(point + 1 + digits.min(MOST_DIGITS)..=point + digits, "");
    }
    is_upstream_time(&text).then_some(text)
}

/// Whether the Python program accepts `text`: for example `2024-1-31T9:05`. Optional are seconds, a fraction of up to
/// 12 digits, and an offset. A space may take the place of the `T`.
fn is_upstream_time(text: &str) -> bool {
    let mut rest = text;
    upstream_time(&mut rest).is_some() && rest.is_empty()
}

fn upstream_time(rest: &mut &str) -> Option<()> {
    date(rest)?;
    after(rest, 'T').or_else(|| after(rest, ' '))?;
    let hour = digits(rest, 1, 2)?;
    let minute = after(rest, ':').and_then(|()| digits(rest, 1, 2))?;
    let mut second = 0;
    if after(rest, ':').is_some() {
        second = digits(rest, 1, 2)?;
        if after(rest, '.').is_some() {
            digits(rest, 1, 12)?;
        }
    }
    offset(rest)?;
    (hour < 24 && minute < 60 && second < 60).then_some(())
}

fn only_date(text: &str) -> Option<Date> {
    let mut rest = text;
    date(&mut rest).filter(|_| rest.is_empty())
}

/// A date of the calendar, such as `2024-1-31`. The API can't hold the year 0.
fn date(rest: &mut &str) -> Option<Date> {
    let year = digits(rest, 4, 4).filter(|year| *year > 0)?;
    let month = after(rest, '-').and_then(|()| digits(rest, 1, 2))?;
    let day = after(rest, '-').and_then(|()| digits(rest, 1, 2))?;
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Nothing, `Z`, `±HH`, `±HHMM` or `±HH:MM`.
fn offset(rest: &mut &str) -> Option<()> {
    if after(rest, 'Z').is_some() || rest.is_empty() {
        return Some(());
    }
    after(rest, '+').or_else(|| after(rest, '-'))?;
    let hours = digits(rest, 2, 2)?;
    let minutes = match after(rest, ':') {
        Some(()) => digits(rest, 2, 2)?,
        None if rest.is_empty() => 0,
        None => digits(rest, 2, 2)?,
    };
    (hours < 24 && minutes < 60).then_some(())
}

fn after(rest: &mut &str, expected: char) -> Option<()> {
    *rest = rest.strip_prefix(expected)?;
    Some(())
}

/// At least `least` and at most `most` ASCII digits, as a number.
fn digits(rest: &mut &str, least: usize, most: usize) -> Option<u64> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (number, after) = rest.split_at(count);
    *rest = after;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// 12:30 on the day after the clocks in Vienna were put forward.
    fn now() -> ZonedDateTime {
        let vienna = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a time zone");
        jiff::civil::date(2024, 4, 1).at(12, 30, 0, 250_000_000).to_zoned_datetime(vienna).expect("a time")
    }

    #[test]
    fn a_time_that_the_python_program_accepts_is_sent_as_typed() {
        for text in [
            "2024-01-01T10:00:00Z",
            "2024-01-01 10:00",
            "2024-1-2T3:4",
            "2024-1-2T3:4:5",
            "2024-02-29T23:59:59.123456789012",
            "2024-01-01T10:00:00+02",
            "2024-01-01T10:00:00+0230",
            "2024-01-01T10:00:00-02:30",
            "2024-01-01T10:00Z",
            "2024-01-01T10:00:00+23:59",
        ] {
            assert_eq!(resolve(text, &now()).as_deref(), Some(text), "{text}");
        }
    }

    #[test]
    fn other_forms_are_sent_with_an_offset() {
        for (text, sent) in [
            ("today", "2024-04-01T00:00:00+02:00"),
            ("yesterday", "2024-03-31T00:00:00+01:00"),
            ("2024-01-31", "2024-01-31T00:00:00+01:00"),
            ("2024-7-1", "2024-07-01T00:00:00+02:00"),
            ("90m", "2024-04-01T11:00:00+02:00"),
            ("2h", "2024-04-01T10:30:00+02:00"),
            ("0s", "2024-04-01T12:30:00+02:00"),
            ("1d", "2024-03-31T12:30:00+02:00"),
            ("7d", "2024-03-25T12:30:00+01:00"),
            ("24h", "2024-03-31T12:30:00+02:00"),
            ("1 week", "2024-03-25T12:30:00+01:00"),
            ("1h30m", "2024-04-01T11:00:00+02:00"),
        ] {
            assert_eq!(resolve(text, &now()).as_deref(), Some(sent), "{text}");
        }
    }

    #[test]
    fn a_long_fraction_is_shortened() {
        for (text, sent) in [
            ("2024-01-01t10:00:00z", "2024-01-01T10:00:00Z"),
            ("2024-01-01T10:00:00.1234567890123Z", "2024-01-01T10:00:00.123456Z"),
            ("2024-01-01T10:00:00.99999999999999999999-02:30", "2024-01-01T10:00:00.999999-02:30"),
            ("2024-01-01t10:00:00.5z", "2024-01-01T10:00:00.5Z"),
        ] {
            assert_eq!(resolve(text, &now()).as_deref(), Some(sent), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "not a date",
            "soon",
            "Today",
            "tomorrow",
            "7",
            "d",
            "-7d",
            "7d ago",
            "99999y",
            "2024",
            "2024-01",
            "2024-01-01T10",
            "24-01-01T10:00",
            "24-01-01",
            "2024-02-30",
            "2024-02-30T10:00",
            "2023-02-29T10:00",
            "2024-13-01T10:00",
            "2024-01-01T24:00",
            "2024-01-01T10:60",
            "2024-01-01T10:00:61",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00:00.Z",
            "2024-01-01T10.5",
            ".",
            "2024-01-01T10:00:00.1234567890123.",
            "2024-01-01T10:00:00+2",
            "2024-01-01T10:00:00+02:3",
            "2024-01-01T10:00:00+25:00",
            "2024-01-01T10:00:00+26:00",
            "2024-01-01T10:00:00 Z",
            "2024-01-01T10:00:00Z\n",
            "2024-01-01\n",
            "0000-01-01T10:00",
            "0000-01-01",
            "２０２４-01-01T10:00",
        ] {
            assert_eq!(resolve(text, &now()), None, "{text}");
        }
    }
}
