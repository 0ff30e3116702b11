//! `sandbox clock`, and what follows it.

use insta::assert_snapshot;
use serde_json::json;

use super::super::ORGANIZATION;
use crate::support::{Croud, Served, request};

#[test]
fn the_clock_of_the_profile_is_moved() {
    let croud = Croud::sandbox();
    assert_eq!(croud.stdout("sandbox clock -o jsonl --columns offset_seconds"), "{\"offset_seconds\":0}\n");
    assert_snapshot!(croud.run("sandbox clock --advance 30d -o jsonl --columns offset_seconds"), @r#"
    {"offset_seconds":2592000}
    [stderr]
    ==> Success: Clock moved.
    "#);
    assert_eq!(
        croud.stdout("sandbox clock --set 2040-01-31T12:00 -o jsonl --columns time"),
        "{\"time\":\"2040-01-31T12:00:00Z\"}\n"
    );
    // A credit that ends in 2034 is expired, and an event has the time of the clock.
    assert_eq!(croud.stdout("organizations credits list -o json"), "[]\n");
    assert_eq!(croud.code("organizations edit --name n"), Some(0));
    let events: serde_json::Value =
        serde_json::from_str(&croud.stdout("organizations auditlogs list -o json")).unwrap();
    assert!(events[0]["created"].as_str().unwrap().starts_with("2040-01-31T12:0"), "{}", events[0]);
    assert_snapshot!(croud.run("sandbox clock --real -o jsonl --columns offset_seconds"), @r#"
    {"offset_seconds":0}
    [stderr]
    ==> Success: Clock moved.
    "#);
    assert!(croud.stdout("organizations credits list").contains("Welcome"));
    assert_snapshot!(croud.run("sandbox clock --advance 40000d"), @"
    [stderr]
    ==> Error: The sandbox's clock shows times from 2000 to 2099 only.
    [exit 1]
    ");
    let back = croud.stdout("sandbox clock --advance -30d -o jsonl --columns offset_seconds");
    assert_eq!(back, "{\"offset_seconds\":-2592000}\n");
    let run = croud.run("sandbox clock --advance 1d --real");
    assert!(run.contains("cannot be used with") && run.ends_with("[exit 2]\n"), "{run}");
}

#[test]
fn a_state_without_a_clock_has_the_real_time() {
    let croud = Croud::sandbox();
    assert_eq!(croud.code("organizations edit --name n"), Some(0));
    let text = std::fs::read_to_string(croud.path("sandbox/state.json")).unwrap();
    let older = text.replace("\"clock_offset\":\"PT0S\",", "");
    assert_ne!(older, text);
    croud.file("sandbox/state.json", older.as_bytes());
    assert_eq!(croud.stdout("sandbox clock -o jsonl --columns offset_seconds"), "{\"offset_seconds\":0}\n");
}

#[test]
fn sessions_and_presigned_urls_expire_by_the_clock() {
    let served = Served::new(&Croud::new(), "");
    let controller = served.controller();
    let advance = |duration: &str| assert_eq!(controller.code(&format!("sandbox clock --advance {duration}")), Some(0));
    let login = format!("GET /oauth2/github/login?cli=true&user={}", served.ready["users"][0]["uid"].as_str().unwrap());
    let signed_in = request(served.endpoint(), &login, &[], b"");
    let token = signed_in.header("location").unwrap().split_once("token=").unwrap().1.to_owned();
    let me = || request(served.endpoint(), "GET /api/v2/users/me/", &[&format!("Cookie: session={token}")], b"");
    let file = format!("GET /api/v2/organizations/{ORGANIZATION}/files/8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255/");
    let url = served.target(&served.ask(0, &file, "").json()["download_url"]);
    let download = || request(served.endpoint(), &format!("GET {url}"), &["Range: bytes=0-0"], b"").status;
    advance("59m");
    assert_eq!((me().status, download()), (200, 206));
    advance("2m");
    assert_eq!((me().status, download()), (200, 404));
    advance("1d");
    assert_eq!(me().status, 302);
}

#[test]
fn a_reset_sets_the_clock_to_its_start() {
    let served = Served::new(&Croud::new(), "--clock 2030-01-31T12:00");
    let year = || served.control("GET /_sandbox/clock", &[], b"").json()["time"].as_str().unwrap()[..4].to_owned();
    assert_eq!(year(), "2030");
    let moved = served.control("PUT /_sandbox/clock", &[], br#"{"time": "2050-06-01"}"#);
    assert_eq!((moved.status, &moved.json()["time"]), (200, &json!("2050-06-01T00:00:00Z")));
    assert_eq!(year(), "2050");
    assert_eq!(served.control("POST /_sandbox/reset", &[], b"").status, 204);
    assert_eq!(year(), "2030");
}
