//! `organizations users`: the members of an organization and their roles.
//!
//! For organization admins and superusers. An ID or an email address names a user.

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;

use crate::api;
use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, Values};
use crate::output::{Cell, Column};
use crate::record;
use crate::run::{Listing, Record, Reply, Run, Verb, noun};

mod apply;
mod members_file;
mod plan;

/// The FQN of the role that manages an organization.
const ADMIN: &str = "org_admin";

noun! {
    /// Manage the users of an organization
    Users {
        verbs {
            Add(Record<Verb<Add>>),
            Apply(Record<Verb<apply::Apply>>),
            Edit(Record<Verb<Edit>>),
            List(Listing<Verb<List>>),
            Remove(Verb<Remove>),
        }
    }
}

/// The columns of a reply that gives a role to a user.
pub(super) const ADDED: &[Column] = &[Column::new("organization_id"), Column::new("role_fqn"), Column::new("user_id")];
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
    const COLUMNS: &'static [Column] = ADDED;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let added = cx.api()?.post(&["organizations", &org, "users"], &self).await?;
        let is = |key: &str| added.as_ref().and_then(|added| added.member(key)) == Some("true");
        let done = match (is("added"), is("invited")) {
            (true, _) => "User added to organization.",
            (false, true) => "User invited to organization.",
            (false, false) => "Role altered for user.",
        };
        Ok(Reply::of(added).done(done))
    }
}

/// Change the role of a user
///
/// A user who is not a member is not added or invited.
#[derive(Args, Serialize)]
#[command(after_help = "Example:\n  croud organizations users edit --user member@example.com --role org_admin")]
pub(crate) struct Edit {
    /// Email address or ID of the user
    #[arg(long, add = Values::User)]
    user: String,

    /// New role, such as org_admin or org_member (see `croud users roles list`)
    #[arg(long, add = Values::Role)]
    #[serde(rename = "role_fqn")]
    role: String,

    #[command(flatten)]
    #[serde(skip)]
    organization: Organization,
}

impl Run for Edit {
    const COLUMNS: &'static [Column] = ADDED;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let users = api::value(cx.api()?.get(&["organizations", &org, "users"]).await?)?;
        let is_named = |user: &Value| {
            let has = |key: &str| {
                user.get(key).and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(&self.user))
            };
            has("uid") || has("email")
        };
        if !record::list(&users).iter().any(is_named) {
            let list = cx.suggest_request(&["organizations", "users", "list", "--org-id", &org]);
            let problem = format!(
                "`{}` is not a member of the organization. Nothing was changed.\n{list} shows the members.",
                self.user
            );
            return Err(Failure::failed(problem).into());
        }
        let edited = cx.api()?.post(&["organizations", &org, "users"], &self).await?;
        Ok(Reply::of(edited).done("Role altered for user."))
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
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let users = cx.api()?.get(&["organizations", &org, "users"]).await?;
        Ok(Reply::of(users))
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
        let org = cx.organization(&self.organization).await?;
        let gone = cx.api()?.delete(&["organizations", &org, "users", &self.user]).await?;
        Ok(Reply::of(gone).done(format!("User removed from organization.\nUser: {}", self.user)))
    }
}

/// Shows the role in the `organization_roles` of a user or an invitation. A value of another shape is shown unchanged.
pub(super) fn first_role(roles: Option<&Value>) -> Cell<'_> {
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

/// The FQN of the role in the `organization_roles` of a user or an invitation. A user has one role in an organization.
/// The API returns it as a list with one object.
fn role_in(roles: Option<&Value>) -> Option<&Value> {
    roles?.get(0)?.get("role_fqn")
}
