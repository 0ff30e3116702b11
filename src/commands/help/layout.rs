//! Lays out the help page of a command.

use clap::{Arg, Command};

use super::topics::lines;

/// The headings of the options that many commands have. A help page only lists their names, in one
/// short block: the topic `options` explains them.
const SHARED: [&str; 2] = ["Shared options", "Global options"];

/// The width of that block, in columns.
const WIDTH: usize = 78;

/// A command whose help page ends with the names of the shared options and with its examples.
///
/// Both are literal parts of the page. clap would wrap an example at the width of the terminal, and then it could not
/// be pasted.
pub(crate) fn with_page(command: Command) -> Command {
    let mut template = "{before-help}{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}".to_owned();
    if let Some(names) = shared_names(&command) {
        template += "\n\n";
        template += &names;
    }
    if let Some(examples) = command.get_after_help() {
        template += "\n\n";
        template += &examples.to_string();
    }
    command
        .mut_args(|arg| if is_shared(&arg) { arg.hide_short_help(true).hide_long_help(true) } else { arg })
        .help_template(template)
}

/// A command tree in which every command has its page.
pub(crate) fn with_pages(tree: Command) -> Command {
    with_page(tree).mut_subcommands(with_pages)
}

fn is_shared(arg: &Arg) -> bool {
    arg.get_help_heading().is_some_and(|heading| SHARED.contains(&heading))
}

/// The names of the shared options of a command. `None` if it has none.
fn shared_names(command: &Command) -> Option<String> {
    let names: Vec<String> = SHARED
        .iter()
        .flat_map(|heading| with_heading(command, heading))
        // Non-breaking spaces keep an option on one line, and two of them stand between options.
        .map(|arg| name(arg).replace(' ', "\u{a0}") + "\u{a0}")
        .collect();
    if names.is_empty() {
        return None;
    }
    let mut block = "Shared options (see `croud help options`):".to_owned();
    for line in lines(&names.join(" "), WIDTH) {
        block += &format!("\n  {}", line.replace('\u{a0}', " ").trim_end());
    }
    Some(block)
}

/// An option as a help page shows it, such as `-r, --region <REGION>`.
fn name(arg: &Arg) -> String {
    let mut name = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    name += &format!("--{}", arg.get_long().unwrap_or_default());
    if arg.get_action().takes_values() {
        let values = arg.get_value_names().unwrap_or_default().iter().map(|value| format!(" <{value}>"));
        name.extend(values);
    }
    name
}

/// The options of a command with this heading.
fn with_heading<'c>(command: &'c Command, heading: &str) -> impl Iterator<Item = &'c Arg> {
    command.get_arguments().filter(move |arg| arg.get_help_heading() == Some(heading))
}

/// The help of the shared options of all commands of a tree. Each option is listed once.
pub(super) fn shared_options(tree: &Command) -> String {
    let mut page = Command::new("options").disable_help_flag(true).help_template("{all-args}");
    for arg in SHARED.iter().flat_map(|heading| all_with_heading(tree, heading)) {
        if page.get_arguments().all(|known| known.get_id() != arg.get_id()) {
            page = page.arg(arg.clone().global(false));
        }
    }
    page.render_long_help().to_string()
}

/// The options with this heading of a command and of all commands below it.
fn all_with_heading<'c>(command: &'c Command, heading: &'c str) -> Vec<&'c Arg> {
    let below = command.get_subcommands().flat_map(|below| all_with_heading(below, heading));
    with_heading(command, heading).chain(below).collect()
}
