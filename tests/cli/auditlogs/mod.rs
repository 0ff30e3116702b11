//! `organizations auditlogs list`.

mod ahead;
mod filters;
#[cfg(unix)]
mod follow;
mod list;
mod resume;

use crate::support::{Response, json};

/// Two events: one of a user, one of the system.
const PAGE: &str = r#"[
    {"id": "e-2", "action": "organization.edit", "actor": {"id": "u-1", "email": "a@b.c"}, "created": "2024-01-02T00:00:00+00:00"},
    {"id": "e-1", "action": "cluster.backup", "actor": {"id": null}, "created": "2024-01-01T00:00:00+00:00"}]"#;

/// Events from `newest` to `oldest`, by number, one each second.
fn events(newest: u32, oldest: u32) -> Vec<String> {
    (oldest..=newest).rev().map(|number| event(number, number)).collect()
}

/// An event of `u-0` or `u-1`, so many seconds after the beginning of 2024.
fn event(number: u32, second: u32) -> String {
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        r#"{{"id": "e-{number}", "actor": {{"id": "u-{}"}}, "created": "2024-01-01T{hour:02}:{minute:02}:{second:02}+00:00"}}"#,
        number % 2
    )
}

fn page(events: &[String]) -> Response {
    json(200, &format!("[{}]", events.join(", ")))
}

/// The page after the last one.
fn empty() -> Response {
    json(200, "[]")
}
