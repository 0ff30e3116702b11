//! A seed file: the initial data of a sandbox, written by its user in YAML.
//!
//! Most fields are optional. Missing IDs, email addresses, tokens and times are derived, always the same from the same
//! file. An export of a seed has everything that the lists of the API show.

mod document;
mod fields;
mod read;
mod values;
mod write;

use serde_json::Value;

use super::state::State;
use crate::limit::check_brackets;
use document::Document;

/// The state that a seed file describes.
///
/// # Errors
/// What is wrong with the file, and where: a line and a column, or a path such as `organizations[1].users[0]`.
pub(super) fn parse(text: &str) -> Result<State, String> {
    if text.trim().is_empty() {
        return Err("the file is empty".to_owned());
    }
    check_brackets(text)?;
    let document: Document = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    read::state(document)
}

/// The seed file of a state, as JSON, which is YAML, too. The content of uploaded files is not in it.
pub(super) fn of_state(state: &State) -> Value {
    let mut document = serde_json::to_value(write::document(state)).unwrap_or_default();
    remove_nulls(&mut document);
    document
}

/// Removes the fields that are null, because a missing field has the same meaning.
fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            // The context of an event is not described here. Its nulls stay.
            fields.iter_mut().filter(|(name, _)| *name != "context").for_each(|(_, field)| remove_nulls(field));
        }
        Value::Array(items) => items.iter_mut().for_each(remove_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
