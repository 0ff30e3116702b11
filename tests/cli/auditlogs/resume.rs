//! `--resume FILE`: the events since the last run.

use insta::assert_snapshot;

use super::{empty, event, events, page};
use crate::support::{Croud, Server, json, names};

const RESUME: &str = "organizations auditlogs list -o json --resume ~/state";

/// The IDs that a run prints.
fn ids(croud: &Croud, line: &str) -> String {
    let output = croud.output(line);
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(0), ""), "{line}");
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_run_prints_the_events_since_the_last_run_oldest_first() {
    let server = Server::new([
        page(&events(3, 2)),
        page(&events(1, 1)),
        empty(),
        page(&events(5, 4)),
        page(&events(3, 1)),
        empty(),
        page(&events(5, 1)),
        empty(),
    ]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, RESUME), "e-1 e-2 e-3");
    assert_eq!(ids(&croud, RESUME), "e-4 e-5");
    assert_eq!(ids(&croud, RESUME), "");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/my-org-id/auditlogs/ cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=e-2 cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=e-1 cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/ cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=e-4 cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=e-1 cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/ cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=e-1 cookie: session=t0ken
    ");
}

#[test]
fn a_run_reads_back_to_five_minutes_before_the_newest_event() {
    let late = [event(9, 1000), event(8, 790), event(7, 701), event(6, 699), event(5, 1)];
    let server = Server::new([page(&[event(1, 1000)]), empty(), page(&late)]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, RESUME), "e-1");
    // An event of the same instant is new, and so is a late one. Older events were there before.
    assert_eq!(ids(&croud, RESUME), "e-7 e-8 e-9");
}

#[test]
fn a_time_in_the_future_does_not_hide_events() {
    let future = r#"{"id": "e-9", "created": "2999-01-01T00:00:00Z"}"#.to_owned();
    let now = jiff::Timestamp::now();
    let next = format!(r#"{{"id": "e-10", "created": "{now}"}}"#);
    let server = Server::new([page(&[future.clone(), event(1, 1)]), empty(), page(&[future, next, event(1, 1)])]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, RESUME), "e-1 e-9");
    assert_eq!(ids(&croud, RESUME), "e-10");
}

#[test]
fn an_empty_reply_forgets_nothing() {
    let server = Server::new([page(&events(2, 1)), empty(), empty(), page(&events(3, 1)), empty()]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, RESUME), "e-1 e-2");
    assert_eq!(ids(&croud, RESUME), "");
    assert_eq!(ids(&croud, RESUME), "e-3");
}

#[test]
fn the_first_run_begins_at_from() {
    let server = Server::new([empty(), page(&events(3, 2)), empty()]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, &format!("{RESUME} --from 2024-01-01T00:00:02Z")), "");
    assert_eq!(ids(&croud, &format!("{RESUME} --from 1m")), "e-2 e-3");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/my-org-id/auditlogs/?from=2024-01-01T00%3A00%3A02Z cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?from=2024-01-01T00%3A00%3A02Z cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?from=2024-01-01T00%3A00%3A02Z&last=e-2 cookie: session=t0ken
    ");
}

#[test]
fn the_actor_is_filtered_as_in_a_list() {
    let server = Server::new([page(&events(4, 1)), empty(), page(&events(6, 1)), empty()]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, &format!("{RESUME} --actor u-1")), "e-1 e-3");
    assert_eq!(ids(&croud, &format!("{RESUME} --actor u-1")), "e-5");
}

#[test]
fn a_failed_run_prints_nothing_and_changes_nothing() {
    let server = Server::new([
        page(&events(1, 1)),
        empty(),
        page(&events(3, 2)),
        json(503, r#"{"message": "Later."}"#),
        page(&events(3, 2)),
        page(&events(1, 1)),
        empty(),
    ]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, RESUME), "e-1");
    let before = std::fs::read(croud.path("state")).unwrap();
    assert_snapshot!(croud.run(RESUME), @"
    [stderr]
    ==> Error: Later.
    [exit 1]
    ");
    assert_eq!(std::fs::read(croud.path("state")).unwrap(), before);
    assert_eq!(ids(&croud, RESUME), "e-2 e-3");
}

#[cfg(unix)]
#[test]
fn events_that_were_not_written_are_printed_again() {
    use std::process::Stdio;
    let many: Vec<String> = events(2000, 1);
    let script = || [page(&many), empty()];
    let server = Server::new(script().into_iter().chain(script()).chain(script()));
    let croud = Croud::on(&server);
    let full = std::fs::File::options().write(true).open("/dev/full");
    if let Ok(full) = full {
        let output = croud.command(RESUME).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
    } else {
        ids(&croud, "organizations auditlogs list");
    }
    assert!(!croud.path("state").exists());
    // The reader closes the pipe before it has read everything.
    let mut child = croud.command(RESUME).stdout(Stdio::piped()).spawn().unwrap();
    let mut begin = [0; 100];
    std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut begin).unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(!croud.path("state").exists());
    assert!(ids(&croud, RESUME).ends_with("e-1999 e-2000"));
    assert!(croud.path("state").exists());
}

#[test]
fn a_file_of_another_log_is_refused() {
    let server = Server::new([empty()]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, &format!("{RESUME} --action a.b")), "");
    assert_snapshot!(croud.run(&format!("{RESUME} --action a.c --org-id other --cluster-id c")), @"
    [stderr]
    ==> Error: `HOME/state` belongs to other events. Use one file for each organization and filter.
        --org-id was `my-org-id` and is `other`.
        --action was `a.b` and is `a.c`.
        --cluster-id was not given and is `c`.
    [exit 2]
    ");
    assert_snapshot!(croud.run(RESUME), @"
    [stderr]
    ==> Error: `HOME/state` belongs to other events. Use one file for each organization and filter.
        --action was `a.b` and is not given.
    [exit 2]
    ");
}

#[cfg(unix)]
#[test]
fn a_temporary_folder_that_cannot_be_written_is_named() {
    let event = event(1, 1).replace("\"actor\"", &format!("\"context\": \"{}\", \"actor\"", "x".repeat(1 << 20)));
    let server = Server::new([page(&[event])]);
    let croud = Croud::on(&server).env("TMPDIR", "/dev/null");
    assert_snapshot!(croud.run("organizations auditlogs list --resume ~/state"), @"
    [stderr]
    ==> Error: Could not write to a temporary file in `/dev/null`: Not a directory (os error 20)
    [exit 1]
    ");
    assert!(!croud.path("state").exists());
}

#[test]
fn a_file_that_is_not_a_state_is_not_changed() {
    let server = Server::new([empty()]);
    let croud = Croud::on(&server);
    for content in ["hello\n", "{}", r#"{"version": 2}"#, "\u{0}"] {
        croud.file("state", content.as_bytes());
        let run = croud.run(RESUME);
        assert!(run.ends_with("[exit 2]\n"), "{run}");
        assert_eq!(std::fs::read_to_string(croud.path("state")).unwrap(), content);
    }
    assert_snapshot!(croud.run(RESUME), @"
    [stderr]
    ==> Error: `HOME/state` is not a file that --resume of this version has written.
        To print all events again, pass the name of a new file.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations auditlogs list --resume ~/missing/state"), @"
    [stderr]
    ==> Error: Could not lock `HOME/missing/state`: `HOME/missing/.state.lock`: No such file or directory (os error 2)
    [exit 1]
    ");
    // An empty file is a first run.
    croud.file("state", b"");
    assert_eq!(ids(&croud, RESUME), "");
}

#[test]
fn only_a_regular_file_is_replaced() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    std::fs::create_dir(croud.path("state")).unwrap();
    assert_snapshot!(croud.run(RESUME), @"
    [stderr]
    ==> Error: `HOME/state` is not a regular file.
    [exit 1]
    ");
    #[cfg(unix)]
    assert_snapshot!(croud.run("organizations auditlogs list --resume /dev/null"), @"
    [stderr]
    ==> Error: `/dev/null` is not a regular file.
    [exit 1]
    ");
}

#[cfg(unix)]
#[test]
fn the_file_is_private_and_no_other_file_stays() {
    use std::os::unix::fs::MetadataExt as _;
    let server = Server::new([page(&events(2, 1)), empty()]);
    let croud = Croud::on(&server);
    assert_eq!(ids(&croud, RESUME), "e-1 e-2");
    assert_eq!(croud.path("state").metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(names(&croud.path("")), [".config", ".state.lock", "state"]);
    assert_snapshot!(std::fs::read_to_string(croud.path("state")).unwrap(), @r#"{"version":1,"log":{"organization":"my-org-id","action":null,"cluster_id":null,"actor":null},"from":null,"seen":{"newest":"2024-01-01T00:00:02Z","events":{"e-1":"2024-01-01T00:00:01Z","e-2":"2024-01-01T00:00:02Z"}}}"#);
}

#[test]
fn options_that_would_leave_out_events_are_refused() {
    let croud = Croud::new();
    for options in ["--to 1m", "--last e-1", "--follow"] {
        let run = croud.run(&format!("{RESUME} {options}"));
        assert!(run.contains("cannot be used with"), "{run}");
        assert!(run.ends_with("[exit 2]\n"), "{run}");
    }
}
