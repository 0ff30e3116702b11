//! `organizations customer`: whom the bills go to.
//!
//! For organization admins. An edit replaces all that is known, so it takes all that is needed.

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
#[derive(Args, Serialize)]
#[command(
    after_help = "Example:\n  croud organizations customer edit --name Company --email billing@example.com --phone +33123456789 --country FR --city Paris --line1 \"1 Rue X\" --postal-code 75000"
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

    /// Billing address: country
    #[arg(long)]
    country: String,

    /// Billing address: city
    #[arg(long)]
    city: String,

    /// Billing address: line 1
    #[arg(long)]
    line1: String,

    /// Billing address: postal code
    #[arg(long)]
    postal_code: String,

    /// Billing address: line 2
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

/// `ATU12345678 (eu_vat)`, or the half that is there.
fn tax(tax: Option<&Value>) -> Cell<'_> {
    let half = |key| tax.and_then(|tax| tax.get(key)?.as_str()).filter(|half| !half.is_empty());
    match (half("tax_id"), half("tax_id_type")) {
        (Some(id), Some(kind)) => Cell::Text(format!("{id} ({kind})").into()),
        (Some(id), None) => Cell::Text(id.into()),
        (None, Some(kind)) => Cell::Text(format!("({kind})").into()),
        (None, None) => Cell::Missing,
    }
}
