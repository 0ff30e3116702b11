//! Checks and parses the requests below `/_sandbox/`.

use std::fs::File;
use std::io::{self, Seek};

use hyper::HeaderMap;
use jiff::SignedDuration;
use serde::Deserialize;

use super::{ClockChange, Control, Refused};
use crate::http;
use crate::sandbox::bytes::{LARGEST_FILE, receive};
use crate::sandbox::encoding::{decode_query, decode_segment};
use crate::sandbox::faults::{self, Rule};
use crate::sandbox::glob;
use crate::sandbox::journal::Filter;
use crate::sandbox::storage::Store;
use crate::sandbox::time;
use crate::sandbox::wire::header_text;

/// The start of the path of every request to the control.
const BASE: &str = "/_sandbox/";
/// The header with the control token.
const TOKEN: &str = "x-sandbox-token";
/// Headers that only browsers send.
const OF_BROWSERS: [&str; 5] = ["origin", "referer", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"];
/// The largest body of a request in bytes, except for an import.
const LARGEST_BODY: usize = 16 << 20;
/// The bodies of requests, for messages.
const CLOCK: &str = "{\"time\": TIME}, {\"advance\": DURATION} or {\"offset_seconds\": NUMBER}";
const RESET: &str = "{\"organization_id\": ID, \"seed\": TEXT}, in which both may be left out";
const RULES: &str = "a list of rules such as [\"GET /api/** html\"]";

/// The operation of a request.
pub(in crate::sandbox) enum Operation {
    /// An operation on the store.
    Store(Control),
    /// Export everything. The file is empty, and it is deleted once it is closed.
    Export(File),
    /// List the fault rules.
    ReadFaults,
    /// Replace the fault rules.
    SetFaults(Vec<Vec<Rule>>),
    /// List the requests of the journal that the filter accepts.
    FindRequests(Filter),
    /// Clear the journal.
    ClearJournal,
}

/// Whether a request is for the control and not for the API.
pub(in crate::sandbox) fn is_control(request: &http::Request) -> bool {
    request.uri().path().starts_with(BASE)
}

/// Checks a request and returns its operation.
///
/// # Errors
/// The connection broke. The inner error is the reply to a request that is not allowed or not understood.
pub(in crate::sandbox) async fn read(
    request: http::Request,
    token: &str,
    store: &Store,
) -> io::Result<Result<Operation, Refused>> {
    if let Err(refused) = check_caller(request.headers(), token) {
        return Ok(Err(refused));
    }
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().strip_prefix(BASE).unwrap_or_default().trim_end_matches('/').to_owned();
    let query = decode_query(request.uri().query().unwrap_or_default());
    if (method.as_str(), path.as_str()) == ("PUT", "state") {
        return receive_import(request, store).await;
    }
    let Some(body) = http::body(request.into_body(), LARGEST_BODY).await? else {
        return Ok(Err(Refused::new(413, "The body is larger than 16 MiB.")));
    };
    if (method.as_str(), path.as_str()) == ("GET", "state") {
        return Ok(Ok(Operation::Export(tempfile::tempfile_in(store.root())?)));
    }
    Ok(operation(&method, &path, &query, &body))
}

/// Checks the token, and refuses the request of a browser, because any web page can make a browser send one.
fn check_caller(headers: &HeaderMap, token: &str) -> Result<(), Refused> {
    if let Some(name) = OF_BROWSERS.iter().find(|name| headers.contains_key(**name)) {
        let message = format!("A browser must not control the sandbox: the request has the header `{name}`.");
        return Err(Refused::new(403, message));
    }
    match header_text(headers, TOKEN) {
        Some(sent) if is_same(sent, token) => Ok(()),
        Some(_) => {
            Err(Refused::new(403, "The control token is not that of this sandbox: each start prints a new one."))
        }
        None => {
            let message = "The header X-Sandbox-Token is missing. Its value is `control_token` in the ready line.";
            Err(Refused::new(403, message))
        }
    }
}

/// Whether two texts are the same. The time that it takes does not depend on where they differ.
fn is_same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes()).fold(0, |found, (one, other)| found | (one ^ other));
    one.len() == other.len() && differences == 0
}

/// Receives an export into a temporary file.
async fn receive_import(request: http::Request, store: &Store) -> io::Result<Result<Operation, Refused>> {
    let length = header_text(request.headers(), "content-length").and_then(|length| length.parse::<u64>().ok());
    match length {
        None => return Ok(Err(Refused::new(411, "An import needs the header Content-Length."))),
        Some(length) if length > LARGEST_FILE => {
            return Ok(Err(Refused::new(413, "An import has at most 5 GiB.")));
        }
        Some(_) => {}
    }
    let mut file = tempfile::tempfile_in(store.root())?;
    receive(request, &file).await?;
    file.rewind()?;
    Ok(Ok(Operation::Store(Control::Import(file))))
}

/// The operation for a method and a path below [`BASE`].
fn operation(method: &str, path: &str, query: &[(String, String)], body: &[u8]) -> Result<Operation, Refused> {
    let segments: Vec<&str> = path.split('/').collect();
    let name = |segment: &str| {
        let name = decode_segment(segment).unwrap_or_default();
        name.parse().map_err(|problem| Refused::new(400, format!("`{name}`: {problem}.")))
    };
    Ok(match (method, segments.as_slice()) {
        ("GET", ["journal"]) => Operation::FindRequests(filter(query)?),
        ("PUT", ["snapshots", segment]) => {
            Operation::Store(Control::SaveSnapshot { name: name(segment)?, overwrite: overwrite(query)? })
        }
        (_, _) if !query.is_empty() => return Err(Refused::new(400, "This operation takes no query.")),
        ("DELETE", ["journal"]) => Operation::ClearJournal,
        ("GET", ["faults"]) => Operation::ReadFaults,
        ("PUT", ["faults"]) => Operation::SetFaults(rules(json(body, RULES)?)?),
        ("POST", ["reset"]) => {
            let Reset { organization_id, seed } = if body.is_empty() { Reset::default() } else { json(body, RESET)? };
            Operation::Store(Control::Reset { organization_id, seed })
        }
        ("GET", ["snapshots"]) => Operation::Store(Control::ListSnapshots),
        ("DELETE", ["snapshots", segment]) => Operation::Store(Control::DeleteSnapshot(name(segment)?)),
        ("POST", ["snapshots", segment, "restore"]) => Operation::Store(Control::RestoreSnapshot(name(segment)?)),
        ("GET", ["seed"]) => Operation::Store(Control::ExportSeed),
        ("GET", ["clock"]) => Operation::Store(Control::ReadClock),
        ("PUT", ["clock"]) => Operation::Store(Control::MoveClock(clock_change(json(body, CLOCK)?)?)),
        _ => return Err(Refused::new(404, format!("The sandbox has no operation {method} {BASE}{path}."))),
    })
}

/// Whether the query of a snapshot asks to replace one.
fn overwrite(query: &[(String, String)]) -> Result<bool, Refused> {
    match query {
        [] => Ok(false),
        [(name, value)] if name == "overwrite" && matches!(value.as_str(), "true" | "false") => Ok(value == "true"),
        _ => Err(Refused::new(400, "A snapshot takes the query `overwrite=true` or `overwrite=false`.")),
    }
}

/// The body of a reset. It may be empty.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    organization_id: Option<String>,
    /// The text of a seed file.
    #[serde(default)]
    seed: Option<String>,
}

/// The body of a change of the clock: one of these fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Clock {
    /// As [`ClockChange::parse_time`] reads it.
    Time(String),
    /// As [`ClockChange::parse_duration`] reads it.
    Advance(String),
    /// How far the clock is ahead of the real one.
    OffsetSeconds(i32),
}

fn clock_change(clock: Clock) -> Result<ClockChange, Refused> {
    let invalid = |text: &str, problem: String| Refused::new(400, format!("`{text}`: {problem}."));
    Ok(match clock {
        Clock::Time(text) => {
            ClockChange::Set(ClockChange::parse_time(&text).map_err(|problem| invalid(&text, problem))?)
        }
        Clock::Advance(text) => {
            ClockChange::Advance(ClockChange::parse_duration(&text).map_err(|problem| invalid(&text, problem))?)
        }
        Clock::OffsetSeconds(seconds) => ClockChange::Offset(SignedDuration::from_secs(seconds.into())),
    })
}

fn rules(texts: Vec<String>) -> Result<Vec<Vec<Rule>>, Refused> {
    let parse = |text: String| {
        faults::parse(&text).map_err(|problem| Refused::new(400, format!("The rule `{text}` is not valid: {problem}.")))
    };
    texts.into_iter().map(parse).collect()
}

/// The filter of a query of the journal.
fn filter(query: &[(String, String)]) -> Result<Filter, Refused> {
    let mut filter = Filter::default();
    for (name, value) in query {
        let invalid = |problem: &str| Refused::new(400, format!("The parameter `{name}` is not valid: {problem}."));
        match name.as_str() {
            "method" => filter.method = Some(value.to_ascii_uppercase()),
            "path" => {
                glob::check(value).map_err(|problem| invalid(&problem))?;
                filter.path = Some(value.clone());
            }
            "status" => filter.status = Some(value.parse().map_err(|_| invalid("expected a number"))?),
            "since" => {
                filter.since =
                    Some(time::parse(value).ok_or_else(|| invalid("expected a time such as 2024-01-31T12:00"))?)
            }
            _ => return Err(invalid("use method, path, status or since")),
        }
    }
    Ok(filter)
}

/// Parses a body, which is as `expected`.
fn json<T: for<'de> Deserialize<'de>>(body: &[u8], expected: &str) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|problem| {
        Refused::new(400, format!("The body is not valid: {problem}.\nExpected {expected}, as JSON."))
    })
}
