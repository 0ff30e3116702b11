//! `me` and `me edit`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

#[test]
fn me() {
    let server = Server::new([json(
        200,
        r#"{"uid": "u", "email": "a@b.c", "username": "a", "idp": "github", "organization_id": "o"}"#,
    )]);
    assert_snapshot!(Croud::on(&server).run("me"), @"
    +---------+------------+--------+
    | email   | username   | idp    |
    |---------+------------+--------|
    | a@b.c   | a          | github |
    +---------+------------+--------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/users/me/ cookie: session=t0ken");
}

#[test]
fn me_edit() {
    let server =
        Server::new([json(202, r#"{"message": "Look into your mail.", "status": "pending", "success": true}"#)]);
    assert_snapshot!(Croud::on(&server).run("me edit --email a@b.c"), @"
    +-----------+----------+----------------------+
    | success   | status   | message              |
    |-----------+----------+----------------------|
    | TRUE      | pending  | Look into your mail. |
    +-----------+----------+----------------------+
    ");
    assert_snapshot!(server.wire(), @r#"PATCH /api/v2/users/me/ cookie: session=t0ken {"email":"a@b.c"}"#);
}

#[test]
fn me_edit_refuses_an_empty_address() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("me edit --email ''"), @"
    [stderr]
    ==> Error: `--email` must not be empty.
    [exit 2]
    ");
    assert_snapshot!(Croud::on(&server).run("me edit"), @"
    [stderr]
    error: the following required arguments were not provided:
      --email <EMAIL>

    Usage: croud me edit --email <EMAIL>

    For more information, try '--help'.
    [exit 2]
    ");
}
