//! `--journal`.

use std::fs;
use std::io::Write as _;

use super::ORGANIZATION;
use crate::support::{Croud, Served, request, send};

#[test]
fn the_journal_has_no_secrets() {
    let home = Croud::new();
    let journal = home.path("journal.jsonl");
    let served = Served::new(&home, &format!("--journal {}", journal.display()));
    let croud = served.croud(0);
    croud
        .run("organizations secrets create --name n --type AWS --access-key AKIAIOSFODNN7 --secret-key s3cret -r eks1");
    croud.file("f", b"bytes");
    croud.run("organizations files create --file-path ~/f");
    let text = fs::read_to_string(journal).unwrap();
    for secret in ["AKIAIOSFODNN7", "s3cret", "sandbox-token"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut first = lines[0].clone();
    first.as_object_mut().unwrap().remove("time");
    assert_eq!(
        first,
        serde_json::json!({
            "method": "POST",
            "path": format!("/api/v2/organizations/{ORGANIZATION}/secrets/"),
            "query": {},
            "headers": {"x-region": "eks1", "x-auth-sudo": null},
            "auth": "token",
            "body": {"name": "n", "type": "AWS", "data": {"aws_secret": {"access_key": "**********", "secret_key": "**********"}}},
            "status": 201,
        })
    );
    let upload = lines.iter().find(|line| line["method"] == "PUT").unwrap();
    assert_eq!((&upload["auth"], &upload["query"]["signature"]), (&serde_json::Value::Null, &"**********".into()));
}

/// The lines of a journal once it has `count` of them: a line can be written after the response.
fn lines(path: &std::path::Path, count: usize) -> Vec<serde_json::Value> {
    let start = std::time::Instant::now();
    loop {
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(start.elapsed().as_secs() < 30, "{text}");
        if lines.len() >= count {
            return lines;
        }
        std::thread::yield_now();
    }
}

#[test]
fn requests_without_a_response_are_in_the_journal() {
    let home = Croud::new();
    let journal = home.path("journal.jsonl");
    let served = Served::new(&home, "--journal ~/journal.jsonl --fault 'POST /** stall' --fault 'PUT /** drop-before'");
    drop(send(served.endpoint(), "POST /api/v2/organizations/", &[], b""));
    request(served.endpoint(), "PUT /api/v2/organizations/x/", &[], b"");
    let wrong_host = "GET /misdirected HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n";
    let mut stream = std::net::TcpStream::connect(served.endpoint().strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(wrong_host.as_bytes()).unwrap();
    let mut found: Vec<String> = lines(&journal, 3)
        .iter()
        .map(|line| {
            format!("{} {} {}", line["method"].as_str().unwrap(), line["path"].as_str().unwrap(), line["status"])
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["GET /misdirected 421", "POST /api/v2/organizations/ null", "PUT /api/v2/organizations/x/ null"]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_request_that_arrives_together_with_the_end_of_its_connection_is_in_the_journal() {
    let home = Croud::new();
    let served = Served::new(&home, "--journal ~/journal.jsonl");
    let host = served.endpoint().strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    // After another request, the server has accepted the connection and waits for it.
    request(served.endpoint(), "GET /", &[], b"");
    served.pause();
    write!(stream, "DELETE /x HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    drop(stream);
    served.resume();
    let found = lines(&home.path("journal.jsonl"), 2);
    assert_eq!((&found[1]["method"], &found[1]["status"]), (&"DELETE".into(), &serde_json::Value::Null));
}
