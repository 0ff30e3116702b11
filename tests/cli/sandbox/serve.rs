//! `sandbox serve`.

use std::fs;
use std::io::Write;
use std::net::TcpStream;

use insta::assert_snapshot;

use super::ORGANIZATION;
use crate::support::{Croud, Served, names};

#[test]
fn the_ready_line_is_printed_after_the_server_listens() {
    let served = Served::new(&Croud::new(), "");
    assert_eq!(served.ready["organizations"][0]["id"], ORGANIZATION);
    assert_eq!(served.ready["users"].as_array().unwrap().len(), 3);
    assert!(served.croud(0).run("organizations list").contains("my-org"));
    let refused = served.croud(1).run("organizations users list");
    assert!(refused.starts_with("[stderr]\n==> Error: Permission denied for user.\n"), "{refused}");
}

#[test]
fn keys_and_tokens_are_checked() {
    let served = Served::new(&Croud::new(), "");
    let user = &served.ready["users"][0];
    let with = |credentials: &str| {
        Croud::new().mask(served.endpoint(), "ENDPOINT").config(&format!(
            "default-format: json\ncurrent-profile: a\nprofiles: {{a: {{endpoint: '{}', {credentials}}}}}\n",
            served.endpoint()
        ))
    };
    let (key, secret) = (user["key"].as_str().unwrap(), user["secret"].as_str().unwrap());
    let croud = with(&format!("key: {key}, secret: {secret}"));
    let before = croud.config_text();
    assert_eq!(croud.code("me"), Some(0));
    assert_eq!(croud.config_text(), before);
    assert_snapshot!(with(&format!("key: {key}, secret: wrong")).run("me"), @"
    [stderr]
    ==> Error: Authentication required.
        The API key of profile `a` was refused.
    [exit 4]
    ");
    assert_snapshot!(with("auth-token: gone").run("me"), @"
    [stderr]
    ==> Error: Unauthorized.
    ==> Info: Use `croud login` to login to CrateDB Cloud.
    [exit 4]
    ");
}

#[test]
fn events_and_users_are_computed() {
    let served = Served::new(&Croud::new(), "--events 1234 --users 50 --page-size 100");
    let croud = served.croud(0);
    let count = |line: &str| serde_json::from_str::<Vec<serde_json::Value>>(&croud.stdout(line)).unwrap().len();
    assert_eq!(count("organizations auditlogs list -o json"), 1234);
    assert_eq!(count("organizations users list -o json"), 50);
    // A changed role and a new member change nothing about the others.
    assert_eq!(croud.code("organizations users add --user user-000040@example.com --role org_admin"), Some(0));
    assert_eq!(count("organizations users list -o json"), 50);
    assert_eq!(croud.code("organizations users add --user superuser@example.com --role org_member"), Some(0));
    assert_eq!(count("organizations users list -o json"), 51);
    assert_eq!(croud.code("organizations users remove --user superuser@example.com"), Some(0));
    assert_eq!(croud.code("organizations users remove --user user-000020@example.com"), Some(0));
    assert_eq!(count("organizations users list -o json"), 49);
    let filtered =
        count("organizations auditlogs list --action user.login --from 2024-06-01T00:00 --to 2024-06-02T12:00 -o json");
    assert!((5..20).contains(&filtered), "{filtered}");
}

#[test]
fn the_state_survives_a_kill() {
    let home = Croud::new();
    let mut served = Served::new(&home, "--state ~/cloud");
    let id = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["id"].as_str().unwrap().to_owned();
    let created = id(&served.croud(0).stdout("organizations create --name kept -o json"));
    served.kill();
    let served = Served::new(&home, "--state ~/cloud");
    assert!(served.croud(0).stdout("organizations list").contains(&created));
    assert_snapshot!(home.run("sandbox serve --state ~/cloud"), @"
    [stderr]
    ==> Error: The sandbox could not start: another sandbox serves `HOME/cloud`: stop it, or use another folder.
    [exit 1]
    ");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_serve_and_removes_its_folder() {
    let home = Croud::new();
    let tmp = home.path("tmp");
    let home = home.env("TMPDIR", tmp.to_str().unwrap());
    // Without the folder for temporary files, it does not start.
    assert_eq!(home.code("sandbox serve"), Some(1));
    fs::create_dir(&tmp).unwrap();
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT, rustix::process::Signal::HUP] {
        let mut served = Served::new(&home, "");
        assert_eq!(names(&tmp).len(), 1);
        assert_eq!(served.signal(signal), Some(0));
        assert_eq!(names(&tmp), [""; 0]);
    }
}

#[test]
fn bad_requests_get_an_error_and_do_not_end_the_server() {
    let served = Served::new(&Croud::new(), "");
    let address = served.endpoint().strip_prefix("http://").unwrap();
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let end = "\r\nConnection: close\r\n\r\n";
    assert_eq!(ask(&format!("GET / HTTP/1.1\r\nHost: {address}{end}")), "HTTP/1.1 200 OK");
    assert_eq!(ask(&format!("GET / HTTP/1.1\r\nHost: evil.example{end}")), "HTTP/1.1 421 Misdirected Request");
    assert_eq!(ask("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert_eq!(
        ask(&format!("PATCH /api/v2/organizations/ HTTP/1.1\r\nHost: {address}{end}")),
        "HTTP/1.1 405 Method Not Allowed"
    );
    assert_eq!(ask(&format!("GET /api/v3/ HTTP/1.1\r\nHost: {address}{end}")), "HTTP/1.1 404 Not Found");
    let body = "[".repeat(100_000);
    let length = body.len();
    let post = format!(
        "POST /api/v2/organizations/ HTTP/1.1\r\nHost: {address}\r\nCookie: session=sandbox-token-admin\r\nContent-Length: {length}{end}{body}"
    );
    assert_eq!(ask(&post), "HTTP/1.1 400 Bad Request");
    assert!(served.croud(0).run("organizations list").contains("my-org"));
}

#[test]
fn strict_accepts_all_that_this_program_sends() {
    let served = Served::new(&Croud::new(), "--strict");
    let croud = served.croud(0);
    for line in [
        "organizations create --name x",
        "organizations edit --name x",
        "organizations auditlogs list --action a --from 2024-01-01T00:00 --to 2024-01-02T00:00",
        "organizations users add --user x@example.com --role org_member",
        "organizations secrets create --name n --type AZURE --connection-string c",
        "organizations credits list --status ACTIVE",
        "organizations customer edit --name N --email a@b.c --phone 1 --country AT --city W --line1 1 --postal-code 1 --line2 2 --tax-id 3 --tax-id-type eu_vat",
        "me edit --email a@b.c",
    ] {
        assert_eq!(croud.code(line), Some(0), "{line}: {}", croud.run(line));
    }
}

#[test]
fn strict_refuses_unknown_fields_and_parameters() {
    let served = Served::new(&Croud::new(), "--strict");
    let received = served.ask(0, "POST /api/v2/organizations/", r#"{"name": "n", "colour": "red"}"#);
    assert_eq!(
        (received.status, received.json()["errors"].to_string()),
        (400, r#"{"colour":["Unknown field."]}"#.into())
    );
    let received = served.ask(0, "GET /api/v2/organizations/?page=1", "");
    assert_eq!(
        (received.status, received.json()["errors"].to_string()),
        (400, r#"{"page":["Unknown field."]}"#.into())
    );
}

#[test]
fn an_endpoint_that_is_not_served_is_reported() {
    let served = Served::new(&Croud::new(), "");
    let received = served.ask(0, "GET /api/v2/unknown/", "");
    assert_eq!((received.status, received.header("x-sandbox-unimplemented")), (404, Some("1")));
    assert_eq!(received.text(), r#"{"message":"The sandbox does not serve GET /api/v2/unknown/","success":false}"#);
    let received = served.ask(0, "PATCH /api/v2/organizations/", "{}");
    assert_eq!((received.status, received.header("allow")), (405, Some("GET, POST")));
    let received = served.ask(0, "HEAD /api/v2/organizations/", "");
    assert_eq!((received.status, received.text()), (200, String::new()));
    let received = served.ask(0, "GET /api/v2/organizations/unknown/", "");
    assert_eq!((received.status, received.header("x-sandbox-unimplemented")), (404, None));
}

#[test]
fn listening_beyond_loopback_prints_a_warning() {
    let croud = Croud::new();
    let running = croud.start("sandbox serve --listen 0.0.0.0:0");
    running.until(
        "==> Warning: The sandbox listens beyond loopback. Its tokens are published: anybody who can reach it can use it.",
    );
}

#[test]
fn an_error_at_the_start_names_the_address_or_the_file() {
    let served = Served::new(&Croud::new(), "");
    let address = served.endpoint().strip_prefix("http://").unwrap();
    let croud = Croud::new().mask(address, "ADDRESS");
    assert_snapshot!(croud.run(&format!("sandbox serve --listen {address}")), @"
    [stderr]
    ==> Error: The sandbox could not start: cannot listen on ADDRESS: Address already in use (os error 98).
        Without --listen, it picks a free port.
    [exit 1]
    ");
    assert_snapshot!(croud.run("sandbox serve --journal ~/missing/journal.jsonl"), @"
    [stderr]
    ==> Error: The sandbox could not start: `HOME/missing/journal.jsonl`: No such file or directory (os error 2).
    [exit 1]
    ");
}

#[test]
fn what_is_not_served_is_reported_on_stderr() {
    let croud = Croud::new();
    let running = croud.start("sandbox serve");
    running.until_stdout("\n");
    let ready: serde_json::Value = serde_json::from_str(&running.stdout()).unwrap();
    crate::support::request(ready["endpoint"].as_str().unwrap(), "GET /api/v2/unknown/", &[], b"");
    running.until("==> Warning: The sandbox does not serve GET /api/v2/unknown/");
}

#[test]
fn the_clock_starts_at_the_time_that_is_given() {
    let served = Served::new(&Croud::new(), "--clock 2040-2-1T10:00+02:00");
    let organization = format!("/api/v2/organizations/{ORGANIZATION}");
    // A credit that ends in 2034 is expired.
    assert_eq!(served.ask(0, &format!("GET {organization}/credits/"), "").json(), serde_json::json!([]));
    assert_eq!(served.ask(0, &format!("PUT {organization}/"), r#"{"name": "n"}"#).status, 200);
    let event = served.ask(0, &format!("GET {organization}/auditlogs/"), "").json()[0]["created"].clone();
    assert!(event.as_str().unwrap().starts_with("2040-02-01T08:0"), "{event}");
    for wrong in ["yesterday", "1999-12-31", "2100-01-01", "9999-01-01"] {
        let run = Croud::new().run(&format!("sandbox serve --clock {wrong}"));
        assert!(run.contains("expected a time from 2000 to 2099, such as 2030-01-31T12:00"), "{run}");
        assert!(run.ends_with("[exit 2]\n"), "{run}");
    }
}
