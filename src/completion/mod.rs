//! Completion in the shell: commands and options from the command tree, values from the cloud.
//!
//! The script of `--print-completion` runs this program again, with `COMPLETE` set to the shell's name
//! and the words of the command line after `--`. Errors are ignored then, nothing prompts, and the answer
//! takes two seconds at most.

use std::ffi::{OsStr, OsString};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anyhow::Result;
use clap::{Command, ValueEnum};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use serde_json::Value;

use crate::context::Context;
use crate::environment::Environment;
use crate::identity::SANDBOX;
use crate::options::{Global, Organization, Shared, Values};
use crate::output::{Column, printable};
use crate::record;
use crate::stop::Stop;
use crate::term::Term;

/// The variable with which the script asks for completion. [`Environment`] reads it.
const VARIABLE: &str = "COMPLETE";
/// How long the search for values may take: requests, and waiting for a lock.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The shells that have a completion script.
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

/// Reads the value of `--print-completion`.
///
/// # Errors
/// The text is not the name of a supported shell. The Python program also supports `tcsh`.
pub(crate) fn shell(text: &str) -> Result<Shell, String> {
    Shell::from_str(text, false).map_err(|_| match text {
        "tcsh" => "there is no completion for tcsh: use bash, zsh, fish, powershell or elvish".to_owned(),
        _ => "use bash, zsh, fish, powershell or elvish".to_owned(),
    })
}

/// The script for a shell. It calls the `croud` on the PATH.
///
/// # Errors
/// The script can't be made.
pub(crate) fn script(shell: Shell) -> Result<String> {
    if let Shell::Bash = shell {
        // The script of the library does not complete after a `=`.
        return Ok(include_str!("croud.bash").to_owned());
    }
    let mut script = Vec::new();
    shell.completer().write_registration(VARIABLE, "croud", "croud", "croud", &mut script)?;
    Ok(String::from_utf8(script)?)
}

/// The candidates for the completion script. `None` if the program does not run for completion. `tree` makes the
/// command tree.
pub(crate) fn answer(args: &[OsString], environment: &Environment, tree: fn() -> Command) -> Option<Vec<u8>> {
    let shell = Shell::from_str(environment.complete.as_deref()?, false).ok()?;
    let start = args.iter().position(|arg| arg == "--")?;
    let mut words = args[start + 1..].to_vec();
    let line = Arc::new(Line { words: words.clone(), environment: environment.clone(), tree });
    let mut tree = with_completers(tree(), &line);
    // The engine would mistake a profile with the name of a command for that command.
    for at in 1..words.len().saturating_sub(1) {
        if words[at - 1] == "--profile" && tree.find_subcommand(&words[at]).is_some() {
            words[at] = "x".into();
        }
    }
    let mut answer = Vec::new();
    let done = shell.completer().write_complete(&mut tree, words, std::env::current_dir().ok().as_deref(), &mut answer);
    Some(if done.is_ok() { answer } else { Vec::new() })
}

/// The command line that is being completed.
struct Line {
    words: Vec<OsString>,
    environment: Environment,
    tree: fn() -> Command,
}

/// The tree with a completer on each argument that names its [`Values`].
fn with_completers(tree: Command, line: &Arc<Line>) -> Command {
    let tree = tree.mut_args(|argument| match argument.get::<Values>().copied() {
        Some(values) => {
            let line = Arc::clone(line);
            argument.add(ArgValueCompleter::new(move |current: &OsStr| match values {
                Values::Columns(columns) => column_names(columns, current),
                Values::HelpWords(topics) => help_words(topics, &line, current),
                _ => candidates(values, &line, current),
            }))
        }
        None => argument,
    });
    tree.mut_subcommands(|command| with_completers(command, line))
}

/// The names of columns that begin with the text after the last comma.
fn column_names(columns: &[Column], current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let (before, start) = current.rsplit_once(',').map_or(("", &*current), |(before, start)| (before, start));
    let comma = if current.contains(',') { "," } else { "" };
    let names = columns.iter().map(Column::key).filter(|key| key.starts_with(start));
    names.map(|key| CompletionCandidate::new(format!("{before}{comma}{key}"))).collect()
}

/// The commands below those that follow `help`, and the topics if none follows.
fn help_words(mut topics: &[&'static str], line: &Line, current: &OsStr) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let tree = (line.tree)();
    let mut words = line.words.iter().skip_while(|word| *word != "help").skip(1).peekable();
    let mut command = Some(&tree);
    while let Some(word) = words.next().filter(|_| words.peek().is_some()) {
        (command, topics) = (command.and_then(|command| command.find_subcommand(word)), &[]);
    }
    let commands = command.into_iter().flat_map(Command::get_subcommands).filter(|command| !command.is_hide_set());
    let commands =
        commands.map(|command| CompletionCandidate::new(command.get_name()).help(command.get_about().cloned()));
    let words = commands.chain(topics.iter().map(CompletionCandidate::new));
    words.filter(|word| word.get_value().to_string_lossy().starts_with(&*current)).collect()
}

/// The values that begin with `current`. None if they can't be found in time.
fn candidates(values: Values, line: &Arc<Line>, current: &OsStr) -> Vec<CompletionCandidate> {
    // The thread may block for longer than the limit. It ends with the process.
    let (send, found) = mpsc::channel();
    let line = Arc::clone(line);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let found = runtime.ok().and_then(|runtime| runtime.block_on(find(values, &line)).ok());
        // The receiver is gone after the limit.
        let _ = send.send(found.unwrap_or_default());
    });
    let found = found.recv_timeout(TIMEOUT).unwrap_or_default();
    let current = current.to_string_lossy();
    let found = found.into_iter();
    found
        .filter(|(value, _)| value.starts_with(current.as_ref()) && is_plain_word(value))
        .map(|(value, help)| {
            CompletionCandidate::new(value).help(help.map(|help| printable(&help).into_owned().into()))
        })
        .collect()
}

/// Whether a value is one plain word for every shell, and is not an option or `@FILE` for this program. Values come
/// from a server, so they are untrusted.
fn is_plain_word(value: &str) -> bool {
    !value.is_empty()
        && !value.starts_with(['-', '@'])
        && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+'))
}

/// Finds the values, each with its description. All but the profiles and the snapshots of a folder are requested.
async fn find(values: Values, line: &Line) -> Result<Vec<(String, Option<String>)>> {
    let words = &line.words;
    let global = Global { profile: option(words, "--profile"), quiet: true, no_input: true, timeout: Some(TIMEOUT) };
    let term = Rc::new(Term::silent());
    let cx = Context::new(line.environment.clone(), global, Shared::default(), term, Stop::default(), line.tree);
    let (is_in_organization, list, value, help) = match values {
        Values::Organization | Values::OrganizationName => (false, "organizations", "id", "name"),
        Values::File | Values::FileName => (true, "files", "id", "name"),
        Values::Secret | Values::SecretName => (true, "secrets", "id", "name"),
        Values::Credit => (true, "credits", "id", "comment"),
        Values::Invitation => (true, "invitations", "uid", "email"),
        Values::User => (true, "users", "email", "name"),
        Values::Role => (false, "roles", "id", "name"),
        Values::Region => (false, "regions", "name", "description"),
        Values::Profile => {
            return Ok(match cx.profile_names() {
                Ok(names) => names.map(|name| (name.to_owned(), None)).collect(),
                // The built-in profile also works with an invalid file.
                Err(_) if cfg!(feature = "sandbox") => vec![(SANDBOX.to_owned(), None)],
                Err(_) => Vec::new(),
            });
        }
        #[cfg(feature = "sandbox")]
        Values::Snapshot => {
            let snapshots = cx.sandbox_snapshots(option(words, "--server").as_deref()).await?;
            return Ok(rows(&snapshots, "name", "created"));
        }
        Values::Columns(_) | Values::HelpWords(_) => return Ok(Vec::new()),
    };
    let reply = if is_in_organization {
        let chosen = Organization { org_id: option(words, "--org-id"), org: option(words, "--org") };
        let organization = cx.organization(&chosen).await?;
        cx.api()?.get(&["organizations", &organization, list]).await?
    } else {
        cx.api()?.get(&[list]).await?
    };
    let reply = reply.map(|reply| reply.value()).transpose()?.unwrap_or_default();
    let mut found = rows(&reply, value, help);
    if let Values::OrganizationName | Values::FileName | Values::SecretName = values {
        for (id, name) in &mut found {
            if let Some(name) = name.as_mut().filter(|name| is_plain_word(name)) {
                std::mem::swap(id, name);
            }
        }
    }
    // The other roles are for projects.
    found.retain(|(value, _)| !matches!(values, Values::Role) || value.starts_with("org_"));
    Ok(found)
}

/// Two fields of each record of a list: the value to offer, and its description.
fn rows(list: &Value, value: &str, help: &str) -> Vec<(String, Option<String>)> {
    let text = |row: &Value, key| row.get(key).and_then(Value::as_str).map(str::to_owned);
    record::list(list).iter().filter_map(|row| Some((text(row, value)?, text(row, help)))).collect()
}

/// The value of an option among the words of the command line.
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
    fn only_plain_words_are_offered() {
        for (value, is_plain) in [
            ("f6c39580-5719", true),
            ("a.b+c@d.e", true),
            ("$(x)", false),
            ("a b", false),
            ("*", false),
            ("", false),
            ("-x", false),
            ("@x", false),
            ("a;b", false),
        ] {
            assert_eq!(is_plain_word(value), is_plain, "{value}");
        }
    }
}
