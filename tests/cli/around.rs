//! `me`, `users roles`, `regions`, `logout`.

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Response, Server, json, reply};

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
fn roles() {
    let server = Server::new([json(200, r#"[{"id": "org_admin", "name": "Organization Admin"}]"#)]);
    assert_snapshot!(Croud::on(&server).run("users roles list"), @"
    +-----------+--------------------+
    | id        | name               |
    |-----------+--------------------|
    | org_admin | Organization Admin |
    +-----------+--------------------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/roles/ cookie: session=t0ken");
}

#[test]
fn regions() {
    let rows = r#"[{"name": "eks1", "description": "AWS", "organization_id": null, "x": 1}]"#;
    let server = Server::new([json(200, rows), json(200, rows)]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("regions list"), @"
    +--------+---------------+-------------------+
    | name   | description   | organization_id   |
    |--------+---------------+-------------------|
    | eks1   | AWS           |                   |
    +--------+---------------+-------------------+
    ");
    croud.run("regions list --org-id o-1");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/regions/ cookie: session=t0ken
    GET /api/v2/organizations/o-1/regions/ cookie: session=t0ken
    ");
}

#[test]
fn logout_removes_the_token_and_keeps_the_key() {
    let server = Server::new([reply(200, &[], "")]);
    let endpoint = server.endpoint();
    let profile = Profile::at(&endpoint).token("t").key("k", "s").organization("o");
    let croud = Croud::new().mask(&endpoint, "ENDPOINT").profile(profile);
    assert_snapshot!(croud.run("logout"), @"
    [stderr]
    ==> Warning: You have both a token and a key/secret set in your profile. Only the token will be used.
    ==> Info: You have been logged out.
        The API key stays in the profile. Remove it with `croud logout --all`.
    ");
    assert_snapshot!(server.wire(), @"GET /oauth2/logout cookie: session=t");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: test
    profiles:
      test:
        endpoint: ENDPOINT
        auth-token: null
        key: k
        secret: s
        organization-id: null
    ");
}

#[test]
fn logout_removes_the_token_even_if_the_server_fails() {
    const DONE: &str = "==> Info: You have been logged out.\n";
    const WARNING: &str = "==> Warning: The session may still be valid on the server: ";
    let redirect = reply(302, &["Location: /"], "");
    for (script, warning) in [
        (
            vec![Response::Close],
            format!(
                "{WARNING}Failed to perform request on 'ENDPOINT/oauth2/logout'. Original error was: \
                 'client error (SendRequest): connection closed before message completed'\n"
            ),
        ),
        (vec![json(500, "{}")], format!("{WARNING}500 - Internal Server Error\n")),
        (vec![redirect, reply(200, &[], "ok")], String::new()),
    ] {
        let server = Server::new(script);
        let croud = Croud::on(&server);
        assert_eq!(croud.run("logout"), format!("[stderr]\n{warning}{DONE}"));
        assert!(croud.config_text().contains("auth-token: null"));
    }
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
