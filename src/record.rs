//! Finds and reads the records of a reply.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::error::Failure;

/// The most similar names that an error lists.
const MOST_SIMILAR: usize = 5;
/// How similar a name must be to be listed, from 0 to 1.
const SIMILARITY: f64 = 0.7;
/// The fewest characters of an ID that can stand for the whole ID.
const SHORTEST_PREFIX: usize = 6;

/// The ID of a record. The API may send it as a number.
pub(crate) fn id(record: &Value) -> Option<String> {
    match record.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// A text of a record that is not empty.
pub(crate) fn text<'v>(record: &'v Value, key: &str) -> Option<&'v str> {
    record.get(key)?.as_str().filter(|text| !text.is_empty())
}

/// Reads a time of the API; `None` if it is in an unknown format. A time without an offset is UTC.
pub(crate) fn timestamp(text: &str) -> Option<Timestamp> {
    let in_utc = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    text.parse().ok().or_else(in_utc)
}

/// The records of a list. A reply that is not a list has none.
pub(crate) fn list(reply: &Value) -> &[Value] {
    reply.as_array().map_or(&[], Vec::as_slice)
}

/// The record with this ID in a list.
pub(crate) fn with_id<'v>(reply: &'v Value, wanted: &str) -> Option<&'v Value> {
    list(reply).iter().find(|record| id(record).is_some_and(|id| id == wanted))
}

/// The record of a list that `wanted` names: by its ID, by its name, or by the beginning of its ID.
///
/// # Errors
/// A usage error that lists the records, if `wanted` names more than one. A failure, if it names none.
pub(crate) fn find<'v>(reply: &'v Value, noun: &str, wanted: &str) -> Result<&'v Value, Failure> {
    if let Some(record) = with_id(reply, wanted) {
        return Ok(record);
    }
    let matching = |is_match: &dyn Fn(&Value) -> bool| -> Vec<&'v Value> {
        list(reply).iter().filter(|record| is_match(record)).collect()
    };
    let by_name = matching(&|record| text(record, "name") == Some(wanted));
    let by_prefix = || match wanted.chars().count() >= SHORTEST_PREFIX {
        true => matching(&|record| id(record).is_some_and(|id| id.starts_with(wanted))),
        false => Vec::new(),
    };
    let found = if by_name.is_empty() { by_prefix() } else { by_name };
    match found.as_slice() {
        [record] => Ok(record),
        [] => {
            let mut message = format!("There is no {noun} `{wanted}`.");
            let names = list(reply).iter().filter_map(|record| text(record, "name"));
            let similar: Vec<&str> = names.filter(|name| is_similar(name, wanted)).take(MOST_SIMILAR).collect();
            if !similar.is_empty() {
                message.push_str(&format!("\nSimilar names: {}", similar.join(", ")));
            }
            Err(Failure::failed(message))
        }
        several => {
            let mut message = format!("`{wanted}` names more than one {noun}. Use an ID:");
            for record in several {
                let (id, name) = (id(record).unwrap_or_default(), text(record, "name").unwrap_or_default());
                message.push_str(&format!("\n{id} {name}"));
            }
            Err(Failure::usage(message))
        }
    }
}

/// Whether `text` has the form of a complete ID: a UUID.
pub(crate) fn is_complete_id(text: &str) -> bool {
    let groups = text.split('-').map(str::len);
    groups.eq([8, 4, 4, 4, 12]) && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Whether `wanted` may be a misspelling of `name`: it is a part of it, or is spelled similarly.
fn is_similar(name: &str, wanted: &str) -> bool {
    let (name, wanted) = (name.to_lowercase(), wanted.to_lowercase());
    !wanted.is_empty() && name.contains(&wanted) || strsim::jaro(&name, &wanted) > SIMILARITY
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_found_by_its_id_its_name_or_the_beginning_of_its_id() {
        let reply = json!([
            {"id": "71e7c610-f24f", "name": "one"},
            {"id": "71e7c610-aaaa", "name": "twice"},
            {"id": "b52d8e4a-63f1", "name": "twice"},
            {"id": 5, "name": "b52d8e4a-63f1"},
        ]);
        for (wanted, found) in [
            ("71e7c610-f24f", Ok("one")),
            ("one", Ok("one")),
            ("5", Ok("b52d8e4a-63f1")),
            ("b52d8e", Ok("twice")),
            // An ID takes precedence over a name.
            ("b52d8e4a-63f1", Ok("twice")),
            ("b52d8", Err("There is no secret `b52d8`.\nSimilar names: b52d8e4a-63f1")),
            ("tiwce", Err("There is no secret `tiwce`.\nSimilar names: twice, twice")),
            ("other", Err("There is no secret `other`.")),
            ("", Err("There is no secret ``.")),
            (
                "71e7c610",
                Err("`71e7c610` names more than one secret. Use an ID:\n71e7c610-f24f one\n71e7c610-aaaa twice"),
            ),
            ("twice", Err("`twice` names more than one secret. Use an ID:\n71e7c610-aaaa twice\nb52d8e4a-63f1 twice")),
        ] {
            let record = find(&reply, "secret", wanted);
            let name = record.map(|record| text(record, "name").unwrap()).map_err(|failure| failure.message);
            assert_eq!(name, found.map_err(str::to_owned), "{wanted}");
        }
    }

    #[test]
    fn a_complete_id_is_a_uuid() {
        for (text, is_complete) in [
            ("f6c39580-5719-431d-a508-0cee4f9e8209", true),
            ("F6C39580-5719-431D-A508-0CEE4F9E8209", true),
            ("f6c39580-5719-431d-a508-0cee4f9e820", false),
            ("f6c39580-5719-431d-a508-0cee4f9e820g", false),
            ("f6c39580", false),
            ("my-org", false),
            ("", false),
        ] {
            assert_eq!(is_complete_id(text), is_complete, "{text}");
        }
    }
}
