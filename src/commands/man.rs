//! `man`: the manual, from the same tree as the help.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::context::Context;
use crate::run::{Reply, Run};

/// Write the man pages of all commands to a folder
///
/// In `man1` below a folder of MANPATH, `man croud-organizations-create` finds them.
#[derive(Args)]
#[command(after_help = "Example:\n  croud man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Folder, which is made if it is not there
    folder: PathBuf,
}

impl Run for Man {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let folder = self.folder;
        fs::create_dir_all(&folder).with_context(|| format!("could not create `{}`", folder.display()))?;
        clap_mangen::generate_to(cx.tree(), &folder)
            .with_context(|| format!("could not write to `{}`", folder.display()))?;
        Ok(Reply::info(format!("The man pages are in `{}`.", folder.display())))
    }
}
