//! `--seed` and `sandbox export --seed`.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{Croud, Served};

const SEED: &[u8] = b"\
users:
  - name: Jane Doe
  - {name: Bob, email: bob@acme.example}
organizations:
  - name: acme
    users:
      - {user: jane-doe@example.com, role_fqn: org_admin}
      - {user: bob@acme.example, role_fqn: org_member}
    files: [{name: data.csv, file_size: 16}]
    credits: [{original_amount: 5000, comment: Start}]
  - name: other
";

/// What every list shows, for organizations that the user may read.
fn lists(croud: &Croud) -> Vec<String> {
    let organizations = croud.stdout("organizations list -o json");
    let parsed: Vec<Value> = serde_json::from_str(&organizations).unwrap();
    let mut lists = vec![organizations];
    for id in parsed.iter().map(|organization| organization["id"].as_str().unwrap()) {
        for line in [
            "get",
            "users list",
            "invitations list",
            "files list",
            "secrets list",
            "credits list --status ACTIVE,EXPIRED",
            "customer get",
            "auditlogs list",
        ] {
            let option = if line == "get" { "" } else { "--org-id " };
            lists.push(croud.run(&format!("organizations {line} {option}{id} --sudo -o json")));
        }
    }
    // The other columns of a region have the current time.
    let regions = "regions --columns name,description,organization_id,dc";
    for path in ["projects", "clusters", "subscriptions", "users", regions] {
        lists.push(croud.run(&format!("api GET {path} --sudo -o json")));
    }
    assert!(lists.iter().all(|list| !list.contains("==> Error")), "{lists:?}");
    lists
}

#[test]
fn a_server_starts_with_the_data_of_a_seed() {
    let home = Croud::new();
    home.file("seed.yaml", SEED);
    let served = Served::new(&home, "--seed ~/seed.yaml");
    assert_eq!(served.ready["users"][0]["email"], "jane-doe@example.com");
    assert_eq!(served.token(0), "sandbox-token-jane-doe");
    let croud = served.croud(0);
    assert_snapshot!(croud.run("organizations list --columns name,plan_type"), @"
    +--------+-------------+
    | name   |   plan_type |
    |--------+-------------|
    | acme   |           3 |
    | other  |           3 |
    +--------+-------------+
    ");
    assert_snapshot!(croud.run("organizations users list --columns email,organization_roles"), @"
    +----------------------+----------------------+
    | email                | organization_roles   |
    |----------------------+----------------------|
    | jane-doe@example.com | org_admin            |
    | bob@acme.example     | org_member           |
    +----------------------+----------------------+
    ");
    assert_eq!(croud.stdout("organizations files get --file data.csv --download -"), "sandbox\nsandbox\n");
    // A reset of the server brings back its seed, and not the built-in data.
    assert_eq!(croud.code("organizations edit --name changed"), Some(0));
    assert_eq!(served.controller().code("sandbox reset"), Some(0));
    assert!(croud.stdout("organizations list").contains("acme"));
}

#[test]
fn an_exported_seed_makes_the_same_lists() {
    let croud = Croud::sandbox();
    for line in [
        "organizations edit --name kept --email a@b.example",
        "organizations create --name new",
        "organizations users add --user new@b.example --role org_admin",
        "organizations secrets create --name n --type AZURE --connection-string c",
        "organizations customer edit --merge --line2 x",
        "api-keys create",
        "api POST regions -f description=Office -f organization_id=f6c39580-5719-431d-a508-0cee4f9e8209",
        "api POST projects/0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0/users -f user=member@example.com \
         -f role_fqn=project_member --sudo",
    ] {
        assert_eq!(croud.code(line), Some(0), "{line}");
    }
    croud.file("data.csv", b"a,b\n");
    assert_eq!(croud.code("organizations files create --file-path ~/data.csv"), Some(0));
    assert_snapshot!(croud.run("sandbox export --seed ~/seed.yaml"), @"
    [stderr]
    ==> Success: Sandbox exported to `HOME/seed.yaml`.
    ");
    let seed = fs::read(croud.path("seed.yaml")).unwrap();
    assert_eq!(croud.stdout("sandbox export --seed").as_bytes(), seed);

    let other = Croud::sandbox();
    other.file("seed.yaml", &seed);
    assert_snapshot!(other.run("sandbox reset --seed ~/seed.yaml"), @"
    [stderr]
    ==> Info: The sandbox has the data of `HOME/seed.yaml`.
    ");
    assert_eq!(lists(&other), lists(&croud));
    // A server gives the same file that it was started with.
    let served = Served::new(&other, "--seed ~/seed.yaml");
    assert_eq!(served.controller().stdout("sandbox export --seed").as_bytes(), seed);
}

#[test]
fn a_running_server_is_reset_to_a_seed() {
    let served = Served::new(&Croud::new(), "");
    let controller = served.controller();
    controller.file("seed.yaml", SEED);
    let id = "00000000-1111-4222-8333-444444444444";
    assert_eq!(controller.code(&format!("sandbox reset --seed ~/seed.yaml --org-id {id}")), Some(0));
    let cookie = "Cookie: session=sandbox-token-jane-doe";
    let list = crate::support::request(served.endpoint(), "GET /api/v2/organizations/", &[cookie], b"").json();
    assert_eq!((&list[0]["id"], &list[0]["name"]), (&id.into(), &"acme".into()));
    let other = list[1]["id"].as_str().unwrap();
    let run = controller.run(&format!("sandbox reset --seed ~/seed.yaml --org-id {other}"));
    assert_eq!(run, format!("[stderr]\n==> Error: `{other}`: another organization has this ID.\n[exit 1]\n"));
    assert_eq!(controller.code("sandbox reset"), Some(0));
    assert!(served.croud(0).stdout("organizations list").contains("my-org"));
}

#[test]
fn a_mistake_in_a_seed_is_a_usage_error() {
    let croud = Croud::sandbox();
    croud.file("seed.yaml", b"organizations:\n  - name: a\n    users: [{user: a@b.example, role_fqn: boss}]\n");
    for line in ["serve --seed ~/seed.yaml", "exec --seed ~/seed.yaml -- true", "reset --seed ~/seed.yaml"] {
        assert_eq!(
            croud.run(&format!("sandbox {line}")),
            "[stderr]\n==> Error: The seed is not valid: organizations[0].users[0].role_fqn: `boss` is not one of \
             org_admin, org_member at line 3 column 43.\n    The file is `HOME/seed.yaml`.\n[exit 2]\n"
        );
    }
    let run = croud.run("sandbox serve --seed ~/missing");
    assert!(run.starts_with("[stderr]\n==> Error: Could not read `HOME/missing`"), "{run}");
    assert_eq!(croud.code("sandbox export ~/export"), Some(0));
    assert_snapshot!(croud.run("sandbox reset --seed ~/export"), @"
    [stderr]
    ==> Error: Could not read `HOME/export`: it is not UTF-8 text
        `croud sandbox import FILE` reads an export.
    [exit 1]
    ");
    let served = Served::new(&Croud::new(), "");
    let received = served.control("POST /_sandbox/reset", &[], br#"{"seed": "organizations: [{}]"}"#);
    let reason = "The seed is not valid: organizations[0]: missing field `name` at line 1 column 17.";
    assert_eq!((received.status, received.json()["message"].as_str()), (400, Some(reason)));
}

#[test]
fn a_folder_keeps_its_data() {
    let home = Croud::new();
    home.file("seed.yaml", SEED);
    let mut served = Served::new(&home, "--state ~/cloud --seed ~/seed.yaml");
    assert!(served.croud(0).stdout("organizations list").contains("acme"));
    served.kill();
    // The data of the seed is in the folder, also for a server without it.
    let mut served = Served::new(&home, "--state ~/cloud");
    assert_eq!(served.ready["organizations"][0]["name"], "acme");
    assert_eq!(served.croud(0).code("organizations edit --name kept"), Some(0));
    served.kill();
    let running = home.start("sandbox serve --state ~/cloud --seed ~/seed.yaml");
    running.until("/cloud` has data already: the seed applies to a reset.");
    running.until_stdout("kept");
}
