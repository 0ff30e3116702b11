//! Retries and time limits of requests, and writes whose outcome is unknown.

use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Response, Server, json, reply};

const LIST: &str = "organizations list -o json";
const CREATE: &str = "organizations create --name x";
/// Part of the message about a write whose outcome is unknown.
const UNCERTAIN: &str = "may have been carried out";

#[test]
fn an_unclear_reply_to_a_write_is_reported() {
    let html = reply(200, &["Content-Type: text/html"], "<html>");
    let cut = Response::BytesAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec());
    for response in [json(502, "{}"), json(504, "{}"), html, json(200, "{"), json(200, ""), json(200, "5"), cut] {
        for line in [
            CREATE,
            "organizations edit --name x",
            "me edit --email a@b.c",
            "organizations delete -y",
            "api-keys create",
        ] {
            let server = Server::new([response.clone()]);
            let shown = Croud::on(&server).env("CROUD_RETRIES", "3").run(line);
            assert!(shown.contains(UNCERTAIN) && shown.ends_with("[exit 1]\n"), "{line}: {shown}");
        }
        // A read never changes anything.
        let server = Server::new([response.clone()]);
        let shown = Croud::on(&server).run(LIST);
        assert!(!shown.contains(UNCERTAIN) && shown.ends_with("[exit 1]\n"), "{shown}");
    }
}

#[test]
fn a_clear_reply_to_a_write_is_not_reported_as_unclear() {
    for status in [400, 403, 404, 409, 422, 500] {
        let server = Server::new([json(status, "{}")]);
        let shown = Croud::on(&server).env("CROUD_RETRIES", "3").run(CREATE);
        assert!(!shown.contains(UNCERTAIN) && shown.ends_with("[exit 1]\n"), "{status}: {shown}");
    }
}

#[test]
fn a_write_that_times_out_is_uncertain() {
    let server = Server::new([Response::Stall]);
    let shown = Croud::on(&server).env("CROUD_RETRIES", "3").run(&format!("--timeout 0.2 {CREATE}"));
    assert!(shown.contains(UNCERTAIN) && shown.ends_with("[exit 1]\n"), "{shown}");
}

#[test]
fn a_read_is_retried_three_times_by_default() {
    let busy = || reply(503, &["Retry-After: 0"], "");
    let server = Server::new([busy(), busy(), busy(), busy()]);
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "").code(LIST), Some(1));
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn the_wait_that_the_server_asks_for_is_kept() {
    let server = Server::new([reply(429, &["Retry-After: 1"], ""), json(200, "[]")]);
    let start = Instant::now();
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "1").run(LIST), "[]\n");
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn a_wait_beyond_the_timeout_is_not_begun() {
    let server = Server::new([reply(429, &["Retry-After: 30"], "")]);
    let start = Instant::now();
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "3").code(&format!("--timeout 5 {LIST}")), Some(1));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn final_statuses_are_not_retried() {
    for status in [400, 401, 404, 500, 501] {
        let server = Server::new([json(status, "{}")]);
        let code = Croud::on(&server).env("CROUD_RETRIES", "3").code(LIST);
        assert_eq!(code, Some(if status == 401 { 4 } else { 1 }), "{status}");
    }
}

#[test]
fn a_timeout_of_zero_is_no_limit() {
    let server = Server::new([json(200, "[]")]);
    assert_eq!(Croud::on(&server).run(&format!("--timeout 0 {LIST}")), "[]\n");
    let server = Server::new([Response::Stall]);
    let shown = Croud::on(&server).run(&format!("--timeout 0.2 {LIST}"));
    assert!(shown.contains("'no reply in time (--timeout sets the limit)'\n"), "{shown}");
}

#[test]
fn a_write_without_a_reply_may_have_been_carried_out() {
    let server = Server::new([Response::Close]);
    assert_snapshot!(Croud::on(&server).env("CROUD_RETRIES", "3").run(CREATE), @"
    [stderr]
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/'. Original error was: 'the server closed the connection before the end of its reply'
        The request may have been carried out. Check with `list` or `get` before retrying.
    [exit 1]
    ");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn reads_are_retried() {
    let server = Server::new([
        Response::Close,
        reply(503, &["Retry-After: 0"], ""),
        reply(429, &["Retry-After: 0"], ""),
        json(200, "[]"),
    ]);
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "3").run(LIST), "[]\n");
    assert_eq!(server.requests().len(), 4);
    let server = Server::new([Response::Close]);
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "0").code(LIST), Some(1));
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "x").code(LIST), Some(2));
}

#[test]
fn a_request_without_credentials_is_tried_once() {
    for script in [Response::Close, reply(503, &["Retry-After: 0"], ""), json(401, "{}"), json(404, "{}")] {
        let server = Server::new([script]);
        let endpoint = server.endpoint();
        let croud = Croud::new().mask(&endpoint, "ENDPOINT").profile(Profile::at(&endpoint));
        let croud = croud.env("CROUD_RETRIES", "3");
        let shown = croud.run(LIST);
        assert!(
            shown.contains("\n    No credentials were sent. Use `croud login` to login to CrateDB Cloud.\n"),
            "{shown}"
        );
        assert_eq!(server.requests().len(), 1);
    }
    // The server decides whether a request needs credentials.
    let server = Server::new([json(200, "[]")]);
    assert_eq!(Croud::new().profile(Profile::at(&server.endpoint())).run("regions list -o json"), "[]\n");
}

#[test]
fn a_refused_write_is_retried() {
    let server = Server::new([reply(429, &["Retry-After: 0"], ""), json(201, "{}")]);
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "1").code(CREATE), Some(0));
    assert_eq!(server.requests().len(), 2);
    // After another status, the write may have been carried out.
    let server = Server::new([reply(503, &["Retry-After: 0"], "")]);
    assert_eq!(Croud::on(&server).env("CROUD_RETRIES", "1").code(CREATE), Some(1));
}

#[test]
fn a_wait_that_is_too_long_is_reported() {
    let server = Server::new([reply(429, &["Retry-After: 120"], "")]);
    assert_snapshot!(Croud::on(&server).env("CROUD_RETRIES", "3").run(LIST), @"
    [stderr]
    ==> Error: 429 - Too Many Requests
        The server asks to wait for 120 s before a retry.
    [exit 1]
    ");
}

#[test]
fn extreme_limits_are_accepted() {
    for (timeout, wait) in [("1e19", "0"), ("9223372036854775807", "0"), ("1e-9", "18446744073709551615")] {
        let busy = reply(503, &[&format!("Retry-After: {wait}")], "");
        let server = Server::answering(move |_| busy.clone());
        let croud = Croud::on(&server).env("CROUD_RETRIES", "100");
        assert_eq!(croud.code(&format!("--timeout {timeout} {LIST}")), Some(1), "{timeout}");
    }
}

#[test]
fn a_time_limit_in_the_environment_is_checked_where_a_request_is_made() {
    let server = Server::new([json(200, "[]")]);
    // Empty is the same as not set.
    assert_eq!(Croud::on(&server).env("CROUD_TIMEOUT", "").run(LIST), "[]\n");
    let croud = Croud::new().env("CROUD_TIMEOUT", "soon");
    assert_snapshot!(croud.run(LIST), @"
    [stderr]
    ==> Error: CROUD_TIMEOUT is `soon`: expected a number of seconds such as 60.
    [exit 2]
    ");
    assert_snapshot!(croud.run("config profiles current"), @"
    +---------------+-------------------------------+----------+
    | name          | endpoint                      | format   |
    |---------------+-------------------------------+----------|
    | cratedb.cloud | https://console.cratedb.cloud | table    |
    +---------------+-------------------------------+----------+
    ");
}
