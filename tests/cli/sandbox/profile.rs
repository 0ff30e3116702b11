//! The built-in profile `sandbox`.

use std::fs;

use insta::assert_snapshot;

use super::ORGANIZATION;
use crate::support::{Croud, names};

#[test]
fn the_initial_data() {
    let croud = Croud::sandbox();
    assert_snapshot!(croud.run("organizations list"), @"
    +--------------------------------------+----------+-------------+
    | id                                   | name     |   plan_type |
    |--------------------------------------+----------+-------------|
    | f6c39580-5719-431d-a508-0cee4f9e8209 | my-org   |           3 |
    | 1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7 | data-lab |           5 |
    +--------------------------------------+----------+-------------+
    ");
    assert_snapshot!(croud.run("organizations users list"), @"
    +--------------------+----------------------+------------+--------------------------------------+
    | email              | organization_roles   | username   | uid                                  |
    |--------------------+----------------------+------------+--------------------------------------|
    | admin@example.com  | org_admin            | admin      | 6b1e2c0a-8f43-4d57-9c1b-0d2f6a3e7b11 |
    | member@example.com | org_member           | member     | c4a7d9e2-1f38-4b60-8e5d-7a90b3c2d422 |
    +--------------------+----------------------+------------+--------------------------------------+
    ");
    assert_snapshot!(croud.run("organizations files list"), @"
    +--------------------------------------+-----------------+----------+
    | id                                   | name            | status   |
    |--------------------------------------+-----------------+----------|
    | 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d | nyc_taxi.csv.gz | UPLOADED |
    | 8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255 | sensors.parquet | UPLOADED |
    | d1f7a3c9-0e52-46b8-9a4d-c28b6e5f1766 | customers.json  | PENDING  |
    +--------------------------------------+-----------------+----------+
    ");
    assert_snapshot!(croud.run("organizations secrets list"), @"
    +--------------------------------------+---------+--------------+------------------+
    | id                                   | type    | name         | description      |
    |--------------------------------------+---------+--------------+------------------|
    | 71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5 | AWS     | s3-imports   | **********NPLE01 |
    | b52d8e4a-63f1-4c9b-8d07-e9a1f4c63b77 | AZURE   | blob-imports | **********       |
    | 3f9b6c2e-d817-45a0-b4e3-06d5a8c1e988 | MONGODB | atlas        | **********       |
    +--------------------------------------+---------+--------------+------------------+
    ");
    assert_snapshot!(croud.run("organizations credits list --status ACTIVE,EXPIRED"), @"
    +--------------------------------------+-------------------+--------------------+---------------------+-----------+----------+
    | id                                   | original_amount   | remaining_amount   | expiration_date     | comment   | status   |
    |--------------------------------------+-------------------+--------------------+---------------------+-----------+----------|
    | 4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99 | $300.0            | $123.45            | 2034-12-31T00:00:00 | Welcome   | ACTIVE   |
    | 9ae2f7d5-3b18-4c60-a7f9-1e54d0b8c2aa | $50.0             | 0                  | 2024-01-31T00:00:00 | Hackathon | EXPIRED  |
    +--------------------------------------+-------------------+--------------------+---------------------+-----------+----------+
    ");
    assert_snapshot!(croud.run("organizations customer get"), @r#"
    +-------------+--------------+---------------------+---------------------------------------------------------------------------------------------------+----------------------+
    | name        | phone        | email               | address                                                                                           | tax                  |
    |-------------+--------------+---------------------+---------------------------------------------------------------------------------------------------+----------------------|
    | My Org GmbH | +43 1 234567 | billing@example.com | {"city": "Wien", "country": "AT", "line1": "Hauptstraße 1", "line2": null, "postal_code": "1010"} | ATU12345678 (eu_vat) |
    +-------------+--------------+---------------------+---------------------------------------------------------------------------------------------------+----------------------+
    "#);
    assert_snapshot!(croud.run("me"), @"
    +-------------------+------------+---------+
    | email             | username   | idp     |
    |-------------------+------------+---------|
    | admin@example.com | admin      | cognito |
    +-------------------+------------+---------+
    ");
    assert_snapshot!(croud.run("users roles list"), @"
    +----------------+---------------------+
    | id             | name                |
    |----------------+---------------------|
    | org_admin      | Organization Admin  |
    | org_member     | Organization Member |
    | project_admin  | Project Admin       |
    | project_member | Project Member      |
    +----------------+---------------------+
    ");
    assert_snapshot!(croud.run("regions list"), @"
    +-----------------------+----------------------+-------------------+
    | name                  | description          | organization_id   |
    |-----------------------+----------------------+-------------------|
    | aks1.eastus.azure     | Azure East US        |                   |
    | aks1.eastus2.azure    | Azure East US 2      |                   |
    | aks1.westeurope.azure | Azure West Europe    |                   |
    | eks1.eu-west-1.aws    | AWS Europe (Ireland) |                   |
    | eks1.us-west-2.aws    | AWS US West (Oregon) |                   |
    | gke1.us-central1.gcp  | GCP US Central 1     |                   |
    +-----------------------+----------------------+-------------------+
    ");
    let events = croud.stdout("organizations auditlogs list -o json");
    let events: Vec<serde_json::Value> = serde_json::from_str(&events).unwrap();
    assert_eq!(events.len(), 400);
    assert!(events.iter().any(|event| event["actor"]["id"].is_null()));
    assert!(!croud.config_path().exists());
}

#[test]
fn changes_are_kept() {
    let croud = Croud::sandbox();
    let created = croud.stdout("organizations create --name mine -o json");
    let created: serde_json::Value = serde_json::from_str(&created).unwrap();
    let id = created["id"].as_str().unwrap();
    assert!(croud.stdout("organizations list").contains(id));
    let events = croud.stdout(&format!("organizations auditlogs list --org-id {id}"));
    let actions: Vec<&str> = events.lines().skip(3).filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(actions, ["organization.add_user", "organization.create"]);
    assert_eq!(
        croud.run(&format!("organizations delete -y --org-id {id}")),
        format!("[stderr]\n==> Success: Organization deleted.\n    ID: {id}\n")
    );
    assert!(!croud.stdout("organizations list").contains(id));
    assert!(croud.run(&format!("organizations get {id}")).contains("==> Error: Resource not found.\n"));
}

#[test]
fn upload_download_and_delete_a_file() {
    let croud = Croud::sandbox();
    croud.file("in/data.csv", b"a,b\n1,2\n");
    let created = croud.stdout("organizations files create --file-path ~/in/data.csv -o json");
    let created: serde_json::Value = serde_json::from_str(&created).unwrap();
    let id = created[0]["id"].as_str().unwrap();
    fs::create_dir(croud.path("out")).unwrap();
    assert_eq!(croud.code(&format!("organizations files get --file-id {id} --download ~/out")), Some(0));
    assert_eq!(fs::read(croud.path("out/data.csv")).unwrap(), b"a,b\n1,2\n");
    assert_eq!(names(&croud.path("sandbox/files")), [id]);
    assert_eq!(croud.code(&format!("organizations files delete --file-id {id}")), Some(0));
    assert_eq!(names(&croud.path("sandbox/files")), [""; 0]);
}

#[test]
fn roles_and_superusers() {
    let croud = Croud::sandbox();
    let sudo = format!("--sudo --org-id {ORGANIZATION}");
    assert_snapshot!(croud.run("organizations create --name x --plan-type 5"), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was POST /api/v2/organizations/.
        Only superusers may do this. If you are one, pass `--sudo`.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations credits create --amount 5 --expiration-date 2034-01-01 --comment c"), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was POST /api/v2/organizations/f6c39580-5719-431d-a508-0cee4f9e8209/credits/.
        Only superusers may do this. If you are one, pass `--sudo --org-id f6c39580-5719-431d-a508-0cee4f9e8209`.
    [exit 1]
    ");
    assert_eq!(
        croud.code(&format!("organizations credits create --amount 5 --expiration-date 2034-01-01 --comment c {sudo}")),
        Some(0)
    );
    let credit = "--credit-id 4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99";
    assert_snapshot!(croud.run(&format!("organizations credits edit --amount 1 {credit} {sudo}")), @r#"
    [stderr]
    ==> Error: Invalid input.
    {
      "amount": [
        "The amount can only be increased."
      ]
    }
    [exit 1]
    "#);
    assert_snapshot!(croud.run(&format!("organizations credits edit --amount 400 {credit} {sudo}")), @"
    +--------------------------------------+-------------------+---------------------+-----------+----------+
    | id                                   | original_amount   | expiration_date     | comment   | status   |
    |--------------------------------------+-------------------+---------------------+-----------+----------|
    | 4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99 | $400.0            | 2034-12-31T00:00:00 | Welcome   | ACTIVE   |
    +--------------------------------------+-------------------+---------------------+-----------+----------+
    [stderr]
    ==> Success: Credit edited.
    ");
    assert_snapshot!(croud.run("organizations auditlogs list --org-id 1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7"), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was GET /api/v2/organizations/1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7/auditlogs/.
        The current user may not do this. `croud status` shows who that is.
    [exit 1]
    ");
}

#[test]
fn parallel_changes_are_all_kept() {
    let croud = Croud::sandbox();
    let children: Vec<_> = (0..20)
        .map(|i| {
            croud
                .command(&format!("--quiet organizations create --name n{i} -o json"))
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let listed: Vec<serde_json::Value> = serde_json::from_str(&croud.stdout("organizations list -o json")).unwrap();
    assert_eq!(listed.len(), 22);
}

#[test]
fn coverage_names_every_endpoint() {
    let rows: Vec<serde_json::Value> = serde_json::from_str(&Croud::new().stdout("sandbox coverage -o json")).unwrap();
    let row = |method: &str, path: &str| {
        let row = rows.iter().find(|row| row["method"] == method && row["path"] == path).unwrap();
        format!("{} {}", row["source"].as_str().unwrap(), row["served"])
    };
    assert_eq!(row("GET", "/api/v2/organizations/"), "spec true");
    assert_eq!(row("GET", "/api/v2/projects/"), "spec true");
    assert_eq!(row("GET", "/oauth2/logout"), "upstream true");
    assert_eq!(row("PUT", "/upload/{organization_id}/{file_id}"), "guess true");
    assert_eq!(row("POST", "/api/v2/subscriptions/"), "spec false");
    // All operations of the vendor's description that are about organizations, users, roles and regions.
    let is_about = |path: &str| ["organizations", "users", "roles", "regions"].iter().any(|noun| path.contains(noun));
    let about = rows.iter().filter(|row| row["source"] == "spec" && is_about(row["path"].as_str().unwrap()));
    assert_eq!(about.count(), 65);
}

#[test]
fn openapi_describes_what_is_served() {
    let document: serde_json::Value = serde_json::from_str(&Croud::new().stdout("sandbox openapi")).unwrap();
    assert_eq!(document["openapi"], "3.0.3");
    let operation = &document["paths"]["/api/v2/organizations/{organization_id}/credits/"]["post"];
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(body["required"], serde_json::json!(["amount", "expiration_date"]));
    let credit = &operation["responses"]["201"]["content"]["application/json"]["schema"]["properties"];
    assert_eq!(credit["status"], serde_json::json!({"type": "string", "enum": ["ACTIVE", "EXPIRED"]}));
    let rows: Vec<serde_json::Value> = serde_json::from_str(&Croud::new().stdout("sandbox coverage -o json")).unwrap();
    let served = rows.iter().filter(|row| row["served"] == true).count();
    let operations = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len());
    // Uploads and downloads are not part of the API.
    assert_eq!(operations.sum::<usize>(), served - 2);
}

#[test]
fn an_error_about_the_folder_names_its_variable() {
    let croud = Croud::sandbox();
    croud.file("sandbox", b"a file");
    assert_snapshot!(croud.run("organizations list"), @"
    [stderr]
    ==> Error: The sandbox in `HOME/sandbox` could not start: `HOME/sandbox/files`: Not a directory (os error 20).
        Set CROUD_SANDBOX_STATE to use another folder.
    [exit 1]
    ");
    assert_snapshot!(croud.run("sandbox reset"), @"
    [stderr]
    ==> Error: The sandbox in `HOME/sandbox` could not be used: `HOME/sandbox/files`: Not a directory (os error 20).
        Set CROUD_SANDBOX_STATE to use another folder.
    [exit 1]
    ");
}
