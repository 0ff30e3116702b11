//! `organizations files get`: shows the record of a file, or downloads the file.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use indicatif::ProgressBar;
use serde_json::Value;

use super::target::Target;
use crate::api::{Download, Json};
use crate::context::Context;
use crate::error::Failure;
use crate::options::{FileReference, Organization};
use crate::output::{Cell, Column};
use crate::record;
use crate::run::{Reply, Run};
use crate::units;

const DETAILS: &[Column] = &[
    Column::new("id"),
    Column::new("name"),
    Column::new("status"),
    Column::new("file_size").show(file_size),
    Column::new("download_url"),
];

/// Show or download a file
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud organizations files get --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d\n  croud organizations files get --download . \\\n      --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d"
)]
pub(crate) struct Get {
    #[command(flatten)]
    file: FileReference,

    /// Download to this file or folder; `-` is stdout [default: the current folder]
    #[arg(long, value_name = "PATH")]
    download: Option<Option<PathBuf>>,

    /// Replace the local file if it exists
    #[arg(long, requires = "download")]
    overwrite: bool,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Get {
    const COLUMNS: &'static [Column] = DETAILS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let id = cx.file(&org, self.file).await?;
        let record = ["organizations", &org, "files", &id];
        let file = cx.api()?.get(&record).await?;
        match self.download {
            None => Ok(show(file, cx)),
            Some(path) => download(&record, file, path.unwrap_or_default(), self.overwrite, cx).await,
        }
    }
}

fn show(file: Option<Json>, cx: &Context) -> Reply {
    let has_url = file
        .as_ref()
        .and_then(|file| file.value().ok())
        .is_some_and(|file| record::text(&file, "download_url").is_some());
    if cx.is_sandbox() && has_url {
        cx.info("The sandbox's `download_url` ends with this command: use `--download`, or `croud sandbox serve`.");
    }
    Reply::of(file)
}

/// Downloads a file to `path`, which is a file, a folder, or `-` for stdout. `file` is its record, found at
/// `record_path`.
async fn download(
    record_path: &[&str],
    file: Option<Json>,
    path: PathBuf,
    overwrite: bool,
    cx: &Context,
) -> Result<Reply> {
    let mut file = file.map(|file| file.value()).transpose()?.unwrap_or_default();
    let url = record::text(&file, "download_url").ok_or_else(|| {
        let problem = match record::text(&file, "status") {
            Some("PENDING") => "its upload is not complete. Try again when its status is UPLOADED",
            _ => "the reply has no `download_url`",
        };
        Failure::failed(format!("The file can't be downloaded: {problem}."))
    })?;
    let size = file.get("file_size").and_then(Value::as_u64);
    if path.as_os_str() == "-" {
        // The contents are untrusted and may contain escape sequences for the terminal.
        if cx.term().stdout_width().is_some() {
            return Err(
                Failure::usage("A file is not written to a terminal. Redirect stdout, or choose a path.").into()
            );
        }
        return Ok(Reply::download(cx.api()?.download(record_path, url, size)?));
    }
    let mut target = Target::new(path, record::text(&file, "name"), overwrite)?;
    let progress = cx.term().progress(size.unwrap_or_default());
    let written = write(cx.api()?.download(record_path, url, size)?, &mut target, &progress).await;
    progress.finish_and_clear();
    written?;
    let path = target.keep()?;
    // The URL is a credential and no longer needed.
    if let Some(file) = file.as_object_mut() {
        file.shift_remove("download_url");
    }
    Ok(Reply::of(Some(file)).done(format!("File downloaded to `{}`.", path.display())))
}

/// Writes a download to its file.
async fn write(mut download: Download, target: &mut Target, progress: &ProgressBar) -> Result<()> {
    while let Some(bytes) = download.next().await? {
        target.write(&bytes)?;
        progress.inc(bytes.len() as u64);
    }
    Ok(())
}

/// A size with its unit; `NULL` for a file without content.
fn file_size(bytes: Option<&Value>) -> Cell<'_> {
    match bytes {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Number(number)) if number.as_f64() == Some(0.0) => Cell::Null,
        Some(value) => units::file_size(value).map_or_else(|| Cell::of(bytes), |size| Cell::Text(size.into())),
    }
}
