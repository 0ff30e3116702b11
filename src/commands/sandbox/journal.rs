//! `sandbox journal`: the requests that a running sandbox received.

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde_json::Value;

use super::controlled::Controlled;
use crate::api::Json;
use crate::context::Context;
use crate::error::Failure;
use crate::options::whole_number;
use crate::output::Column;
use crate::record;
use crate::run::{Reply, Run};
use crate::sandbox::{ClockChange, check_glob};

const COLUMNS: &[Column] =
    &[Column::new("time"), Column::new("method"), Column::new("path"), Column::new("status"), Column::new("auth")];

/// List the requests that a running sandbox received, or check how many there were
///
/// Secrets in them are hidden. The newest 10,000 requests are kept.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud sandbox journal --method POST --path '/api/v2/organizations/*/users/' --count 2\n  croud sandbox exec -- sh -c \\\n      'croud regions list -o jsonl > regions; croud sandbox journal --columns method,path,status'"
)]
pub(crate) struct Journal {
    #[command(flatten)]
    controlled: Controlled,

    /// Only requests with this method
    #[arg(long)]
    method: Option<String>,

    /// Only requests whose path matches; `*` matches within a segment, `**` across segments
    #[arg(long, value_name = "GLOB", value_parser = glob)]
    path: Option<String>,

    /// Only requests with this status of the reply
    #[arg(long, value_parser = whole_number(100..=599_u16, "a status from 100 to 599, such as 404"))]
    status: Option<u16>,

    /// Only requests since a time such as 2024-01-31T12:00, in UTC by the real clock, or a duration ago, such as 5m
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Timestamp>,

    /// Fail with exit code 1 unless exactly this many requests match
    #[arg(long, value_name = "N", value_parser = whole_number(0..=u64::MAX, "a whole number such as 2"))]
    count: Option<u64>,

    /// Remove all requests from the journal
    #[arg(long, conflicts_with_all = ["method", "path", "status", "since", "count"])]
    clear: bool,
}

impl Run for Journal {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let server = self.controlled.server(cx)?;
        if self.clear {
            server.call("DELETE", &["journal"], &[], None).await?;
            return Ok(Reply::nothing().done("Journal cleared."));
        }
        let status = self.status.map(|status| status.to_string());
        let since = self.since.map(|since| since.to_string());
        let filters = [("method", &self.method), ("path", &self.path), ("status", &status), ("since", &since)];
        let query: Vec<(&str, &str)> =
            filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let found = server.call("GET", &["journal"], &query, None).await?;
        let dropped = found.member("dropped").unwrap_or("0");
        if dropped != "0" {
            cx.warn(&format!("The journal is full: {dropped} older requests are not in it."));
        }
        let count = found.member("count").unwrap_or_default();
        let entries = Json::parse(found.member("entries").unwrap_or("null").as_bytes())?;
        match self.count {
            Some(expected) if count != expected.to_string() => {
                Err(unexpected(expected, count, &entries.value()?).into())
            }
            _ => Ok(Reply::of(Some(entries))),
        }
    }
}

/// The error for another number of requests than expected. It lists those that were found.
fn unexpected(expected: u64, found: &str, entries: &Value) -> Failure {
    let noun = if expected == 1 { "request" } else { "requests" };
    let mut failure = Failure::failed(format!("Expected {expected} {noun}, found {found}."));
    for entry in record::list(entries) {
        let text = |name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        failure.add_line(&format!("{} {} {} {}", text("time"), text("method"), text("path"), entry["status"]));
    }
    failure
}

/// A time, or the time that is a duration before now.
fn since(text: &str) -> Result<Timestamp, String> {
    let ago = || Timestamp::now().checked_sub(ClockChange::parse_duration(text).ok()?).ok();
    let time = ClockChange::parse_time(text).ok().or_else(ago);
    time.ok_or_else(|| "expected a time such as 2024-01-31T12:00, or a duration such as 5m".to_owned())
}

/// Checks a glob.
fn glob(text: &str) -> Result<String, String> {
    check_glob(text).map(|()| text.to_owned())
}
