//! `organizations users apply`.

mod interrupted;

use insta::assert_snapshot;

use crate::support::{Croud, Response, Server, json, reply};

const MEMBERS: &str = r#"[
    {"uid": "u-1", "email": "me@b.c", "username": "me", "organization_roles": [{"role_fqn": "org_admin"}]},
    {"uid": "u-2", "email": "max@b.c", "username": "max", "organization_roles": [{"role_fqn": "org_member"}]},
    {"uid": "u-3", "email": "old@b.c", "username": "old", "organization_roles": [{"role_fqn": "org_member"}]}]"#;
const INVITATIONS: &str = r#"[
    {"uid": "i-1", "email": "open@b.c", "expiration_date": "2999-01-01T00:00:00+00:00", "organization_roles": [{"role_fqn": "org_member"}]},
    {"uid": "i-2", "email": "late@b.c", "expiration_date": "2001-01-01T00:00:00+00:00", "organization_roles": [{"role_fqn": "org_member"}]}]"#;
const APPLY: &str = "organizations users apply --file ~/members.csv";
const ROWS: &str =
    "me@b.c,org_admin\nMAX@b.c,org_admin\nnew@b.c,org_member\nopen@b.c,org_member\nlate@b.c,org_member\n";

/// Answers the requests before the changes: three members, two invitations of which one has expired, and the
/// caller. `change` answers each change.
fn server(mut change: impl FnMut() -> Response + Send + 'static) -> Server {
    Server::answering(move |request| match request.line.as_str() {
        line if line.starts_with("GET") && line.ends_with("/users/") => json(200, MEMBERS),
        line if line.starts_with("GET") && line.contains("/invitations/") => json(200, INVITATIONS),
        line if line.starts_with("GET") => json(200, r#"{"uid": "u-1", "email": "me@b.c"}"#),
        _ => change(),
    })
}

fn with_file(croud: Croud, rows: &str) -> Croud {
    croud.file("members.csv", format!("email,role\n{rows}").as_bytes());
    croud
}

/// The requests, sorted, because some are sent at the same time.
fn requests(server: &Server) -> Vec<String> {
    let wire = server.wire().replace("/api/v2/organizations/my-org-id", "").replace(" cookie: session=t0ken", "");
    let mut lines: Vec<String> = wire.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// The requests that change something, sorted.
fn changes(server: &Server) -> String {
    let mut lines = requests(server);
    lines.retain(|line| !line.starts_with("GET"));
    lines.join("\n")
}

#[test]
fn a_dry_run_shows_the_plan_and_changes_nothing() {
    let server = server(|| panic!("a change"));
    let croud = with_file(Croud::on(&server), ROWS);
    assert_snapshot!(croud.run(&format!("{APPLY} --prune --dry-run")), @"
    +----------+----------+------------+------------+-----------+-----------+
    | action   | email    | old_role   | role       | outcome   | message   |
    |----------+----------+------------+------------+-----------+-----------|
    | keep     | me@b.c   | org_admin  | org_admin  | unchanged |           |
    | change   | MAX@b.c  | org_member | org_admin  | planned   |           |
    | add      | new@b.c  |            | org_member | planned   |           |
    | keep     | open@b.c | org_member | org_member | unchanged |           |
    | add      | late@b.c |            | org_member | planned   |           |
    | remove   | old@b.c  | org_member |            | planned   |           |
    +----------+----------+------------+------------+-----------+-----------+
    [stderr]
    ==> Info: Nothing was changed (--dry-run).
    ");
    assert_snapshot!(croud.run(&format!("{APPLY} --dry-run -o json")), @r#"
    [
      {
        "action": "keep",
        "email": "me@b.c",
        "old_role": "org_admin",
        "role": "org_admin",
        "outcome": "unchanged",
        "message": null
      },
      {
        "action": "change",
        "email": "MAX@b.c",
        "old_role": "org_member",
        "role": "org_admin",
        "outcome": "planned",
        "message": null
      },
      {
        "action": "add",
        "email": "new@b.c",
        "old_role": null,
        "role": "org_member",
        "outcome": "planned",
        "message": null
      },
      {
        "action": "keep",
        "email": "open@b.c",
        "old_role": "org_member",
        "role": "org_member",
        "outcome": "unchanged",
        "message": null
      },
      {
        "action": "add",
        "email": "late@b.c",
        "old_role": null,
        "role": "org_member",
        "outcome": "planned",
        "message": null
      }
    ]
    [stderr]
    ==> Info: Nothing was changed (--dry-run).
    "#);
    assert_snapshot!(requests(&server).join("\n"), @"
    GET /api/v2/users/me/
    GET /api/v2/users/me/
    GET /invitations/?status=PENDING
    GET /invitations/?status=PENDING
    GET /users/
    GET /users/
    ");
}

#[cfg(unix)]
#[test]
fn the_users_the_invitations_and_the_caller_are_requested_at_the_same_time() {
    let server = Server::answering(|_| Response::Stall);
    let croud = with_file(Croud::on(&server), ROWS);
    let running = croud.start(APPLY);
    // No request is answered, so the third one comes only if it does not wait for the others.
    server.wait_for(3);
    assert_eq!(requests(&server), ["GET /api/v2/users/me/", "GET /invitations/?status=PENDING", "GET /users/"]);
    running.signal(rustix::process::Signal::INT);
    assert_eq!(running.wait().status.code(), Some(130));
}

#[test]
fn every_change_is_one_request() {
    let server = server(|| reply(204, &[], ""));
    let croud = with_file(Croud::on(&server), ROWS);
    assert_snapshot!(croud.run(&format!("{APPLY} --prune --yes")), @"
    +----------+----------+------------+------------+-----------+-----------+
    | action   | email    | old_role   | role       | outcome   | message   |
    |----------+----------+------------+------------+-----------+-----------|
    | keep     | me@b.c   | org_admin  | org_admin  | unchanged |           |
    | change   | MAX@b.c  | org_member | org_admin  | done      |           |
    | add      | new@b.c  |            | org_member | done      |           |
    | keep     | open@b.c | org_member | org_member | unchanged |           |
    | add      | late@b.c |            | org_member | done      |           |
    | remove   | old@b.c  | org_member |            | done      |           |
    +----------+----------+------------+------------+-----------+-----------+
    [stderr]
    ==> Success: 2 added, 1 changed, 1 removed.
    ");
    assert_snapshot!(changes(&server), @r#"
    DELETE /users/u-3/
    POST /users/ {"user":"MAX@b.c","role_fqn":"org_admin"}
    POST /users/ {"user":"late@b.c","role_fqn":"org_member"}
    POST /users/ {"user":"new@b.c","role_fqn":"org_member"}
    "#);
}

#[test]
fn the_caller_is_kept_unless_named() {
    let server = server(|| reply(204, &[], ""));
    let croud = with_file(Croud::on(&server), "max@b.c,org_admin\nold@b.c,org_member\nopen@b.c,org_member\n");
    assert_snapshot!(croud.run(&format!("{APPLY} --prune --yes -o yaml")), @"
    - action: change
      email: max@b.c
      old_role: org_member
      role: org_admin
      outcome: done
      message: null
    - action: keep
      email: old@b.c
      old_role: org_member
      role: org_member
      outcome: unchanged
      message: null
    - action: keep
      email: open@b.c
      old_role: org_member
      role: org_member
      outcome: unchanged
      message: null
    - action: keep
      email: me@b.c
      old_role: org_admin
      role: org_admin
      outcome: protected
      message: 'You would lose your own role. To do it anyway, pass --allow me@b.c.'
    [stderr]
    ==> Warning: me@b.c is not changed. You would lose your own role. To do it anyway, pass --allow me@b.c.
    ==> Success: 0 added, 1 changed, 0 removed.
    ");
    assert_snapshot!(croud.run(&format!("{APPLY} --prune --yes --allow ME@b.c")), @"
    +----------+----------+------------+------------+-----------+-----------+
    | action   | email    | old_role   | role       | outcome   | message   |
    |----------+----------+------------+------------+-----------+-----------|
    | change   | max@b.c  | org_member | org_admin  | done      |           |
    | keep     | old@b.c  | org_member | org_member | unchanged |           |
    | keep     | open@b.c | org_member | org_member | unchanged |           |
    | remove   | me@b.c   | org_admin  |            | done      |           |
    +----------+----------+------------+------------+-----------+-----------+
    [stderr]
    ==> Success: 0 added, 1 changed, 1 removed.
    ");
    assert_snapshot!(changes(&server), @r#"
    DELETE /users/u-1/
    POST /users/ {"user":"max@b.c","role_fqn":"org_admin"}
    POST /users/ {"user":"max@b.c","role_fqn":"org_admin"}
    "#);
}

#[test]
fn the_plan_is_confirmed() {
    let server = server(|| reply(204, &[], ""));
    let croud = with_file(Croud::on(&server), ROWS);
    assert_snapshot!(croud.run(&format!("{APPLY} --prune")), @"
    [stderr]
    ==> Info: The plan is:
        change MAX@b.c from org_member to org_admin
        add new@b.c as org_member
        add late@b.c as org_member
        remove old@b.c (org_member)
    Make these 4 changes to organization my-org-id? [yN] 
    ==> Error: Cannot ask for confirmation: stdin is not interactive. Pass --yes.
    [exit 2]
    ");
    assert_snapshot!(croud.stdin("n\n").run(APPLY), @"
    [stderr]
    ==> Info: The plan is:
        change MAX@b.c from org_member to org_admin
        add new@b.c as org_member
        add late@b.c as org_member
    Make these 3 changes to organization my-org-id? [yN] ==> Info: Nothing was changed.
    ");
    assert_eq!(changes(&server), "");
}

#[cfg(feature = "sandbox")]
#[test]
fn a_failed_change_does_not_stop_the_others_and_the_next_run_does_only_what_is_left() {
    let croud =
        with_file(Croud::sandbox(), "admin@example.com,org_admin\nx@example.com,nothing\ny@example.com,org_member\n");
    let apply = format!("{APPLY} --yes");
    assert_snapshot!(croud.run(&apply), @r#"
    +----------+-------------------+------------+------------+-----------+------------------------------------------------------------------------+
    | action   | email             | old_role   | role       | outcome   | message                                                                |
    |----------+-------------------+------------+------------+-----------+------------------------------------------------------------------------|
    | keep     | admin@example.com | org_admin  | org_admin  | unchanged |                                                                        |
    | add      | x@example.com     |            | nothing    | failed    | Invalid input. {"role_fqn":["Must be one of: org_admin, org_member."]} |
    | add      | y@example.com     |            | org_member | invited   |                                                                        |
    +----------+-------------------+------------+------------+-----------+------------------------------------------------------------------------+
    [stderr]
    ==> Info: 1 added, 0 changed, 0 removed.
    ==> Error: 1 of 2 changes failed.
        Run the command again to do what is left.
    [exit 1]
    "#);
    assert_snapshot!(croud.run(&apply), @r#"
    +----------+-------------------+------------+------------+-----------+------------------------------------------------------------------------+
    | action   | email             | old_role   | role       | outcome   | message                                                                |
    |----------+-------------------+------------+------------+-----------+------------------------------------------------------------------------|
    | keep     | admin@example.com | org_admin  | org_admin  | unchanged |                                                                        |
    | add      | x@example.com     |            | nothing    | failed    | Invalid input. {"role_fqn":["Must be one of: org_admin, org_member."]} |
    | keep     | y@example.com     | org_member | org_member | unchanged |                                                                        |
    +----------+-------------------+------------+------------+-----------+------------------------------------------------------------------------+
    [stderr]
    ==> Info: 0 added, 0 changed, 0 removed.
    ==> Error: 1 of 1 changes failed.
        Run the command again to do what is left.
    [exit 1]
    "#);
    croud.file("members.csv", b"email,role\nadmin@example.com,org_admin\nmember@example.com,org_member\n");
    assert_snapshot!(croud.run(&format!("{apply} --prune")), @"
    +----------+---------------------+------------+------------+-----------+-----------+
    | action   | email               | old_role   | role       | outcome   | message   |
    |----------+---------------------+------------+------------+-----------+-----------|
    | keep     | admin@example.com   | org_admin  | org_admin  | unchanged |           |
    | keep     | member@example.com  | org_member | org_member | unchanged |           |
    | remove   | invited@example.com | org_member |            | done      |           |
    | remove   | y@example.com       | org_member |            | done      |           |
    +----------+---------------------+------------+------------+-----------+-----------+
    [stderr]
    ==> Success: 0 added, 0 changed, 2 removed.
    ");
    assert_snapshot!(croud.run(&format!("{apply} --prune")), @"
    +----------+--------------------+------------+------------+-----------+-----------+
    | action   | email              | old_role   | role       | outcome   | message   |
    |----------+--------------------+------------+------------+-----------+-----------|
    | keep     | admin@example.com  | org_admin  | org_admin  | unchanged |           |
    | keep     | member@example.com | org_member | org_member | unchanged |           |
    +----------+--------------------+------------+------------+-----------+-----------+
    [stderr]
    ==> Info: There is nothing to change.
    ");
}

#[test]
fn at_most_four_requests_are_sent_at_a_time() {
    let server = server(|| Response::Stall);
    let rows: String = (0..9).map(|i| format!("new{i}@b.c,org_member\n")).collect();
    let croud = with_file(Croud::on(&server), &rows);
    let running = croud.start(&format!("{APPLY} --yes"));
    // Three requests come before the changes.
    server.wait_for(7);
    running.signal(rustix::process::Signal::INT);
    let output = running.wait();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(changes(&server).lines().count(), 4);
}

#[test]
fn an_error_of_several_lines_is_one_line_in_a_table() {
    let refusal =
        json(404, r#"{"message": "Resource not found.", "errors": {"user": ["Unknown."]}, "success": false}"#);
    let server = server(move || refusal.clone());
    let croud = with_file(Croud::on(&server), "max@b.c,org_admin\n");
    assert_snapshot!(croud.run(&format!("{APPLY} --yes")), @r#"
    +----------+---------+------------+-----------+-----------+-------------------------------------------+
    | action   | email   | old_role   | role      | outcome   | message                                   |
    |----------+---------+------------+-----------+-----------+-------------------------------------------|
    | change   | max@b.c | org_member | org_admin | failed    | Resource not found. {"user":["Unknown."]} |
    +----------+---------+------------+-----------+-----------+-------------------------------------------+
    [stderr]
    ==> Info: 0 added, 0 changed, 0 removed.
    ==> Error: 1 of 1 changes failed.
        Run the command again to do what is left.
    [exit 1]
    "#);
    assert_snapshot!(croud.run(&format!("{APPLY} --yes -o csv --columns message")), @r#"
    message
    "Resource not found. {""user"":[""Unknown.""]}"
    [stderr]
    ==> Info: 0 added, 0 changed, 0 removed.
    ==> Error: 1 of 1 changes failed.
        Run the command again to do what is left.
    [exit 1]
    "#);
    assert_snapshot!(croud.run(&format!("{APPLY} --yes -o json --columns message")), @r#"
    [
      {
        "message": "Resource not found. {\"user\":[\"Unknown.\"]}\nThe request was POST /api/v2/organizations/my-org-id/users/.\n`croud organizations list` shows the IDs that exist."
      }
    ]
    [stderr]
    ==> Info: 0 added, 0 changed, 0 removed.
    ==> Error: 1 of 1 changes failed.
        Run the command again to do what is left.
    [exit 1]
    "#);
}

#[test]
fn a_change_waits_after_429() {
    let mut answers = vec![reply(204, &[], ""), reply(429, &["Retry-After: 0"], "")];
    let server = server(move || answers.pop().unwrap());
    let croud = with_file(Croud::on(&server).env("CROUD_RETRIES", "1"), "max@b.c,org_admin\n");
    assert!(croud.run(&format!("{APPLY} --yes")).ends_with("==> Success: 0 added, 1 changed, 0 removed.\n"));
}

#[test]
fn the_file_is_checked_before_any_request() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    for content in ["email\na@b.c\n", "email,role\na@b.c,\n", "email,role\na@b.c,x\na@b.c,y\n", "email,role\na@b.c\n"] {
        croud.file("members.csv", content.as_bytes());
        let shown = croud.run(APPLY);
        assert!(
            shown.starts_with("[stderr]\n==> Error: `HOME/members.csv`: ") && shown.ends_with("[exit 2]\n"),
            "{shown}"
        );
    }
    assert_snapshot!(croud.run("organizations users apply --file ~/missing.csv"), @"
    [stderr]
    ==> Error: Could not read `HOME/missing.csv`: No such file or directory (os error 2)
    [exit 1]
    ");
    let croud = croud.stdin("email;role\n");
    assert_snapshot!(croud.run("organizations users apply --file -"), @"
    [stderr]
    ==> Error: Stdin: there is no column `email` in the first line. Use commas. Nothing was changed.
    [exit 2]
    ");
    let server =
        Server::answering(|request| json(200, if request.line.ends_with("/me/") { r#"{"uid": "u"}"# } else { "[]" }));
    assert_snapshot!(Croud::on(&server).stdin("email,role\n").run("organizations users apply --file - -o json"), @"
    []
    [stderr]
    ==> Info: There is nothing to change.
    ");
}
