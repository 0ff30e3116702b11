//! Reads the parts of an audit event that this program uses. The rest is printed unchanged.

use jiff::Timestamp;

use crate::output::raw::{member, text};
use crate::record;

/// The actor of an event that the cloud itself caused.
pub(super) const SYSTEM: &str = "SYSTEM";

/// The text of an event, of which only what is asked for is read. If a key is repeated, the last value counts. A row
/// that is not an object has no members.
pub(super) struct Event<'r>(&'r str);

impl<'r> Event<'r> {
    /// The event of a row of the list, which is valid JSON.
    pub(super) fn read(row: &'r str) -> Self {
        Self(row)
    }

    /// The `id`. An empty text is not an ID.
    pub(super) fn id(&self) -> Option<String> {
        Some(text(self.0, "id")?.into_owned())
    }

    /// The time of the event, unless it is missing or in an unknown format.
    pub(super) fn created(&self) -> Option<Timestamp> {
        record::timestamp(&text(self.0, "created")?)
    }

    /// Whether `actor` is the ID or the email address of the actor. The case of letters does not matter.
    pub(super) fn is_by(&self, actor: &str) -> bool {
        let known = member(self.0, "actor").unwrap_or_default();
        let id = text(known, "id").unwrap_or(SYSTEM.into());
        let email = text(known, "email").unwrap_or_default();
        id.eq_ignore_ascii_case(actor) || email.eq_ignore_ascii_case(actor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_text_or_a_number() {
        for (json, id) in [
            (r#"{"id": "a"}"#, Some("a")),
            (r#"{"id": 5}"#, Some("5")),
            (r#"{"id": "a", "id": "b"}"#, Some("b")),
            (r#"{"id": "a", "action": "\ud800"}"#, Some("a")),
            (r#"{"id": ""}"#, None),
            (r#"{"id": null}"#, None),
            (r#"{"id": ["a"]}"#, None),
            ("{}", None),
            ("5", None),
        ] {
            assert_eq!(Event::read(json).id().as_deref(), id, "{json}");
        }
    }

    #[test]
    fn the_time_may_lack_an_offset() {
        for (json, seconds) in [
            (r#"{"created": "1970-01-01T01:00:07.168000+01:00"}"#, Some(7)),
            (r#"{"created": "1970-01-01 00:00:07Z"}"#, Some(7)),
            (r#"{"created": "1970-01-01T00:00:07"}"#, Some(7)),
            (r#"{"created": "c"}"#, None),
            ("{}", None),
        ] {
            let created = Event::read(json).created();
            assert_eq!(created.map(Timestamp::as_second), seconds, "{json}");
        }
    }

    #[test]
    fn an_actor_is_known_by_id_and_by_email() {
        for (json, actor, is_by) in [
            (r#"{"actor": {"id": "U-1", "email": "a@b.c"}}"#, "u-1", true),
            (r#"{"actor": {"id": "u-1", "email": "a@b.c"}}"#, "A@b.c", true),
            (r#"{"actor": {"id": "u-1", "email": "a@b.c"}}"#, "a@b", false),
            (r#"{"actor": {"id": "u-1", "email": "a@b.c"}}"#, "SYSTEM", false),
            (r#"{"actor": {"id": 0}}"#, "0", true),
            (r#"{"actor": {"id": null, "email": null}}"#, "SYSTEM", true),
            (r#"{"actor": {"id": ""}}"#, "system", true),
            (r#"{"actor": null}"#, "SYSTEM", true),
            ("{}", "SYSTEM", true),
        ] {
            assert_eq!(Event::read(json).is_by(actor), is_by, "{json} by {actor}");
        }
    }
}
