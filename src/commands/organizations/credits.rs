//! `organizations credits`: money that an organization can spend before it is billed.
//!
//! Every member can list credits. Only a superuser can create, edit and expire them. Amounts are US
//! dollars on the command line and in tables, and integer cents in requests and replies.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::api;
use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, Values, is_not_given, non_empty};
use crate::output::{Cell, Column};
use crate::record;
use crate::run::{Listing, Record, Reply, Run, Verb, noun};
use crate::units::{self, Cents};

noun! {
    /// Manage the credits of an organization
    Credits {
        verbs {
            List(Listing<Verb<List>>),
            Create(Record<Verb<Create>>),
            Edit(Record<Verb<Edit>>),
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
// As in the Python program, `wide` shows the remaining amount of a new or edited credit in cents.
const CHANGED: &[Column] = &[
    Column::new("id"),
    Column::new("original_amount").show(dollars),
    Column::new("expiration_date"),
    Column::new("comment"),
    Column::new("status"),
];

/// List credits
///
/// Tables show amounts in US dollars. JSON and YAML contain cents, as the API sends them.
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations credits list --status ACTIVE,EXPIRED")]
pub(crate) struct List {
    /// Only credits with these statuses, separated by commas: ACTIVE, EXPIRED [default: ACTIVE]
    #[arg(long)]
    status: Option<String>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let status = non_empty(self.status);
        let query: Vec<_> = status.as_deref().map(|status| ("status", status)).into_iter().collect();
        let credits = cx.api()?.get_with(&["organizations", &org, "credits"], &query).await?;
        Ok(Reply::of(credits))
    }
}

/// Create a credit (superusers only)
///
/// Amounts are US dollars here, but cents in the JSON and YAML output.
#[derive(Args, Serialize)]
#[command(
    after_help = "Example:\n  croud organizations credits create --sudo \\\n      --org-id f6c39580-5719-431d-a508-0cee4f9e8209 --amount 300 \\\n      --expiration-date 2030-12-24T12:34:56Z --comment 'Free Trial'"
)]
pub(crate) struct Create {
    /// Amount in US dollars, such as 300 or 19.99
    #[arg(long)]
    amount: Cents,

    /// Expiration time, such as 2030-12-24T12:34:56Z
    #[arg(long, value_name = "TIME")]
    expiration_date: String,

    /// Reason for the credit
    #[arg(long)]
    comment: String,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

impl Run for Create {
    const COLUMNS: &'static [Column] = CHANGED;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let credit = cx.api()?.post(&["organizations", &org, "credits"], &self).await?;
        Ok(Reply::of(credit).done("Credit created."))
    }
}

/// Edit a credit (superusers only)
///
/// Amounts are US dollars here, but cents in the JSON and YAML output.
#[derive(Args, Serialize)]
#[command(
    after_help = "Examples:\n  croud organizations credits edit --sudo \\\n      --org-id f6c39580-5719-431d-a508-0cee4f9e8209 \\\n      --credit-id 4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99 --amount 500\n  croud organizations credits edit --sudo \\\n      --org-id f6c39580-5719-431d-a508-0cee4f9e8209 \\\n      --credit-id 4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99 --add 19.99"
)]
pub(crate) struct Edit {
    /// Credit ID
    #[arg(long, add = Values::Credit)]
    #[serde(skip)]
    credit_id: String,

    /// New total in US dollars, such as 300 or 19.99; can only be increased
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Cents>,

    /// Add this amount in US dollars to the current total, which is read first
    #[arg(long, value_name = "AMOUNT", conflicts_with = "amount")]
    #[serde(skip)]
    add: Option<Cents>,

    /// Expiration time, such as 2030-12-24T12:34:56Z
    #[arg(long, value_name = "TIME")]
    #[serde(skip_serializing_if = "is_not_given")]
    expiration_date: Option<String>,

    /// Reason for the credit
    #[arg(long)]
    #[serde(skip_serializing_if = "is_not_given")]
    comment: Option<String>,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

impl Run for Edit {
    const COLUMNS: &'static [Column] = CHANGED;

    async fn run(mut self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let changes_amount = self.amount.is_some() || self.add.is_some();
        if !changes_amount && is_not_given(&self.expiration_date) && is_not_given(&self.comment) {
            return Err(Failure::without_change("`--amount`, `--add`, `--expiration-date` and `--comment`").into());
        }
        let mut done = "Credit edited.".to_owned();
        if let Some(added) = self.add {
            let before = total(cx, &org, &self.credit_id).await?;
            let after = before.checked_add(added).ok_or_else(|| Failure::usage("The new total is too large."))?;
            done.push_str(&format!("\n{before} -> {after}"));
            self.amount = Some(after);
        }
        let credit = cx.api()?.patch(&["organizations", &org, "credits", &self.credit_id], &self).await?;
        Ok(Reply::of(credit).done(done))
    }
}

/// The total amount of a credit, which the API calls `original_amount`. It has no request for one credit.
///
/// # Errors
/// There is no such credit, or its amount is not a number of cents.
async fn total(cx: &Context, org: &str, credit_id: &str) -> Result<Cents> {
    let credits = cx.api()?.get_with(&["organizations", org, "credits"], &[("status", "ACTIVE,EXPIRED")]).await?;
    let credits = api::value(credits)?;
    let credit = record::with_id(&credits, credit_id).ok_or_else(|| {
        let list = cx.suggest_request(&["organizations", "credits", "list", "--org-id", org]);
        Failure::failed(format!("There is no credit `{credit_id}`.\n{list} shows the IDs that exist."))
    })?;
    let total = credit.get("original_amount").and_then(Cents::from_json);
    Ok(total.ok_or_else(|| Failure::failed("The reply is unusable: the credit has no `original_amount` in cents."))?)
}

/// Expire a credit (superusers only)
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations credits expire --sudo \\\n      --org-id f6c39580-5719-431d-a508-0cee4f9e8209 \\\n      --credit-id 4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99"
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
        let org = cx.organization(&self.organization).await?;
        let gone = cx.api()?.delete(&["organizations", &org, "credits", &self.credit_id]).await?;
        Ok(Reply::of(gone).done(format!("Credit expired.\nID: {}", self.credit_id)))
    }
}

/// An amount in dollars; `0` if it is missing.
fn dollars(cents: Option<&Value>) -> Cell<'_> {
    match cents {
        None | Some(Value::Null) => Cell::Text("0".into()),
        Some(value) => units::dollars(value).map_or_else(|| Cell::of(cents), |dollars| Cell::Text(dollars.into())),
    }
}
