//! `organizations files create`: make a record, upload the bytes, show the record.
//!
//! A record whose upload failed is removed. One whose upload succeeded never is.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use super::{COLUMNS, text};
use crate::api::Upload;
use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, non_empty};
use crate::run::{Reply, Run};
use crate::units;

/// The most that one PUT to a pre-signed URL accepts, in bytes.
const LARGEST: u64 = 5 << 30;

/// Upload a file
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files create --file-path nyc_taxi.csv")]
pub(crate) struct Create {
    /// File to upload, at most 5 GiB
    #[arg(long)]
    file_path: PathBuf,

    /// Name of the file in the cloud [default: its name without folders]
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Create {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = &cx.organization(&self.organization)?;
        let upload = open(&self.file_path)?;
        let size = upload.size;
        let base_name = || self.file_path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = non_empty(self.name).or_else(base_name).unwrap_or_default();
        // A signal must not leave the record behind.
        let hold = cx.hold();
        cx.info("Creating a new file upload...");
        let reply = cx.api()?.post(&["organizations", org, "files"], &json!({"name": name})).await?.unwrap_or_default();
        let unusable =
            || Failure::failed("The reply is unusable: it has no `id` or no `upload_url` to send the file to.");
        let id = id(&reply).ok_or_else(unusable)?;
        let record = Record { cx, org, id: &id };
        let Some(upload_url) = text(&reply, "upload_url") else { return Err(record.abandon(unusable()).await.into()) };
        cx.info("Uploading the file...");
        let progress = cx.term().progress(size);
        let step = progress.clone();
        let uploaded = tokio::select! {
            done = cx.api()?.upload(upload_url, upload, move |sent| step.inc(sent)) => done
                .map_err(|error| Failure::failed(format!("There was an error while trying to upload the file\n{error:#}"))),
            failure = hold.stopped() => Err(failure),
        };
        progress.finish_and_clear();
        if let Err(failure) = uploaded {
            return Err(record.abandon(failure).await.into());
        }
        drop(hold);
        let rows = record.rows().await.map_err(|error| record.unseen(error))?;
        let stored = rows.get(0).and_then(|row| row.get("file_size")).and_then(Value::as_u64);
        if let Some(stored) = stored.filter(|stored| *stored != size) {
            let failure = Failure::failed(format!("The cloud has {stored} of the file's {size} bytes."));
            return Err(record.unseen(failure.into()));
        }
        Ok(Reply::of(Some(rows)).columns(COLUMNS).done("File upload completed!"))
    }
}

/// Open a file to upload, before its record is made.
///
/// # Errors
/// It is not a regular file, it is too large, or its size can't be known.
fn open(path: &Path) -> Result<Upload> {
    let Ok(metadata) = path.metadata() else { return Err(Failure::failed("The file path does not exist.").into()) };
    if !metadata.is_file() {
        return Err(Failure::failed(format!("`{}` is not a regular file.", path.display())).into());
    }
    let mut file = File::open(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let size = file.metadata()?.len();
    if size > LARGEST {
        let size = units::file_size(&size.into()).unwrap_or_default();
        return Err(Failure::failed(format!("The file has {size}: an upload takes 5 GiB at most.")).into());
    }
    // A file such as /proc/self/status has contents, but no size.
    if size == 0 && file.read(&mut [0])? > 0 {
        return Err(Failure::failed(format!("The size of `{}` can't be known.", path.display())).into());
    }
    file.rewind()?;
    Ok(Upload { file, size })
}

/// The `id` in a record, which may be a number.
fn id(record: &Value) -> Option<Cow<'_, str>> {
    match record.get("id")? {
        Value::Number(number) => Some(number.to_string().into()),
        _ => text(record, "id").map(Into::into),
    }
}

/// The record of an upload.
struct Record<'a> {
    cx: &'a Context,
    org: &'a str,
    id: &'a str,
}

impl Record<'_> {
    /// Removes the record of an upload that failed, or names it. Returns the failure.
    async fn abandon(&self, failure: Failure) -> Failure {
        let removed = match self.cx.api() {
            Ok(api) => api.delete_if_present(&["organizations", self.org, "files", self.id]).await,
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => failure,
            Err(_) => failure.info(format!("Its record is left behind. Remove it: {}", self.suggest("delete"))),
        }
    }

    /// The record as it is after the upload, as a list of one row. If the list of files does not have it, it
    /// is requested alone.
    async fn rows(&self) -> Result<Value> {
        let files = self.cx.api()?.get(&["organizations", self.org, "files"]).await?;
        let rows = match files {
            Some(Value::Array(rows)) => {
                rows.into_iter().filter(|row| id(row).is_some_and(|id| id == self.id)).collect()
            }
            _ => Vec::new(),
        };
        if !rows.is_empty() {
            return Ok(rows.into());
        }
        let record = self.cx.api()?.get(&["organizations", self.org, "files", self.id]).await?;
        Ok(Value::from_iter(record))
    }

    /// The error of an upload that succeeded, but whose record could not be shown.
    fn unseen(&self, error: anyhow::Error) -> anyhow::Error {
        let next = format!("The file is uploaded. Check it: {}", self.suggest("get"));
        match error.downcast::<Failure>() {
            Ok(failure) => failure.info(next).into(),
            Err(error) => error.context(next),
        }
    }

    fn suggest(&self, verb: &str) -> String {
        self.cx.suggest(&["organizations", "files", verb, "--org-id", self.org, "--file-id", self.id])
    }
}
