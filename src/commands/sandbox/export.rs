//! `sandbox export` and `sandbox import`: everything in the sandbox as one file.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use super::controlled::Controlled;
use crate::context::Context;
use crate::error::Failure;
use crate::run::{Reply, Run};
use crate::sandbox::Control;

/// Write everything in the sandbox to a file, with the content of uploaded files
///
/// Without a running sandbox, the sandbox of the profile `sandbox` is exported.
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox export cloud.sandbox")]
pub(crate) struct Export {
    #[command(flatten)]
    controlled: Controlled,

    /// File to write
    file: PathBuf,

    /// Replace a file that exists
    #[arg(long)]
    overwrite: bool,
}

impl Run for Export {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let shown = self.file.display();
        let could_not_write = || format!("could not write `{shown}`");
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A temporary file, so that an export that fails leaves nothing. Only its owner can read it.
        let new = tempfile::Builder::new().prefix(".").tempfile_in(folder).with_context(could_not_write)?;
        self.controlled.run(cx, Control::Export(new.as_file().try_clone()?)).await?;
        let persisted = if self.overwrite { new.persist(&self.file) } else { new.persist_noclobber(&self.file) };
        match persisted {
            Ok(_) => Ok(Reply::nothing().done(format!("Sandbox exported to `{shown}`."))),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(Failure::failed(format!("`{shown}` exists already.\nPass --overwrite to replace it.")).into())
            }
            Err(error) => Err(error.error).with_context(could_not_write),
        }
    }
}

/// Replace everything in the sandbox by an export
///
/// Without a running sandbox, the sandbox of the profile `sandbox` is replaced.
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox export cloud.sandbox && croud sandbox import cloud.sandbox")]
pub(crate) struct Import {
    #[command(flatten)]
    controlled: Controlled,

    /// File that `croud sandbox export` wrote
    file: PathBuf,
}

impl Run for Import {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let shown = self.file.display();
        let file = File::open(&self.file).with_context(|| format!("could not read `{shown}`"))?;
        self.controlled.run(cx, Control::Import(file)).await?;
        Ok(Reply::nothing().done(format!("Sandbox imported from `{shown}`.")))
    }
}
