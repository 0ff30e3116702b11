//! The clock of the sandbox, which can be moved.

use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde_json::{Value, json};

use super::Refused;
use crate::sandbox::storage::Store;
use crate::sandbox::time;

/// The years that the clock can show: the first one, and the first one that is too late.
const YEARS: std::ops::Range<&str> = "2000".."2100";

/// A change of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockChange {
    /// Set it to this time. It then continues from there.
    Set(Timestamp),
    /// Move it by this duration.
    Advance(SignedDuration),
    /// Let it be ahead of the real clock by this duration.
    Offset(SignedDuration),
}

impl ClockChange {
    /// A time such as `2030-01-31T12:00`, in UTC unless it has an offset.
    ///
    /// # Errors
    /// The reason why the clock cannot show it.
    pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
        let time = time::parse(text).filter(|time| can_show(*time));
        time.ok_or_else(|| "expected a time from 2000 to 2099, such as 2030-01-31T12:00".to_owned())
    }

    /// A duration such as `90m`, `12h` or `30d`. A day has 24 hours.
    ///
    /// # Errors
    /// The reason why it is not one.
    pub(crate) fn parse_duration(text: &str) -> Result<SignedDuration, String> {
        let span = Span::from_str(text).ok();
        let duration = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        duration.ok_or_else(|| "expected a duration such as 90m, 12h or 30d".to_owned())
    }
}

/// Whether the clock can show a time.
fn can_show(time: Timestamp) -> bool {
    YEARS.contains(&time.to_string().as_str())
}

/// Reads the clock: `{time, offset_seconds}`.
///
/// # Errors
/// The state cannot be read.
pub(super) fn read(store: &Store) -> std::io::Result<Value> {
    store.access(|state| (shown(state.time_at(Timestamp::now()), state.clock_offset), false))
}

/// Moves the clock and returns what it shows.
///
/// # Errors
/// The clock cannot show that time, or the state cannot be saved.
pub(super) fn change(store: &Store, change: ClockChange) -> Result<Value, Refused> {
    store.access(|state| {
        let real = Timestamp::now();
        let time = match change {
            ClockChange::Set(time) => Some(time),
            ClockChange::Advance(duration) => state.time_at(real).checked_add(duration).ok(),
            ClockChange::Offset(offset) => real.checked_add(offset).ok(),
        };
        let Some(time) = time.filter(|time| can_show(*time)) else {
            return (Err(Refused::new(400, "The sandbox's clock shows times from 2000 to 2099 only.")), false);
        };
        state.clock_offset = match change {
            // Exact: the difference of two times would have lost what the parts of this function took.
            ClockChange::Offset(offset) => offset,
            ClockChange::Advance(duration) => state.clock_offset + duration,
            ClockChange::Set(_) => time.duration_since(real),
        };
        (Ok(shown(time, state.clock_offset)), true)
    })?
}

fn shown(time: Timestamp, offset: SignedDuration) -> Value {
    // In whole seconds, which is exact enough for tests.
    let (time, offset) = (time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), offset.as_secs_f64().round());
    json!({"time": time, "offset_seconds": offset as i64})
}
