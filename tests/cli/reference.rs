//! `docs/reference.md` shows every command: its help, its examples, and what they print on the sandbox.
//! The page is generated, and the test fails if it is out of date.
//!
//! `CROUD_UPDATE_DOCS=1 cargo test --test cli reference` writes it anew.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::shell;
use crate::support::{Config, Croud, Profile};

/// The order of the commands. Those that are not named here follow in the order of `--help`.
const ORDER: [&str; 28] = [
    "organizations",
    "organizations create",
    "organizations list",
    "organizations get",
    "organizations edit",
    "organizations delete",
    "organizations auditlogs",
    "organizations users",
    "organizations users add",
    "organizations users list",
    "organizations users remove",
    "organizations users edit",
    "organizations users apply",
    "organizations invitations",
    "organizations files",
    "organizations files list",
    "organizations files delete",
    "organizations files get",
    "organizations files create",
    "organizations secrets",
    "organizations secrets list",
    "organizations secrets delete",
    "organizations secrets create",
    "organizations credits",
    "organizations credits list",
    "organizations credits create",
    "organizations credits edit",
    "organizations credits expire",
];

/// Examples that a test cannot run, and the reason that the page gives.
const NOT_RUN: [(&str, &str); 7] = [
    ("croud login", "needs a browser or a real API key"),
    ("printf ", "needs a real API key"),
    ("croud organizations invitations accept", "needs the token of an invitation"),
    ("croud sandbox serve", "runs until it is stopped"),
    ("croud sandbox faults", "needs a running sandbox"),
    ("croud sandbox journal", "needs a running sandbox"),
    ("croud organizations auditlogs list --follow", "runs until it is stopped"),
];

const HEADER: &str = "\
# Reference

Every command with its help, an example, and what the example prints on the sandbox. This page is generated from
the program: see [CONTRIBUTING](../CONTRIBUTING.md#commands-for-development).

";

#[test]
fn the_page_is_up_to_date() {
    let page = page();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference.md");
    if std::env::var_os("CROUD_UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let different = kept.lines().zip(page.lines()).find(|(kept, new)| kept != new);
    assert!(
        kept == page,
        "docs/reference.md is out of date, first at {different:?}. \
         `CROUD_UPDATE_DOCS=1 cargo test --test cli reference` writes it anew."
    );
}

fn page() -> String {
    let commands = commands();
    let mut page = HEADER.to_owned();
    for path in &commands {
        let title = title(path);
        writeln!(page, "- [`{title}`](#{})", title.replace(' ', "-")).unwrap();
    }
    for path in &commands {
        write_command(&mut page, path);
    }
    write!(page, "\n## Shared options\n\n{}", fenced("text", &help("help options"))).unwrap();
    page
}

/// The words of every command, in the order of the page. The program itself is an empty text.
fn commands() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut next = 0;
    while let Some(path) = all.get(next).cloned() {
        all.extend(names_below(&path).iter().map(|name| format!("{path} {name}").trim().to_owned()));
        next += 1;
    }
    // Parents come before their children, and the children of one parent stay together.
    let position: HashMap<&String, usize> = all.iter().enumerate().map(|(position, path)| (path, position)).collect();
    let key = |path: &String| -> Vec<(usize, usize)> {
        let words: Vec<&str> = path.split(' ').collect();
        (1..=words.len())
            .map(|count| {
                let parent = words[..count].join(" ");
                let named = ORDER.iter().position(|known| *known == parent).unwrap_or(ORDER.len());
                (named, position[&parent])
            })
            .collect()
    };
    let mut sorted = all.clone();
    sorted.sort_by_key(|path| if path.is_empty() { Vec::new() } else { key(path) });
    sorted
}

/// The names that the help of a command lists under `Commands:`.
fn names_below(path: &str) -> Vec<String> {
    let help = help(&format!("{path} --help"));
    let list = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest.split("\n\n").next().unwrap());
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn help(line: &str) -> String {
    Croud::new().stdout(line)
}

fn title(path: &str) -> String {
    format!("croud {path}").trim().to_owned()
}

fn write_command(page: &mut String, path: &str) {
    let help = help(&format!("{path} --help"));
    let (text, examples) = split_examples(&help);
    write!(page, "\n## {}\n\n{}", title(path), fenced("text", text)).unwrap();
    // The help of a noun lists its verbs: they have the examples.
    assert!(!examples.is_empty() || help.contains("\nCommands:\n"), "`{path}` has no example");
    for example in examples {
        let reason = NOT_RUN.iter().find(|(start, _)| example.starts_with(start)).map(|(_, reason)| *reason);
        let output = match reason {
            Some(reason) => format!("(not run here: {reason})\n"),
            None => run(path, &example),
        };
        write!(page, "\n{}", fenced("console", &format!("$ {example}\n{output}"))).unwrap();
    }
}

/// The help without its examples, and the examples, of which each can have several lines.
fn split_examples(help: &str) -> (&str, Vec<String>) {
    let Some((text, list)) = help.split_once("\nExample") else { return (help.trim_end(), Vec::new()) };
    let mut examples: Vec<String> = Vec::new();
    let mut continues = false;
    for line in list.lines().skip(1).filter_map(|line| line.strip_prefix("  ")) {
        match examples.last_mut().filter(|_| continues) {
            Some(example) => *example += &format!("\n{line}"),
            None => examples.push(line.to_owned()),
        }
        continues = line.ends_with('\\');
    }
    (text.trim_end(), examples)
}

/// What an example prints. Commands about the configuration have two profiles, the others use the sandbox.
fn run(path: &str, example: &str) -> String {
    shell::run(example, || {
        let croud = if path.starts_with("config") { Croud::new() } else { Croud::sandbox() };
        let profile = Profile::at("https://console.cratedb.cloud");
        let organized = profile.clone().organization("f6c39580-5719-431d-a508-0cee4f9e8209");
        let croud = croud.config(&Config::new().profile("default", organized).profile("prod", profile).text());
        croud.file("nyc_taxi.csv", b"vendor,distance\n1,2.5\n");
        croud.file("members.csv", b"email,role\nadmin@example.com,org_admin\njane@example.com,org_member\n");
        for name in ["secret-key", "connection-string"] {
            croud.file(name, b"correct-horse-battery\n");
        }
        croud
    })
}

fn fenced(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}
