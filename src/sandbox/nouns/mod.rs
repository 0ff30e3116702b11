//! The endpoints of the API: one file for each noun, with its table of routes and their functions.

mod account;
mod api_keys;
mod audit_logs;
mod credits;
mod customer;
mod files;
mod invitations;
mod login;
mod organizations;
mod regions;
mod secrets;
mod users;

use super::route::Route;

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
    account::ROUTES,
    api_keys::ROUTES,
    login::ROUTES,
];

/// Whether a text has the shape of an email address.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| {
        !user.is_empty()
            && host.split('.').count() > 1
            && host.split('.').all(|part| !part.is_empty())
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
            && !host.contains('@')
    })
}
