//! JSON text, of which only the parts that are needed are read.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The text of a JSON string: copied only where it has escapes.
#[derive(Deserialize)]
pub(super) struct Text<'t>(#[serde(borrow)] pub(super) Cow<'t, str>);

/// Call `each` with the key and the value of every member of an object, in order. Anything else has no members.
///
/// # Errors
/// The text is not JSON.
pub(super) fn members<'v>(object: &'v RawValue, each: impl FnMut(&str, &'v RawValue)) -> serde_json::Result<()> {
    if !object.get().starts_with('{') {
        return Ok(());
    }
    serde_json::Deserializer::from_str(object.get()).deserialize_map(Members(each))
}

/// The member of an object with this key; the last one, if there are several.
///
/// # Errors
/// The text is not JSON.
pub(super) fn member<'v>(object: &'v RawValue, wanted: &str) -> serde_json::Result<Option<&'v RawValue>> {
    let mut found = None;
    members(object, |key, value| {
        if key == wanted {
            found = Some(value);
        }
    })?;
    Ok(found)
}

/// Visits the members of an object.
struct Members<F>(F);

impl<'v, F: FnMut(&str, &'v RawValue)> Visitor<'v> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'v>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = entries.next_key()? {
            (self.0)(&key, entries.next_value()?);
        }
        Ok(())
    }
}
