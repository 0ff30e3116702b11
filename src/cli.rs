//! The root of the command tree, and how the command line is read.

use std::ffi::OsString;

use clap::error::{ContextKind, ErrorKind};
use clap::{ArgAction, CommandFactory, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::commands::help::layout::{with_page, with_pages};
use crate::completion::{self, Shell};
use crate::options::Global;

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
/// Only the commands on the command line are built for that: the whole tree would take 1.32 in place of
/// 0.72 million instructions for `--version`, and 2.06 in place of 1.70 for `organizations list`. Help
/// also builds the commands it lists, and an error message is made from the whole tree, for its
/// suggestions.
///
/// # Errors
/// Help and the version, and what is wrong with the command line.
pub(crate) fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let asks_help = args.iter().any(|arg| arg == "--help" || arg == "-h");
    let command = if asks_help { with_listed_commands(Cli::command(), args) } else { Cli::command() };
    let matches = command.try_get_matches_from(args);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| match error.kind() {
        ErrorKind::DisplayVersion => error,
        ErrorKind::DisplayHelp if asks_help => error,
        _ => from_whole_tree(args),
    })
}

/// Whether the parser answers a question and reports no error. A noun without a verb asks for its help.
pub(crate) fn is_help(error: &clap::Error) -> bool {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion)
}

/// The help of the program.
pub(crate) fn help() -> clap::builder::StyledStr {
    with_page(tree()).render_help()
}

/// Builds a command, the commands that it lists, and those below each of them that `words` name. Those
/// that are named get their help pages.
fn with_listed_commands(mut command: clap::Command, words: &[OsString]) -> clap::Command {
    // Rendering the usage builds the command with the options that it shares with others.
    command.render_usage();
    with_page(command).mut_subcommands(|mut below| match words.iter().any(|word| word == below.get_name()) {
        true => with_listed_commands(below, words),
        false => {
            below.render_usage();
            below
        }
    })
}

/// What clap says about a command line, with suggestions from the whole tree. A noun without a verb
/// shows its help.
fn from_whole_tree(args: &[OsString]) -> clap::Error {
    let tree = || with_pages(tree());
    let Err(error) = tree().try_get_matches_from(args) else {
        return Cli::command().error(ErrorKind::MissingSubcommand, "a command is missing");
    };
    if error.kind() != ErrorKind::MissingSubcommand {
        return error;
    }
    let words = error.get(ContextKind::InvalidSubcommand).map(ToString::to_string).unwrap_or_default();
    let args = words.split(' ').chain(["--help"]).map(OsString::from);
    tree().try_get_matches_from(args).err().unwrap_or(error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
