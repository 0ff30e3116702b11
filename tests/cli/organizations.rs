//! `organizations create`, `get`, `list`, `edit`, `delete`.

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Response, Server, json, reply};

const ONE: &str = r#"{"id": "o-1", "name": "my-org", "plan_type": 3}"#;

#[test]
fn list() {
    let server = Server::new([json(200, r#"[{"name": "my-org", "id": "o-1", "plan_type": 3, "email": null}]"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations list"), @"
    +------+--------+-------------+
    | id   | name   |   plan_type |
    |------+--------+-------------|
    | o-1  | my-org |           3 |
    +------+--------+-------------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/ cookie: session=t0ken");
}

#[test]
fn list_shows_plan_type_under_the_name_in_the_reply() {
    let server = Server::new([json(200, r#"[{"id": "o-1", "planType": 3}]"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations list"), @"
    +------+------------+
    | id   |   planType |
    |------+------------|
    | o-1  |          3 |
    +------+------------+
    ");
}

#[test]
fn list_without_rows_is_empty() {
    let server = Server::new([json(200, "[]")]);
    assert_snapshot!(Croud::on(&server).run("organizations list"), @"
    +------+--------+-------------+
    | id   | name   | plan_type   |
    |------+--------+-------------|
    +------+--------+-------------+
    ");
}

#[test]
fn list_when_logged_out() {
    let server = Server::new([reply(302, &["Location: /?rd=%2Fapi%2Fv2%2Forganizations%2F"], "")]);
    assert_snapshot!(Croud::on(&server).run("organizations list"), @"
    [stderr]
    ==> Error: Unauthorized.
    ==> Info: Use `croud login` to login to CrateDB Cloud.
    [exit 4]
    ");
}

#[test]
fn get() {
    let server = Server::new([json(
        200,
        r#"{"id": "o-1", "name": "my-org", "dc": {"modified": "m", "created": "c"}, "x": true}"#,
    )]);
    assert_snapshot!(Croud::on(&server).run("organizations get o-1"), @r#"
    +------+--------+-----------------------------------+------+
    | id   | name   | dc                                | x    |
    |------+--------+-----------------------------------+------|
    | o-1  | my-org | {"created": "c", "modified": "m"} | TRUE |
    +------+--------+-----------------------------------+------+
    "#);
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/o-1/ cookie: session=t0ken");
}

#[test]
fn get_of_an_unknown_id() {
    let server = Server::new([json(404, r#"{"message": "Resource not found.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations get o-9"), @"
    [stderr]
    ==> Error: Resource not found.
        The request was GET /api/v2/organizations/o-9/.
        `croud organizations list` shows the IDs that exist.
    [exit 1]
    ");
}

#[test]
fn create() {
    let server = Server::new([json(201, ONE)]);
    assert_snapshot!(Croud::on(&server).run("organizations create --name my-org"), @"
    +------+--------+-------------+
    | id   | name   |   plan_type |
    |------+--------+-------------|
    | o-1  | my-org |           3 |
    +------+--------+-------------+
    [stderr]
    ==> Success: Organization created.
    ");
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/ cookie: session=t0ken {"name":"my-org"}"#);
}

#[test]
fn create_with_a_plan_as_superuser() {
    let server = Server::new([json(201, ONE)]);
    assert_snapshot!(Croud::on(&server).run("organizations create --name my-org --plan-type 6 --sudo -r eks1 -o json"), @r#"
    {
      "id": "o-1",
      "name": "my-org",
      "plan_type": 3
    }
    [stderr]
    ==> Success: Organization created.
    "#);
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/ cookie: session=t0ken x-region: eks1 x-auth-sudo: 1 {"name":"my-org","plan_type":6}"#);
}

#[test]
fn create_with_an_empty_name_is_sent() {
    let server =
        Server::new([json(400, r#"{"message": "Invalid.", "errors": {"name": ["Too short."]}, "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations create --name ''"), @r#"
    [stderr]
    ==> Error: Invalid.
    {
      "name": [
        "Too short."
      ]
    }
    [exit 1]
    "#);
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/ cookie: session=t0ken {"name":""}"#);
}

#[test]
fn create_refuses_an_unknown_plan() {
    assert_snapshot!(Croud::new().run("organizations create --name x --plan-type 7"), @"
    [stderr]
    error: invalid value '7' for '--plan-type <PLAN>': expected a number from 1 to 6

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn edit() {
    let server = Server::new([json(200, ONE)]);
    assert_snapshot!(Croud::on(&server).run("organizations edit --name new --plan-type 2"), @"
    +------+--------+-------------+
    | id   | name   |   plan_type |
    |------+--------+-------------|
    | o-1  | my-org |           3 |
    +------+--------+-------------+
    [stderr]
    ==> Success: Organization edited.
    ");
    assert_snapshot!(server.wire(), @r#"PUT /api/v2/organizations/my-org-id/ cookie: session=t0ken {"name":"new","plan_type":2}"#);
}

#[test]
fn edit_without_a_change_sends_no_request() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("organizations edit --org-id o-1 --name ''"), @"
    [stderr]
    ==> Error: No input arguments found.
        Pass at least one of `--name`, `--plan-type`, `--email` and `--notifications`.
    [exit 2]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn delete_asks_first() {
    let server = Server::new([reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).stdin("Yes\n").run("organizations delete --org-id o-1"), @"
    [stderr]
        Organization o-1 at ENDPOINT
    Are you sure you want to delete the organization? [yN] ==> Success: Organization deleted.
        ID: o-1
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/o-1/ cookie: session=t0ken");
}

#[test]
fn delete_can_be_declined() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).stdin("n\n").run("organizations delete"), @"
    [stderr]
        Organization my-org-id at ENDPOINT
    Are you sure you want to delete the organization? [yN] ==> Info: Organization deletion cancelled.
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn only_y_and_yes_confirm_a_deletion() {
    for answer in ["y\n", "Y\n", "yes\n", "yEs\n", "yes\r\n"] {
        let server = Server::new([reply(204, &[], "")]);
        Croud::on(&server).stdin(answer).run("organizations delete");
        assert_eq!(server.requests().len(), 1, "{answer:?}");
    }
    for answer in [" yes \n", " y\n", "y \n", "yes please\n", "ye\n", "true\n", "1\n", "\n", "\u{ff59}\n"] {
        let shown = Croud::on(&Server::new([])).stdin(answer).run("organizations delete");
        assert!(shown.ends_with("==> Info: Organization deletion cancelled.\n"), "{answer:?}: {shown}");
    }
}

#[test]
fn delete_needs_a_confirmation() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("organizations delete"), @"
    [stderr]
        Organization my-org-id at ENDPOINT
    Are you sure you want to delete the organization? [yN] 
    ==> Error: Cannot ask for confirmation: stdin is not interactive. Pass --yes.
    [exit 2]
    ");
    assert_snapshot!(Croud::on(&server).stdin("y\n").run("--no-input organizations delete"), @"
    [stderr]
        Organization my-org-id at ENDPOINT
    ==> Error: Cannot ask for confirmation with --no-input. Pass --yes.
    [exit 2]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn delete_clears_the_default_organization() {
    let server = Server::new([reply(204, &[], "")]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations delete --yes"), @"
    [stderr]
    ==> Success: Organization deleted.
        ID: my-org-id
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/my-org-id/ cookie: session=t0ken");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: test
    profiles:
      test:
        endpoint: ENDPOINT
        auth-token: t0ken
        key: null
        secret: null
        organization-id: null
    ");
}

#[test]
fn delete_of_another_organization_keeps_the_default() {
    let server = Server::new([reply(204, &[], "")]);
    let croud = Croud::on(&server);
    let before = croud.config_text();
    croud.run("organizations delete --yes --org-id other");
    assert_eq!(croud.config_text(), before);
}

#[test]
fn delete_that_fails() {
    let server = Server::new([Response::Close]);
    let croud = Croud::on(&server);
    let before = croud.config_text();
    assert_snapshot!(croud.run("organizations delete --yes"), @"
    [stderr]
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/my-org-id/'. Original error was: 'the server closed the connection before the end of its reply'
        The request may have been carried out. Check with `list` or `get` before retrying.
    [exit 1]
    ");
    assert_eq!(croud.config_text(), before);
}

#[test]
fn an_organization_is_needed() {
    let server = Server::new([]);
    let croud = Croud::new().profile(Profile::at(&server.endpoint()).token("t"));
    for line in [
        "organizations edit --name x",
        "organizations delete -y",
        "organizations auditlogs list",
        "organizations users list",
        "organizations files list",
        "organizations secrets list",
        "organizations credits list",
        "organizations customer get",
    ] {
        assert_eq!(
            croud.run(line),
            "[stderr]\n==> Error: An organization ID is required. Please pass --org-id.\n[exit 2]\n",
            "{line}"
        );
    }
    assert_eq!(server.wire(), "");
}

#[test]
fn sudo_needs_an_organization() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("organizations users list --sudo"), @"
    [stderr]
    ==> Error: An organization ID is required. Please pass --org-id.
        --sudo ignores the organization of the profile and of the environment.
    [exit 2]
    ");
}

#[test]
fn edit_changes_the_address_of_notifications() {
    let server = Server::new([json(200, r#"{"id": "o-1", "name": "n", "plan_type": 3}"#), json(200, "{}")]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations edit --email ops@b.c --notifications on"), @"
    +------+--------+-------------+
    | id   | name   |   plan_type |
    |------+--------+-------------|
    | o-1  | n      |           3 |
    +------+--------+-------------+
    [stderr]
    ==> Success: Organization edited.
    ");
    croud.run("organizations edit --notifications off --org-id o-2");
    assert_snapshot!(server.wire(), @r#"
    PUT /api/v2/organizations/my-org-id/ cookie: session=t0ken {"email":"ops@b.c","notifications_enabled":true}
    PUT /api/v2/organizations/o-2/ cookie: session=t0ken {"notifications_enabled":false}
    "#);
}
