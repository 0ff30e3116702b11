//! Signals during a request or a transfer.

use std::fs;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{LIMIT, SIGNALS, Waiting, check, check_end, with_tmp};
use crate::support::{Croud, Response, Running, Server, json, names, reply};

#[test]
fn a_signal_ends_a_request() {
    check_end(|| {
        let server = Server::new([Response::Stall]);
        let croud = with_tmp(Croud::on(&server));
        let running = croud.start("organizations list");
        server.wait_for(1);
        Waiting::new(croud, running, server)
    });
}

#[test]
fn a_signal_ends_the_wait_before_a_retry() {
    check_end(|| {
        let server = Server::new([reply(503, &["Retry-After: 50"], "")]);
        let croud = with_tmp(Croud::on(&server)).env("CROUD_RETRIES", "1");
        let running = croud.start("organizations list");
        server.wait_for(1);
        Waiting::new(croud, running, server)
    });
}

const RECORD: &str =
    r#"{"id": "f-1", "name": "up.csv", "file_size": 9, "upload_url": "ENDPOINT/put", "download_url": "ENDPOINT/get"}"#;

#[test]
fn a_signal_ends_an_upload_and_removes_its_record() {
    for (signal, code, _) in SIGNALS {
        let server = Server::new([json(201, RECORD), Response::Stall, reply(204, &[], "")]);
        let croud = with_tmp(Croud::on(&server));
        croud.file("data.csv", &vec![7; 32 << 20]);
        let running = croud.start("organizations files create --file-path ~/data.csv");
        server.wait_for(2);
        running.signal(signal);
        let sent = Instant::now();
        assert_eq!(running.wait().status.code(), Some(code));
        assert!(sent.elapsed() < LIMIT, "{signal:?}: {:?}", sent.elapsed());
        assert_eq!(server.requests()[2].line, "DELETE /api/v2/organizations/my-org-id/files/f-1/");
        assert_eq!(names(&croud.path("tmp")), [""; 0]);
    }
}

#[test]
fn a_signal_ends_a_download_and_leaves_no_file() {
    let is_empty = |croud: &Croud| assert_eq!(names(&croud.path("in")), [""; 0]);
    check(
        || {
            let part = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na,b\n".to_vec();
            let server = Server::new([json(200, RECORD), Response::BytesAndStall(part)]);
            let croud = with_tmp(Croud::on(&server));
            fs::create_dir(croud.path("in")).unwrap();
            let running = croud.start("organizations files get --file-id f-1 --download ~/in");
            server.wait_for(2);
            Waiting::new(croud, running, server)
        },
        is_empty,
    );
}

#[test]
fn a_write_that_a_signal_ends_is_reported_as_uncertain() {
    for line in ["organizations create --name x", "organizations delete -y", "me edit --email a@b.c"] {
        for (signal, code, word) in SIGNALS {
            let server = Server::new([Response::Stall]);
            let croud = Croud::on(&server);
            let running = croud.start(line);
            server.wait_for(1);
            running.signal(signal);
            let output = running.wait();
            assert_eq!(output.status.code(), Some(code), "{line}");
            let printed = String::from_utf8(output.stderr).unwrap();
            assert!(printed.starts_with(&format!("==> Warning: {word}\n    ")), "{line}: {printed}");
            assert!(printed.contains("may have been carried out"), "{line}: {printed}");
        }
    }
    let server = Server::new([Response::Stall]);
    let croud = Croud::on(&server);
    let running = croud.start("organizations list");
    server.wait_for(1);
    running.signal(Signal::INT);
    assert_eq!(String::from_utf8(running.wait().stderr).unwrap(), "==> Warning: Interrupted.\n");
}

/// Starts an upload whose clean-up never ends, and sends it a first signal.
fn endless_clean_up() -> (Server, Croud, Running) {
    let server = Server::new([json(201, RECORD), Response::Stall, Response::Stall]);
    let croud = Croud::on(&server);
    croud.file("data.csv", &vec![7; 32 << 20]);
    let running = croud.start("organizations files create --file-path ~/data.csv");
    server.wait_for(2);
    running.signal(Signal::INT);
    server.wait_for(3);
    running.until("Interrupted, cleaning up...");
    (server, croud, running)
}

#[test]
fn a_second_signal_ends_a_slow_clean_up() {
    let (_server, _croud, running) = endless_clean_up();
    running.signal(Signal::INT);
    let sent = Instant::now();
    assert_eq!(running.wait().status.code(), Some(130));
    assert!(sent.elapsed() < LIMIT, "{:?}", sent.elapsed());
}

#[test]
fn a_clean_up_has_a_limit() {
    let (_server, _croud, running) = endless_clean_up();
    let sent = Instant::now();
    assert_eq!(running.wait().status.code(), Some(130));
    assert!(sent.elapsed() < Duration::from_secs(10), "{:?}", sent.elapsed());
}
