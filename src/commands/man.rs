//! `man`: writes the man pages, which are generated from the command tree.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Command};
use clap_mangen::roff::{Roff, bold, roman};

use super::help::topics::{ENVIRONMENT, EXIT_CODES};
use crate::context::Context;
use crate::options::path_to_write;
use crate::run::{Reply, Run};

/// Write the man pages of all commands to a folder
///
/// `man croud-organizations-create` finds its page if the folder is `man1` below a folder of MANPATH.
#[derive(Args)]
#[command(display_order = 1001, after_help = "Example:\n  croud man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Folder (created if missing)
    #[arg(value_parser = path_to_write())]
    folder: PathBuf,
}

impl Run for Man {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let folder = self.folder;
        fs::create_dir_all(&folder).with_context(|| format!("could not create `{}`", folder.display()))?;
        write_pages(&cx.tree(), &folder).with_context(|| format!("could not write to `{}`", folder.display()))?;
        Ok(Reply::info(format!("The man pages are in `{}`.", folder.display())))
    }
}

/// Writes the page of a command and those of the commands below it.
fn write_pages(command: &Command, folder: &Path) -> std::io::Result<()> {
    let page = clap_mangen::Man::new(command.clone());
    let path = folder.join(page.get_filename());
    // A page that exists is replaced. A link would lead to another file.
    let _ = fs::remove_file(&path);
    let mut file = fs::File::create_new(path)?;
    page.render_title(&mut file)?;
    page.render_name_section(&mut file)?;
    page.render_synopsis_section(&mut file)?;
    page.render_description_section(&mut file)?;
    page.render_options_section(&mut file)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut file)?;
    }
    more_sections(command).to_writer(&mut file)?;
    file.flush()?;
    command.get_subcommands().filter(|below| !below.is_hide_set()).try_for_each(|below| write_pages(below, folder))
}

/// The sections EXAMPLES, ENVIRONMENT and EXIT STATUS.
fn more_sections(command: &Command) -> Roff {
    let mut roff = Roff::new();
    if let Some(examples) = command.get_after_help().map(ToString::to_string) {
        roff.control("SH", ["EXAMPLES"]);
        // No fill: the lines stay as they are.
        roff.control("nf", []);
        for line in examples.lines().skip(1) {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        roff.control("fi", []);
    }
    roff.control("SH", ["ENVIRONMENT"]);
    for (names, meaning) in ENVIRONMENT {
        roff.control("TP", []);
        roff.text([bold(names.join(", "))]);
        roff.text([roman(meaning.replace('`', ""))]);
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        roff.control("TP", []);
        roff.text([bold(*code)]);
        roff.text([roman(*meaning)]);
    }
    roff
}
