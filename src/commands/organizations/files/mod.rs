//! `organizations files`: files that an organization uploads for import jobs.
//!
//! For members. The contents are sent to a pre-signed URL. Such a URL is a credential itself: it never
//! appears in an error message, and no other credential is sent to it.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::options::{FileReference, Organization};
use crate::output::Column;
use crate::run::{Listing, Record, Reply, Run, Verb, noun};

mod create;
mod get;
mod prune;
mod source;
mod target;

use create::Create;
use get::Get;
use prune::Prune;

noun! {
    /// Manage the files of an organization
    Files {
        verbs {
            Get(Record<Verb<Get>>),
            List(Listing<Verb<List>>),
            Create(Record<Verb<Create>>),
            Delete(Verb<Delete>),
            Prune(Record<Verb<Prune>>),
        }
    }
}

const COLUMNS: &[Column] = &[Column::new("id"), Column::new("name"), Column::new("status")];

/// List files
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files list")]
pub(crate) struct List {
    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let files = cx.api()?.get(&["organizations", &org, "files"]).await?;
        Ok(Reply::of(files))
    }
}

/// Delete a file
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations files delete --file-id 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d")]
pub(crate) struct Delete {
    #[command(flatten)]
    file: FileReference,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Delete {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let id = cx.file(&org, self.file).await?;
        let gone = cx.api()?.delete(&["organizations", &org, "files", &id]).await?;
        Ok(Reply::of(gone).done(format!("File upload deleted.\nID: {id}")))
    }
}
