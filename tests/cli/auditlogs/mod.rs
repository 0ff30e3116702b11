//! `organizations auditlogs list`.

mod filters;
mod list;

/// Two events: one of a user, one of the system.
const PAGE: &str = r#"[
    {"id": "e-2", "action": "organization.edit", "actor": {"id": "u-1", "email": "a@b.c"}, "created": "2024-01-02T00:00:00+00:00"},
    {"id": "e-1", "action": "cluster.backup", "actor": {"id": null}, "created": "2024-01-01T00:00:00+00:00"}]"#;
