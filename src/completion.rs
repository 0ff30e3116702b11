//! Completion in the shell: of commands and options from the tree, of values from the cloud.
//!
//! The shell's part (`--print-completion`) calls this program again, with `COMPLETE` set to the shell's
//! name and the words so far behind `--`. Whatever goes wrong then is silent, nobody is ever asked, and
//! nothing is waited for longer than two seconds.

use std::ffi::{OsStr, OsString};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use clap::{Command, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use serde_json::Value;

use crate::cli::{self, Global};
use crate::context::Context;
use crate::output::printable;
use crate::stop::Stop;
use crate::term::Term;

/// The variable by which the shell's part says that it asks.
const VARIABLE: &str = "COMPLETE";
/// How long somebody who pressed a key waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// The shells that there is completion for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
            Shell::Powershell => &Powershell,
            Shell::Elvish => &Elvish,
        }
    }
}

/// Read what `--print-completion` takes. The Python program knows tcsh, too.
pub(crate) fn shell(text: &str) -> Result<Shell, String> {
    Shell::from_str(text, false).map_err(|_| match text {
        "tcsh" => "there is no completion for tcsh: use bash, zsh, fish, powershell or elvish".to_owned(),
        _ => "it must be bash, zsh, fish, powershell or elvish".to_owned(),
    })
}

/// The shell's part. It calls `program`.
pub(crate) fn script(shell: Shell, program: &str) -> io::Result<String> {
    let mut script = Vec::new();
    shell.completer().write_registration(VARIABLE, "croud", "croud", program, &mut script)?;
    String::from_utf8(script).map_err(io::Error::other)
}

/// Answer the shell's part. `None`: nobody asks for completion.
pub(crate) fn answer(args: &[OsString]) -> Option<Vec<u8>> {
    let name = std::env::var_os(VARIABLE).filter(|name| !name.is_empty() && name != "0")?;
    let shell = Shell::from_str(name.to_str()?, false).ok()?;
    let start = args.iter().position(|arg| arg == "--")?;
    let mut words = args[start + 1..].to_vec();
    let mut tree = with_values(cli::tree(), &words);
    // The engine takes a profile that is called like a command for that command.
    for at in 1..words.len().saturating_sub(1) {
        if words[at - 1] == "--profile" && tree.find_subcommand(&words[at]).is_some() {
            words[at] = "x".into();
        }
    }
    let mut answer = Vec::new();
    let done = shell.completer().write_complete(&mut tree, words, std::env::current_dir().ok().as_deref(), &mut answer);
    Some(if done.is_ok() { answer } else { Vec::new() })
}

/// What the values of an option are called, by the option's name, wherever it stands.
fn kind(command: &str, option: &str) -> Option<Kind> {
    Some(match (command, option) {
        (_, "org_id") | ("get", "id") => Kind::Organization,
        (_, "file_id") => Kind::File,
        (_, "secret_id") => Kind::Secret,
        (_, "credit_id") => Kind::Credit,
        (_, "user") => Kind::User,
        (_, "role") => Kind::Role,
        (_, "region") => Kind::Region,
        (_, "profile") | ("use" | "remove", "name") => Kind::Profile,
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Organization,
    File,
    Secret,
    Credit,
    User,
    Role,
    Region,
    Profile,
}

/// The tree, whose options know their values.
fn with_values(tree: Command, words: &[OsString]) -> Command {
    let name = tree.get_name().to_owned();
    let options: Vec<_> = tree
        .get_arguments()
        .filter_map(|option| Some((option.get_id().clone(), kind(&name, option.get_id().as_str())?)))
        .collect();
    let tree = options.into_iter().fold(tree, |tree, (id, kind)| {
        let words = words.to_vec();
        let complete = move |current: &OsStr| candidates(kind, &words, current);
        tree.mut_arg(id, |option| option.add(ArgValueCompleter::new(complete)))
    });
    let below: Vec<String> = tree.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    below.into_iter().fold(tree, |tree, name| tree.mut_subcommand(name, |command| with_values(command, words)))
}

/// The values that begin with what was typed; none, if they can't be found out.
fn candidates(kind: Kind, words: &[OsString], current: &OsStr) -> Vec<CompletionCandidate> {
    let found = tokio::runtime::Builder::new_current_thread().enable_all().build().ok().and_then(|runtime| {
        let values = runtime.block_on(async { tokio::time::timeout(PATIENCE, values(kind, words)).await.ok() });
        runtime.shutdown_background();
        values?.ok()
    });
    let current = current.to_string_lossy();
    let found = found.unwrap_or_default().into_iter();
    found
        .filter(|(value, _)| value.starts_with(current.as_ref()) && is_harmless(value))
        .map(|(value, name)| {
            CompletionCandidate::new(value).help(name.map(|name| printable(&name).into_owned().into()))
        })
        .collect()
}

/// Whether a shell takes a value for itself and nothing else: it comes from a server.
fn is_harmless(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+'))
}

/// The values, each with its name.
async fn values(kind: Kind, words: &[OsString]) -> Result<Vec<(String, Option<String>)>> {
    let global = Global { profile: option(words, "--profile"), quiet: true, no_input: true, timeout: Some(PATIENCE) };
    let mut cx = Context::new(global, Rc::new(Term::silent()), Stop::default())?;
    if let Kind::Profile = kind {
        return Ok(cx.known_profiles().map(|name| (name.to_owned(), None)).collect());
    }
    let org = match kind {
        Kind::File | Kind::Secret | Kind::Credit | Kind::User => cx.org(option(words, "--org-id")).await?,
        _ => String::new(),
    };
    let (path, value, name): (&[&str], &str, &str) = match kind {
        Kind::Organization => (&["organizations"], "id", "name"),
        Kind::File => (&["organizations", &org, "files"], "id", "name"),
        Kind::Secret => (&["organizations", &org, "secrets"], "id", "name"),
        Kind::Credit => (&["organizations", &org, "credits"], "id", "comment"),
        Kind::User => (&["organizations", &org, "users"], "email", "name"),
        Kind::Role => (&["roles"], "id", "name"),
        Kind::Region | Kind::Profile => (&["regions"], "name", "description"),
    };
    let rows = cx.api().await?.get(path).await?;
    let rows = rows.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |row: &Value, key| row.get(key).and_then(Value::as_str).map(str::to_owned);
    let rows = rows.iter().filter_map(|row| Some((text(row, value)?, text(row, name))));
    // Only these can be given to a member of an organization.
    Ok(rows.filter(|(value, _)| !matches!(kind, Kind::Role) || value.starts_with("org_")).collect())
}

/// The value of an option among the words.
fn option(words: &[OsString], name: &str) -> Option<String> {
    let mut words = words.iter().filter_map(|word| word.to_str());
    let found = words.by_ref().find_map(|word| {
        let rest = word.strip_prefix(name)?;
        (rest.is_empty() || rest.starts_with('=')).then(|| rest.strip_prefix('='))
    })?;
    found.or_else(|| words.next()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_found_among_the_words() {
        let words = |line: &str| line.split(' ').map(OsString::from).collect::<Vec<_>>();
        for (line, value) in [
            ("croud --profile a x", Some("a")),
            ("croud x --profile=b", Some("b")),
            ("croud --profiles a", None),
            ("croud --profile", None),
        ] {
            assert_eq!(option(&words(line), "--profile").as_deref(), value, "{line}");
        }
    }

    #[test]
    fn what_a_shell_could_take_for_more_is_left_out() {
        for (value, harmless) in [
            ("f6c39580-5719", true),
            ("a.b+c@d.e", true),
            ("$(x)", false),
            ("a b", false),
            ("*", false),
            ("", false),
            ("a;b", false),
        ] {
            assert_eq!(is_harmless(value), harmless, "{value}");
        }
    }
}
