//! Runs the scripts of the documents in a shell, and replaces the parts of their output that differ between runs.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{BINARY, Croud};

/// The output of a script on stdout and stderr. It runs twice, each time in a new home from `prepare`. The parts that
/// differ between the two runs are replaced with fixed values.
pub(crate) fn run(script: &str, prepare: impl Fn() -> Croud) -> String {
    let (one, other) = (run_once(script, &prepare()), run_once(script, &prepare()));
    let pairs = tokens(&one).into_iter().zip(tokens(&other));
    pairs.map(|(one, other)| if one == other { one.to_owned() } else { placeholder(one) }).collect()
}

fn run_once(script: &str, croud: &Croud) -> String {
    let folder = Path::new(BINARY).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    // Only the environment of this command is used.
    let prepared = croud.command("");
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &format!("exec 2>&1\n{script}")]).env_clear().stdin(Stdio::null());
    shell.envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let output = shell.current_dir(croud.path("")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{script}\n{printed}");
    croud.masked(&printed).replace("HOME", "/home/jane")
}

/// Splits a text into words, IDs, times and addresses, and the characters between them.
fn tokens(text: &str) -> Vec<&str> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-.:+_".contains(c);
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let inner = rest.find(|c| !is_inner(c)).unwrap_or(rest.len());
        let length = if inner > 0 { inner } else { rest.chars().next().map_or(0, char::len_utf8) };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after;
    }
    tokens
}

/// A fixed value of the same kind and length.
fn placeholder(token: &str) -> String {
    let pattern = match token {
        time if time.contains('T') && time.contains(':') => "2026-01-31T12:00:00.123456+00:00",
        address if address.starts_with("127.0.0.1:") => "127.0.0.1:54321",
        id if id.len() == 36 && id.matches('-').count() == 4 => "a1b2c3d4-0000-4000-8000-e5f6a7b8c9d0",
        _ => "",
    };
    match pattern.get(..token.len()) {
        Some(value) => value.to_owned(),
        None => "x".repeat(token.len()),
    }
}
