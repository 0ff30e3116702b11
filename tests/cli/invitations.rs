//! `organizations invitations list`, `delete`, `accept`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

const INVITATION: &str = "0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44";

#[cfg(feature = "sandbox")]
#[test]
fn list() {
    let croud = Croud::sandbox();
    assert_snapshot!(croud.run("organizations invitations list"), @"
    +---------------------+----------------------+----------+---------------------------+--------------------------------------+
    | email               | organization_roles   | status   | expiration_date           | uid                                  |
    |---------------------+----------------------+----------+---------------------------+--------------------------------------|
    | invited@example.com | org_member           | PENDING  | 2034-03-01T09:00:00+00:00 | 0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44 |
    +---------------------+----------------------+----------+---------------------------+--------------------------------------+
    ");
    assert_snapshot!(croud.run("organizations invitations list --status ACCEPTED"), @"
    +---------+----------------------+----------+-------------------+-------+
    | email   | organization_roles   | status   | expiration_date   | uid   |
    |---------+----------------------+----------+-------------------+-------|
    +---------+----------------------+----------+-------------------+-------+
    ");
    let server = Server::new([json(200, "[]"), json(200, "[]")]);
    let croud = Croud::on(&server);
    croud.run("organizations invitations list");
    croud.run("organizations invitations list --status PENDING --org-id o-2");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/my-org-id/invitations/ cookie: session=t0ken
    GET /api/v2/organizations/o-2/invitations/?status=PENDING cookie: session=t0ken
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn delete() {
    let croud = Croud::sandbox();
    let line = format!("organizations invitations delete --invitation-id {INVITATION}");
    assert_snapshot!(croud.run(&line), @"
    [stderr]
    ==> Success: Invitation deleted.
        ID: 0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44
    ");
    assert_snapshot!(croud.run(&line), @"
    [stderr]
    ==> Error: Resource not found.
        The request was DELETE /api/v2/organizations/f6c39580-5719-431d-a508-0cee4f9e8209/invitations/0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44/.
        `croud organizations invitations list --org-id f6c39580-5719-431d-a508-0cee4f9e8209` shows the IDs that exist.
    [exit 1]
    ");
    assert_eq!(croud.stdout("organizations invitations list -o json"), "[]\n");
}

#[cfg(feature = "sandbox")]
#[test]
fn accept() {
    let server = Server::new([json(
        201,
        r#"{"user_id": "u-1", "organization_id": "o-1", "role_fqn": "org_member", "added": true}"#,
    )]);
    let croud = Croud::on(&server).stdin("t-1\n");
    assert_snapshot!(croud.run("organizations invitations accept --token -"), @"
    +-------------------+------------+-----------+
    | organization_id   | role_fqn   | user_id   |
    |-------------------+------------+-----------|
    | o-1               | org_member | u-1       |
    +-------------------+------------+-----------+
    [stderr]
    ==> Success: Invitation accepted.
    ");
    assert_snapshot!(server.wire(), @r#"POST /api/v2/users/me/accept-invite/ cookie: session=t0ken {"token":"t-1"}"#);
    assert_snapshot!(Croud::sandbox().run("organizations invitations accept"), @"
    [stderr]
    ==> Error: A token is required. Please pass --token.
    [exit 2]
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn an_accepted_invitation_gives_its_role_once() {
    let croud = Croud::sandbox();
    croud.run("organizations users add --user new@example.com --role org_admin");
    let invitations: serde_json::Value =
        serde_json::from_str(&croud.stdout("organizations invitations list -o json")).unwrap();
    let token = invitations.as_array().unwrap().last().unwrap()["uid"].as_str().unwrap();
    let line = format!("organizations invitations accept --token {token}");
    assert!(croud.run(&line).ends_with("[stderr]\n==> Success: Invitation accepted.\n"));
    assert_snapshot!(croud.run(&line), @"
    [stderr]
    ==> Error: The token is invalid or expired.
        Ask an admin of the organization to invite you again.
    [exit 1]
    ");
}
