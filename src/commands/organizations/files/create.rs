//! `organizations files create`: creates a record, uploads the contents, and shows the record.
//!
//! The record of a failed upload is removed. The record of a complete upload never is.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use super::{COLUMNS, source};
use crate::api::{self, Upload};
use crate::context::Context;
use crate::error::{Failure, with_info};
use crate::options::{Organization, non_empty};
use crate::output::Column;
use crate::record;
use crate::run::{Reply, Run};
use crate::stop::Hold;

/// How long the removal of a record may take after a signal. The program ends a second later.
const REMOVAL_LIMIT: Duration = Duration::from_secs(4);

/// Upload a file
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud organizations files create --file-path nyc_taxi.csv\n  gzip -c nyc_taxi.csv | croud organizations files create --file-path - --name nyc_taxi.csv.gz"
)]
pub(crate) struct Create {
    /// File to upload, at most 5 GiB; `-` is stdin, which is stored in a temporary file first
    #[arg(long)]
    file_path: PathBuf,

    /// Name of the file in the cloud [default: its name without folders]
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Create {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let is_stdin = self.file_path.as_os_str() == "-";
        let base_name = || self.file_path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = match non_empty(self.name) {
            None if is_stdin => return Err(Failure::usage("`--file-path -` needs a `--name`.").into()),
            name => name.or_else(base_name).unwrap_or_default(),
        };
        let upload = if is_stdin { source::spool_stdin()? } else { source::open(&self.file_path)? };
        let size = upload.size;
        // After a signal, the record of a failed upload is still removed, and a complete upload is still reported.
        let hold = cx.hold();
        cx.info("Creating a new file upload...");
        let created = cx.api()?.post(&["organizations", &org, "files"], &json!({"name": name})).await?;
        let created = created.and_then(|created| created.value().ok()).unwrap_or_default();
        let unusable =
            || Failure::failed("The reply is unusable: it has no `id` or no `upload_url` to send the file to.");
        let Some(id) = record::id(&created) else {
            let list = cx.suggest(&["organizations", "files", "list", "--org-id", &org]);
            return Err(unusable().info(format!("A record may have been created. Check with {list}.")).into());
        };
        let file = NewFile { cx, hold, org, id };
        let uploaded = match record::text(&created, "upload_url") {
            Some(url) => file.upload(url, upload).await,
            None => Err(unusable()),
        };
        if let Err(failure) = uploaded {
            return Err(file.abandon(failure).await.into());
        }
        let rows = file.uploaded_rows(size).await.map_err(|error| {
            with_info(error, format!("The file is uploaded. Check it with {}.", file.suggest("get")))
        })?;
        Ok(Reply::of(Some(rows)).done("File upload completed!"))
    }
}

/// A file whose record exists.
struct NewFile<'c> {
    cx: &'c Context,
    hold: Hold,
    org: String,
    id: String,
}

impl NewFile<'_> {
    fn path(&self) -> [&str; 4] {
        ["organizations", &self.org, "files", &self.id]
    }

    /// A command about this file.
    fn suggest(&self, verb: &str) -> String {
        self.cx.suggest(&["organizations", "files", verb, "--org-id", &self.org, "--file-id", &self.id])
    }

    /// Sends the contents to the pre-signed URL.
    async fn upload(&self, url: &str, upload: Upload) -> Result<(), Failure> {
        let failed = |error: anyhow::Error| {
            Failure::failed(format!("There was an error while trying to upload the file\n{error:#}"))
        };
        self.cx.info("Uploading the file...");
        let progress = self.cx.term().progress(upload.size);
        let step = progress.clone();
        let api = self.cx.api().map_err(failed)?;
        let uploaded = tokio::select! {
            biased;
            failure = self.hold.stopped() => Err(failure),
            uploaded = api.upload(url, upload, move |sent| step.inc(sent)) => uploaded.map_err(failed),
        };
        progress.finish_and_clear();
        uploaded
    }

    /// Removes the record of a failed upload, or names it. Returns the failure.
    async fn abandon(&self, failure: Failure) -> Failure {
        let path = self.path();
        let removal = async { self.cx.api()?.delete_if_present(&path).await };
        let limit = async {
            self.hold.signal().await;
            tokio::time::sleep(REMOVAL_LIMIT).await;
        };
        let is_removed = tokio::select! {
            removed = removal => removed.is_ok(),
            () = limit => false,
        };
        match is_removed {
            true => failure,
            false => failure.info(format!("Its record is left behind. Remove it with {}.", self.suggest("delete"))),
        }
    }

    /// The record after the upload, as a list with one row.
    ///
    /// # Errors
    /// The record can't be read, or it has another size than `size`.
    async fn uploaded_rows(&self, size: u64) -> Result<Value> {
        let record = tokio::select! {
            biased;
            failure = self.hold.stopped() => return Err(failure.into()),
            record = self.record() => record?,
        };
        match record.get("file_size").and_then(Value::as_u64) {
            Some(stored) if stored != size => {
                Err(Failure::failed(format!("The cloud reports {stored} bytes, but the file has {size} bytes.")).into())
            }
            _ => Ok(Value::Array(vec![record])),
        }
    }

    /// The record in the list of files. If it is not there, it is requested by its ID.
    async fn record(&self) -> Result<Value> {
        let api = self.cx.api()?;
        let files = api::value(api.get(&["organizations", &self.org, "files"]).await?)?;
        if let Some(record) = record::with_id(&files, &self.id) {
            return Ok(record.clone());
        }
        let mut record = api::value(api.get(&self.path()).await?)?;
        // A row of the list has no URL, which would be a credential.
        if let Some(record) = record.as_object_mut() {
            record.shift_remove("download_url");
        }
        Ok(record)
    }
}
