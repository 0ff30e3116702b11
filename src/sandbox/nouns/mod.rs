//! The endpoints of the API: one file for each noun, with its routes, the fields that they take and return, and
//! their functions.

mod account;
mod all_users;
mod api_keys;
mod audit_logs;
mod billing;
mod clusters;
mod credits;
mod customer;
mod files;
mod invitations;
mod login;
mod organizations;
mod products;
mod project_users;
mod projects;
mod regions;
mod resources;
mod secrets;
mod subscriptions;
mod users;

use serde_json::{Value, json};

use super::route::Route;
use super::schema::{Field, Kind, field, text, word};
use super::state::User;

/// The routes of every noun.
pub(super) const ALL: &[&[Route]] = &[
    organizations::ROUTES,
    audit_logs::ROUTES,
    regions::ROUTES,
    users::ROUTES,
    invitations::ROUTES,
    files::ROUTES,
    secrets::ROUTES,
    credits::ROUTES,
    customer::ROUTES,
    projects::ROUTES,
    project_users::ROUTES,
    clusters::ROUTES,
    subscriptions::ROUTES,
    billing::ROUTES,
    products::ROUTES,
    all_users::ROUTES,
    account::ROUTES,
    api_keys::ROUTES,
    login::ROUTES,
];

/// When something was created and changed.
const DATES: &[Field] = &[field("created", Kind::Time), field("modified", Kind::Time)];

/// The roles in an organization.
const ORGANIZATION_ROLE_WORDS: &[&str] = &["org_admin", "org_member"];

/// The roles in a project.
const PROJECT_ROLE_WORDS: &[&str] = &["project_admin", "project_member"];

/// All roles.
const ROLE_WORDS: &[&str] = &["org_admin", "org_member", "project_admin", "project_member"];

/// The roles of a user in organizations.
const ORGANIZATION_ROLES: Field = field(
    "organization_roles",
    Kind::List(&Kind::Object(&[field("organization_id", Kind::Uuid), word("role_fqn", ORGANIZATION_ROLE_WORDS)])),
);

/// The roles of a user in projects.
const PROJECT_ROLES: Field = field(
    "project_roles",
    Kind::List(&Kind::Object(&[field("project_id", Kind::Uuid), word("role_fqn", PROJECT_ROLE_WORDS)])),
);

/// The vendor's description allows words only. What they mean is a guess.
const PICTURE: Field = text("picture").guess();

/// A user in a list. `roles` are `organization_roles`, `project_roles` or both.
fn user_row<const N: usize>(user: &User, roles: [(&str, Value); N]) -> Value {
    let mut row = json!({
        "uid": user.uid,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "picture": format!("avatar-{}", user.username),
        "idp": user.idp,
    });
    for (name, roles) in roles {
        row[name] = roles;
    }
    row
}

/// A user of an organization.
const USER: &[Field] = &[
    field("uid", Kind::Uuid),
    field("email", Kind::Email),
    text("username"),
    text("name"),
    PICTURE,
    text("idp"),
    ORGANIZATION_ROLES,
];
