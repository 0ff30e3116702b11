//! Reads the stored state of this version and of older ones.

use serde_json::{Value, json};

use super::seed;
use super::state::{State, VERSION};
use crate::limit::count_values;

/// The largest state that is stored, in bytes.
pub(super) const LARGEST_STATE: u64 = 16 << 20;
/// The most values of a state that is stored. JSON such as `[[1],[1]]` takes 50 times its size in memory.
const MOST_VALUES: usize = 600_000;

/// Whether a state is larger than what [`parse`] reads.
pub(super) fn is_too_large(text: &[u8]) -> bool {
    text.len() as u64 > LARGEST_STATE || count_values(text) > MOST_VALUES
}

/// Why a stored state cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is not valid, or too large.
    Damaged,
    /// A newer version of this program wrote it.
    Newer,
}

/// Parses a stored state.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn parse(text: &[u8]) -> Result<State, Unreadable> {
    if is_too_large(text) {
        return Err(Unreadable::Damaged);
    }
    let value: Value = serde_json::from_slice(text).map_err(|_| Unreadable::Damaged)?;
    match value.get("version").and_then(Value::as_u64) {
        Some(version) if version > u64::from(VERSION) => Err(Unreadable::Newer),
        Some(version) => migrate(value, version).ok_or(Unreadable::Damaged),
        None => Err(Unreadable::Damaged),
    }
}

/// Turns a state of this version or an older one into a [`State`]. `None` if it is not valid.
fn migrate(mut value: Value, version: u64) -> Option<State> {
    for (_, step) in steps().iter().filter(|(from, _)| u64::from(*from) >= version) {
        step(&mut value)?;
    }
    value["version"] = json!(VERSION);
    serde_json::from_value(value).ok()
}

/// What a step does to a state. `None` if it does not have the shape of its version.
type Step = fn(&mut Value) -> Option<()>;

/// The steps, each with the version that it starts from.
fn steps() -> [(u32, Step); 2] {
    [(1, from_1), (2, from_2)]
}

/// Version 2 has projects, clusters and subscriptions in place of their number, and a default organization.
fn from_1(state: &mut Value) -> Option<()> {
    let organizations = state.get_mut("organizations")?.as_array_mut()?;
    let is_admins = |organization: &&Value| {
        organization["members"]
            .as_array()
            .is_some_and(|members| members.iter().any(|member| member["uid"] == seed::ADMIN))
    };
    let default = organizations.iter().find(is_admins).map(|organization| organization["id"].clone());
    for organization in organizations {
        let has_projects = organization.get("project_count")?.as_u64()? > 0;
        let (projects, clusters, subscriptions) = if has_projects { seed::resources() } else { Default::default() };
        let fields = organization.as_object_mut()?;
        fields.shift_remove("project_count");
        fields.insert("projects".to_owned(), json!(projects));
        fields.insert("clusters".to_owned(), json!(clusters));
        fields.insert("subscriptions".to_owned(), json!(subscriptions));
    }
    state.as_object_mut()?.insert("default_organization_id".to_owned(), default.unwrap_or_default());
    Some(())
}

/// Version 3 has the address that a user has not confirmed, the users of projects, and edge regions.
fn from_2(state: &mut Value) -> Option<()> {
    for user in state.get_mut("users")?.as_array_mut()? {
        user.as_object_mut()?.insert("pending_email".to_owned(), Value::Null);
    }
    for organization in state.get_mut("organizations")?.as_array_mut()? {
        for project in organization.get_mut("projects")?.as_array_mut()? {
            project.as_object_mut()?.insert("members".to_owned(), json!([]));
        }
        organization.as_object_mut()?.insert("regions".to_owned(), json!([]));
    }
    Some(())
}
