//! `me`: the user who is logged in.

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::context::Context;
use crate::error::Failure;
use crate::options::Shared;
use crate::output::Column;
use crate::run::{ColumnOptions, Record, Reply, Run, Verb};

const COLUMNS: &[Column] = &[Column::new("email"), Column::new("username"), Column::new("idp")];
const EDITED: &[Column] = &[Column::new("success"), Column::new("status"), Column::new("message")];

/// Show the current user
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, after_help = "Example:\n  croud me -o json")]
pub(crate) struct Me {
    #[command(flatten)]
    shared: Shared,

    #[command(flatten)]
    columns: ColumnOptions<Self>,

    #[command(subcommand)]
    verb: Option<MeVerb>,
}

#[derive(Subcommand)]
enum MeVerb {
    Edit(Record<Verb<Edit>>),
}

impl Run for Me {
    const COLUMNS: &'static [Column] = COLUMNS;

    fn shared(&self) -> Shared {
        match &self.verb {
            Some(MeVerb::Edit(edit)) => edit.shared(),
            None => Shared { selection: self.columns.selection(), ..self.shared.clone() },
        }
    }

    async fn run(self, cx: &Context) -> Result<Reply> {
        match self.verb {
            Some(MeVerb::Edit(edit)) => edit.run(cx).await,
            None => Ok(Reply::of(cx.api()?.get(&["users", "me"]).await?).columns(COLUMNS)),
        }
    }
}

/// Edit the current user
///
/// A new email address takes effect when you confirm it: the API sends a message there.
#[derive(Args, Serialize)]
#[command(after_help = "Example:\n  croud me edit --email jane@example.com")]
pub(crate) struct Edit {
    /// New email address
    #[arg(long)]
    email: String,
}

impl Run for Edit {
    const COLUMNS: &'static [Column] = EDITED;

    async fn run(self, cx: &Context) -> Result<Reply> {
        if self.email.is_empty() {
            return Err(Failure::usage("`--email` must not be empty.").into());
        }
        let reply = cx.api()?.patch(&["users", "me"], &self).await?;
        Ok(Reply::of(reply).if_lost("The user was edited."))
    }
}
