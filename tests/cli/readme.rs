//! Every console block in the README prints what it shows.

use crate::support::Croud;

const README: &str = include_str!("../../README.md");

#[test]
fn every_console_block_prints_what_it_shows() {
    let mut count = 0;
    for block in README.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
        let home = Croud::new();
        let state = home.path("state");
        let path = std::env::var("PATH").unwrap_or_default();
        let croud = home.env("CROUD_SANDBOX_STATE", state.to_str().unwrap()).env("PATH", &path);
        let mut last_code = None;
        for entry in block.split("$ ").filter(|entry| !entry.is_empty()) {
            let (command, expected) = entry.split_once('\n').unwrap();
            let (command, is_silent) = match command.strip_prefix("cargo run --release -- ") {
                Some(command) => (command, true),
                // This test is part of it.
                None if command == "cargo test" => continue,
                None if command == "echo $?" => {
                    assert_eq!(Some(expected.trim().parse().unwrap()), last_code, "{block}");
                    continue;
                }
                None => (command.strip_prefix("croud ").expect(command), false),
            };
            let output = croud.output(command);
            last_code = output.status.code();
            let printed = [output.stdout, output.stderr].concat();
            if !is_silent {
                assert_eq!(String::from_utf8(printed).unwrap(), expected, "{command}");
            }
            count += 1;
        }
    }
    assert!(count > 5, "only {count} commands were found");
}

#[test]
fn every_variable_is_named() {
    for name in [
        "CRATEDB_CLOUD_API_KEY",
        "CRATEDB_CLOUD_API_SECRET",
        "CRATEDB_CLOUD_ENDPOINT",
        "CRATEDB_CLOUD_REGION",
        "CRATEDB_CLOUD_ORGANIZATION_ID",
        "CROUD_PROFILE",
        "CROUD_CONFIG",
        "CROUD_SANDBOX_STATE",
        "CROUD_RETRIES",
        "CROUD_TIMEOUT",
        "LOG_API",
    ] {
        assert!(README.contains(&format!("`{name}`")), "{name}");
    }
}
