//! `organizations files prune`.

use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::support::{Croud, Response, Server, json, reply};

/// Two old files, of which one is pending, a file that is never old, and one without a date.
const LISTED: &str = r#"[
    {"id": "f-1", "name": "a.csv", "status": "PENDING", "dc": {"created": "2024-03-01T09:00:00+00:00"}},
    {"id": "f-2", "name": "b.csv", "status": "UPLOADED", "dc": {"created": "2024-03-01T09:00:00+00:00"}},
    {"id": "f-3", "name": "c.csv", "status": "PENDING", "dc": {"created": "9000-01-01T00:00:00+00:00"}},
    {"id": "f-4", "name": "d.csv", "status": "PENDING"}
]"#;
const PRUNE: &str = "organizations files prune --older-than 90d";

#[test]
fn prune_deletes_old_files() {
    let server = Server::new([json(200, LISTED), reply(204, &[], ""), reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).run(&format!("{PRUNE} --yes")), @"
    +------+--------+----------+---------------------------+-----------+-----------+
    | id   | name   | status   | created                   | outcome   | message   |
    |------+--------+----------+---------------------------+-----------+-----------|
    | f-1  | a.csv  | PENDING  | 2024-03-01T09:00:00+00:00 | deleted   |           |
    | f-2  | b.csv  | UPLOADED | 2024-03-01T09:00:00+00:00 | deleted   |           |
    +------+--------+----------+---------------------------+-----------+-----------+
    [stderr]
    ==> Success: 2 files deleted.
    ");
    let mut wire: Vec<_> = server.requests().into_iter().map(|request| request.line).collect();
    wire.sort();
    assert_snapshot!(wire.join("\n"), @"
    DELETE /api/v2/organizations/my-org-id/files/f-1/
    DELETE /api/v2/organizations/my-org-id/files/f-2/
    GET /api/v2/organizations/my-org-id/files/
    ");
}

#[test]
fn prune_deletes_only_files_with_the_status() {
    for (status, id) in [("PENDING", "f-1"), ("UPLOADED", "f-2")] {
        let server = Server::new([json(200, LISTED), reply(204, &[], "")]);
        assert_eq!(Croud::on(&server).code(&format!("{PRUNE} --status {status} --yes")), Some(0));
        assert_eq!(server.requests()[1].line, format!("DELETE /api/v2/organizations/my-org-id/files/{id}/"));
    }
}

#[test]
fn prune_with_dry_run_deletes_nothing_in_every_format() {
    let mut shown = String::new();
    for format in ["table", "wide", "json", "yaml"] {
        let server = Server::new([json(200, LISTED)]);
        shown += &Croud::on(&server).run(&format!("{PRUNE} --status PENDING --dry-run -o {format}"));
    }
    assert_snapshot!(shown, @r#"
    +------+--------+----------+---------------------------+-----------+-----------+
    | id   | name   | status   | created                   | outcome   | message   |
    |------+--------+----------+---------------------------+-----------+-----------|
    | f-1  | a.csv  | PENDING  | 2024-03-01T09:00:00+00:00 | planned   |           |
    +------+--------+----------+---------------------------+-----------+-----------+
    [stderr]
    ==> Info: Nothing was deleted (--dry-run).
    +------+--------+----------+---------------------------+-----------+-----------+
    | id   | name   | status   | created                   | outcome   | message   |
    |------+--------+----------+---------------------------+-----------+-----------|
    | f-1  | a.csv  | PENDING  | 2024-03-01T09:00:00+00:00 | planned   |           |
    +------+--------+----------+---------------------------+-----------+-----------+
    [stderr]
    ==> Info: Nothing was deleted (--dry-run).
    [
      {
        "id": "f-1",
        "name": "a.csv",
        "status": "PENDING",
        "created": "2024-03-01T09:00:00+00:00",
        "outcome": "planned",
        "message": null
      }
    ]
    [stderr]
    ==> Info: Nothing was deleted (--dry-run).
    - id: f-1
      name: a.csv
      status: PENDING
      created: '2024-03-01T09:00:00+00:00'
      outcome: planned
      message: null
    [stderr]
    ==> Info: Nothing was deleted (--dry-run).
    "#);
}

#[test]
fn prune_asks_before_it_deletes() {
    let server = Server::new([json(200, LISTED), json(200, LISTED), reply(204, &[], ""), reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).stdin("n\n").run(PRUNE), @"
    [stderr]
    ==> Info: These files will be deleted:
        f-1 a.csv
        f-2 b.csv
    Delete 2 files of organization my-org-id? [yN] ==> Info: Nothing was deleted.
    ");
    let shown = Croud::on(&server).stdin("y\n").run(PRUNE);
    assert!(shown.ends_with("==> Success: 2 files deleted.\n"), "{shown}");
    let server = Server::new([json(200, LISTED), json(200, LISTED)]);
    assert_eq!(Croud::on(&server).code(PRUNE), Some(2));
    assert_eq!(Croud::on(&server).code(&format!("--no-input {PRUNE}")), Some(2));
}

#[test]
fn the_question_lists_a_part_of_many_files() {
    let rows: Vec<_> = (0..25).map(|n| format!(r#"{{"id": "f-{n}", "dc": {{"created": "2024-03-01"}}}}"#)).collect();
    let server = Server::new([json(200, &format!("[{}]", rows.join(",")))]);
    let shown = Croud::on(&server).stdin("n\n").run(PRUNE);
    assert!(shown.contains("\n    f-19 \n    and 5 more (--dry-run shows all)\nDelete 25 files"), "{shown}");
}

#[test]
fn prune_reports_each_file_and_fails_if_one_could_not_be_deleted() {
    let server = Server::answering(|request| match request.line.as_str() {
        "DELETE /api/v2/organizations/my-org-id/files/f-1/" => json(403, r#"{"message": "No."}"#),
        // A file that is gone counts as deleted.
        "DELETE /api/v2/organizations/my-org-id/files/f-2/" => json(404, "{}"),
        _ => json(200, LISTED),
    });
    assert_snapshot!(Croud::on(&server).run(&format!("{PRUNE} --yes")), @"
    +------+--------+----------+---------------------------+-----------+-----------+
    | id   | name   | status   | created                   | outcome   | message   |
    |------+--------+----------+---------------------------+-----------+-----------|
    | f-1  | a.csv  | PENDING  | 2024-03-01T09:00:00+00:00 | failed    | No.       |
    | f-2  | b.csv  | UPLOADED | 2024-03-01T09:00:00+00:00 | deleted   |           |
    +------+--------+----------+---------------------------+-----------+-----------+
    [stderr]
    ==> Error: 1 of 2 files could not be deleted.
        Run the command again to delete what is left.
    [exit 1]
    ");
}

#[test]
fn prune_of_nothing_is_a_success() {
    let server = Server::new([json(200, "[]"), json(200, "{}")]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run(PRUNE), @"
    +------+--------+----------+-----------+-----------+-----------+
    | id   | name   | status   | created   | outcome   | message   |
    |------+--------+----------+-----------+-----------+-----------|
    +------+--------+----------+-----------+-----------+-----------+
    [stderr]
    ==> Info: There is nothing to delete.
    ");
    assert_snapshot!(croud.run(&format!("{PRUNE} -o json")), @"
    []
    [stderr]
    ==> Info: There is nothing to delete.
    ");
}

#[test]
fn prune_needs_an_age() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations files prune --older-than soon"), @"
    [stderr]
    error: invalid value 'soon' for '--older-than <AGE>': expected an age such as 90d, 12h or 4w

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations files prune --older-than 19000y"), @"
    [stderr]
    ==> Error: `--older-than` is too long.
    [exit 2]
    ");
    assert_eq!(croud.code("organizations files prune"), Some(2));
}

#[test]
fn prune_waits_after_a_429() {
    let mut refused = false;
    let server = Server::answering(move |request| match request.line.split(' ').next() {
        Some("GET") => json(200, LISTED),
        _ if !std::mem::replace(&mut refused, true) => reply(429, &["Retry-After: 0"], ""),
        _ => reply(204, &[], ""),
    });
    let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
    let shown = croud.run(&format!("{PRUNE} --yes"));
    assert!(shown.ends_with("==> Success: 2 files deleted.\n"), "{shown}");
    assert_eq!(server.requests().len(), 4);
}

#[test]
fn prune_sends_four_requests_at_a_time() {
    let rows: Vec<_> = (0..9).map(|n| format!(r#"{{"id": "f-{n}", "dc": {{"created": "2024-03-01"}}}}"#)).collect();
    let list = json(200, &format!("[{}]", rows.join(",")));
    // No DELETE is answered.
    let server = Server::answering(move |request| match request.line.starts_with("GET") {
        true => list.clone(),
        false => Response::Stall,
    });
    let start = Instant::now();
    let shown = Croud::on(&server).run(&format!("--timeout 0.5 {PRUNE} --yes"));
    assert!(shown.contains("9 of 9 files could not be deleted."), "{shown}");
    // Nine requests are four, four and one, and all of them time out.
    assert!(start.elapsed() >= Duration::from_millis(1500), "{:?}", start.elapsed());
    assert_eq!(server.requests().len(), 10);
}

#[test]
fn an_interrupted_prune_reports_every_file() {
    let rows: Vec<_> = (0..6).map(|n| format!(r#"{{"id": "f-{n}", "dc": {{"created": "2024-03-01"}}}}"#)).collect();
    let list = json(200, &format!("[{}]", rows.join(",")));
    let server = Server::answering(move |request| match request.line.as_str() {
        "DELETE /api/v2/organizations/my-org-id/files/f-0/" => reply(204, &[], ""),
        line if line.starts_with("GET") => list.clone(),
        _ => Response::Stall,
    });
    let croud = Croud::on(&server);
    let running = croud.start(&format!("{PRUNE} --yes --columns id,outcome"));
    // The list, the file that was deleted, and four requests without a reply.
    server.wait_for(6);
    running.signal(rustix::process::Signal::INT);
    assert_snapshot!(croud.shown(&running.wait()), @"
    +------+-----------+
    | id   | outcome   |
    |------+-----------|
    | f-0  | deleted   |
    | f-1  | unknown   |
    | f-2  | unknown   |
    | f-3  | unknown   |
    | f-4  | unknown   |
    | f-5  | planned   |
    +------+-----------+
    [stderr]
    ==> Warning: Interrupted.
        Of the files: 1 deleted, 0 failed, 4 possibly deleted (unknown), 1 not begun (planned).
        Run the command again to delete what is left.
    [exit 130]
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn prune_on_the_sandbox() {
    let croud = Croud::sandbox();
    let shown = croud.run("organizations files prune --older-than 1d --status PENDING --yes");
    assert!(shown.contains("| customers.json | PENDING  |"), "{shown}");
    assert!(shown.ends_with("==> Success: 1 file deleted.\n"), "{shown}");
    assert!(!croud.stdout("organizations files list").contains("PENDING"));
}
