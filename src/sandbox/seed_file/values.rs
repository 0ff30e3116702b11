//! The values of a state: from the seed file, or else their defaults.

use ring::digest::{SHA256, digest};

use super::document as file;
use super::fields::{Name, Text};
use crate::sandbox::schema::uuid;
use crate::sandbox::seed;
use crate::sandbox::state;

/// The end of invitations and credits.
pub(super) const EXPIRATION: &str = "2034-12-31T00:00:00";
/// What a description shows in place of secret characters.
pub(super) const MASK: &str = "**********";

/// A UUID that depends on the key and the number only.
pub(super) fn derived_id(key: [&str; 3], number: u32) -> String {
    let hash = digest(&SHA256, format!("{}\0{number}", key.join("\0")).as_bytes());
    uuid(hash.as_ref().iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
}

/// A text, or the default.
pub(super) fn name_or(given: Option<Name>, default: &str) -> String {
    given.map_or_else(|| default.to_owned(), |name| name.0)
}

/// Dates, or those of the built-in data.
pub(super) fn dates(given: Option<file::Dates>) -> state::Dates {
    match given {
        None => seed::dates(),
        Some(file::Dates { created, modified }) => {
            let modified = modified.map_or_else(|| created.0.clone(), |time| time.0);
            state::Dates { created: created.0, modified }
        }
    }
}

/// The API key of a user without one.
pub(super) fn api_key(username: &str) -> state::ApiKey {
    state::ApiKey {
        key: format!("sandbox-key-{username}"),
        secret: format!("sandbox-secret-{username}"),
        active: true,
        last_used: None,
        dc: seed::dates(),
    }
}

/// An API key that is given.
pub(super) fn api_key_of(from: file::ApiKey) -> state::ApiKey {
    state::ApiKey {
        key: from.key.0,
        secret: from.secret.0,
        active: from.active.unwrap_or(true),
        last_used: from.last_used.map(|time| time.0),
        dc: dates(from.dc),
    }
}

/// A customer. Missing values are null.
pub(super) fn customer(from: file::Customer) -> state::Customer {
    let name = |given: Option<Name>| given.map(|name| name.0);
    let text = |given: Option<Text>| given.map(|text| text.0);
    state::Customer {
        name: name(from.name),
        email: from.email.map(|email| email.0),
        phone: name(from.phone),
        city: name(from.city),
        country: name(from.country),
        line1: name(from.line1),
        line2: text(from.line2),
        postal_code: name(from.postal_code),
        tax_id: text(from.tax_id),
        tax_id_type: text(from.tax_id_type),
    }
}
