//! `sandbox snapshot`, `sandbox restore` and `sandbox reset`.

use insta::assert_snapshot;

use crate::support::{Croud, Served, names};

/// The names of the organizations that `croud` lists, joined by spaces.
fn organizations(croud: &Croud) -> String {
    croud.stdout("organizations list -o csv --columns name --no-header").lines().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_snapshot_of_the_profile_is_restored() {
    let croud = Croud::sandbox();
    croud.file("data.csv", b"a,b\n");
    assert_eq!(croud.code("organizations files create --file-path ~/data.csv"), Some(0));
    let saved = croud.run("sandbox snapshot before-test -o json --columns name");
    assert_snapshot!(saved, @r#"
    {
      "name": "before-test"
    }
    [stderr]
    ==> Success: Snapshot saved.
    "#);
    assert_eq!(croud.code("organizations edit --name changed"), Some(0));
    assert_eq!(croud.code("organizations files delete --file data.csv"), Some(0));
    assert_snapshot!(croud.run("sandbox restore before-test"), @"
    [stderr]
    ==> Success: Snapshot restored.
    ");
    assert_eq!(organizations(&croud), "my-org data-lab");
    assert_eq!(croud.stdout("organizations files get --file data.csv --download -"), "a,b\n");
    assert_snapshot!(croud.run("sandbox snapshot before-test"), @"
    [stderr]
    ==> Error: There is a snapshot `before-test` already.
        Replace it with `--overwrite`, or with `?overwrite=true` in a request.
    [exit 1]
    ");
    assert_eq!(croud.code("sandbox snapshot before-test --overwrite"), Some(0));
    assert_eq!(croud.stdout("sandbox snapshot -o jsonl --columns name"), "{\"name\":\"before-test\"}\n");
    assert_snapshot!(croud.run("sandbox snapshot --delete before-test"), @"
    [stderr]
    ==> Success: Snapshot deleted.
    ");
    assert_snapshot!(croud.run("sandbox restore before-test"), @"
    [stderr]
    ==> Error: There is no snapshot `before-test`.
        There are no snapshots yet: `croud sandbox snapshot NAME` saves one.
    [exit 1]
    ");
    assert_eq!(names(&croud.path("sandbox/snapshots")), [""; 0]);
}

#[test]
fn a_snapshot_of_a_server_is_restored() {
    let served = Served::new(&Croud::new(), "");
    let (user, controller) = (served.croud(0), served.controller());
    assert_eq!(controller.code("sandbox snapshot one"), Some(0));
    assert_eq!(user.code("organizations create --name new"), Some(0));
    assert_eq!(organizations(&user), "my-org data-lab new");
    assert_eq!(controller.code("sandbox restore one"), Some(0));
    assert_eq!(organizations(&user), "my-org data-lab");
    assert_eq!(user.code("organizations edit --name changed"), Some(0));
    assert_snapshot!(controller.run("sandbox reset"), @"
    [stderr]
    ==> Info: The sandbox has its initial data again.
    ");
    assert_eq!(organizations(&user), "my-org data-lab");
    assert_snapshot!(controller.run("sandbox restore two"), @"
    [stderr]
    ==> Error: There is no snapshot `two`.
        The snapshots are: `one`.
    [exit 1]
    ");
    assert_eq!(controller.code("sandbox snapshot one --delete"), Some(0));
    assert_eq!(controller.stdout("sandbox snapshot -o json"), "[]\n");
}

#[test]
fn a_server_gives_the_first_organization_another_id() {
    let served = Served::new(&Croud::new(), "");
    let id = "00000000-1111-4222-8333-444444444444";
    assert_eq!(served.controller().code(&format!("sandbox reset --org-id {id}")), Some(0));
    assert!(served.croud(0).stdout("organizations list").contains(id));
}

#[test]
fn a_snapshot_in_a_folder_survives_the_server() {
    let home = Croud::new();
    let mut served = Served::new(&home, "--state ~/cloud");
    assert_eq!(served.controller().code("sandbox snapshot kept"), Some(0));
    assert_eq!(served.croud(0).code("organizations edit --name changed"), Some(0));
    served.kill();
    let served = Served::new(&home, "--state ~/cloud");
    assert_eq!(organizations(&served.croud(0)), "changed data-lab");
    assert_eq!(served.controller().code("sandbox restore kept"), Some(0));
    assert_eq!(organizations(&served.croud(0)), "my-org data-lab");
}

#[test]
fn a_folder_that_a_server_uses_is_refused() {
    let home = Croud::new();
    let _served = Served::new(&home, "--state ~/cloud");
    let folder = home.path("cloud");
    let home = home.env("CROUD_SANDBOX_STATE", folder.to_str().unwrap());
    for line in ["sandbox snapshot x", "sandbox restore x", "sandbox reset", "sandbox clock", "sandbox export x"] {
        assert_eq!(
            home.run(line),
            "[stderr]\n==> Error: A running sandbox uses `HOME/cloud`.\n    \
             Pass its address with --server and its `control_token` with --token.\n[exit 1]\n",
            "{line}"
        );
    }
}

#[test]
fn a_wrong_server_or_token_is_an_error() {
    let served = Served::new(&Croud::new(), "");
    let mut other = Served::new(&Croud::new(), "");
    let croud = || Croud::new().mask(served.endpoint(), "ENDPOINT");
    let endpoint = served.endpoint();
    assert_snapshot!(croud().run(&format!("sandbox snapshot --server {endpoint}")), @"
    [stderr]
    ==> Error: The control token of ENDPOINT is missing: pass --token, or set CROUD_SANDBOX_TOKEN.
        It is `control_token` in the line that `croud sandbox serve` prints.
    [exit 2]
    ");
    assert_snapshot!(croud().run(&format!("sandbox snapshot --server {endpoint} --token wrong")), @"
    [stderr]
    ==> Error: The control token is not that of this sandbox: each start prints a new one.
    [exit 1]
    ");
    croud().file("token", b"x");
    // The token of the environment belongs to the server of the environment, and is not sent elsewhere.
    let run = other.controller().mask(endpoint, "OTHER").run(&format!("sandbox snapshot --server {endpoint}"));
    assert_snapshot!(run, @"
    [stderr]
    ==> Error: The control token of OTHER is missing: pass --token, because CROUD_SANDBOX_TOKEN is that of CROUD_SANDBOX_SERVER.
        It is `control_token` in the line that `croud sandbox serve` prints.
    [exit 2]
    ");
    let token = format!("{}\n", served.ready["control_token"].as_str().unwrap());
    let piped = croud().stdin(&token);
    assert_eq!(piped.code(&format!("sandbox snapshot --server {endpoint} --token -")), Some(0));
    assert_snapshot!(croud().run("sandbox snapshot --server http://example.com --token x"), @"
    [stderr]
    ==> Error: `http://example.com` is not allowed: http:// is for loopback only. Use https://.
    [exit 2]
    ");
    let controller = other.controller();
    other.kill();
    let run = controller.run("sandbox snapshot");
    let next = "    The sandbox may have ended. `croud sandbox serve` prints the address of a new one.\n[exit 1]\n";
    assert!(run.starts_with("[stderr]\n==> Error: Failed to perform request") && run.ends_with(next), "{run}");
    let run = croud().run("sandbox snapshot ../escape");
    assert!(run.contains("a snapshot's name has up to 64 letters") && run.ends_with("[exit 2]\n"), "{run}");
}

#[cfg(unix)]
#[test]
fn exec_lets_its_command_control_the_sandbox() {
    let croud = Croud::new().env("PATH", &std::env::var("PATH").unwrap());
    croud.file(
        "script",
        b"set -e\n\
          croud --quiet sandbox snapshot before -o jsonl --columns name\n\
          croud --quiet organizations edit --name broken -o jsonl --columns name\n\
          croud sandbox restore before\n\
          croud organizations list -o jsonl --columns name\n",
    );
    assert_snapshot!(croud.run("sandbox exec -- sh ~/script"), @r#"
    {"name":"before"}
    {"name":"broken"}
    {"name":"my-org"}
    {"name":"data-lab"}
    [stderr]
    ==> Success: Snapshot restored.
    "#);
    // The folder of the profile is not touched.
    assert!(!croud.path(".local/share/Crate").exists());
}

#[test]
fn temporary_files_of_a_killed_process_are_deleted() {
    let home = Croud::new();
    let leave = |folder: &str| {
        home.file(&format!("{folder}/import-x/y"), b"content");
        home.file(&format!("{folder}/snapshots/.tmpx"), b"half");
        home.file(&format!("{folder}/snapshots/kept"), b"whole");
    };
    let left = |folder: &str| [names(&home.path(folder)), names(&home.path(&format!("{folder}/snapshots")))].concat();
    leave("cloud");
    let _served = Served::new(&home, "--state ~/cloud");
    assert_eq!(left("cloud"), ["files", "serve.lock", "snapshots", "state.lock", "kept"]);
    let croud = Croud::sandbox();
    croud.file("sandbox/import-x/y", b"content");
    assert_eq!(croud.code("sandbox clock"), Some(0));
    assert_eq!(names(&croud.path("sandbox")), ["files", "serve.lock", "state.lock"]);
}
