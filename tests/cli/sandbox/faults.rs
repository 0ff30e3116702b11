//! `--fault`: each kind, by what arrives and by what it did.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::json;

use super::ORGANIZATION;
use crate::support::{Croud, Served, request, send};

const LIST: &str = "GET /api/v2/organizations/";
const CREATE: &str = "POST /api/v2/organizations/";

/// A sandbox with one fault rule.
fn with(fault: &str) -> Served {
    Served::new(&Croud::new(), &format!("--fault '{fault}'"))
}

/// How many organizations there are, asked in a way that no rule for POST affects.
fn count(served: &Served) -> usize {
    served.ask(0, LIST, "").json().as_array().unwrap().len()
}

#[test]
fn status_replies_and_does_nothing() {
    let served = with("POST /api/** status=503");
    let received = served.ask(0, CREATE, r#"{"name": "n"}"#);
    assert_eq!((received.status, received.json()), (503, json!({"message": "A fault: 503.", "success": false})));
    assert_eq!((received.header("retry-after"), count(&served)), (None, 2));
}

#[test]
fn status_429_asks_to_wait_a_second() {
    let received = with("* /api/** status=429").ask(0, LIST, "");
    assert_eq!((received.status, received.header("retry-after")), (429, Some("1")));
}

#[test]
fn html_replies_with_a_page_and_does_nothing() {
    let served = with("POST /api/** html");
    let received = served.ask(0, CREATE, r#"{"name": "n"}"#);
    assert_eq!((received.status, received.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(received.text().starts_with("<!doctype html>"), "{received:?}");
    assert_eq!(count(&served), 2);
}

#[test]
fn truncate_sends_half_of_the_body() {
    let served = with("GET /api/v2/roles/ truncate");
    let received = served.ask(0, "GET /api/v2/roles/", "");
    let whole = Served::new(&Croud::new(), "").ask(0, "GET /api/v2/roles/", "");
    let half = whole.body.len() / 2;
    assert_eq!(received.header("content-length"), Some(whole.body.len().to_string().as_str()));
    assert_eq!((received.status, received.text()), (200, whole.text()[..half].to_owned()));
}

#[test]
fn truncate_sends_half_of_a_file_without_reading_it_into_memory() {
    let served = with("GET /download/** truncate");
    let files = format!("GET /api/v2/organizations/{ORGANIZATION}/files/");
    // The largest file of the initial data.
    let file = served.ask(0, &files, "").json()[0].clone();
    let size = file["file_size"].as_u64().unwrap();
    let file = served.ask(0, &format!("{files}{}/", file["id"].as_str().unwrap()), "").json();
    let download = served.target(&file["download_url"]);
    let received = request(served.endpoint(), &format!("GET {download}"), &[], b"");
    assert_eq!((received.status, received.header("content-length")), (200, Some(size.to_string().as_str())));
    assert_eq!(received.body.len() as u64, size / 2);
    assert!(received.body.chunks_exact(8).all(|line| line == b"sandbox\n"));
    #[cfg(target_os = "linux")]
    assert!(served.peak_memory() < 40_000, "{} KiB of {size} bytes", served.peak_memory());
}

#[test]
fn drop_before_does_nothing() {
    let served = with("POST /api/** drop-before");
    let received = served.ask(0, CREATE, r#"{"name": "n"}"#);
    assert_eq!((received.status, received.text(), count(&served)), (0, String::new(), 2));
}

#[test]
fn drop_after_carries_out_the_request() {
    let served = with("POST /api/** drop-after");
    let received = served.ask(0, CREATE, r#"{"name": "n"}"#);
    assert_eq!((received.status, received.text(), count(&served)), (0, String::new(), 3));
}

#[test]
fn stall_sends_nothing() {
    let served = with("* /api/v2/roles/ stall");
    let mut stream = send(served.endpoint(), "GET /api/v2/roles/", &[], b"");
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert!(matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut), "{error}");
    // Other requests are not affected.
    assert_eq!(count(&served), 2);
}

#[test]
fn slow_replies_later() {
    let served = with("* /api/v2/roles/ slow");
    let start = Instant::now();
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 200);
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn slow_replies_after_the_delay_that_is_given() {
    let served = with("* /api/v2/roles/ slow=50ms..60ms");
    let start = Instant::now();
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 200);
    assert!(start.elapsed() >= Duration::from_millis(50), "{:?}", start.elapsed());
}

#[test]
fn expire_ends_the_session() {
    let served = with("* /api/** expire n=1");
    for _ in 0..2 {
        let received = served.ask(0, LIST, "");
        let location = "/?rd=%2Fapi%2Fv2%2Forganizations%2F";
        assert_eq!((received.status, received.header("location")), (302, Some(location)));
    }
    // Other sessions go on.
    assert_eq!(served.ask(1, LIST, "").status, 200);
}

#[test]
fn a_redirect_leads_to_the_login() {
    let received = with("* /api/** status=302").ask(0, "GET /api/v2/roles/", "");
    assert_eq!((received.status, received.header("location")), (302, Some("/?rd=%2Fapi%2Fv2%2Froles%2F")));
}

#[test]
fn from_starts_a_rule_at_a_later_call() {
    let served = with("GET /api/** status=503 from=2 n=1");
    let statuses: Vec<u16> = (0..3).map(|_| served.ask(0, LIST, "").status).collect();
    assert_eq!(statuses, [200, 503, 200]);
}

#[test]
fn n_limits_how_often_a_rule_applies() {
    let served = with("GET /api/** status=503 n=2");
    let statuses: Vec<u16> = (0..3).map(|_| served.ask(0, LIST, "").status).collect();
    assert_eq!(statuses, [503, 503, 200]);
}

#[test]
fn the_client_retries_after_a_429() {
    let served = with("GET /api/** status=429 n=1");
    let list = "organizations list";
    assert_eq!(served.croud(0).code(list), Some(1));
    let served = with("GET /api/** status=429 n=1");
    assert_eq!(served.croud(0).env("CROUD_RETRIES", "1").code(list), Some(0));
}

#[test]
fn a_rule_that_is_not_valid_is_a_usage_error() {
    let run = Croud::new().run("sandbox serve --fault 'GET /api/v2/roles/ stall=10'");
    assert!(run.contains("for '--fault <RULE>': `stall` takes no value\n") && run.ends_with("[exit 2]\n"), "{run}");
}
