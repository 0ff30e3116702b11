//! The stored state.

use std::fs;

use insta::assert_snapshot;

use super::ORGANIZATION;
use crate::support::{Croud, names};

#[test]
fn an_unreadable_state_is_moved_aside() {
    let (newer, damaged) = ("was written by a newer version of this program", "could not be read");
    let version_1 = "{\"version\": 1";
    for (n, text, reason) in
        [(1, "{\"version\": 99}", newer), (2, version_1, damaged), (3, "", damaged), (4, "null", damaged)]
    {
        let croud = Croud::sandbox();
        for earlier in 1..n {
            croud.file(&format!("sandbox/state.json.unreadable-{earlier}"), b"earlier");
        }
        croud.file("sandbox/state.json", text.as_bytes());
        assert_eq!(
            croud.run("regions list -o json --quiet").split("[stderr]\n").nth(1),
            Some(
                format!(
                    "==> Warning: The sandbox's state {reason}. It starts again from the initial data; \
                 the old file is kept as `HOME/sandbox/state.json.unreadable-{n}`.\n"
                )
                .as_str()
            )
        );
        let aside = croud.path(&format!("sandbox/state.json.unreadable-{n}"));
        assert_eq!(fs::read_to_string(aside).unwrap(), text);
        assert!(croud.run("organizations list").contains(ORGANIZATION));
    }
}

#[test]
fn a_state_of_a_newer_version_is_unreadable() {
    let croud = Croud::sandbox();
    assert_eq!(croud.code("organizations edit --name changed"), Some(0));
    let text = fs::read_to_string(croud.path("sandbox/state.json")).unwrap();
    assert!(text.starts_with("{\"version\":3,"), "{text}");
    // The same state reads back, and as a newer version it does not.
    assert!(croud.stdout("organizations list").contains("changed"));
    let other = text.replacen("{\"version\":3,", "{\"version\":4,", 1);
    croud.file("sandbox/state.json", other.as_bytes());
    let run = croud.run("organizations list");
    assert!(
        run.contains("my-org")
            && run.contains("==> Warning: The sandbox's state was written by a newer version of this program."),
        "{run}"
    );
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
fn reset_removes_the_content_of_files() {
    let croud = Croud::sandbox();
    croud.file("data.csv", b"a,b\n");
    assert_eq!(croud.code("organizations files create --file-path ~/data.csv"), Some(0));
    assert_eq!(names(&croud.path("sandbox/files")).len(), 1);
    assert_eq!(croud.code("sandbox reset"), Some(0));
    assert_eq!(names(&croud.path("sandbox/files")), [""; 0]);
}

#[test]
fn a_state_of_an_older_version_is_read_and_saved_as_the_current_version() {
    for older in [&include_bytes!("states/1.json")[..], include_bytes!("states/2.json")] {
        let croud = Croud::sandbox();
        croud.file("sandbox/state.json", older);
        let list: serde_json::Value = serde_json::from_str(&croud.stdout("organizations list -o json")).unwrap();
        let shown = |at: usize| (list[at]["name"].as_str().unwrap(), list[at]["project_count"].as_u64().unwrap());
        assert_eq!((shown(0), shown(1)), (("kept-name", 0), ("data-lab", 2)));
        assert!(croud.run("organizations users list").contains("admin@example.com"));
        assert_eq!(croud.code("organizations edit --name again"), Some(0));
        let text = fs::read_to_string(croud.path("sandbox/state.json")).unwrap();
        assert!(text.starts_with("{\"version\":3,"), "{text}");
        assert_eq!(names(&croud.path("sandbox")), ["files", "state.json", "state.lock"]);
    }
}

#[test]
fn reset_takes_a_free_uuid() {
    let croud = Croud::sandbox();
    for id in ["a/../b", "F6C39580-5719-431D-A508-0CEE4F9E8209"] {
        let run = croud.run(&format!("sandbox reset --org-id {id}"));
        let reason = "for '--org-id <ORG_ID>': expected a UUID in lower case";
        assert!(run.contains(reason) && run.ends_with("[exit 2]\n"), "{run}");
    }
    // The ID of the second organization.
    let other = "1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7";
    assert_eq!(
        croud.run(&format!("sandbox reset --org-id {other}")),
        format!("[stderr]\n==> Error: `{other}`: another organization has this ID.\n[exit 1]\n")
    );
    // A seed that lacks that organization leaves its ID free.
    croud.file("seed.yaml", b"organizations: [{name: a}]");
    assert_eq!(croud.code(&format!("sandbox reset --seed ~/seed.yaml --org-id {other}")), Some(0));
    assert!(croud.stdout("organizations list").contains(other));
    assert_eq!(croud.code("sandbox reset --org-id ''"), Some(0));
}

#[test]
fn the_default_organization_is_cleared_when_it_is_deleted() {
    let croud = Croud::sandbox();
    assert_eq!(croud.code("organizations delete -y"), Some(0));
    assert_snapshot!(croud.run("organizations users list"), @"
    [stderr]
    ==> Error: An organization ID is required. Please pass --org-id.
    [exit 2]
    ");
    assert_eq!(croud.code("sandbox reset"), Some(0));
    assert_eq!(croud.code("organizations users list"), Some(0));
}
