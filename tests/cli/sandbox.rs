//! The embedded cloud: its three doors, and what it keeps.

use std::fs;
use std::io::Write;
use std::net::TcpStream;

use insta::assert_snapshot;

use crate::support::{Croud, Served, names};

const ORGANIZATION: &str = "f6c39580-5719-431d-a508-0cee4f9e8209";

#[test]
fn the_seed() {
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
fn what_is_done_stays_done() {
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
        "[stderr]\n==> Success: Organization deleted.\n"
    );
    assert!(!croud.stdout("organizations list").contains(id));
    assert_eq!(croud.run(&format!("organizations get {id}")), "[stderr]\n==> Error: Resource not found.\n[exit 1]\n");
}

#[test]
fn a_file_goes_up_and_comes_down() {
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
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations credits create --amount 5 --expiration-date 2034-01-01 --comment c"), @"
    [stderr]
    ==> Error: Permission denied for user.
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
    assert_snapshot!(croud.run("organizations users remove --user admin@example.com"), @"
    [stderr]
    ==> Error: The last organization admin cannot be removed.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations users add --user admin@example.com --role org_member"), @"
    [stderr]
    ==> Error: The last organization admin must stay one.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations delete -y --org-id 1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7 --sudo"), @r#"
    [stderr]
    ==> Error: The organization has projects. Delete them first.
    {
      "related_resources": [
        {
          "type": "project",
          "name": "project-1"
        },
        {
          "type": "project",
          "name": "project-2"
        }
      ]
    }
    [exit 1]
    "#);
    assert_snapshot!(croud.run("organizations auditlogs list --org-id 1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7"), @"
    [stderr]
    ==> Error: Permission denied for user.
    [exit 1]
    ");
}

#[test]
fn changes_in_parallel_lose_nothing() {
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
fn an_unreadable_state_is_moved_aside() {
    let croud = Croud::sandbox();
    croud.file("sandbox/state.json", b"{\"version\": 99}");
    let run = croud.run("organizations list -o json");
    assert!(run.contains("==> Warning: The sandbox's state could not be read. It starts again from the initial data; the old file is kept as `HOME/sandbox/state.json.unreadable-1`."), "{run}");
    assert_eq!(fs::read(croud.path("sandbox/state.json.unreadable-1")).unwrap(), b"{\"version\": 99}");
}

#[test]
fn reset() {
    let croud = Croud::sandbox();
    croud.run("organizations edit --name changed");
    assert_snapshot!(croud.run("sandbox reset --org-id 00000000-1111-4222-8333-444444444444"), @"
    [stderr]
    ==> Info: The sandbox has its initial data again.
    ");
    assert_snapshot!(croud.run("organizations list"), @"
    +--------------------------------------+----------+-------------+
    | id                                   | name     |   plan_type |
    |--------------------------------------+----------+-------------|
    | 00000000-1111-4222-8333-444444444444 | my-org   |           3 |
    | 1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7 | data-lab |           5 |
    +--------------------------------------+----------+-------------+
    ");
    croud.run("sandbox reset");
    assert!(croud.stdout("organizations list").contains(ORGANIZATION));
}

#[test]
fn coverage_names_every_endpoint() {
    let rows: Vec<serde_json::Value> = serde_json::from_str(&Croud::new().stdout("sandbox coverage -o json")).unwrap();
    assert!(rows.len() > 30);
    assert!(rows.iter().all(|row| ["spec", "upstream", "guess"].contains(&row["source"].as_str().unwrap())));
}

#[test]
fn serve_is_ready_when_it_says_so() {
    let served = Served::new(&Croud::new(), "");
    assert_eq!(served.ready["organizations"][0]["id"], ORGANIZATION);
    assert_eq!(served.ready["users"].as_array().unwrap().len(), 3);
    assert!(served.croud(0).run("organizations list").contains("my-org"));
    assert_eq!(
        served.croud(1).run("organizations users list"),
        "[stderr]\n==> Error: Permission denied for user.\n[exit 1]\n"
    );
}

#[test]
fn serve_knows_keys_and_sessions() {
    let served = Served::new(&Croud::new(), "");
    let user = &served.ready["users"][0];
    let with = |credentials: &str| {
        Croud::new().mask(served.endpoint(), "ENDPOINT").config(&format!(
            "default-format: json\ncurrent-profile: a\nprofiles: {{a: {{endpoint: '{}', {credentials}}}}}\n",
            served.endpoint()
        ))
    };
    let (key, secret) = (user["key"].as_str().unwrap(), user["secret"].as_str().unwrap());
    let croud = with(&format!("key: {key}, secret: {secret}"));
    let before = croud.config_text();
    assert_eq!(croud.code("me"), Some(0));
    assert_eq!(croud.config_text(), before);
    assert_snapshot!(with(&format!("key: {key}, secret: wrong")).run("me"), @"
    [stderr]
    ==> Error: Authentication required.
        Refused was the API key of profile `a`.
    [exit 4]
    ");
    assert_snapshot!(with("auth-token: gone").run("me"), @"
    [stderr]
    ==> Error: Unauthorized.
    ==> Info: Use `croud login` to login to CrateDB Cloud.
    [exit 4]
    ");
}

#[test]
fn serve_makes_events_and_users_in_any_number() {
    let served = Served::new(&Croud::new(), "--events 1234 --users 50 --page-size 100");
    let croud = served.croud(0);
    let count = |line: &str| serde_json::from_str::<Vec<serde_json::Value>>(&croud.stdout(line)).unwrap().len();
    assert_eq!(count("organizations auditlogs list -o json"), 1234);
    assert_eq!(count("organizations users list -o json"), 50);
    assert_eq!(croud.code("organizations users remove --user user-000020@example.com"), Some(0));
    assert_eq!(count("organizations users list -o json"), 49);
    let filtered =
        count("organizations auditlogs list --action user.login --from 2024-06-01T00:00 --to 2024-06-02T12:00 -o json");
    assert!((5..20).contains(&filtered), "{filtered}");
}

#[test]
fn serve_keeps_a_journal_without_secrets() {
    let home = Croud::new();
    let journal = home.path("journal.jsonl");
    let served = Served::new(&home, &format!("--journal {}", journal.display()));
    let croud = served.croud(0);
    croud
        .run("organizations secrets create --name n --type AWS --access-key AKIAIOSFODNN7 --secret-key s3cret -r eks1");
    croud.file("f", b"bytes");
    croud.run("organizations files create --file-path ~/f");
    let text = fs::read_to_string(journal).unwrap();
    for secret in ["AKIAIOSFODNN7", "s3cret", "sandbox-token"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut first = lines[0].clone();
    first.as_object_mut().unwrap().remove("time");
    assert_eq!(
        first,
        serde_json::json!({
            "method": "POST",
            "path": format!("/api/v2/organizations/{ORGANIZATION}/secrets/"),
            "query": {},
            "headers": {"x-region": "eks1", "x-auth-sudo": null},
            "auth": "token",
            "body": {"name": "n", "type": "AWS", "data": {"aws_secret": {"access_key": "**********", "secret_key": "**********"}}},
            "status": 201,
        })
    );
    let upload = lines.iter().find(|line| line["method"] == "PUT").unwrap();
    assert_eq!((&upload["auth"], &upload["query"]["signature"]), (&serde_json::Value::Null, &"**********".into()));
}

#[test]
fn serve_survives_being_killed() {
    let home = Croud::new();
    let mut served = Served::new(&home, "--state ~/cloud");
    let id = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap()["id"].as_str().unwrap().to_owned();
    let created = id(&served.croud(0).stdout("organizations create --name kept -o json"));
    served.kill();
    let served = Served::new(&home, "--state ~/cloud");
    assert!(served.croud(0).stdout("organizations list").contains(&created));
    assert_snapshot!(home.run("sandbox serve --state ~/cloud"), @"
    [stderr]
    ==> Error: The sandbox could not start: another sandbox serves `HOME/cloud`.
    [exit 1]
    ");
}

#[cfg(unix)]
#[test]
fn serve_ends_cleanly() {
    let home = Croud::new().env("TMPDIR", "/nonexistent");
    let mut failed = home.command("sandbox serve");
    assert_eq!(failed.output().unwrap().status.code(), Some(1));
    let home = Croud::new();
    fs::create_dir(home.path("tmp")).unwrap();
    let tmp = home.path("tmp");
    let home = home.env("TMPDIR", tmp.to_str().unwrap());
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let mut served = Served::new(&home, "");
        assert_eq!(names(&tmp).len(), 1);
        assert_eq!(served.signal(signal), Some(0));
        assert_eq!(names(&tmp), [""; 0]);
    }
}

#[test]
fn serve_is_not_fooled_by_another_name() {
    let served = Served::new(&Croud::new(), "");
    let address = served.endpoint().strip_prefix("http://").unwrap();
    let ask = |request: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let end = "\r\nConnection: close\r\n\r\n";
    assert_eq!(ask(&format!("GET / HTTP/1.1\r\nHost: {address}{end}")), "HTTP/1.1 200 OK");
    assert_eq!(ask(&format!("GET / HTTP/1.1\r\nHost: evil.example{end}")), "HTTP/1.1 421 Misdirected Request");
    assert_eq!(ask("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert_eq!(
        ask(&format!("PATCH /api/v2/organizations/ HTTP/1.1\r\nHost: {address}{end}")),
        "HTTP/1.1 405 Method Not Allowed"
    );
    assert_eq!(ask(&format!("GET /api/v3/ HTTP/1.1\r\nHost: {address}{end}")), "HTTP/1.1 404 Not Found");
    let body = "[".repeat(100_000);
    let length = body.len();
    let post = format!(
        "POST /api/v2/organizations/ HTTP/1.1\r\nHost: {address}\r\nCookie: session=sandbox-token-admin\r\nContent-Length: {length}{end}{body}"
    );
    assert_eq!(ask(&post), "HTTP/1.1 400 Bad Request");
    assert!(served.croud(0).run("organizations list").contains("my-org"));
}

#[test]
fn strict_refuses_what_is_unknown() {
    let served = Served::new(&Croud::new(), "--strict");
    let croud = served.croud(0);
    // All that this program sends is known.
    for line in [
        "organizations create --name x",
        "organizations edit --name x",
        "organizations auditlogs list --action a --from 2024-01-01T00:00 --to 2024-01-02T00:00",
        "organizations users add --user x@example.com --role org_member",
        "organizations secrets create --name n --type AZURE --connection-string c",
        "organizations credits list --status ACTIVE",
        "organizations customer edit --name N --email a@b.c --phone 1 --country AT --city W --line1 1 --postal-code 1 --line2 2 --tax-id 3 --tax-id-type eu_vat",
        "me edit --email a@b.c",
    ] {
        assert_eq!(croud.code(line), Some(0), "{line}: {}", croud.run(line));
    }
}

#[test]
fn faults_strike() {
    let code = |fault: &str, line: &str| {
        let served = Served::new(&Croud::new(), &format!("--fault '{fault}'"));
        served.croud(0).code(line)
    };
    let list = "organizations list";
    assert_eq!(code("GET /api/** status=503", list), Some(1));
    assert_eq!(code("GET /api/** html", list), Some(1));
    assert_eq!(code("GET /api/** truncate", list), Some(1));
    assert_eq!(code("GET /api/** drop-before", list), Some(1));
    assert_eq!(code("GET /api/** drop-after", list), Some(1));
    assert_eq!(code("* /api/** expire", list), Some(4));
    assert_eq!(code("GET /api/** stall", "--timeout 0.2 organizations list"), Some(1));
    assert_eq!(code("POST /api/** status=503", list), Some(0));
    let served = Served::new(&Croud::new(), "--fault 'GET /api/** status=429 n=1'");
    assert_eq!(served.croud(0).env("CROUD_RETRIES", "1").code(list), Some(0));
    assert_eq!(Croud::new().code("sandbox serve --fault bogus"), Some(2));
}

#[cfg(unix)]
#[test]
fn exec_runs_a_command_on_its_own_cloud() {
    let home = Croud::new();
    let path = std::env::var("PATH").unwrap();
    let home = home.env("PATH", &path);
    home.file("script", b"croud organizations create --name rehearsed >/dev/null && croud organizations list -o json && cat $CROUD_CONFIG >&2; exit 7\n");
    let run = home.run("sandbox exec -- sh ~/script");
    assert!(run.contains("\"name\": \"rehearsed\""), "{run}");
    assert!(run.contains("auth-token: sandbox-token-admin"), "{run}");
    assert!(run.ends_with("[exit 7]\n"), "{run}");
    assert!(!home.config_path().exists());
    assert_snapshot!(home.run("sandbox exec -- no-such-command"), @"
    [stderr]
    ==> Error: Could not start `no-such-command`: No such file or directory (os error 2).
    [exit 127]
    ");
    assert_snapshot!(home.run("sandbox exec"), @"
    [stderr]
    error: the following required arguments were not provided:
      <COMMAND>...

    Usage: croud sandbox exec -- <COMMAND>...

    For more information, try '--help'.
    [exit 2]
    ");
}
