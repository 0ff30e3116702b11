//! The root of the command tree, and the options that are not one command's own.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, CommandFactory, FromArgMatches as _, Parser};

use crate::commands::Command;
use crate::completion::{self, Shell};
use crate::output::Format;

/// Run organizations on CrateDB Cloud
///
/// Data goes to stdout, everything else to stderr. To try a command without an account, put `--profile sandbox` before it.
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
    #[command(flatten)]
    pub(crate) global: Global,

    /// Print the version and exit
    #[arg(short = 'v', long, action = ArgAction::Version)]
    version: Option<bool>,

    /// Print the completion of a shell: bash, zsh, fish, powershell or elvish
    #[arg(long, value_name = "SHELL", value_parser = completion::shell, exclusive = true)]
    pub(crate) print_completion: Option<Shell>,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Our own options, which stand anywhere.
#[derive(Args)]
pub(crate) struct Global {
    /// Use this profile for one call; `sandbox` is the embedded cloud
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub(crate) profile: Option<String>,

    /// Drop the Success and Info lines
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,

    /// Never ask; a question becomes a usage error
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_input: bool,

    /// Seconds that one request may take, its reply included (0: no limit) [default: 60]
    #[arg(long, global = true, value_name = "SECONDS", env = "CROUD_TIMEOUT", hide_env_values = true, value_parser = seconds, help_heading = "Global options")]
    pub(crate) timeout: Option<std::time::Duration>,
}

// What every verb that talks to the cloud takes. (A doc comment here would become the verbs' own.)
#[derive(Args, Default)]
pub(crate) struct Shared {
    /// Run the command in this region
    #[arg(short, long, help_heading = "Shared options")]
    pub(crate) region: Option<String>,

    #[command(flatten)]
    pub(crate) output: Output,

    /// Run the command as superuser
    #[arg(long, help_heading = "Shared options")]
    pub(crate) sudo: bool,
}

// What every verb that shows data takes.
#[derive(Args, Default)]
pub(crate) struct Output {
    /// Format of the output [default: the profile's]
    #[arg(short, long, visible_alias = "format", value_name = "FMT", help_heading = "Shared options")]
    pub(crate) output_fmt: Option<Format>,
}

/// A limit in seconds; fractions are fine.
fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number of seconds".to_owned())?;
    std::time::Duration::try_from_secs_f64(seconds).map_err(|_| "it is no number of seconds".to_owned())
}

/// The whole tree of commands.
pub(crate) fn tree() -> clap::Command {
    let mut tree = Cli::command();
    tree.build();
    tree
}

/// Read the command line. Only the part of the tree that is typed is made for it; help shows the commands
/// below that, too, and a mistake is told with all of the tree in view.
pub(crate) fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let asks_help = args.iter().any(|arg| arg == "--help" || arg == "-h");
    let command = if asks_help { made(Cli::command(), args) } else { Cli::command() };
    let matches = command.try_get_matches_from(args);
    matches.and_then(|matches| Cli::from_arg_matches(&matches)).map_err(|error| match error.kind() {
        ErrorKind::DisplayVersion => error,
        ErrorKind::DisplayHelp if asks_help => error,
        _ => explain(args),
    })
}

/// A command with all commands below it made, and with those below each of them that `words` name.
fn made(mut command: clap::Command, words: &[OsString]) -> clap::Command {
    // Whatever shows a command makes it, with the options that its commands share.
    command.render_usage();
    command.mut_subcommands(|mut below| match words.iter().any(|word| word == below.get_name()) {
        true => made(below, words),
        false => {
            below.render_usage();
            below
        }
    })
}

/// What `--help` prints of a command, by its words behind the program's name; an error of the parser
/// where there is no such command.
pub(crate) fn help<'w>(words: impl IntoIterator<Item = &'w str>) -> clap::Error {
    let args: Vec<OsString> = ["croud"].into_iter().chain(words).chain(["--help"]).map(OsString::from).collect();
    parse(&args).err().unwrap_or_else(|| explain(&args))
}

/// What the parser has to say of a command line that it does not take, with the whole tree in view.
fn explain(args: &[OsString]) -> clap::Error {
    match tree().try_get_matches_from(args) {
        Err(error) => error,
        Ok(_) => Cli::command().error(ErrorKind::MissingSubcommand, "a command is missing"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_command_line_is_taken_or_refused(words in prop::collection::vec(prop_oneof![
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
