//! Help, version, help topics and man pages.

use std::collections::VecDeque;
use std::fmt::Write as _;

use crate::support::Croud;

/// Every command with its help, a noun before its verbs: `""`, `" organizations"`,
/// `" organizations create"` and so on.
fn tree(croud: &Croud) -> Vec<(String, String)> {
    let mut tree = Vec::new();
    let mut left = VecDeque::from([String::new()]);
    while let Some(path) = left.pop_front() {
        let help = croud.stdout(&format!("{path} --help"));
        let commands = help.split_once("Commands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
        let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            left.push_back(format!("{path} {name}"));
        }
        tree.push((path, help));
    }
    tree
}

#[test]
fn the_whole_tree() {
    let mut text = String::new();
    for (path, help) in tree(&Croud::new()) {
        writeln!(text, "$ croud{path} --help\n{help}").unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_noun_without_a_verb_prints_its_help() {
    let croud = Croud::new();
    for noun in ["organizations", "organizations users", "config", "config profiles", "users", "regions"] {
        assert_eq!(croud.run(noun), croud.stdout(&format!("{noun} --help")), "{noun}");
    }
}

#[test]
fn help_may_be_abbreviated() {
    let croud = Croud::new();
    for (whole, others) in [
        ("--help", ["--hel", "--profile organizations --help"]),
        ("-h", ["--quiet -h", "--profile sandbox -h"]),
        ("organizations -h", ["--profile sandbox organizations -h", "organizations --quiet -h"]),
    ] {
        for other in others {
            assert_eq!(croud.stdout(other), croud.stdout(whole), "{other}");
        }
    }
}

#[test]
fn every_verb_has_an_example() {
    let mut count = 0;
    for (path, help) in tree(&Croud::new()) {
        if help.contains("\nCommands:\n") {
            continue;
        }
        count += 1;
        assert!(help.lines().any(|line| line.starts_with(&format!("  croud{path}"))), "`croud{path}` has none: {help}");
    }
    assert!(count > 30, "only {count} verbs were found");
}

#[test]
fn version() {
    assert_eq!(Croud::new().run("--version"), "croud 0.1.0\n");
    assert_eq!(Croud::new().run("-v"), "croud 0.1.0\n");
}

#[test]
fn topics() {
    let croud = Croud::new();
    for topic in ["environment", "exit-codes", "formatting"] {
        assert!(croud.stdout(&format!("help {topic}")).lines().count() > 10, "{topic}");
    }
    assert_eq!(croud.stdout("help organizations create"), croud.stdout("organizations create --help"));
    assert_eq!(
        croud.run("help nonsense"),
        "[stderr]\n==> Error: There is no command and no topic `nonsense`: see `croud --help`.\n[exit 2]\n"
    );
}

#[test]
fn man_pages() {
    let croud = Croud::new();
    assert_eq!(croud.run("man ~/man/man1"), "[stderr]\n==> Info: The man pages are in `HOME/man/man1`.\n");
    let pages = crate::support::names(&croud.path("man/man1"));
    assert!(pages.contains(&"croud-organizations-create.1".to_owned()), "{pages:?}");
    let page = std::fs::read_to_string(croud.path("man/man1/croud-organizations-create.1")).unwrap();
    assert!(page.contains(".SH SYNOPSIS") && page.contains("Create an organization"), "{page}");
}
