//! `organizations customer`: the billing details of an organization.
//!
//! For organization admins. An edit replaces all details, so most of its options are required.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::options::{Organization, is_not_given};
use crate::output::{Cell, Column};
use crate::run::{Reply, Run, Verb, noun};

noun! {
    /// Manage the billing details of an organization
    Customer {
        verbs {
            Get(Verb<Get>),
            Edit(Verb<Edit>),
        }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("name"),
    Column::new("phone"),
    Column::new("email"),
    Column::new("address"),
    Column::new("tax").show(tax),
];

/// Show the billing details
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations customer get")]
pub(crate) struct Get {
    #[command(flatten)]
    organization: Organization,
}

impl Run for Get {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let customer = cx.api()?.get(&["organizations", &org, "customer"]).await?;
        Ok(Reply::of(customer).columns(COLUMNS))
    }
}

/// Replace the billing details
///
/// This replaces all details: an optional value that is left out is erased.
#[derive(Args, Serialize)]
#[command(
    after_help = "Example:\n  croud organizations customer edit --name Company --email billing@example.com \\\n      --phone +33123456789 --country FR --city Paris --line1 '1 Rue X' \\\n      --postal-code 75000"
)]
pub(crate) struct Edit {
    /// Name of the customer
    #[arg(long)]
    name: String,

    /// Email address of the customer
    #[arg(long)]
    email: String,

    /// Phone number of the customer
    #[arg(long)]
    phone: String,

    /// Country of the billing address
    #[arg(long)]
    country: String,

    /// City of the billing address
    #[arg(long)]
    city: String,

    /// Line 1 of the billing address
    #[arg(long)]
    line1: String,

    /// Postal code of the billing address
    #[arg(long)]
    postal_code: String,

    /// Line 2 of the billing address
    #[arg(long)]
    #[serde(skip_serializing_if = "is_not_given")]
    line2: Option<String>,

    /// Tax ID
    #[arg(long)]
    #[serde(skip_serializing_if = "is_not_given")]
    tax_id: Option<String>,

    /// Type of the tax ID, such as `eu_vat`
    #[arg(long)]
    #[serde(skip_serializing_if = "is_not_given")]
    tax_id_type: Option<String>,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

impl Run for Edit {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let customer = cx.api()?.put(&["organizations", &org, "customer"], &self).await?;
        Ok(Reply::of(customer).columns(COLUMNS).done("Organization's customer info edited."))
    }
}

/// The tax ID and its type, such as `ATU12345678 (eu_vat)`, or the one of them that is known.
fn tax(tax: Option<&Value>) -> Cell<'_> {
    let half = |key| tax.and_then(|tax| tax.get(key)?.as_str()).filter(|half| !half.is_empty());
    match (half("tax_id"), half("tax_id_type")) {
        (Some(id), Some(kind)) => Cell::Text(format!("{id} ({kind})").into()),
        (Some(id), None) => Cell::Text(id.into()),
        (None, Some(kind)) => Cell::Text(format!("({kind})").into()),
        (None, None) => Cell::Missing,
    }
}
