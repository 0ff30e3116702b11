//! `organizations customer`: the billing details of an organization.
//!
//! For organization admins. An edit replaces all details, so most of its options are required.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::api;
use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, is_not_given};
use crate::output::{Cell, Column};
use crate::run::{Record, Reply, Run, Verb, noun};

noun! {
    /// Manage the billing details of an organization
    Customer {
        verbs {
            Get(Record<Verb<Get>>),
            Edit(Record<Verb<Edit>>),
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
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let customer = cx.api()?.get(&["organizations", &org, "customer"]).await?;
        Ok(Reply::of(customer))
    }
}

/// Replace the billing details
///
/// With `--merge`, every value that is left out is kept. Without it, all details are replaced: the options from `--name` to `--postal-code` are required, and an optional value that is left out is erased.
#[derive(Args, Serialize)]
#[command(
    after_help = "Examples:\n  croud organizations customer edit --name Company --email billing@example.com \\\n      --phone +33123456789 --country FR --city Paris --line1 '1 Rue X' \\\n      --postal-code 75000\n  croud organizations customer edit --merge --phone +33987654321"
)]
pub(crate) struct Edit {
    /// Name of the customer
    #[arg(long, required_unless_present = "merge")]
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,

    /// Email address of the customer
    #[arg(long, required_unless_present = "merge")]
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,

    /// Phone number of the customer
    #[arg(long, required_unless_present = "merge")]
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,

    /// Country of the billing address
    #[arg(long, required_unless_present = "merge")]
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,

    /// City of the billing address
    #[arg(long, required_unless_present = "merge")]
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,

    /// Line 1 of the billing address
    #[arg(long, required_unless_present = "merge")]
    #[serde(skip_serializing_if = "Option::is_none")]
    line1: Option<String>,

    /// Postal code of the billing address
    #[arg(long, required_unless_present = "merge")]
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,

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

    /// Keep the current value of every option that is left out
    #[arg(long)]
    #[serde(skip)]
    merge: bool,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

/// The fields of an edit, in order, with the JSON pointers of their values in a reply. The first seven are required.
const FIELDS: [(&str, &str); 10] = [
    ("name", "/name"),
    ("email", "/email"),
    ("phone", "/phone"),
    ("country", "/address/country"),
    ("city", "/address/city"),
    ("line1", "/address/line1"),
    ("postal_code", "/address/postal_code"),
    ("line2", "/address/line2"),
    ("tax_id", "/tax/tax_id"),
    ("tax_id_type", "/tax/tax_id_type"),
];
/// How many of [`FIELDS`] are required.
const REQUIRED: usize = 7;

impl Run for Edit {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let (api, path) = (cx.api()?, ["organizations", &org, "customer"]);
        let mut body = serde_json::to_value(&self)?;
        if self.merge {
            if !FIELDS.iter().any(|(field, _)| is_given(body.get(field))) {
                return Err(Failure::without_change("`--name`, `--email`, `--phone` and the other details").into());
            }
            body = merged(&body, &api::value(api.get(&path).await?)?)?;
        }
        let left_out: Vec<String> = FIELDS[REQUIRED..]
            .iter()
            .filter(|(field, _)| body.get(field).is_none())
            .map(|(field, _)| option(field))
            .collect();
        let customer = api.put(&path, &body).await?;
        let mut message = "Organization's customer info edited.".to_owned();
        if !self.merge && !left_out.is_empty() {
            message += &format!(
                "\nThese were left out and have no value now: {}. `--merge` keeps current values.",
                left_out.join(", ")
            );
        }
        Ok(Reply::of(customer).done(message))
    }
}

/// The option that sets a field.
fn option(field: &str) -> String {
    format!("--{}", field.replace('_', "-"))
}

/// The body of a merge: the given fields, and the current values of the others.
///
/// # Errors
/// A usage error for required fields that have no value on either side.
fn merged(given: &Value, current: &Value) -> Result<Value, Failure> {
    let (mut body, mut missing) = (serde_json::Map::new(), Vec::new());
    for (number, (field, pointer)) in FIELDS.into_iter().enumerate() {
        let values = [given.get(field), current.pointer(pointer)];
        match values.into_iter().find(|value| is_given(*value)).flatten() {
            Some(value) => {
                body.insert(field.to_owned(), value.clone());
            }
            None if number < REQUIRED => missing.push(option(field)),
            None => {}
        }
    }
    match missing.as_slice() {
        [] => Ok(Value::Object(body)),
        missing => {
            Err(Failure::usage(format!("The billing details have no value to keep for: {}.", missing.join(", "))))
        }
    }
}

/// Whether a value is there and is neither null nor an empty text.
fn is_given(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !value.is_null() && value != "")
}

/// The tax ID and its type, such as `ATU12345678 (eu_vat)`. One of them may be missing.
fn tax(tax: Option<&Value>) -> Cell<'_> {
    let parts = match tax {
        None | Some(Value::Null) => return Cell::Missing,
        Some(Value::Object(parts)) => parts,
        Some(_) => return Cell::of(tax),
    };
    let part = |key| match Cell::of(parts.get(key)) {
        Cell::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    };
    match (part("tax_id"), part("tax_id_type")) {
        (Some(id), Some(kind)) => Cell::Text(format!("{id} ({kind})").into()),
        (Some(id), None) => Cell::Text(id),
        (None, Some(kind)) => Cell::Text(format!("({kind})").into()),
        (None, None) => Cell::Missing,
    }
}
