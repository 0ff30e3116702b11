//! What croud.yaml may hold.

use std::fs;

use insta::assert_snapshot;

use super::two_profiles;
use crate::support::Croud;

#[test]
fn an_invalid_file_stops_every_command_and_is_not_changed() {
    for broken in ["profiles: [", "", "[]", "current-profile: x\nprofiles: {}\n", "\u{0}"] {
        let croud = Croud::new().config(broken);
        for line in ["organizations list", "config show", "config profiles add x --endpoint https://x.example"] {
            let shown = croud.run(line);
            assert!(
                shown.starts_with(
                    "[stderr]\n==> Error: Your configuration file is incompatible with the current version of croud."
                ) && shown.ends_with("[exit 1]\n"),
                "{broken:?}: {shown}"
            );
        }
        assert_eq!(croud.config_text(), broken);
    }
}

#[test]
fn the_error_of_an_invalid_file_names_the_mistake() {
    let croud = Croud::new()
        .config("default-format: xml\ncurrent-profile: a\nprofiles: {a: {endpoint: 'https://a.example'}}\n");
    assert_snapshot!(croud.run("organizations list"), @"
    [stderr]
    ==> Error: Your configuration file is incompatible with the current version of croud.
    ==> Info: Please delete the file 'HOME/.config/Crate/croud.yaml' or update it manually.
        `default-format` is `xml`: use table, wide, json or yaml.
    [exit 1]
    ");
}

#[test]
fn values_that_look_like_other_types_are_read_back_as_text() {
    let croud = Croud::new();
    for (name, region) in [("yes", "on"), ("1:30", "1_000"), ("null", "~"), ("012", "1e3"), ("2023-12-24", "0x1F")] {
        assert_eq!(
            croud.code(&format!("config profiles add {name} --endpoint https://x.example --region {region}")),
            Some(0)
        );
        assert_eq!(croud.code(&format!("config profiles use {name}")), Some(0), "{name}");
        let document: serde_json::Value =
            serde_yaml::from_str(&fs::read_to_string(croud.config_path()).unwrap()).unwrap();
        assert_eq!(document["current-profile"], name);
        assert_eq!(document["profiles"][name]["region"], region);
    }
}

#[test]
fn a_hexadecimal_number_in_the_file_is_not_text() {
    for (value, is_text) in [("0x1e5", false), ("0xe", false), ("0x1F", false), ("1e5", true), ("1.5e+3", false)] {
        let croud = Croud::new().config(&format!("{}    key: {value}\n", two_profiles().text()));
        assert_eq!(croud.code("config show"), Some(if is_text { 0 } else { 1 }), "{value}");
    }
}

/// A file with profile `a`, whose further values are `values`.
fn profile_a(values: &str) -> String {
    format!("default-format: table\ncurrent-profile: a\nprofiles:\n  a:\n    endpoint: https://a.example\n{values}")
}

#[test]
fn a_file_is_read_as_the_python_program_reads_it() {
    let merged = "default-format: table\ncurrent-profile: a\nprofiles:\n  b: &b\n    endpoint: https://b.example\n    \
                  region: r\n  a:\n    <<: *b\n    endpoint: https://a.example\n";
    for (yaml, region) in [
        // A byte order mark.
        (format!("\u{feff}{}", profile_a("    region: r\n")), "r"),
        // The last of two equal keys.
        (profile_a("    region: q\n    region: r\n"), "r"),
        // A merge key.
        (merged.to_owned(), "r"),
        // A pair of surrogate escapes, as JSON has it.
        (profile_a("    region: \"\\ud83d\\ude80\"\n"), "🚀"),
        // Numbers only in YAML 1.2.
        (profile_a("    region: -.5\n"), "-.5"),
        (profile_a("    region: +.5e-3\n"), "+.5e-3"),
        // Text in YAML 1.2, other types in YAML 1.1.
        (profile_a("    region: yes\n"), "yes"),
        (profile_a("    region: 1:30\n"), "1:30"),
        (profile_a("    region: 012\n"), "012"),
    ] {
        assert_eq!(Croud::new().config(&yaml).run("config get region"), format!("{region}\n"), "{yaml}");
    }
    for name in ["1e5", "0o17", "-1e3", "1.e3", ".5e3", "-.5"] {
        let yaml = format!(
            "default-format: table\ncurrent-profile: {name}\nprofiles:\n  {name}:\n    endpoint: https://a.example\n"
        );
        assert_eq!(Croud::new().config(&yaml).run("config get endpoint"), "https://a.example\n", "{yaml}");
    }
}

#[test]
fn an_infinite_number_is_refused() {
    let croud = Croud::new().config(&format!("{}extra: .inf\n", profile_a("")));
    assert_snapshot!(croud.run("config get endpoint"), @"
    [stderr]
    ==> Error: Your configuration file is incompatible with the current version of croud.
    ==> Info: Please delete the file 'HOME/.config/Crate/croud.yaml' or update it manually.
        The YAML is invalid: `.inf` is not a finite number
    [exit 1]
    ");
    assert_eq!(croud.config_text(), format!("{}extra: .inf\n", profile_a("")));
}

#[test]
fn a_file_of_more_than_1_mib_is_refused() {
    let croud = Croud::new().config(&profile_a(&format!("    region: {}\n", "r".repeat(1 << 20))));
    assert_snapshot!(croud.run("config get endpoint"), @"
    [stderr]
    ==> Error: The configuration file `HOME/.config/Crate/croud.yaml` can't be read: it is larger than 1 MiB
        Set CROUD_CONFIG to use another file.
    [exit 1]
    ");
}

#[test]
fn a_file_that_cannot_be_read_is_not_to_be_deleted() {
    let croud = Croud::new();
    fs::create_dir_all(croud.config_path()).unwrap();
    assert_snapshot!(croud.run("config get endpoint"), @"
    [stderr]
    ==> Error: The configuration file `HOME/.config/Crate/croud.yaml` can't be read: Is a directory (os error 21)
        Set CROUD_CONFIG to use another file.
    [exit 1]
    ");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_not_to_be_deleted() {
    use std::os::unix::fs::PermissionsExt;
    let croud = Croud::new().config(&profile_a(""));
    fs::set_permissions(croud.config_path(), fs::Permissions::from_mode(0o000)).unwrap();
    let output = croud.unprivileged_command("config get endpoint").output().unwrap();
    assert_snapshot!(croud.shown(&output), @"
    [stderr]
    ==> Error: The configuration file `HOME/.config/Crate/croud.yaml` can't be read: Permission denied (os error 13)
        Set CROUD_CONFIG to use another file.
    [exit 1]
    ");
}
