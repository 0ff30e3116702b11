//! Hidden names of commands: short names, and the commands of the Python program that this program does not have. Help
//! and completion do not show them.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory as _, FromArgMatches as _};

use super::{Cli, error_of, tree};
use crate::commands::help::layout::with_pages;
use crate::completion;

/// The short names of commands. A short name is ignored where a command already has that name.
const SHORT: [(&str, &str); 6] = [
    ("list", "ls"),
    ("delete", "rm"),
    ("remove", "rm"),
    ("get", "show"),
    ("organizations", "org"),
    ("organizations", "orgs"),
];
/// Commands in place of `--version` and `--print-completion`.
const VERSION: &str = "version";
const COMPLETION: &str = "completion";
/// The commands of the Python program that this program does not have.
const PYTHON: [&str; 5] = ["projects", "clusters", "products", "subscriptions", "cloud-configurations"];

/// Whether one of the words can be a hidden name.
pub(super) fn are_in(args: &[OsString]) -> bool {
    let mut short = SHORT.iter().map(|(_, name)| *name).chain([VERSION, COMPLETION]).chain(PYTHON);
    short.any(|name| args.iter().any(|arg| arg == name))
}

/// Reads a command line that can contain hidden names.
///
/// # Errors
/// Those of [`super::parse`], and a command that this program does not have.
pub(super) fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let tree = || with_other_names(tree());
    let matches = tree().try_get_matches_from(args).map_err(|_| error_of(|| with_pages(tree()), args))?;
    match matches.subcommand() {
        Some((VERSION, _)) => super::parse(&["croud".into(), "--version".into()]),
        Some((COMPLETION, options)) => {
            let shell = options.get_raw("SHELL").into_iter().flatten().map(OsString::from);
            let words = ["croud", "--print-completion"].into_iter().map(OsString::from);
            super::parse(&words.chain(shell).collect::<Vec<_>>())
        }
        Some((name, _)) if PYTHON.contains(&name) => {
            let message = format!(
                "`croud {name}` is a command of the Python program; this program covers organizations only\n\n  \
                 tip: `croud api` sends any request; or install the Python program, in an environment of its own"
            );
            Err(Cli::command().error(ErrorKind::InvalidSubcommand, message))
        }
        _ => Cli::from_arg_matches(&matches),
    }
}

fn with_other_names(tree: Command) -> Command {
    let shell = Arg::new("SHELL").required(true).value_parser(completion::shell);
    // Any arguments are accepted, so that the error is about the missing command.
    let rest = Arg::new("rest").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    let python = PYTHON.map(|name| Command::new(name).hide(true).disable_help_flag(true).arg(rest.clone()));
    with_short_names(tree)
        .subcommand(Command::new(VERSION).hide(true))
        .subcommand(Command::new(COMPLETION).hide(true).arg(shell))
        .subcommands(python)
}

fn with_short_names(command: Command) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|below| below.get_name().to_owned()).collect();
    command.mut_subcommands(|below| {
        let name = below.get_name().to_owned();
        let short = SHORT.iter().filter(|(long, short)| *long == name && !names.iter().any(|name| name == short));
        short.fold(with_short_names(below), |below, (_, short)| below.alias(short))
    })
}
