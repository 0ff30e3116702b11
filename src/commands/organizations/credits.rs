//! `organizations credits`: money that the organization may spend before it is billed.
//!
//! Anyone in the organization may list; creating, editing and expiring is for superusers. Amounts are
//! US dollars here and integer cents on the wire, exactly.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, Values, is_not_given, non_empty};
use crate::output::{Cell, Column};
use crate::run::{Reply, Run, Verb, noun};
use crate::units::{self, Cents};

noun! {
    /// Manage the credits of an organization
    Credits {
        verbs {
            List(Verb<List>),
            Create(Verb<Create>),
            Edit(Verb<Edit>),
            Expire(Verb<Expire>),
        }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("id"),
    Column::new("original_amount").show(dollars),
    Column::new("remaining_amount").show(dollars),
    Column::new("expiration_date"),
    Column::new("comment"),
    Column::new("status"),
];
const CHANGED: &[Column] = &[
    Column::new("id"),
    Column::new("original_amount").show(dollars),
    Column::new("expiration_date"),
    Column::new("comment"),
    Column::new("status"),
];

/// List credits
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations credits list --status ACTIVE,EXPIRED")]
pub(crate) struct List {
    /// Only credits of these statuses, comma separated: ACTIVE, EXPIRED [default: ACTIVE]
    #[arg(long)]
    status: Option<String>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let status = non_empty(self.status);
        let query: Vec<_> = status.as_deref().map(|status| ("status", status)).into_iter().collect();
        let credits = cx.api()?.get_with(&["organizations", &org, "credits"], &query).await?;
        Ok(Reply::of(credits).columns(COLUMNS))
    }
}

/// Create a credit; for superusers only
#[derive(Args, Serialize)]
#[command(
    after_help = "Example:\n  croud organizations credits create --sudo --org-id f6c39580-5719-431d-a508-0cee4f9e8209 --amount 300 --expiration-date 2030-12-24T12:34:56Z --comment \"Free Trial\""
)]
pub(crate) struct Create {
    /// Amount in US dollars, such as 300 or 19.99
    #[arg(long, allow_negative_numbers = true)]
    amount: Cents,

    /// When the credit expires, ISO 8601
    #[arg(long, value_name = "TIME")]
    expiration_date: String,

    /// Why there is this credit
    #[arg(long)]
    comment: String,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

impl Run for Create {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let credit = cx.api()?.post(&["organizations", &org, "credits"], &self).await?;
        Ok(Reply::of(credit).columns(CHANGED).done("Credit created."))
    }
}

/// Edit a credit; for superusers only
#[derive(Args, Serialize)]
#[command(
    after_help = "Example:\n  croud organizations credits edit --sudo --org-id f6c39580-5719-431d-a508-0cee4f9e8209 --credit-id f8207787-8458-4cab-94c1-4ca84a702154 --amount 500"
)]
pub(crate) struct Edit {
    /// Credit ID
    #[arg(long, add = Values::Credit)]
    #[serde(skip)]
    credit_id: String,

    /// Amount in US dollars; it can only rise
    #[arg(long, allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Cents>,

    /// When the credit expires, ISO 8601
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "is_not_given")]
    expiration_date: Option<String>,

    /// Why there is this credit
    #[arg(long)]
    #[serde(skip_serializing_if = "is_not_given")]
    comment: Option<String>,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

impl Run for Edit {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        if self.amount.is_none() && is_not_given(&self.expiration_date) && is_not_given(&self.comment) {
            return Err(Failure::usage("No input arguments found.").into());
        }
        let credit = cx.api()?.patch(&["organizations", &org, "credits", &self.credit_id], &self).await?;
        Ok(Reply::of(credit).columns(CHANGED).done("Credit edited."))
    }
}

/// Expire a credit; for superusers only
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations credits expire --sudo --org-id f6c39580-5719-431d-a508-0cee4f9e8209 --credit-id f8207787-8458-4cab-94c1-4ca84a702154"
)]
pub(crate) struct Expire {
    /// Credit ID
    #[arg(long, add = Values::Credit)]
    credit_id: String,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Expire {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let gone = cx.api()?.delete(&["organizations", &org, "credits", &self.credit_id]).await?;
        Ok(Reply::of(gone).done("Credit expired."))
    }
}

fn dollars(cents: Option<&Value>) -> Cell<'_> {
    Cell::Text(units::dollars(cents).into())
}
