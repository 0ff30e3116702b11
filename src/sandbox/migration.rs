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

/// Parse a stored state. `None` if it is not valid, too large, or of a newer version.
pub(super) fn parse(text: &[u8]) -> Option<State> {
    if is_too_large(text) {
        return None;
    }
    let mut value: Value = serde_json::from_slice(text).ok()?;
    let version = value.get("version")?.as_u64()?;
    for (_, step) in steps().iter().filter(|(from, _)| u64::from(*from) >= version) {
        step(&mut value)?;
    }
    if version <= u64::from(VERSION) {
        value["version"] = json!(VERSION);
    }
    serde_json::from_value::<State>(value).ok().filter(|state| state.version == VERSION)
}

/// What a step does to a state. `None` if it does not have the shape of its version.
type Step = fn(&mut Value) -> Option<()>;

/// The steps, each with the version that it starts from.
fn steps() -> [(u32, Step); 1] {
    [(1, from_1)]
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
