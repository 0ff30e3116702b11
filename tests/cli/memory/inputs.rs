//! Files on this machine that somebody else may have written.

use super::limited;
use crate::support::{Croud, Server};

/// `unit` as often as it fits into `size` bytes, with commas between.
fn list(unit: &str, size: usize) -> String {
    vec![unit; size / (unit.len() + 1)].join(",")
}

const MIB: usize = 1 << 20;

#[test]
fn a_configuration_takes_little_memory() {
    let half = MIB / 2;
    for yaml in [
        format!("a: &a [{}]\nb: [{}]\n", list("x", half - 100), list("*a", half - 100)),
        format!("a: &a {}\nb: [{}]\n", "x".repeat(half - 100), list("*a", half - 100)),
        format!("a: [{}]\n", list("[]", MIB - 100)),
        format!("a: [{}]\n", list("{}", MIB - 100)),
        format!("a: [{}]\n", list("&a", MIB - 100)),
        list("x", MIB - 100).replace(',', ":\n"),
        format!("a: {}\n", "[".repeat(100_000)),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
    ] {
        let (code, error) = limited(&Croud::new().config(&yaml), "config show");
        assert_eq!(code, Some(1), "{}: {error}", &yaml[..40]);
        let is_refused =
            error.contains("Your configuration file is incompatible") || error.contains("larger than 1 MiB");
        assert!(is_refused, "{error}");
    }
}

#[test]
fn a_file_of_resume_takes_little_memory() {
    let events: Vec<String> = (0..600_000).map(|id| format!("\"{id}\":null")).collect();
    let part = "{\"organization\":\"my-org-id\",\"action\":null,\"cluster_id\":null,\"actor\":null}";
    let state = |seen: &str| format!("{{\"version\":1,\"log\":{part},\"from\":null,\"seen\":{seen}}}");
    for (state, sent) in [
        (state(&format!("{{\"newest\":null,\"events\":{{{}}}}}", events.join(","))), true),
        (state(&format!("[{}]", list("[1]", 8 * MIB))), false),
        (list("[1]", 64 * MIB), false),
    ] {
        let server = Server::answering(|_| crate::support::json(200, "[]"));
        let croud = Croud::on(&server);
        croud.file("state", state.as_bytes());
        let (code, error) = limited(&croud, "organizations auditlogs list -o json --resume ~/state");
        assert!(matches!(code, Some(0..=2)), "{code:?} {error}");
        assert!(sent || server.wire().is_empty(), "{error}");
    }
}

#[test]
fn a_body_from_a_file_takes_little_memory() {
    let croud = Croud::on(&Server::new([]));
    croud.file("body", format!("[{}]", list("[1]", 16 * MIB - 100)).as_bytes());
    assert_eq!(
        limited(&croud, "api POST x --input ~/body"),
        (Some(2), "==> Error: `HOME/body` is not a JSON body: it has more than 300000 values\n".to_owned())
    );
    croud.file("body", &vec![b' '; 64 * MIB]);
    let (code, error) = limited(&croud, "api POST x --input ~/body");
    assert!(code == Some(1) && error.contains("it is larger than 16 MiB"), "{error}");
}

#[test]
fn a_file_of_members_takes_little_memory() {
    for csv in ["a,".repeat(32 * MIB), format!("email,role\n{}", "a,b\n".repeat(8 * MIB)), "\"".repeat(32 * MIB)] {
        let croud = Croud::on(&Server::new([]));
        croud.file("members.csv", csv.as_bytes());
        let (code, error) = limited(&croud, "organizations users apply --file ~/members.csv");
        assert!(matches!(code, Some(1 | 2)) && error.len() < 20_000, "{code:?} {error}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn a_seed_takes_little_memory() {
    let seed =
        |values: &str| format!("organizations:\n- name: a\n  events:\n  - action: b\n    context: {{c: [{values}]}}\n");
    let size = MIB - 200;
    for yaml in [
        seed(&list("[]", size)),
        seed(&list("1", size)),
        format!("x: &a [{}]\ny: [{}]\n", list("x", size / 2), list("*a", size / 2)),
        format!("organizations:\n- name: &a {}\n  email: [{}]\n", "x".repeat(size / 2), list("*a", size / 2)),
        seed(&list("[]", 16 * MIB)),
    ] {
        let croud = Croud::sandbox();
        croud.file("seed.yaml", yaml.as_bytes());
        let (code, error) = limited(&croud, "sandbox reset --seed ~/seed.yaml");
        assert!(matches!(code, Some(0..=2)), "{}: {code:?} {error}", &yaml[..60]);
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn a_state_takes_little_memory() {
    let small = format!("{{\"version\":3,\"users\":[{}]}}", list("[1]", 16 * MIB));
    for state in [small, format!("\"{}\"", "x".repeat(64 * MIB))] {
        let croud = Croud::sandbox();
        croud.file("sandbox/state.json", state.as_bytes());
        let (code, error) = limited(&croud, "organizations list");
        assert_eq!(code, Some(0), "{error}");
        assert!(error.starts_with("==> Warning: The sandbox's state could not be read."), "{error}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn an_import_takes_little_memory() {
    let head = |state: &str| format!("{{\"croud_sandbox_export\":1,\"state\":{state},\"files\":[]}}\n");
    for export in [
        head(&format!("{{\"version\":3,\"users\":[{}]}}", list("[1]", 16 * MIB))),
        head(&format!("\"{}\"", "x".repeat(64 * MIB))),
        list("[1]", 64 * MIB),
    ] {
        let croud = Croud::sandbox();
        croud.file("export", export.as_bytes());
        let (code, error) = limited(&croud, "sandbox import ~/export");
        assert_eq!(code, Some(1), "{error}");
        assert!(
            error.contains("The export is damaged: its state is not valid.") || error.contains("not an export"),
            "{error}"
        );
    }
}
