//! A run that a signal or a closed pipe interrupts.

use std::process::Stdio;

use insta::assert_snapshot;

use super::{APPLY, server, with_file};
use crate::support::{Croud, Response, Server, json, reply};

/// Applies nine new users to a server that answers the first three changes only, and interrupts that.
fn interrupted(options: &str, run: impl FnOnce(&Croud, &str, &Server) -> std::process::Output) -> String {
    let mut changes = 0;
    let server = server(move || {
        changes += 1;
        if changes <= 3 { reply(204, &[], "") } else { Response::Stall }
    });
    // Admins come first.
    let role = |i| if i < 3 { "org_admin" } else { "org_member" };
    let rows: String = (0..9).map(|i| format!("new{i}@b.c,{}\n", role(i))).collect();
    let croud = with_file(Croud::on(&server), &rows);
    let output = run(&croud, &format!("{APPLY} --yes {options}"), &server);
    croud.shown(&output)
}

fn interrupt(croud: &Croud, line: &str, server: &Server) -> std::process::Output {
    let running = croud.start(line);
    // Three requests come before the changes.
    server.wait_for(10);
    running.signal(rustix::process::Signal::INT);
    running.wait()
}

#[test]
fn an_interrupted_run_reports_every_row() {
    assert_snapshot!(interrupted("--columns email,outcome", interrupt), @"
    +----------+-----------+
    | email    | outcome   |
    |----------+-----------|
    | new0@b.c | done      |
    | new1@b.c | done      |
    | new2@b.c | done      |
    | new3@b.c | unknown   |
    | new4@b.c | unknown   |
    | new5@b.c | unknown   |
    | new6@b.c | unknown   |
    | new7@b.c | planned   |
    | new8@b.c | planned   |
    +----------+-----------+
    [stderr]
    ==> Warning: Interrupted.
        Of the changes: 3 made, 0 failed, 4 possibly made (unknown), 2 not begun (planned).
        Run the command again to do what is left.
    [exit 130]
    ");
    let shown = interrupted("--columns email,outcome -o json", interrupt);
    assert_eq!(shown.matches(r#""outcome": "done""#).count(), 3, "{shown}");
    assert_eq!(shown.matches(r#""outcome": "unknown""#).count(), 4, "{shown}");
    assert_eq!(shown.matches(r#""outcome": "planned""#).count(), 2, "{shown}");
}

#[test]
fn an_interrupted_run_with_a_closed_stdout_still_reports_the_signal() {
    let shown = interrupted("", |croud, line, server| {
        let mut child = croud.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        server.wait_for(10);
        drop(child.stdout.take());
        rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM).unwrap();
        child.wait_with_output().unwrap()
    });
    assert_snapshot!(shown, @"
    [stderr]
    ==> Warning: Terminated.
        Of the changes: 3 made, 0 failed, 4 possibly made (unknown), 2 not begun (planned).
        Run the command again to do what is left.
    [exit 143]
    ");
}

#[test]
fn a_failure_is_reported_with_a_closed_stdout() {
    let server = server(|| json(403, r#"{"message": "No."}"#));
    let croud = with_file(Croud::on(&server), "max@b.c,org_admin\n");
    let mut child =
        croud.command(&format!("{APPLY} --yes")).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
