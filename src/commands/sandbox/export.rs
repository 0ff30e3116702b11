//! `sandbox export` and `sandbox import`: everything in the sandbox as one file.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use tempfile::NamedTempFile;

use super::controlled::Controlled;
use crate::context::Context;
use crate::error::Failure;
use crate::options::path_to_write;
use crate::output::{Format, yaml};
use crate::private;
use crate::run::{Reply, Run};
use crate::sandbox::Control;

/// Write everything in the sandbox to a file, with the content of uploaded files
///
/// With --seed, write a YAML file for `croud sandbox serve --seed`. It can be read and edited, and lacks the content of uploaded files. Without a running sandbox, the sandbox of the profile `sandbox` is exported.
#[derive(Args)]
#[command(after_help = "Examples:\n  croud sandbox export cloud.sandbox\n  croud sandbox export --seed | head -3")]
pub(crate) struct Export {
    #[command(flatten)]
    controlled: Controlled,

    /// File to write; with --seed it may be left out, and the seed is printed
    #[arg(required_unless_present = "seed", value_parser = path_to_write())]
    file: Option<PathBuf>,

    /// Write a seed
    #[arg(long)]
    seed: bool,

    /// Replace a file that exists
    #[arg(long, requires = "file")]
    overwrite: bool,
}

impl Run for Export {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let Some(path) = &self.file else {
            let seed = self.controlled.run(cx, Control::ExportSeed).await?;
            return Ok(Reply::of(Some(seed)).format(Format::Yaml));
        };
        let shown = path.display();
        let could_not_write = || format!("could not write `{shown}`");
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // A private temporary file, so that a failed export leaves no incomplete file.
        let new = tempfile::Builder::new().prefix(".").make_in(folder, private::new_file);
        let mut new = new.with_context(could_not_write)?;
        if self.seed {
            let seed = self.controlled.run(cx, Control::ExportSeed).await?;
            new.as_file_mut().write_all(yaml::to_string(&seed)?.as_bytes()).with_context(could_not_write)?;
        } else {
            self.controlled.run(cx, Control::Export(new.as_file().try_clone()?)).await?;
        }
        persist(new, path, self.overwrite)?;
        Ok(Reply::nothing().done(format!("Sandbox exported to `{shown}`.")))
    }
}

/// Renames the complete temporary file.
///
/// # Errors
/// A file of that name exists and `overwrite` is not set, or the disk failed.
fn persist(new: NamedTempFile, path: &Path, overwrite: bool) -> Result<()> {
    let persisted = if overwrite { new.persist(path) } else { new.persist_noclobber(path) };
    match persisted {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            let message = format!("`{}` exists already.\nPass --overwrite to replace it.", path.display());
            Err(Failure::failed(message).into())
        }
        Err(error) => Err(error.error).with_context(|| format!("could not write `{}`", path.display())),
    }
}

/// Replace everything in the sandbox with an export
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
        let could_not_read = || format!("could not read `{shown}`");
        let file = File::open(&self.file).with_context(could_not_read)?;
        if !file.metadata().with_context(could_not_read)?.is_file() {
            return Err(Failure::failed(format!("`{shown}` is not a regular file.")).into());
        }
        self.controlled.run(cx, Control::Import(file)).await?;
        Ok(Reply::nothing().done(format!("Sandbox imported from `{shown}`.")))
    }
}
