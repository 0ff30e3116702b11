//! `--org`, `--file` and `--secret`: names and the beginnings of IDs in place of IDs.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

const ORGANIZATION: &str = "1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7";
const ORGANIZATIONS: &str = r#"[
    {"id": "1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7", "name": "data-lab"},
    {"id": "f6c39580-5719-431d-a508-0cee4f9e8209", "name": "my-org"},
    {"id": "f6c39580-aaaa-431d-a508-0cee4f9e8209", "name": "twice"},
    {"id": "0e5a2b11-5719-431d-a508-0cee4f9e8209", "name": "twice"}]"#;

/// The requests of `users list` with this option, without the path before the organizations.
fn requests(option: &str) -> String {
    let server = Server::answering(|request| match request.line.ends_with("/organizations/") {
        true => json(200, ORGANIZATIONS),
        false => json(200, "[]"),
    });
    assert_eq!(Croud::on(&server).run(&format!("organizations users list -o json {option}")), "[]\n", "{option}");
    server.wire().replace("/api/v2/organizations", "").replace(" cookie: session=t0ken", "")
}

#[test]
fn a_complete_id_costs_no_request() {
    for option in ["--org", "--org-id", "--org-i", "--or"] {
        let expected = format!("GET /{ORGANIZATION}/users/\n");
        assert_eq!(requests(&format!("{option} {ORGANIZATION}")), expected, "{option}");
    }
    // `--org-id` is never looked up.
    assert_eq!(requests("--org-id data-lab"), "GET /data-lab/users/\n");
    // The last one of a repeated option takes precedence.
    assert_eq!(requests("--org-id data-lab --org-id o"), "GET /o/users/\n");
}

#[test]
fn an_id_and_a_name_contradict_each_other() {
    for (line, name, id) in [
        ("users list --org-id o --org my-org", "--org <NAME>", "--org-id <ORG_ID>"),
        ("files get --file-id f --file data.csv", "--file <NAME>", "--file-id <FILE_ID>"),
        ("secrets delete --secret-id s --secret atlas", "--secret <NAME>", "--secret-id <SECRET_ID>"),
    ] {
        let run = Croud::new().run(&format!("organizations {line}"));
        assert!(run.contains(&format!("error: the argument '{id}' cannot be used with '{name}'\n")), "{run}");
        assert!(run.ends_with("[exit 2]\n"), "{run}");
    }
}

#[test]
fn a_name_or_the_beginning_of_an_id_is_looked_up() {
    for name in ["data-lab", "1bd31a", "1bd31ab3-0b9d"] {
        assert_eq!(requests(&format!("--org {name}")), format!("GET /\nGET /{ORGANIZATION}/users/\n"), "{name}");
    }
}

#[test]
fn a_name_must_be_known_and_unique() {
    let server = Server::answering(|_| json(200, ORGANIZATIONS));
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations users list --org my_org"), @"
    [stderr]
    ==> Error: There is no organization `my_org`.
        Similar names: my-org
        `croud organizations list` shows the IDs that exist.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations users list --org 1bd31"), @"
    [stderr]
    ==> Error: There is no organization `1bd31`.
        `croud organizations list` shows the IDs that exist.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations users list --org twice"), @"
    [stderr]
    ==> Error: `twice` names more than one organization. Use an ID:
        f6c39580-aaaa-431d-a508-0cee4f9e8209 twice
        0e5a2b11-5719-431d-a508-0cee4f9e8209 twice
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations users list --org f6c39580"), @"
    [stderr]
    ==> Error: `f6c39580` names more than one organization. Use an ID:
        f6c39580-5719-431d-a508-0cee4f9e8209 my-org
        f6c39580-aaaa-431d-a508-0cee4f9e8209 twice
    [exit 2]
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn files_and_secrets_have_names() {
    let croud = Croud::sandbox();
    assert_snapshot!(croud.run("organizations files get --file sensors.parquet -o yaml").split_once("download_url").unwrap().0, @"
    id: '8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255'
    name: sensors.parquet
    organization_id: f6c39580-5719-431d-a508-0cee4f9e8209
    status: UPLOADED
    file_size: 5242880
    dc:
      created: '2024-03-01T09:00:00+00:00'
      modified: '2024-03-01T09:00:00+00:00'
    ");
    assert_snapshot!(croud.run("organizations files delete --org my-org --file 8c2d5b"), @"
    [stderr]
    ==> Success: File upload deleted.
        ID: 8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255
    ");
    assert_snapshot!(croud.run("organizations files get --file sensors.parquet"), @"
    [stderr]
    ==> Error: There is no file `sensors.parquet`.
        `croud organizations files list --org-id f6c39580-5719-431d-a508-0cee4f9e8209` shows the IDs that exist.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations secrets delete --secret atlas"), @"
    [stderr]
    ==> Success: Secret deleted.
        ID: 3f9b6c2e-d817-45a0-b4e3-06d5a8c1e988
    ");
    assert_snapshot!(croud.run("organizations secrets delete --org data-lab --secret atlas"), @"
    [stderr]
    ==> Error: There is no secret `atlas`.
        `croud organizations secrets list --org-id 1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7` shows the IDs that exist.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations secrets delete"), @"
    [stderr]
    error: the following required arguments were not provided:
      <--secret-id <SECRET_ID>|--secret <NAME>>

    Usage: croud organizations secrets delete <--secret-id <SECRET_ID>|--secret <NAME>>

    For more information, try '--help'.
    [exit 2]
    ");
    assert!(croud.run("regions list --org data-lab -o json").starts_with("[\n"));
}

#[cfg(feature = "sandbox")]
#[test]
fn get_without_an_id_shows_the_default_organization() {
    let croud = Croud::sandbox();
    assert_snapshot!(croud.run("organizations get"), @r#"
    +--------------------------------------+--------+-------------+---------+-------------------------+-----------------+------------+-----------------------------------------------------------------------------------+
    | id                                   | name   |   plan_type | email   | notifications_enabled   |   project_count | role_fqn   | dc                                                                                |
    |--------------------------------------+--------+-------------+---------+-------------------------+-----------------+------------+-----------------------------------------------------------------------------------|
    | f6c39580-5719-431d-a508-0cee4f9e8209 | my-org |           3 | NULL    | TRUE                    |               0 | org_admin  | {"created": "2024-03-01T09:00:00+00:00", "modified": "2024-03-01T09:00:00+00:00"} |
    +--------------------------------------+--------+-------------+---------+-------------------------+-----------------+------------+-----------------------------------------------------------------------------------+
    "#);
    assert!(croud.run("organizations get --org data-lab").contains(ORGANIZATION));
    assert!(croud.run(&format!("organizations get {ORGANIZATION} --org data-lab")).ends_with("[exit 2]\n"));
    assert_snapshot!(croud.run("organizations get --sudo"), @"
    [stderr]
    ==> Error: An organization ID is required. Please pass --org-id.
        --sudo ignores the organization of the profile and of the environment.
    [exit 2]
    ");
}
