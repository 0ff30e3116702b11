//! The list: its pages, formats and errors.

use insta::assert_snapshot;

use super::PAGE;
use crate::support::{Croud, Server, json, reply};

#[test]
fn list_requests_pages_until_an_empty_one() {
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
fn list_without_rows_is_empty() {
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
fn a_cursor_that_does_not_advance_is_an_error() {
    let server = Server::new([json(200, PAGE), json(200, PAGE)]);
    assert_snapshot!(Croud::on(&server).run("organizations auditlogs list"), @"
    +-------------------+---------+---------------------------+
    | action            | actor   | created                   |
    |-------------------+---------+---------------------------|
    | organization.edit | u-1     | 2024-01-02T00:00:00+00:00 |
    | cluster.backup    | SYSTEM  | 2024-01-01T00:00:00+00:00 |
    [stderr]
    ==> Error: The reply is unusable: the list does not end: two pages end with `e-1`.
    [exit 1]
    ");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn an_event_without_an_id_is_an_error() {
    for event in [r#"{"action": "x"}"#, r#"{"id": "", "action": "x"}"#, r#"{"id": null, "action": "x"}"#] {
        let server = Server::new([json(200, &format!("[{event}]"))]);
        assert_eq!(
            Croud::on(&server).run("organizations auditlogs list"),
            "[stderr]\n==> Error: The reply is unusable: the last row of a page has no `id`, so the next page can't be \
             requested.\n[exit 1]\n",
            "{event}"
        );
    }
}

#[test]
fn a_row_that_is_nested_too_deeply_is_an_unusable_reply() {
    // A row is parsed when it is printed. The rows before it are printed already.
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let page = format!(r#"[{{"id": "e-2", "action": "a"}}, {{"id": "e-1", "action": {deep}}}]"#);
    let run =
        |format| Croud::on(&Server::new([json(200, &page)])).run(&format!("organizations auditlogs list -o {format}"));
    assert_snapshot!(run("table"), @"
    +----------+
    | action   |
    |----------|
    | a        |
    [stderr]
    ==> Error: The reply is unusable: a row can't be read (recursion limit exceeded at line 1 column 128)
    [exit 1]
    ");
    assert_snapshot!(run("json"), @r#"
    [
      {
        "id": "e-2",
        "action": "a"
      }
    [stderr]
    ==> Error: The reply is unusable: a row can't be read (it is nested too deeply)
    [exit 1]
    "#);
    assert_snapshot!(run("yaml"), @r#"
    - id: e-2
      action: a
    - {
    [stderr]
    ==> Error: The reply is unusable: a row can't be read (it is nested too deeply)
    [exit 1]
    "#);
}

#[test]
fn an_unusable_later_page_is_an_error_with_the_cursor() {
    let page = reply(200, &["Content-Type: text/html"], "<html>");
    assert_snapshot!(Croud::on(&Server::new([json(200, PAGE), page])).run("organizations auditlogs list"), @"
    +-------------------+---------+---------------------------+
    | action            | actor   | created                   |
    |-------------------+---------+---------------------------|
    | organization.edit | u-1     | 2024-01-02T00:00:00+00:00 |
    | cluster.backup    | SYSTEM  | 2024-01-01T00:00:00+00:00 |
    [stderr]
    ==> Error: The reply of 'ENDPOINT/api/v2/organizations/my-org-id/auditlogs/' is unusable: it is a web page. Is the endpoint right?
        The list is incomplete: resume with `--last e-1`.
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
    ==> Error: The reply is unusable: a page is not a JSON list.
        The list is incomplete: resume with `--last e-1`.
    [exit 1]
    ");
}

#[test]
fn output_that_a_failure_interrupts_is_visibly_incomplete() {
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
        The list is incomplete: resume with `--last e-1`.
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
        The list is incomplete: resume with `--last e-1`.
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
        The list is incomplete: resume with `--last e-1`.
    [exit 1]
    ");
}

#[test]
fn a_page_that_is_not_a_list_is_an_error() {
    let server = Server::new([json(200, r#"{"id": 1}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations auditlogs list"), @"
    [stderr]
    ==> Error: The reply is unusable: a page is not a JSON list.
    [exit 1]
    ");
}

#[test]
fn an_empty_object_is_an_empty_page() {
    assert_eq!(Croud::on(&Server::new([json(200, "{}")])).run("organizations auditlogs list -o json"), "[]\n");
    let server = Server::new([json(200, r#"[{"id": 1}]"#), json(200, "{}")]);
    assert_eq!(Croud::on(&server).code("organizations auditlogs list"), Some(0));
}

#[test]
fn the_last_of_two_ids_of_an_event_counts() {
    let page = r#"[{"id": "a", "id": "e-1", "name": "\ud800"}]"#;
    let server = Server::new([json(200, page), json(200, r#"[{"id": 7, "\ud800": {}}]"#), json(200, "[]")]);
    assert_eq!(Croud::on(&server).code("organizations auditlogs list -o json"), Some(0));
    let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    assert!(lines[1].ends_with("?last=e-1") && lines[2].ends_with("?last=7"), "{lines:?}");
}
