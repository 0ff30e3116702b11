//! `api-keys list`, `create`, `edit`, `delete`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json, reply};

#[test]
fn keys_are_listed_created_edited_and_deleted() {
    let key = r#"{"user_id": "u", "key": "k", "active": true, "last_used": null}"#;
    let server = Server::new([
        json(200, &format!("[{key}]")),
        json(200, r#"{"user_id": "u", "key": "k", "active": true, "secret": "s"}"#),
        json(200, r#"{"success": true, "key": {"user_id": "u", "key": "k", "active": true}, "secret": "s"}"#),
        json(200, key),
        reply(204, &[], ""),
    ]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("api-keys list"), @"
    +-----------+-------+----------+-------------+
    | user_id   | key   | active   | last_used   |
    |-----------+-------+----------+-------------|
    | u         | k     | TRUE     | NULL        |
    +-----------+-------+----------+-------------+
    ");
    assert_snapshot!(croud.run("api-keys create"), @"
    +-----------+-------+----------+----------+
    | user_id   | key   | active   | secret   |
    |-----------+-------+----------+----------|
    | u         | k     | TRUE     | s        |
    +-----------+-------+----------+----------+
    ");
    assert_snapshot!(croud.run("api-keys create"), @"
    +-----------+-------+----------+----------+
    | user_id   | key   | active   | secret   |
    |-----------+-------+----------+----------|
    | u         | k     | TRUE     | s        |
    +-----------+-------+----------+----------+
    ");
    assert_snapshot!(croud.run("api-keys edit --api-key k --active false"), @"
    +-------+----------+
    | key   | active   |
    |-------+----------|
    | k     | TRUE     |
    +-------+----------+
    [stderr]
    ==> Success: API key edited.
    ");
    assert_snapshot!(croud.run("api-keys delete --api-key k"), @"
    [stderr]
    ==> Success: API key deleted.
        Key: k
    ");
    assert_snapshot!(server.wire(), @r#"
    GET /api/v2/users/me/api-keys/ cookie: session=t0ken
    POST /api/v2/users/me/api-keys/ cookie: session=t0ken
    POST /api/v2/users/me/api-keys/ cookie: session=t0ken
    PATCH /api/v2/users/me/api-keys/k/ cookie: session=t0ken {"active":false}
    DELETE /api/v2/users/me/api-keys/k/ cookie: session=t0ken
    "#);
    assert_snapshot!(croud.run("api-keys edit --api-key k --active maybe"), @"
    [stderr]
    error: invalid value 'maybe' for '--active <ACTIVE>'
      [possible values: true, false]

    For more information, try '--help'.
    [exit 2]
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_new_api_key_that_cannot_be_shown_is_named() {
    for body in [
        r#"{"user_id": "u", "key": "k 1", "active": true, "secret": "s"}"#,
        r#"{"success": true, "key": {"user_id": "u", "key": "k 1", "active": true}, "secret": "s"}"#,
    ] {
        let server = Server::new([json(200, body)]);
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let croud = Croud::on(&server);
        let output = croud.command("--profile test api-keys create").stdout(full).output().unwrap();
        assert_eq!(
            croud.shown(&output),
            "[stderr]\n==> Error: The output could not be written: No space left on device (os error 28)\n    \
             The API key was created, but its secret was not shown. \
             Delete it with `croud --profile test api-keys delete --api-key 'k 1'`.\n[exit 1]\n"
        );
    }
}
