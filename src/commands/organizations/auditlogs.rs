//! `organizations auditlogs`: the audit log of an organization, newest event first.
//!
//! For organization admins and superusers. The log can have millions of events, so it is printed page by
//! page: a table keeps its cells, because the last row can widen a column, and JSON keeps nothing.

use std::rc::Rc;

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::api::Pages;
use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, non_empty};
use crate::output::{Cell, Column};
use crate::run::{Reply, Run, Verb, noun};

noun! {
    /// Read the audit log of an organization
    Auditlogs {
        verbs {
            List(Verb<List>),
        }
    }
}

const COLUMNS: &[Column] =
    &[Column::new("action"), Column::new("actor").member("id").show(actor), Column::new("created")];

/// List audit events, newest first
///
/// The JSON output contains the full context of each event.
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations auditlogs list --action organization.edit \\\n      --from 2024-06-03T00:00:00Z"
)]
pub(crate) struct List {
    /// Only events with this action, such as organization.create
    #[arg(long)]
    action: Option<String>,

    /// Only events at or after this time, such as 2024-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,

    /// Only events before this time, such as 2024-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    to: Option<String>,

    /// Resume after this event ID
    #[arg(long, value_name = "EVENT_ID")]
    last: Option<String>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let mut query = Vec::new();
        query.extend(non_empty(self.action).map(|action| ("action", action)));
        for (name, time) in [("from", non_empty(self.from)), ("to", non_empty(self.to))] {
            let Some(time) = time else { continue };
            if !is_time(&time) {
                return Err(Failure::usage(format!("Invalid '{name}' date format.")).into());
            }
            query.push((name, time));
        }
        let pages =
            Pages::new(Rc::clone(cx.api()?), &["organizations", &org, "auditlogs"], query, non_empty(self.last));
        Ok(Reply::pages(pages).columns(COLUMNS))
    }
}

/// The ID of the actor. An actor without an ID is the system itself.
fn actor(id: Option<&Value>) -> Cell<'_> {
    match id {
        None | Some(Value::Null) => Cell::Text("SYSTEM".into()),
        Some(Value::String(id)) if id.is_empty() => Cell::Text("SYSTEM".into()),
        id => Cell::of(id),
    }
}

/// Whether the API accepts `text` as a time, such as `2024-1-31T9:05`. Optional are seconds, a fraction of
/// up to 12 digits, and an offset. A space may stand in place of the `T`.
fn is_time(text: &str) -> bool {
    parse_time(text).is_some()
}

fn parse_time(text: &str) -> Option<()> {
    let mut rest = text;
    let year = digits(&mut rest, 4, 4)?;
    let month = after(&mut rest, '-').and_then(|()| digits(&mut rest, 1, 2))?;
    let day = after(&mut rest, '-').and_then(|()| digits(&mut rest, 1, 2))?;
    after(&mut rest, 'T').or_else(|| after(&mut rest, ' '))?;
    let hour = digits(&mut rest, 1, 2)?;
    let minute = after(&mut rest, ':').and_then(|()| digits(&mut rest, 1, 2))?;
    let mut second = 0;
    if after(&mut rest, ':').is_some() {
        second = digits(&mut rest, 1, 2)?;
        if after(&mut rest, '.').is_some() {
            digits(&mut rest, 1, 12)?;
        }
    }
    offset(&mut rest)?;
    let date = jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    // Year 0 is in jiff's calendar, but in no date that the API can hold.
    (rest.is_empty() && year > 0 && date.is_ok() && hour < 24 && minute < 60 && second < 60).then_some(())
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
    use super::*;

    #[test]
    fn points_in_time() {
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
        ] {
            assert!(is_time(text), "{text}");
        }
    }

    #[test]
    fn no_points_in_time() {
        for text in [
            "",
            "not a date",
            "2024-01-01",
            "2024-01-01T10",
            "24-01-01T10:00",
            "2024-02-30T10:00",
            "2023-02-29T10:00",
            "2024-13-01T10:00",
            "2024-01-01T24:00",
            "2024-01-01T10:60",
            "2024-01-01T10:00:60",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00:00.1234567890123",
            "2024-01-01T10:00:00z",
            "2024-01-01t10:00:00",
            "2024-01-01T10:00:00+2",
            "2024-01-01T10:00:00+02:3",
            "2024-01-01T10:00:00+25:00",
            "2024-01-01T10:00:00 Z",
            "2024-01-01T10:00:00Z\n",
            "0000-01-01T10:00",
            "２０２４-01-01T10:00",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
