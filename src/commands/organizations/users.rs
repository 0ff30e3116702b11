//! `organizations users`: the members of an organization and their roles.
//!
//! For organization admins and superusers. An ID or an email address names a user.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::options::{Organization, Values};
use crate::output::{Cell, Column};
use crate::run::{Reply, Run, Verb, noun};

noun! {
    /// Manage the users of an organization
    Users {
        verbs {
            Add(Verb<Add>),
            List(Verb<List>),
            Remove(Verb<Remove>),
        }
    }
}

const ADDED: &[Column] = &[Column::new("organization_id"), Column::new("role_fqn"), Column::new("user_id")];
const COLUMNS: &[Column] = &[
    Column::new("email"),
    Column::new("organization_roles").show(first_role),
    Column::new("username"),
    Column::new("uid"),
];

/// Add a user, or change a user's role
///
/// An email address that has no account yet receives an invitation.
#[derive(Args, Serialize)]
#[command(after_help = "Example:\n  croud organizations users add --user jane@example.com --role org_member")]
pub(crate) struct Add {
    /// Email address or ID of the user
    #[arg(long, add = Values::User)]
    user: String,

    /// Role, such as org_admin or org_member (see `croud users roles list`)
    #[arg(long, add = Values::Role)]
    #[serde(rename = "role_fqn")]
    role: String,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

impl Run for Add {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let added = cx.api()?.post(&["organizations", &org, "users"], &self).await?;
        let is = |key: &str| added.as_ref().and_then(|added| added.get(key)).is_some_and(|value| value == true);
        let done = match (is("added"), is("invited")) {
            (true, _) => "User added to organization.",
            (false, true) => "User invited to organization.",
            (false, false) => "Role altered for user.",
        };
        Ok(Reply::of(added).columns(ADDED).done(done))
    }
}

/// List the users of an organization
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations users list")]
pub(crate) struct List {
    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let users = cx.api()?.get(&["organizations", &org, "users"]).await?;
        Ok(Reply::of(users).columns(COLUMNS))
    }
}

/// Remove a user from an organization
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations users remove --user member@example.com")]
pub(crate) struct Remove {
    /// Email address or ID of the user
    #[arg(long, add = Values::User)]
    user: String,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Remove {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let gone = cx.api()?.delete(&["organizations", &org, "users", &self.user]).await?;
        Ok(Reply::of(gone).done("User removed from organization."))
    }
}

/// A user has one role in an organization. The API returns it as a list with one item, an object.
fn first_role(roles: Option<&Value>) -> Cell<'_> {
    match roles {
        None | Some(Value::Null) => Cell::Missing,
        Some(Value::Array(list)) => match list.first() {
            None | Some(Value::Null) => Cell::Missing,
            Some(Value::Object(role)) => Cell::of(role.get("role_fqn")),
            Some(_) => Cell::of(roles),
        },
        Some(_) => Cell::of(roles),
    }
}
