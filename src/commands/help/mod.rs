//! `help`: explains a command, or a topic that belongs to no command.

use anyhow::Result;
use clap::Args;
use clap::error::ErrorKind;

use crate::context::Context;
use crate::error::Failure;
use crate::options::Values;
use crate::run::{Reply, Run};

pub(crate) mod layout;
pub(crate) mod topics;

/// Explain a command or a topic
///
/// The topics are `environment`, `exit-codes`, `formatting` and `options`.
#[derive(Args)]
#[command(display_order = 1000, after_help = "Examples:\n  croud help exit-codes\n  croud help regions")]
pub(crate) struct Help {
    /// Command or topic
    #[arg(value_name = "COMMAND", add = Values::HelpWords(&topics::NAMES))]
    words: Vec<String>,
}

impl Run for Help {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let tree = cx.tree();
        let topic = match self.words.as_slice() {
            [word] if word == "options" => Some(layout::shared_options(&tree)),
            [word] => topics::text(word),
            _ => None,
        };
        if let Some(text) = topic {
            return Ok(Reply::text(text));
        }
        let args = ["croud"].into_iter().chain(self.words.iter().map(String::as_str)).chain(["--help"]);
        match layout::with_pages(tree).try_get_matches_from(args) {
            Err(help) if help.kind() == ErrorKind::DisplayHelp => Ok(Reply::text(help.render().to_string())),
            _ => {
                let failure = Failure::usage(format!("Unknown command or topic `{}`.", self.words.join(" ")));
                let known = known_words(&cx.tree(), &self.words).join(" ");
                Err(failure
                    .info(match known.as_str() {
                        "" => {
                            let topics = topics::NAMES.map(|name| format!("`{name}`")).join(", ");
                            format!("`croud --help` lists the commands. The topics are {topics}.")
                        }
                        known => format!("See `croud {known} --help`."),
                    })
                    .into())
            }
        }
    }
}

/// The first words, as far as they are the name of a command.
fn known_words<'w>(tree: &clap::Command, words: &'w [String]) -> Vec<&'w str> {
    let mut command = tree;
    let known = words.iter().map_while(|word| {
        command = command.find_subcommand(word)?;
        Some(word.as_str())
    });
    known.collect()
}
