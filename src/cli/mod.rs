//! The root of the command tree, and how the command line is read.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgAction, CommandFactory, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::commands::help::layout::{with_page, with_pages};
use crate::completion::{self, Shell};
use crate::options::Global;

mod other_names;

/// Manage CrateDB Cloud organizations
///
/// Data goes to stdout, messages go to stderr. To try a command without an account, add `--profile sandbox`.
#[derive(Parser)]
#[command(
    name = "croud",
    version,
    disable_version_flag = true,
    disable_help_subcommand = true,
    infer_long_args = true,
    args_override_self = true,
    max_term_width = 100,
    after_help = "Examples:\n  croud --profile sandbox organizations list\n  croud organizations create --name my-org -o json"
)]
pub(crate) struct Cli {
    /// The options of every command.
    #[command(flatten)]
    pub(crate) global: Global,

    /// Print the version and exit
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,

    /// Print the completion script for a shell: bash, zsh, fish, powershell or elvish
    #[arg(long, value_name = "SHELL", value_parser = completion::shell, exclusive = true)]
    pub(crate) print_completion: Option<Shell>,

    /// The command.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// The whole command tree, built.
pub(crate) fn tree() -> clap::Command {
    let mut tree = Cli::command();
    tree.build();
    tree
}

/// Reads the command line.
///
/// A command line that the parser refuses is read again with [`attach_values`].
///
/// # Errors
/// Help and the version, and what is wrong with the command line.
pub(crate) fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let attached = attach_values(args);
    match parse_words(args) {
        Err(error) if !is_help(&error) && attached != args => parse_words(&attached),
        parsed => parsed,
    }
}

/// Reads the words of the command line. If they are not valid, they may have [`other_names`].
///
/// Only the commands on the command line are built for that: the whole tree would take 1.32 in place of
/// 0.72 million instructions for `--version`, and 2.06 in place of 1.70 for `organizations list`. Help
/// also builds the commands it lists, and an error message is made from the whole tree, for its
/// suggestions.
///
/// # Errors
/// Help and the version, and what is wrong with the command line.
fn parse_words(args: &[OsString]) -> Result<Cli, clap::Error> {
    let asks_help = args.iter().any(|arg| arg == "--help" || arg == "-h");
    let command = if asks_help { with_listed_commands(Cli::command(), args) } else { Cli::command() };
    let matches = command.try_get_matches_from(args);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).or_else(|error| match error.kind() {
        ErrorKind::DisplayVersion => Err(error),
        ErrorKind::DisplayHelp if asks_help => Err(error),
        _ if other_names::are_in(args) => other_names::parse(args),
        _ => Err(error_of(|| with_pages(tree()), args)),
    })
}

/// Attaches a value that begins with `-` to its option: `--name -5` becomes `--name=-5`. A number and a text
/// with a space cannot be options, so the Python program takes them as values, too.
fn attach_values(args: &[OsString]) -> Vec<OsString> {
    let end = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let (own, rest) = args.split_at(end);
    let mut attached: Vec<OsString> = Vec::with_capacity(args.len());
    for arg in own {
        match attached.last_mut().filter(|before| takes_next_word(before) && is_dashed_value(arg)) {
            Some(option) => {
                option.push("=");
                option.push(arg);
            }
            None => attached.push(arg.clone()),
        }
    }
    attached.extend_from_slice(rest);
    attached
}

/// Whether the value of this word, if it takes one, is the next word: `--name` or `-n`.
fn takes_next_word(word: &OsString) -> bool {
    word.to_str().is_some_and(|word| match word.strip_prefix("--") {
        Some(name) => !name.is_empty() && !name.contains('='),
        None => word.len() == 2 && word.starts_with('-'),
    })
}

/// Whether a word that begins with `-` is a value: a number such as `-5` or `-.5`, or a text with a space. An
/// option with its value, such as `--name=a b`, is none.
fn is_dashed_value(word: &OsString) -> bool {
    let Some(word) = word.to_str().filter(|word| word.starts_with('-')) else { return false };
    let is_number = word[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.') && word[1..].parse::<f64>().is_ok();
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    let is_option = name.starts_with("--") && !name.contains(' ');
    is_number || (word.contains(' ') && !is_option)
}

/// Whether an `error` of the parser is help or the version. A noun without a verb shows its help.
pub(crate) fn is_help(error: &clap::Error) -> bool {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion)
}

/// The help of the program.
pub(crate) fn help() -> clap::builder::StyledStr {
    with_page(tree()).render_help()
}

/// Builds a command, the commands that it lists, and recursively the listed commands that `words` contain. The
/// commands in `words` get their help pages.
fn with_listed_commands(mut command: clap::Command, words: &[OsString]) -> clap::Command {
    // Rendering the usage builds the command, which adds the global options to it.
    command.render_usage();
    with_page(command).mut_subcommands(|mut below| match words.iter().any(|word| word == below.get_name()) {
        true => with_listed_commands(below, words),
        false => {
            below.render_usage();
            below
        }
    })
}

/// The error of clap for an invalid command line, with suggestions from the whole tree. For a noun without a verb, it
/// is the help of the noun.
fn error_of(tree: impl Fn() -> clap::Command, args: &[OsString]) -> clap::Error {
    let Err(mut error) = tree().try_get_matches_from(args) else {
        return Cli::command().error(ErrorKind::MissingSubcommand, "a command is missing");
    };
    if error.kind() == ErrorKind::UnknownArgument {
        name_candidates(&mut error, &tree(), args);
    }
    if error.kind() != ErrorKind::MissingSubcommand {
        return error;
    }
    let words = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string).unwrap_or_default();
    let args = words.split(' ').chain(["--help"]).map(OsString::from);
    tree().try_get_matches_from(args).err().unwrap_or(error)
}

/// Adds the options that an ambiguous abbreviation may stand for to the error about it.
fn name_candidates(error: &mut clap::Error, tree: &clap::Command, args: &[OsString]) {
    let unknown = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let Some(prefix) = unknown.strip_prefix("--") else { return };
    let command = args.iter().fold(tree, |command, word| command.find_subcommand(word).unwrap_or(command));
    let options = command.get_arguments().filter(|option| !option.is_hide_set()).filter_map(clap::Arg::get_long);
    let mut candidates: Vec<_> =
        options.filter(|option| option.starts_with(prefix)).map(|option| format!("--{option}")).collect();
    if candidates.len() > 1 {
        candidates.sort();
        error.insert(ContextKind::SuggestedArg, ContextValue::Strings(candidates));
    }
}

#[cfg(test)]
mod abbreviations;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_that_begins_with_a_dash_is_attached_to_its_option() {
        for (words, attached) in [
            (&["--name", "-5"][..], &["--name=-5"][..]),
            (&["--name", "-.5", "-r", "-1e3"], &["--name=-.5", "-r=-1e3"]),
            (&["--comment", "-10% off", "--sudo"], &["--comment=-10% off", "--sudo"]),
            (&["--name", "--a b"], &["--name=--a b"]),
            (&["--name", "-x=1 or more"], &["--name=-x=1 or more"]),
            // These words can be options.
            (&["--name", "-x"], &["--name", "-x"]),
            (&["--name", "-5%"], &["--name", "-5%"]),
            (&["--name", "-inf"], &["--name", "-inf"]),
            (&["-y", "--org-id=a b"], &["-y", "--org-id=a b"]),
            (&["--name", "-"], &["--name", "-"]),
            // These words do not take the next one.
            (&["--name=x", "-5"], &["--name=x", "-5"]),
            (&["create", "-5"], &["create", "-5"]),
            (&["-ojson", "-5"], &["-ojson", "-5"]),
            (&["-", "-5"], &["-", "-5"]),
            // What follows `--` belongs to another command.
            (&["exec", "--", "head", "--lines", "-5"], &["exec", "--", "head", "--lines", "-5"]),
        ] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(attach_values(&words), attached, "{words:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_command_line_is_parsed_or_refused_with_a_message(words in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                "organizations", "list", "create", "credits", "users", "files", "config", "profiles", "sandbox", "serve",
                "--org-id", "--name", "--amount", "-o", "json", "--fault", "--timeout", "--", "-", "--sudo", "-r", "login",
            ]).prop_map(str::to_owned),
            any::<String>(),
        ], 0..8)) {
            let args: Vec<OsString> = ["croud".to_owned()].into_iter().chain(words).map(OsString::from).collect();
            if let Err(error) = parse(&args) {
                prop_assert!(!error.render().to_string().is_empty());
            }
        }
    }
}
