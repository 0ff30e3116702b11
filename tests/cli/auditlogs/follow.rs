//! `--follow`: the last events, and then new ones.

use insta::assert_snapshot;
use rustix::process::Signal;

use super::{empty, event, events, page};
use crate::support::{Croud, Response, Server, json};

const FOLLOW: &str = "organizations auditlogs list --interval 0.01";

/// Follows a log whose pages are `script`, and then its last page again and again. Stops it by a signal after all
/// of the script was printed.
fn followed(options: &str, script: Vec<Response>, signal: Signal) -> (String, Server) {
    let count = script.len();
    let mut next = 0;
    let mut answer = move || {
        let response = script[next.min(count - 1)].clone();
        next += 1;
        response
    };
    let server = Server::answering(move |_| answer());
    let croud = Croud::on(&server);
    let running = croud.start(&format!("{FOLLOW} {options}"));
    // After a request for the same page, what was on it is printed.
    server.wait_for(count + 1);
    running.signal(signal);
    let shown = croud.shown(&running.wait());
    (shown, server)
}

#[test]
fn the_last_events_are_followed_by_new_ones() {
    // Events older than five minutes end each read.
    let old = event(0, 0);
    let log = |newest: u32| {
        let recent = (1..=newest).rev().map(|number| event(number, 1000 + number));
        page(&recent.chain([old.clone()]).collect::<Vec<_>>())
    };
    let (shown, server) = followed("--follow", vec![log(12), log(12), log(13), log(15)], Signal::INT);
    assert_snapshot!(shown, @"
    +---------+---------------------------+
    | actor   | created                   |
    |---------+---------------------------|
    | u-1     | 2024-01-01T00:16:43+00:00 |
    | u-0     | 2024-01-01T00:16:44+00:00 |
    | u-1     | 2024-01-01T00:16:45+00:00 |
    | u-0     | 2024-01-01T00:16:46+00:00 |
    | u-1     | 2024-01-01T00:16:47+00:00 |
    | u-0     | 2024-01-01T00:16:48+00:00 |
    | u-1     | 2024-01-01T00:16:49+00:00 |
    | u-0     | 2024-01-01T00:16:50+00:00 |
    | u-1     | 2024-01-01T00:16:51+00:00 |
    | u-0     | 2024-01-01T00:16:52+00:00 |
    | u-1     | 2024-01-01T00:16:53+00:00 |
    | u-0     | 2024-01-01T00:16:54+00:00 |
    | u-1     | 2024-01-01T00:16:55+00:00 |
    [stderr]
    ==> Warning: Interrupted.
    [exit 130]
    ");
    assert_snapshot!(server.requests()[1].line, @"GET /api/v2/organizations/my-org-id/auditlogs/");
}

#[test]
fn a_failed_request_is_a_warning() {
    let script = vec![
        page(&[event(1, 1000), event(0, 0)]),
        empty(),
        json(503, r#"{"message": "Later."}"#),
        json(200, "{\"no\": \"list\"}"),
        Response::Close,
        page(&[event(2, 1001), event(1, 1000), event(0, 0)]),
    ];
    let (shown, _server) = followed("-f", script, Signal::TERM);
    assert_snapshot!(shown, @"
    +---------+---------------------------+
    | actor   | created                   |
    |---------+---------------------------|
    | u-0     | 2024-01-01T00:00:00+00:00 |
    | u-1     | 2024-01-01T00:16:40+00:00 |
    | u-0     | 2024-01-01T00:16:41+00:00 |
    [stderr]
    ==> Warning: New events could not be read. Trying again in 0.01 s.
        Later.
    ==> Warning: New events could not be read. Trying again in 0.01 s.
        The reply is unusable: a page is not a JSON list.
    ==> Warning: New events could not be read. Trying again in 0.01 s.
        Failed to perform request on 'ENDPOINT/api/v2/organizations/my-org-id/auditlogs/'. Original error was: 'the server closed the connection before the end of its reply'
    ==> Warning: Terminated.
    [exit 143]
    ");
}

#[test]
fn the_first_request_must_succeed() {
    let server = Server::new([json(403, r#"{"message": "Forbidden."}"#)]);
    assert_snapshot!(Croud::on(&server).run(&format!("{FOLLOW} -f")), @"
    [stderr]
    ==> Error: Forbidden.
        The request was GET /api/v2/organizations/my-org-id/auditlogs/.
        The current user may not do this. `croud status` shows who that is.
    [exit 1]
    ");
}

#[test]
fn new_events_on_several_pages_are_printed_oldest_first() {
    let script = vec![
        page(&[event(1, 1000), event(0, 0)]),
        empty(),
        page(&[event(5, 1003), event(4, 1003)]),
        page(&[event(3, 1002), event(2, 1001)]),
        page(&[event(1, 1000), event(0, 0)]),
        page(&[event(5, 1003), event(0, 0)]),
    ];
    let (shown, server) = followed("-f", script, Signal::INT);
    assert_snapshot!(shown, @"
    +---------+---------------------------+
    | actor   | created                   |
    |---------+---------------------------|
    | u-0     | 2024-01-01T00:00:00+00:00 |
    | u-1     | 2024-01-01T00:16:40+00:00 |
    | u-0     | 2024-01-01T00:16:41+00:00 |
    | u-1     | 2024-01-01T00:16:42+00:00 |
    | u-0     | 2024-01-01T00:16:43+00:00 |
    | u-1     | 2024-01-01T00:16:43+00:00 |
    [stderr]
    ==> Warning: Interrupted.
    [exit 130]
    ");
    let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    let path = "GET /api/v2/organizations/my-org-id/auditlogs/";
    assert_eq!(lines[2..5], [path.to_owned(), format!("{path}?last=e-4"), format!("{path}?last=e-2")]);
}

#[test]
fn late_events_and_those_of_one_instant_are_printed_once() {
    let script = vec![
        page(&[event(1, 1000), event(0, 0)]),
        empty(),
        page(&[event(1, 1000), event(2, 1000), event(3, 701), event(4, 699), event(0, 0)]),
        page(&[event(5, 1000), event(2, 1000), event(1, 1000), event(3, 701), event(0, 0)]),
    ];
    let (shown, _server) = followed("-f", script, Signal::INT);
    assert_snapshot!(shown, @"
    +---------+---------------------------+
    | actor   | created                   |
    |---------+---------------------------|
    | u-0     | 2024-01-01T00:00:00+00:00 |
    | u-1     | 2024-01-01T00:16:40+00:00 |
    | u-1     | 2024-01-01T00:11:41+00:00 |
    | u-0     | 2024-01-01T00:16:40+00:00 |
    | u-1     | 2024-01-01T00:16:40+00:00 |
    [stderr]
    ==> Warning: Interrupted.
    [exit 130]
    ");
}

#[test]
fn from_replaces_the_number_of_events_at_the_beginning() {
    let script = vec![page(&events(30, 20)), page(&events(19, 2)), empty(), page(&events(31, 31)), empty()];
    let (shown, server) = followed("-f --from 2024-01-01T00:00:02Z --actor u-1", script, Signal::INT);
    assert_snapshot!(shown, @"
    +---------+---------------------------+
    | actor   | created                   |
    |---------+---------------------------|
    | u-1     | 2024-01-01T00:00:03+00:00 |
    | u-1     | 2024-01-01T00:00:05+00:00 |
    | u-1     | 2024-01-01T00:00:07+00:00 |
    | u-1     | 2024-01-01T00:00:09+00:00 |
    | u-1     | 2024-01-01T00:00:11+00:00 |
    | u-1     | 2024-01-01T00:00:13+00:00 |
    | u-1     | 2024-01-01T00:00:15+00:00 |
    | u-1     | 2024-01-01T00:00:17+00:00 |
    | u-1     | 2024-01-01T00:00:19+00:00 |
    | u-1     | 2024-01-01T00:00:21+00:00 |
    | u-1     | 2024-01-01T00:00:23+00:00 |
    | u-1     | 2024-01-01T00:00:25+00:00 |
    | u-1     | 2024-01-01T00:00:27+00:00 |
    | u-1     | 2024-01-01T00:00:29+00:00 |
    | u-1     | 2024-01-01T00:00:31+00:00 |
    [stderr]
    ==> Warning: Interrupted.
    [exit 130]
    ");
    assert!(server.requests().iter().all(|request| request.line.contains("from=2024-01-01T00%3A00%3A02Z")));
}

#[test]
fn formats_that_need_the_end_are_refused() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run(&format!("{FOLLOW} -f -o json")), @"
    [stderr]
    ==> Error: The format `json` needs the end of the list.
        Use `-o` with one of `table`, `csv`, `jsonl`.
    [exit 2]
    ");
    for format in ["yaml", "wide"] {
        let run = croud.run(&format!("{FOLLOW} -f -o {format}"));
        assert!(run.ends_with("[exit 2]\n"), "{run}");
    }
}

#[test]
fn the_interval_is_more_than_0_and_needs_follow() {
    let croud = Croud::new();
    assert_snapshot!(croud.run("organizations auditlogs list -f --interval 0"), @"
    [stderr]
    error: invalid value '0' for '--interval <SECONDS>': expected more than 0 seconds, such as 5

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations auditlogs list --interval 5"), @"
    [stderr]
    error: the following required arguments were not provided:
      --follow

    Usage: croud organizations auditlogs list --follow --interval <SECONDS>

    For more information, try '--help'.
    [exit 2]
    ");
}
