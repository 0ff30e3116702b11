//! `organizations invitations`: invitations to join an organization, which are sent by email.
//!
//! For organization admins: `list` and `delete`. `users add` creates an invitation. The invited user accepts it.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::users::{ADDED, first_role};
use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, Values};
use crate::output::Column;
use crate::run::{Listing, Record, Reply, Run, Verb, noun};
use crate::secret::SecretSource;

noun! {
    /// Manage the invitations to an organization
    Invitations {
        verbs {
            List(Listing<Verb<List>>),
            Delete(Verb<Delete>),
            Accept(Record<Verb<Accept>>),
        }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("email"),
    Column::new("organization_roles").show(first_role),
    Column::new("status"),
    Column::new("expiration_date"),
    Column::new("uid"),
];

/// The states of an invitation.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Status {
    Pending,
    Accepted,
}

/// List invitations
///
/// Expired invitations are listed as PENDING.
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations invitations list --status PENDING")]
pub(crate) struct List {
    /// Only invitations with this status
    #[arg(long)]
    status: Option<Status>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let status = self.status.map(|status| match status {
            Status::Pending => "PENDING",
            Status::Accepted => "ACCEPTED",
        });
        let query: Vec<_> = status.iter().map(|status| ("status", *status)).collect();
        let invitations = cx.api()?.get_with(&["organizations", &org, "invitations"], &query).await?;
        Ok(Reply::of(invitations))
    }
}

/// Delete an invitation
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations invitations delete --invitation-id 0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44"
)]
pub(crate) struct Delete {
    /// ID of the invitation, which the list shows as uid
    #[arg(long, add = Values::Invitation)]
    invitation_id: String,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Delete {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let id = self.invitation_id;
        let gone = cx.api()?.delete(&["organizations", &org, "invitations", &id]).await?;
        Ok(Reply::of(gone).done(format!("Invitation deleted.\nID: {id}")))
    }
}

/// Accept an invitation
///
/// The invitation that you received by email contains the token. Without --token, you are asked for it. `@FILE` reads it from a file, `-` from stdin.
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations invitations accept --token @token.txt")]
pub(crate) struct Accept {
    /// Token of the invitation
    #[arg(long)]
    token: Option<SecretSource>,
}

impl Run for Accept {
    const COLUMNS: &'static [Column] = ADDED;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let missing = || Failure::usage("A token is required. Please pass --token.");
        let token = cx.secret(self.token, "Token of the invitation")?.ok_or_else(missing)?;
        let accepted = cx.api()?.post(&["users", "me", "accept-invite"], &json!({"token": token.reveal()})).await?;
        Ok(Reply::of(accepted).done("Invitation accepted."))
    }
}
