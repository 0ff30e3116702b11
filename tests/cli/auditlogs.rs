//! `organizations auditlogs list`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json, reply};

const PAGE: &str = r#"[
    {"id": "e-2", "action": "organization.edit", "actor": {"id": "u-1", "email": "a@b.c"}, "created": "2024-01-02T00:00:00+00:00"},
    {"id": "e-1", "action": "cluster.backup", "actor": {"id": null}, "created": "2024-01-01T00:00:00+00:00"}]"#;

#[test]
fn list_goes_on_to_the_end() {
    let last = r#"[{"id": "e-0", "action": "x", "created": "c"}]"#;
    let server = Server::new([json(200, PAGE), json(200, last), json(200, "[]")]);
    assert_snapshot!(Croud::on(&server).run("organizations auditlogs list"), @"
    +-------------------+---------+---------------------------+
    | action            | actor   | created                   |
    |-------------------+---------+---------------------------|
    | organization.edit | u-1     | 2024-01-02T00:00:00+00:00 |
    | cluster.backup    | SYSTEM  | 2024-01-01T00:00:00+00:00 |
    | x                 | SYSTEM  | c                         |
    +-------------------+---------+---------------------------+
    ");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/my-org-id/auditlogs/ cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=e-1 cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=e-0 cookie: session=t0ken
    ");
}

#[test]
fn list_as_json_is_one_list() {
    let script = || [json(200, r#"[{"id": 2}]"#), json(200, r#"[{"id": 1, "a": [{}]}]"#), json(200, "[]")];
    assert_snapshot!(Croud::on(&Server::new(script())).run("organizations auditlogs list -o json"), @r#"
    [
      {
        "id": 2
      },
      {
        "id": 1,
        "a": [
          {}
        ]
      }
    ]
    "#);
    assert_snapshot!(Croud::on(&Server::new(script())).run("organizations auditlogs list -o yaml"), @"
    - id: 2
    - id: 1
      a:
      - {}
    ");
    assert_snapshot!(Croud::on(&Server::new(script())).run("organizations auditlogs list -o wide"), @"
    +------+------+
    |   id | a    |
    |------+------|
    |    2 |      |
    |    1 | [{}] |
    +------+------+
    ");
}

#[test]
fn list_of_none() {
    for (format, expected) in [
        ("json", "[]\n"),
        ("yaml", "[]\n"),
        (
            "table",
            "+----------+---------+-----------+\n| action   | actor   | created   |\n\
             |----------+---------+-----------|\n+----------+---------+-----------+\n",
        ),
    ] {
        let server = Server::new([json(200, "[]")]);
        assert_eq!(Croud::on(&server).run(&format!("organizations auditlogs list -o {format}")), expected);
    }
}

#[test]
fn list_is_filtered_as_it_was_typed() {
    let server = Server::new([json(200, "[]")]);
    let line =
        "organizations auditlogs list --org-id o --action a.b --from 2024-02-29T1:02 --to '2024-03-01 00:00:00.5+01'";
    Croud::on(&server).run(line);
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/o/auditlogs/?action=a.b&from=2024-02-29T1%3A02&to=2024-03-01+00%3A00%3A00.5%2B01 cookie: session=t0ken");
}

#[test]
fn dates_are_checked_before_anybody_is_asked() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations auditlogs list --from 2023-02-29"), @"
    [stderr]
    ==> Error: Invalid 'from' date format.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations auditlogs list --to soon"), @"
    [stderr]
    ==> Error: Invalid 'to' date format.
    [exit 2]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn a_cursor_that_stands_still_is_an_error() {
    let server = Server::new([json(200, PAGE), json(200, PAGE)]);
    assert_snapshot!(Croud::on(&server).run("organizations auditlogs list"), @"
    +-------------------+---------+---------------------------+
    | action            | actor   | created                   |
    |-------------------+---------+---------------------------|
    | organization.edit | u-1     | 2024-01-02T00:00:00+00:00 |
    | cluster.backup    | SYSTEM  | 2024-01-01T00:00:00+00:00 |
    [stderr]
    ==> Error: The reply is unusable: the list does not end, `e-1` is its last row again.
    [exit 1]
    ");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn an_event_without_an_id_is_an_error() {
    let server = Server::new([json(200, r#"[{"action": "x"}]"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations auditlogs list"), @"
    [stderr]
    ==> Error: The reply is unusable: the list can't be followed, its last row has no `id`.
    [exit 1]
    ");
}

#[test]
fn a_row_that_is_no_json_is_the_replys_fault() {
    // A row is read when it is shown: before that only its end is looked for.
    let page = r#"[{"id": "e-2", "action": "a"}, {"id": "e-1", "action": "\ud800"}]"#;
    let server = || Server::new([json(200, page), json(200, "[]")]);
    assert_snapshot!(Croud::on(&server()).run("organizations auditlogs list"), @"
    +----------+
    | action   |
    |----------|
    | a        |
    [stderr]
    ==> Error: The reply is unusable: a row of it is not JSON (unexpected end of hex escape at line 1 column 8)
    [exit 1]
    ");
    let first = Server::new([json(200, r#"[{"action": "\ud800", "id": "e-1"}]"#), json(200, "[]")]);
    assert_snapshot!(Croud::on(&first).run("organizations auditlogs list -o json"), @"
    [
    [stderr]
    ==> Error: The reply is unusable: a row of it is not JSON (unexpected end of hex escape at line 1 column 8)
    [exit 1]
    ");
    assert_snapshot!(Croud::on(&server()).run("organizations auditlogs list -o json"), @r#"
    [
      {
        "id": "e-2",
        "action": "a"
      }
    [stderr]
    ==> Error: The reply is unusable: a row of it is not JSON (unexpected end of hex escape at line 1 column 8)
    [exit 1]
    "#);
}

#[test]
fn a_late_page_that_is_a_web_page_is_told_with_the_cursor() {
    let page = reply(200, &["Content-Type: text/html"], "<html>");
    assert_snapshot!(Croud::on(&Server::new([json(200, PAGE), page])).run("organizations auditlogs list"), @"
    +-------------------+---------+---------------------------+
    | action            | actor   | created                   |
    |-------------------+---------+---------------------------|
    | organization.edit | u-1     | 2024-01-02T00:00:00+00:00 |
    | cluster.backup    | SYSTEM  | 2024-01-01T00:00:00+00:00 |
    [stderr]
    ==> Error: The reply of 'ENDPOINT/api/v2/organizations/my-org-id/auditlogs/?last=e-1' is unusable: it is a web page. Is the endpoint right?
        The list broke off after `e-1`: `--last e-1` goes on from there.
    [exit 1]
    ");
    let page = json(200, r#"{"no": "list"}"#);
    assert_snapshot!(Croud::on(&Server::new([json(200, PAGE), page])).run("organizations auditlogs list"), @"
    +-------------------+---------+---------------------------+
    | action            | actor   | created                   |
    |-------------------+---------+---------------------------|
    | organization.edit | u-1     | 2024-01-02T00:00:00+00:00 |
    | cluster.backup    | SYSTEM  | 2024-01-01T00:00:00+00:00 |
    [stderr]
    ==> Error: The reply is unusable: a page of the list is no list.
        The list broke off after `e-1`: `--last e-1` goes on from there.
    [exit 1]
    ");
}

#[test]
fn a_late_failure_leaves_nothing_that_looks_whole() {
    let script = || [json(200, PAGE), json(503, r#"{"message": "Later."}"#)];
    assert_snapshot!(Croud::on(&Server::new(script())).run("organizations auditlogs list -o json"), @r#"
    [
      {
        "id": "e-2",
        "action": "organization.edit",
        "actor": {
          "id": "u-1",
          "email": "a@b.c"
        },
        "created": "2024-01-02T00:00:00+00:00"
      },
      {
        "id": "e-1",
        "action": "cluster.backup",
        "actor": {
          "id": null
        },
        "created": "2024-01-01T00:00:00+00:00"
      }
    [stderr]
    ==> Error: Later.
        The list broke off after `e-1`: `--last e-1` goes on from there.
    [exit 1]
    "#);
    assert_snapshot!(Croud::on(&Server::new(script())).run("organizations auditlogs list -o yaml"), @"
    - id: e-2
      action: organization.edit
      actor:
        id: u-1
        email: a@b.c
      created: '2024-01-02T00:00:00+00:00'
    - id: e-1
      action: cluster.backup
      actor:
        id: null
      created: '2024-01-01T00:00:00+00:00'
    - {
    [stderr]
    ==> Error: Later.
        The list broke off after `e-1`: `--last e-1` goes on from there.
    [exit 1]
    ");
    assert_snapshot!(Croud::on(&Server::new(script())).run("organizations auditlogs list"), @"
    +-------------------+---------+---------------------------+
    | action            | actor   | created                   |
    |-------------------+---------+---------------------------|
    | organization.edit | u-1     | 2024-01-02T00:00:00+00:00 |
    | cluster.backup    | SYSTEM  | 2024-01-01T00:00:00+00:00 |
    [stderr]
    ==> Error: Later.
        The list broke off after `e-1`: `--last e-1` goes on from there.
    [exit 1]
    ");
}

#[test]
fn a_page_that_is_no_list_is_an_error() {
    let server = Server::new([json(200, r#"{"id": 1}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations auditlogs list"), @"
    [stderr]
    ==> Error: The reply is unusable: a page of the list is no list.
    [exit 1]
    ");
}
