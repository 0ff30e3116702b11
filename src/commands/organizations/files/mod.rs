//! `organizations files`: files that a cluster can import.
//!
//! For members. The contents are sent to a pre-signed URL. Such a URL is a credential itself: it never
//! appears in an error message, and no other credential is sent to it.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::api::{Api, Upload};
use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, Values, non_empty};
use crate::output::{Cell, Column};
use crate::run::{Reply, Run, Verb, noun};
use crate::units;

mod target;

use target::Target;

noun! {
    /// Manage the files of an organization
    Files {
        verbs {
            Get(Verb<Get>),
            List(Verb<List>),
            Create(Verb<Create>),
            Delete(Verb<Delete>),
        }
    }
}

/// The most that one PUT to a pre-signed URL accepts, in bytes.
const LARGEST: u64 = 5 << 30;
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
    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let files = cx.api()?.get(&["organizations", &org, "files"]).await?;
        Ok(Reply::of(files).columns(COLUMNS))
    }
}

/// Show or download a file
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud organizations files get --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d\n  croud organizations files get --download . \\\n      --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d"
)]
pub(crate) struct Get {
    /// File ID
    #[arg(long, add = Values::File)]
    file_id: String,

    /// Download to this file or folder [default: the current folder]
    #[arg(long, value_name = "PATH")]
    download: Option<Option<PathBuf>>,

    /// Overwrite an existing file
    #[arg(long, requires = "download")]
    force: bool,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Get {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let api = cx.api()?;
        let file = api.get(&["organizations", &org, "files", &self.file_id]).await?;
        let Some(path) = self.download else {
            let has_url = file.as_ref().and_then(|file| text(file, "download_url")).is_some();
            if cx.is_sandbox() && has_url {
                cx.info(
                    "The sandbox's `download_url` ends with this command: use `--download`, or `croud sandbox serve`.",
                );
            }
            return Ok(Reply::of(file).columns(DETAILS));
        };
        let unusable =
            || Failure::failed("The file can't be downloaded: the reply has no `download_url`. Is it uploaded?");
        let file = file.ok_or_else(unusable)?;
        let url = text(&file, "download_url").ok_or_else(unusable)?;
        let mut target = Target::new(path.unwrap_or_default(), text(&file, "name"), self.force)?;
        let size = file.get("file_size").and_then(Value::as_u64);
        let progress = cx.term().progress(size.unwrap_or_default());
        let count = api.download(url, target.part(), |bytes| progress.inc(bytes)).await;
        progress.finish_and_clear();
        let count = count.map_err(|error| Failure::failed(format!("The file could not be downloaded\n{error}")))?;
        if let Some(size) = size.filter(|size| *size != count) {
            let problem = format!("The file is incomplete: {count} of {size} bytes came. Nothing was kept.");
            return Err(Failure::failed(problem).into());
        }
        let path = target.keep()?;
        let done = format!("File downloaded to `{}`.", path.display());
        Ok(Reply::of(Some(file)).columns(DETAILS).done(done))
    }
}

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
        let org = cx.organization(&self.organization)?;
        let upload = open(&self.file_path)?;
        let size = upload.size;
        let base_name = || self.file_path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = non_empty(self.name).or_else(base_name).unwrap_or_default();
        let api = cx.api()?;
        // From here on there is a record in the cloud, which must not be left behind.
        let hold = cx.hold();
        cx.info("Creating a new file upload...");
        let file = api.post(&["organizations", &org, "files"], &json!({"name": name})).await?;
        let field = |key| file.as_ref().and_then(|file| text(file, key));
        let (Some(id), Some(upload_url)) = (field("id"), field("upload_url")) else {
            let problem = "The reply is unusable: it has no `id` or no `upload_url` to send the file to.";
            return Err(Failure::failed(problem).into());
        };
        cx.info("Uploading the file...");
        let progress = cx.term().progress(size);
        let step = progress.clone();
        let uploaded = tokio::select! {
            done = api.upload(upload_url, upload, move |sent| step.inc(sent)) => done
                .map_err(|error| Failure::failed(format!("There was an error while trying to upload the file\n{error}"))),
            failure = hold.stopped() => Err(failure),
        };
        progress.finish_and_clear();
        if let Err(failure) = uploaded {
            return Err(abandon(api, &org, id, failure).await.into());
        }
        drop(hold);
        // The record as it is now.
        let files = match api.get(&["organizations", &org, "files"]).await {
            Ok(files) => files.map(|files| only(files, id)),
            Err(error) => return Err(uploaded_unseen(error, &org, id)),
        };
        let stored = files.as_ref().and_then(|files| files.get(0)?.get("file_size")?.as_u64());
        if stored.is_some_and(|stored| stored != size) {
            let stored = stored.unwrap_or_default();
            let failure = Failure::failed(format!("The cloud has {stored} of the file's {size} bytes."));
            return Err(abandon(api, &org, id, failure).await.into());
        }
        Ok(Reply::of(files).columns(COLUMNS).done("File upload completed!"))
    }
}

/// Delete a file
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files delete --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d")]
pub(crate) struct Delete {
    /// File ID
    #[arg(long, add = Values::File)]
    file_id: String,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Delete {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let gone = cx.api()?.delete(&["organizations", &org, "files", &self.file_id]).await?;
        Ok(Reply::of(gone).done("File upload deleted."))
    }
}

/// Open what is to be uploaded, before anything is created for it.
fn open(path: &Path) -> Result<Upload> {
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        return Err(Failure::failed("The file path does not exist.").into());
    }
    let file = File::open(path).with_context(|| format!("could not read `{}`", path.display()))?;
    let size = file.metadata()?.len();
    if size > LARGEST {
        let size = units::file_size(&size.into()).unwrap_or_default();
        return Err(Failure::failed(format!("The file has {size}: an upload takes 5 GiB at most.")).into());
    }
    Ok(Upload { file, size })
}

/// Remove the record of an upload that failed, or name it.
async fn abandon(api: &Api, org: &str, id: &str, failure: Failure) -> Failure {
    match api.delete(&["organizations", org, "files", id]).await {
        Ok(_) => failure,
        Err(_) => failure.info(format!(
            "Its record is left behind. Remove it: `croud organizations files delete --org-id {org} --file-id {id}`"
        )),
    }
}

/// The error of a reply that only tells about an upload which is done.
fn uploaded_unseen(error: anyhow::Error, org: &str, id: &str) -> anyhow::Error {
    let look = format!("The file is uploaded. Look: `croud organizations files get --org-id {org} --file-id {id}`");
    match error.downcast::<Failure>() {
        Ok(failure) => failure.info(look).into(),
        Err(error) => error.context(look),
    }
}

/// A text of a reply that is not empty.
fn text<'v>(reply: &'v Value, key: &str) -> Option<&'v str> {
    reply.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// The rows with this id.
fn only(files: Value, id: &str) -> Value {
    match files {
        Value::Array(rows) => rows.into_iter().filter(|row| row.get("id").is_some_and(|value| value == id)).collect(),
        other => other,
    }
}

fn file_size(bytes: Option<&Value>) -> Cell<'_> {
    match bytes.and_then(units::file_size) {
        Some(text) => Cell::Text(text.into()),
        None => Cell::Null,
    }
}
