//! `sandbox export` and `sandbox import`.

use std::fs;

use insta::assert_snapshot;

use crate::support::{Croud, Served, names};

#[test]
fn an_export_of_a_server_is_imported_into_the_profile() {
    let served = Served::new(&Croud::new(), "");
    let (user, controller) = (served.croud(0), served.controller());
    user.file("data.csv", b"a,b\n");
    assert_eq!(user.code("organizations files create --file-path ~/data.csv"), Some(0));
    assert_eq!(user.code("organizations edit --name exported"), Some(0));
    assert_snapshot!(controller.run("sandbox export ~/cloud.sandbox"), @"
    [stderr]
    ==> Success: Sandbox exported to `HOME/cloud.sandbox`.
    ");
    let croud = Croud::sandbox();
    croud.file("cloud.sandbox", &fs::read(controller.path("cloud.sandbox")).unwrap());
    assert_snapshot!(croud.run("sandbox import ~/cloud.sandbox"), @"
    [stderr]
    ==> Success: Sandbox imported from `HOME/cloud.sandbox`.
    ");
    assert!(croud.stdout("organizations list").contains("exported"));
    assert_eq!(croud.stdout("organizations files get --file data.csv --download -"), "a,b\n");
    // What the profile has is exported to the same bytes, and the server takes them back.
    assert_eq!(croud.code("sandbox export ~/again.sandbox"), Some(0));
    assert_eq!(fs::read(croud.path("again.sandbox")).unwrap(), fs::read(croud.path("cloud.sandbox")).unwrap());
    assert_eq!(controller.code("sandbox reset"), Some(0));
    assert_eq!(controller.code("sandbox import ~/cloud.sandbox"), Some(0));
    assert_eq!(user.stdout("organizations files get --file data.csv --download -"), "a,b\n");
}

#[test]
fn an_export_replaces_no_file_unless_asked() {
    let croud = Croud::sandbox();
    croud.file("taken", b"mine");
    assert_snapshot!(croud.run("sandbox export ~/taken"), @"
    [stderr]
    ==> Error: `HOME/taken` exists already.
        Pass --overwrite to replace it.
    [exit 1]
    ");
    assert_eq!(fs::read(croud.path("taken")).unwrap(), b"mine");
    assert_eq!(croud.code("sandbox export ~/taken --overwrite"), Some(0));
    assert!(fs::read(croud.path("taken")).unwrap().starts_with(b"{\"croud_sandbox_export\":1,"));
    assert_snapshot!(croud.run("sandbox export ~/missing/file"), @"
    [stderr]
    ==> Error: Could not write `HOME/missing/file`: No such file or directory (os error 2)
    [exit 1]
    ");
    assert_eq!(names(&croud.path("")), ["sandbox", "taken"]);
}

#[test]
fn a_file_that_is_not_an_export_changes_nothing() {
    let croud = Croud::sandbox();
    assert_eq!(croud.code("organizations edit --name kept"), Some(0));
    assert_eq!(croud.code("sandbox export ~/whole"), Some(0));
    let whole = fs::read(croud.path("whole")).unwrap();
    croud.file("broken", &whole[..whole.len() - 1]);
    croud.file("foreign", b"PK\x03\x04");
    assert_snapshot!(croud.run("sandbox import ~/broken"), @"
    [stderr]
    ==> Error: The export is damaged: its checksum is wrong.
    [exit 1]
    ");
    assert_snapshot!(croud.run("sandbox import ~/foreign"), @"
    [stderr]
    ==> Error: The file is not an export of a sandbox.
        `croud sandbox reset --seed FILE` reads a seed.
    [exit 1]
    ");
    let served = Served::new(&Croud::new(), "");
    let controller = served.controller();
    controller.file("broken", &whole[..whole.len() - 1]);
    assert_snapshot!(controller.run("sandbox import ~/broken"), @"
    [stderr]
    ==> Error: The export is damaged: its checksum is wrong.
    [exit 1]
    ");
    assert!(croud.stdout("organizations list").contains("kept"));
    assert!(served.croud(0).stdout("organizations list").contains("my-org"));
    assert_snapshot!(croud.run("sandbox import ~/sandbox"), @"
    [stderr]
    ==> Error: `HOME/sandbox` is not a regular file.
    [exit 1]
    ");
    let run = croud.run("sandbox import ~/missing");
    assert!(
        run.starts_with("[stderr]\n==> Error: Could not read `HOME/missing`") && run.ends_with("[exit 1]\n"),
        "{run}"
    );
}
