//! `organizations users add`, `list`, `edit`, `remove`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json, reply};

#[test]
fn list() {
    let server = Server::new([json(
        200,
        r#"[{"uid": "u-1", "email": "a@b.c", "username": "a", "organization_roles": [{"role_fqn": "org_admin"}, {"role_fqn": "org_member"}]},
            {"uid": "u-2", "email": "d@b.c", "username": "d", "organization_roles": []},
            {"uid": "u-3", "email": "e@b.c", "username": "e", "organization_roles": null},
            "no object"]"#,
    )]);
    assert_snapshot!(Croud::on(&server).run("organizations users list"), @"
    +---------+----------------------+------------+-------+
    | email   | organization_roles   | username   | uid   |
    |---------+----------------------+------------+-------|
    | a@b.c   | org_admin            | a          | u-1   |
    | d@b.c   |                      | d          | u-2   |
    | e@b.c   |                      | e          | u-3   |
    |         |                      |            |       |
    +---------+----------------------+------------+-------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/my-org-id/users/ cookie: session=t0ken");
}

#[test]
fn list_shows_the_refusal() {
    let server = Server::new([json(403, r#"{"message": "Permission denied for user.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations users list"), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was GET /api/v2/organizations/my-org-id/users/.
        The current user may not do this. `croud status` shows who that is.
    [exit 1]
    ");
}

fn added(added: bool, invited: bool) -> Server {
    let body = format!(
        r#"{{"user_id": "u-1", "organization_id": "o-1", "role_fqn": "org_member", "added": {added}, "invited": {invited}}}"#
    );
    Server::new([json(201, &body)])
}

#[test]
fn add() {
    let server = added(true, false);
    assert_snapshot!(Croud::on(&server).run("organizations users add --user a@b.c --role org_member"), @"
    +-------------------+------------+-----------+
    | organization_id   | role_fqn   | user_id   |
    |-------------------+------------+-----------|
    | o-1               | org_member | u-1       |
    +-------------------+------------+-----------+
    [stderr]
    ==> Success: User added to organization.
    ");
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/my-org-id/users/ cookie: session=t0ken {"user":"a@b.c","role_fqn":"org_member"}"#);
}

#[test]
fn add_reports_what_was_changed() {
    let line = "organizations users add --user a@b.c --role org_member -o json";
    assert!(Croud::on(&added(false, false)).run(line).ends_with("[stderr]\n==> Success: Role altered for user.\n"));
    assert!(
        Croud::on(&added(false, true)).run(line).ends_with("[stderr]\n==> Success: User invited to organization.\n")
    );
}

#[test]
fn add_needs_a_role() {
    assert_snapshot!(Croud::new().run("organizations users add --user x"), @"
    [stderr]
    error: the following required arguments were not provided:
      --role <ROLE>

    Usage: croud organizations users add --user <USER> --role <ROLE>

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn add_sends_any_role_to_the_cloud() {
    let error = r#"{"message": "Invalid input.", "errors": {"role_fqn": ["Unknown role."]}, "success": false}"#;
    let server = Server::new([json(400, error)]);
    assert_snapshot!(Croud::on(&server).run("organizations users add --user x --role owner"), @r#"
    [stderr]
    ==> Error: Invalid input.
    {
      "role_fqn": [
        "Unknown role."
      ]
    }
    [exit 1]
    "#);
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/my-org-id/users/ cookie: session=t0ken {"user":"x","role_fqn":"owner"}"#);
}

#[test]
fn remove_encodes_the_user_as_one_segment() {
    let server = Server::new([reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).run("organizations users remove --user 'a+b/c?d@e.f'"), @"
    [stderr]
    ==> Success: User removed from organization.
        User: a+b/c?d@e.f
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/my-org-id/users/a%2Bb%2Fc%3Fd%40e.f/ cookie: session=t0ken");
}

#[test]
fn remove_refuses_a_user_that_changes_the_path() {
    let server = Server::new([json(500, "{}")]);
    for user in ["''", ".", "..", "%2e%2e"] {
        let code = Croud::on(&server).code(&format!("organizations users remove --user {user}"));
        // An encoded dot is ordinary text: its `%` is encoded again.
        assert_eq!(code, Some(if user == "%2e%2e" { 1 } else { 2 }), "{user}");
    }
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/my-org-id/users/%252e%252e/ cookie: session=t0ken");
}

#[test]
fn edit_changes_the_role_of_a_member_only() {
    let members = r#"[{"uid": "u-2", "email": "max@b.c"}, {"uid": "u-3", "email": "old@b.c"}]"#;
    let edited = r#"{"user_id": "u-2", "organization_id": "o-1", "role_fqn": "org_admin", "added": false}"#;
    let server = Server::answering(move |request| match request.line.starts_with("GET") {
        true => json(200, members),
        false => json(200, edited),
    });
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations users edit --user MAX@b.c --role org_admin"), @"
    +-------------------+------------+-----------+
    | organization_id   | role_fqn   | user_id   |
    |-------------------+------------+-----------|
    | o-1               | org_admin  | u-2       |
    +-------------------+------------+-----------+
    [stderr]
    ==> Success: Role altered for user.
    ");
    assert_snapshot!(croud.run("organizations users edit --user u-3 --role org_admin -o json"), @r#"
    {
      "user_id": "u-2",
      "organization_id": "o-1",
      "role_fqn": "org_admin",
      "added": false
    }
    [stderr]
    ==> Success: Role altered for user.
    "#);
    assert_snapshot!(croud.run("organizations users edit --user new@b.c --role org_admin"), @"
    [stderr]
    ==> Error: `new@b.c` is not a member of the organization. Nothing was changed.
        `croud organizations users list --org-id my-org-id` shows the members.
    [exit 1]
    ");
    assert_snapshot!(server.wire(), @r#"
    GET /api/v2/organizations/my-org-id/users/ cookie: session=t0ken
    POST /api/v2/organizations/my-org-id/users/ cookie: session=t0ken {"user":"MAX@b.c","role_fqn":"org_admin"}
    GET /api/v2/organizations/my-org-id/users/ cookie: session=t0ken
    POST /api/v2/organizations/my-org-id/users/ cookie: session=t0ken {"user":"u-3","role_fqn":"org_admin"}
    GET /api/v2/organizations/my-org-id/users/ cookie: session=t0ken
    "#);
}
