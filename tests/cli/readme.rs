//! Runs the commands of the README, and compares its tables with those of the program.

use crate::support::Croud;

const README: &str = include_str!("../../README.md");

#[cfg(feature = "sandbox")]
#[test]
fn every_command_prints_what_the_readme_shows() {
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
                // The test can't run the tests again, and must not install anything.
                None if matches!(command, "cargo test" | "cargo install --path .") => continue,
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

/// The rows of the README's table below a heading, without backticks: the first cell, and the second.
fn table(heading: &str) -> Vec<(String, String)> {
    let section = README.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    rows.skip(1).map(|(first, second)| (first.replace('`', ""), second.replace('`', ""))).collect()
}

#[test]
fn the_environment_table_is_that_of_the_program() {
    let text = Croud::new().stdout("help environment").replace('`', "");
    let entries = text.trim_end().split("\n\n").skip(1).map(|entry| {
        let (names, meaning) = entry.split_once('\n').unwrap();
        (names.to_owned(), meaning.split_whitespace().collect::<Vec<_>>().join(" "))
    });
    assert_eq!(table("Environment"), entries.collect::<Vec<_>>());
}

#[test]
fn the_exit_code_table_is_that_of_the_program() {
    let text = Croud::new().stdout("help exit-codes");
    let mut codes: Vec<(String, String)> = Vec::new();
    for line in text.split("\n\n").nth(1).unwrap().lines() {
        let (code, meaning) = line.split_at(15);
        match codes.last_mut().filter(|_| code.trim().is_empty()) {
            Some((_, begun)) => *begun += &format!(" {meaning}"),
            None => codes.push((code.trim().to_owned(), meaning.to_owned())),
        }
    }
    assert_eq!(table("Exit codes"), codes);
}
