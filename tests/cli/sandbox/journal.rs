//! `--journal`.

use std::fs;

use super::ORGANIZATION;
use crate::support::{Croud, Served};

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
