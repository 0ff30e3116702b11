//! `organizations files`: data on its way into a cluster.
//!
//! For members. The bytes go straight to a pre-signed address: it is a credential of its own, so it
//! is never shown in an error, and ours are never sent there.

use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::api::{Api, Upload};
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Cell, Column};
use crate::run::{Reply, Run, Verb, given, noun};
use crate::units;

noun! {
    /// Manage the files of an organization
    Files {
        Get(Verb<Get>),
        List(Verb<List>),
        Create(Verb<Create>),
        Delete(Verb<Delete>),
    }
}

const COLUMNS: &[Column] = &[Column::new("id"), Column::new("name"), Column::new("status")];
const DETAILS: &[Column] = &[
    Column::new("id"),
    Column::new("name"),
    Column::new("status"),
    Column::new("file_size").show(file_size),
    Column::new("download_url"),
];

/// List files
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files list")]
pub(crate) struct List {
    /// Organization ID [default: the profile's]
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for List {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let org = cx.org(self.org_id).await?;
        let files = cx.api().await?.get(&["organizations", &org, "files"]).await?;
        Ok(Reply::of(files).columns(COLUMNS))
    }
}

/// Show one file, with the address to download it from
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files get --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d")]
pub(crate) struct Get {
    /// File ID
    #[arg(long)]
    file_id: String,

    /// Organization ID [default: the profile's]
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for Get {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let org = cx.org(self.org_id).await?;
        let file = cx.api().await?.get(&["organizations", &org, "files", &self.file_id]).await?;
        if cx.is_sandbox() && file.as_ref().is_some_and(|file| file.get("download_url").is_some_and(Value::is_string)) {
            cx.info("The sandbox's `download_url` ends with this command. `croud sandbox serve` keeps it.");
        }
        Ok(Reply::of(file).columns(DETAILS))
    }
}

/// Upload a file
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files create --file-path nyc_taxi.csv")]
pub(crate) struct Create {
    /// File to upload
    #[arg(long)]
    file_path: PathBuf,

    /// Name of the file in the cloud [default: its base name]
    #[arg(long)]
    name: Option<String>,

    /// Organization ID [default: the profile's]
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for Create {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let org = cx.org(self.org_id).await?;
        let upload = open(&self.file_path)?;
        let base_name = || self.file_path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = given(self.name).or_else(base_name).unwrap_or_default();
        let api = cx.api().await?;
        cx.info("Creating a new file upload...");
        let file = api.post(&["organizations", &org, "files"], &json!({"name": name})).await?;
        let text = |key: &str| file.as_ref().and_then(|file| file.get(key)?.as_str().map(str::to_owned));
        let (Some(id), Some(upload_url)) = (text("id"), text("upload_url")) else {
            return Err(Failure::failed(
                "The reply is unusable: it has no `id` or no `upload_url` to send the file to.",
            )
            .into());
        };
        cx.info("Uploading the file...");
        let progress = cx.term().progress(upload.size);
        let step = progress.clone();
        if let Err(error) = api.upload(&upload_url, upload, move |sent| step.inc(sent)).await {
            progress.finish_and_clear();
            return Err(abandon(&api, &org, &id, &error).await.into());
        }
        progress.finish_and_clear();
        // The record as it is now: uploaded.
        let files = api.get(&["organizations", &org, "files"]).await?;
        Ok(Reply::of(files.map(|files| only(files, &id))).columns(COLUMNS).done("File upload completed!"))
    }
}

/// Delete a file
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files delete --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d")]
pub(crate) struct Delete {
    /// File ID
    #[arg(long)]
    file_id: String,

    /// Organization ID [default: the profile's]
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for Delete {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let org = cx.org(self.org_id).await?;
        let gone = cx.api().await?.delete(&["organizations", &org, "files", &self.file_id]).await?;
        Ok(Reply::of(gone).done("File upload deleted."))
    }
}

/// Open what is to be uploaded, before anything is created for it.
fn open(path: &std::path::Path) -> Result<Upload> {
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        return Err(Failure::failed("The file path does not exist.").into());
    }
    let file = File::open(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let size = file.metadata()?.len();
    Ok(Upload { file, size })
}

/// Remove the record of an upload that failed, and say what failed.
async fn abandon(api: &Api, org: &str, id: &str, error: &anyhow::Error) -> Failure {
    let failure = Failure::failed(format!("There was an error while trying to upload the file\n{error}"));
    match api.delete(&["organizations", org, "files", id]).await {
        Ok(_) => failure,
        Err(_) => failure.info(format!(
            "Its record is left behind. Remove it: `croud organizations files delete --org-id {org} --file-id {id}`"
        )),
    }
}

/// The rows with this id.
fn only(files: Value, id: &str) -> Value {
    match files {
        Value::Array(rows) => rows.into_iter().filter(|row| row.get("id").is_some_and(|value| value == id)).collect(),
        other => other,
    }
}

fn file_size(bytes: Option<&Value>) -> Cell {
    match bytes.and_then(units::file_size) {
        Some(text) => Cell::Text(text),
        None => Cell::Null,
    }
}
