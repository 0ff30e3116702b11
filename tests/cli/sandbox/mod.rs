//! The embedded cloud.

mod content;
mod control;
mod exec;
mod faults;
mod journal;
#[cfg(unix)]
mod private;
mod profile;
mod seed;
mod serve;
mod state;

/// The ID of the first seeded organization.
const ORGANIZATION: &str = "f6c39580-5719-431d-a508-0cee4f9e8209";
