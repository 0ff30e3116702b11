//! `organizations`: create, get, list, edit and delete, and the nouns below it.
//!
//! Every member can read. Only an organization admin can edit and delete, and only a superuser can choose
//! the plan. Deleting asks for confirmation.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer};

use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, Values, is_not_given, whole_number};
use crate::output::Column;
use crate::run::{Listing, Record, Reply, Run, Verb, noun};

mod auditlogs;
mod credits;
mod customer;
mod files;
mod invitations;
mod secrets;
mod users;

noun! {
    /// Manage organizations
    #[command(display_order = 0)]
    Organizations {
        verbs {
            Create(Record<Verb<Create>>),
            Get(Record<Verb<Get>>),
            List(Listing<Verb<List>>),
            Edit(Record<Verb<Edit>>),
            Delete(Verb<Delete>),
        }
        nouns {
            Auditlogs(auditlogs::Auditlogs),
            Users(users::Users),
            Invitations(invitations::Invitations),
            Files(files::Files),
            Secrets(secrets::Secrets),
            Credits(credits::Credits),
            Customer(customer::Customer),
        }
    }
}

// Some versions of the API name the plan `planType`.
const COLUMNS: &[Column] = &[Column::new("id"), Column::new("name"), Column::new("plan_type").or("planType")];

/// Create an organization
#[derive(Args, Serialize)]
#[command(after_help = "Example:\n  croud organizations create --name my-org")]
pub(crate) struct Create {
    /// Name of the organization
    #[arg(long)]
    name: String,

    /// Support plan, 1 to 6 (superusers only)
    #[arg(long, value_name = "PLAN", value_parser = plan())]
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_type: Option<u8>,
}

impl Run for Create {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let organization = cx.api()?.post(&["organizations"], &self).await?;
        Ok(Reply::of(organization).done("Organization created."))
    }
}

/// Show one organization
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations get f6c39580-5719-431d-a508-0cee4f9e8209 -o yaml")]
pub(crate) struct Get {
    /// Organization ID [default: the profile's]
    #[arg(conflicts_with_all = ["org_id", "org"], add = Values::Organization)]
    id: Option<String>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Get {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = match self.id {
            Some(id) => id,
            None => cx.organization(&self.organization).await?,
        };
        Ok(Reply::of(cx.api()?.get(&["organizations", &org]).await?))
    }
}

/// List the organizations that you are a member of
#[derive(Args)]
#[command(after_help = "Examples:\n  croud organizations list\n  croud organizations list -o json")]
pub(crate) struct List {}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let organizations = cx.api()?.get(&["organizations"]).await?;
        Ok(Reply::of(organizations))
    }
}

/// The parser for the number of a support plan.
fn plan() -> impl Fn(&str) -> Result<u8, String> + Clone {
    whole_number(1..=6, "a number from 1 to 6")
}

/// Edit an organization
#[derive(Args, Serialize)]
#[command(after_help = "Example:\n  croud organizations edit --name new-name")]
pub(crate) struct Edit {
    /// New name
    #[arg(long)]
    #[serde(skip_serializing_if = "is_not_given")]
    name: Option<String>,

    /// New support plan, 1 to 6 (superusers only)
    #[arg(long, value_name = "PLAN", value_parser = plan())]
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_type: Option<u8>,

    /// New email address for notifications
    #[arg(long)]
    #[serde(skip_serializing_if = "is_not_given")]
    email: Option<String>,

    /// Turn notifications by email on or off
    #[arg(long, value_name = "SWITCH")]
    #[serde(rename = "notifications_enabled", skip_serializing_if = "Option::is_none")]
    notifications: Option<Switch>,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

/// The value of an option that turns something on or off.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

impl Serialize for Switch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self == Switch::On)
    }
}

impl Run for Edit {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let is_empty = is_not_given(&self.name)
            && self.plan_type.is_none()
            && is_not_given(&self.email)
            && self.notifications.is_none();
        if is_empty {
            return Err(Failure::without_change("`--name`, `--plan-type`, `--email` and `--notifications`").into());
        }
        let organization = cx.api()?.put(&["organizations", &org], &self).await?;
        Ok(Reply::of(organization).done("Organization edited."))
    }
}

/// Delete an organization
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations delete --yes --org-id f6c39580-5719-431d-a508-0cee4f9e8209")]
pub(crate) struct Delete {
    /// Delete without asking for confirmation
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Delete {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        if !self.yes {
            cx.term().continue_line(&format!("Organization {org} at {}", cx.target()?.login.endpoint()));
            if !cx.confirm("Are you sure you want to delete the organization?")? {
                return Ok(Reply::info("Organization deletion cancelled."));
            }
        }
        let gone = cx.api()?.delete(&["organizations", &org]).await?;
        if cx.profile_organization() == Some(&org) {
            cx.set_in_profile(&[("organization-id", None)])?;
        }
        Ok(Reply::of(gone).done(format!("Organization deleted.\nID: {org}")))
    }
}
