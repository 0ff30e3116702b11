//! Audit events and users that are computed from their number, because there can be millions.

use serde_json::{Value, json};

use super::{ADMIN, MEMBER};
use crate::sandbox::state::{Event, User};

/// The time of the newest event in Unix seconds: 2024-06-03T08:00:00Z.
const NEWEST: i64 = 1_717_401_600;
/// The time between two events in seconds.
const STEP: i64 = 977;

/// The actions of the seeded events, repeated.
const ACTIONS: &[&str] = &[
    "cluster.scale",
    "cluster.backup",
    "user.login",
    "project.create",
    "cluster.create",
    "organization.add_user",
    "organization.edit",
    "cluster.upgrade",
    "secret.create",
    "file.create",
    "project.add_user",
];

fn action(index: u64) -> &'static str {
    ACTIONS[(index % ACTIONS.len() as u64) as usize]
}

/// The time of a seeded event in Unix seconds.
pub(in crate::sandbox) fn event_time(index: u64) -> i64 {
    NEWEST.saturating_sub(STEP.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX)))
}

/// The number of seeded events that are newer than `time` (Unix seconds).
pub(in crate::sandbox) fn events_after(time: i64) -> u64 {
    u64::try_from((NEWEST - time + STEP - 1).div_euclid(STEP)).unwrap_or(0)
}

fn cluster_id(index: u64) -> String {
    format!("c1a5{:04x}-5e7d-4b0f-9c21-7f3a6d8e0b00", index % 3)
}

/// The ID of a seeded event. It contains the index.
fn event_id(index: u64) -> String {
    format!("5eed0000-0000-4000-8000-{index:012x}")
}

/// The index of the seeded event with this ID.
pub(in crate::sandbox) fn event_index(id: &str) -> Option<u64> {
    u64::from_str_radix(id.strip_prefix("5eed0000-0000-4000-8000-")?, 16).ok()
}

/// A seeded event. Index 0 is the newest; every sixth is one of the system.
pub(in crate::sandbox) fn event(index: u64) -> Event {
    let action = action(index);
    let actor = match index % 6 {
        1 => None,
        3 => Some(MEMBER.into()),
        _ => Some(ADMIN.into()),
    };
    let context = match action.split('.').next() {
        Some("cluster") => json!({"cluster_id": cluster_id(index)}),
        _ => Value::Object(serde_json::Map::new()),
    };
    let created = jiff::Timestamp::from_second(event_time(index)).unwrap_or_default();
    Event {
        id: event_id(index),
        action: action.into(),
        actor,
        context,
        created: created.display_with_offset(jiff::tz::Offset::UTC).to_string(),
    }
}

fn user_uid(number: u64) -> String {
    format!("5eed0000-0000-4000-9000-{number:012x}")
}

/// The number of the computed user with this ID or email address.
pub(in crate::sandbox) fn user_number(id: &str) -> Option<u64> {
    let from_uid = || u64::from_str_radix(id.strip_prefix("5eed0000-0000-4000-9000-")?, 16).ok();
    let from_email = || id.strip_prefix("user-")?.strip_suffix("@example.com")?.parse().ok();
    from_uid().or_else(from_email)
}

/// A computed user, for `--users`.
pub(in crate::sandbox) fn user(number: u64) -> User {
    User {
        uid: user_uid(number),
        name: format!("User {number:06}"),
        email: format!("user-{number:06}@example.com"),
        pending_email: None,
        username: format!("user-{number:06}"),
        idp: "cognito".to_owned(),
        is_superuser: false,
        api_keys: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_index_reads_the_id_of_an_event() {
        for index in [0, 1, 399, 999_999] {
            assert_eq!(event_index(&event(index).id), Some(index));
        }
        assert_eq!(event(0).created, "2024-06-03T08:00:00+00:00");
        assert_eq!(event(1).actor, None);
    }

    #[test]
    fn events_after_counts_newer_events() {
        assert_eq!(events_after(NEWEST), 0);
        assert_eq!(events_after(NEWEST - 1), 1);
        assert_eq!(events_after(NEWEST - STEP), 1);
        assert_eq!(events_after(NEWEST - STEP - 1), 2);
        assert_eq!(events_after(NEWEST + 5), 0);
    }
}
