//! `--jobs`: several pages are read at the same time.

use insta::assert_snapshot;

use super::{events, page};
use crate::support::{Croud, ReceivedRequest, Response, Server, json, reply};

const EVENTS: u32 = 1000;
const PAGE: usize = 20;
/// The requests for one page after the other.
const PAGES: usize = EVENTS as usize / PAGE + 1;

/// A parameter of a request, as it was sent.
fn parameter<'r>(request: &'r ReceivedRequest, name: &str) -> Option<&'r str> {
    let (_, query) = request.line.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// A page of [`EVENTS`] events, one each second of the beginning of 2024.
fn answer(request: &ReceivedRequest, knows_to: bool) -> Vec<String> {
    let after = |last: &str| last.strip_prefix("e-").unwrap().parse::<u32>().unwrap() - 1;
    let seconds = |to: &str| {
        let time = to.replace("%3A", ":").replace("%2B", "+");
        let time: jiff::Timestamp = time.parse().unwrap();
        u32::try_from(time.as_second() - 1_704_067_200).unwrap_or(0)
    };
    let newest = parameter(request, "last").map_or(EVENTS, after);
    let newest = newest.min(parameter(request, "to").filter(|_| knows_to).map_or(EVENTS, seconds));
    let mut events = if newest == 0 { Vec::new() } else { events(newest, 1) };
    events.truncate(PAGE);
    events
}

/// A server that answers all requests.
fn server(knows_to: bool) -> Server {
    Server::answering(move |request| page(&answer(request, knows_to)))
}

#[test]
#[cfg(feature = "sandbox")]
fn every_format_is_the_same_with_any_number_of_jobs() {
    let served = crate::support::Served::new(&Croud::new(), "--events 2000");
    let croud = served.croud(0);
    for format in ["json", "jsonl", "csv", "table", "wide", "yaml"] {
        let stdout = |jobs| croud.stdout(&format!("organizations auditlogs list -o {format} --jobs {jobs}"));
        let expected = stdout(1);
        assert!(expected.lines().count() >= 2000 && expected == stdout(4), "{format}");
    }
    for options in [
        "--actor SYSTEM",
        "--action cluster.backup",
        "--from 2024-05-30T00:00:00Z",
        "--to 2024-06-01T00:00:00Z --from 2024-05-29T00:00:00Z",
        "--last 5eed0000-0000-4000-8000-000000000021",
        "--sort action --limit 300",
        "--limit 700",
    ] {
        let stdout = |jobs| croud.stdout(&format!("organizations auditlogs list -o jsonl {options} --jobs {jobs}"));
        let expected = stdout(1);
        assert!(expected.lines().count() >= 100 && expected == stdout(4) && expected == stdout(16), "{options}");
    }
}

#[test]
fn pages_are_read_ahead_with_few_more_requests() {
    let expected = Croud::on(&server(true)).stdout("organizations auditlogs list -o json --jobs 1");
    let server = server(true);
    assert_eq!(Croud::on(&server).stdout("organizations auditlogs list -o json --jobs 4"), expected);
    let requests = server.requests();
    let probes = requests.iter().filter(|request| parameter(request, "to").is_some()).count();
    assert!(probes >= 3 && requests.len() <= PAGES * 13 / 10, "{probes} of {} requests", requests.len());
    assert_eq!(
        requests.iter().find(|request| parameter(request, "to").is_some()).unwrap().line,
        "GET /api/v2/organizations/my-org-id/auditlogs/?to=2024-01-01T00%3A15%3A30%2B00%3A00"
    );
}

#[test]
fn a_first_run_of_resume_reads_ahead_too() {
    let expected = Croud::on(&server(true)).stdout("organizations auditlogs list -o jsonl --jobs 1");
    let expected: Vec<&str> = expected.lines().rev().collect();
    let server = server(true);
    let resumed = Croud::on(&server).stdout("organizations auditlogs list -o jsonl --resume ~/state --jobs 4");
    assert!(resumed.lines().eq(expected.iter().copied()));
    let requests = server.requests();
    assert!(requests.iter().any(|request| parameter(request, "to").is_some()), "no page was read ahead");
    assert!(requests.len() <= PAGES * 13 / 10, "{} requests", requests.len());
}

#[test]
fn a_server_that_ignores_a_bound_gets_at_most_one_more_request() {
    let expected = Croud::on(&server(true)).stdout("organizations auditlogs list --jobs 1");
    let server = server(false);
    assert_eq!(Croud::on(&server).stdout("organizations auditlogs list --jobs 4"), expected);
    // The list may end before the request with the bound is sent.
    assert!([PAGES, PAGES + 1].contains(&server.requests().len()));
}

#[test]
fn an_error_leaves_the_events_before_it() {
    let broken = "\"e-100\"";
    let server = Server::answering(move |request| match answer(request, true) {
        events if events.iter().any(|event| event.contains(broken)) => json(500, r#"{"message": "Broken."}"#),
        events => page(&events),
    });
    let croud = Croud::on(&server);
    let output = croud.output("organizations auditlogs list -o jsonl --jobs 4");
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let count = u32::try_from(stdout.lines().count()).unwrap();
    let expected =
        events(EVENTS, EVENTS - count + 1).into_iter().map(|event| event.replace(": ", ":").replace(", ", ","));
    assert!(stdout.lines().eq(expected), "{stdout}");
    assert!((EVENTS - 120..=EVENTS - 100).contains(&count), "{count}");
    assert_eq!(
        stderr,
        format!("==> Error: Broken.\n    The list is incomplete: resume with `--last e-{}`.\n", EVENTS - count + 1)
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn requests_that_the_server_refuses_are_sent_again() {
    let expected = Croud::on(&server(true)).stdout("organizations auditlogs list --jobs 1");
    let mut requests = 0;
    let server = Server::answering(move |request| -> Response {
        requests += 1;
        match requests % 5 {
            0 => reply(429, &["Retry-After: 0"], ""),
            _ => page(&answer(request, true)),
        }
    });
    let croud = Croud::on(&server).env("CROUD_RETRIES", "3");
    assert_eq!(croud.stdout("organizations auditlogs list --jobs 4"), expected);
}

#[test]
fn the_number_of_jobs_is_from_1_to_16() {
    for jobs in ["0", "17", "many"] {
        assert_eq!(Croud::new().code(&format!("organizations auditlogs list --jobs {jobs}")), Some(2), "{jobs}");
    }
    assert_snapshot!(Croud::new().run("organizations auditlogs list --jobs 17"), @"
    [stderr]
    error: invalid value '17' for '--jobs <PAGES>': expected a number from 1 to 16

    For more information, try '--help'.
    [exit 2]
    ");
}
