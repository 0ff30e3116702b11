//! Command lines in; stdout, stderr, exit codes and requests out. A file a noun.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod around;
mod auditlogs;
mod completion;
mod config;
mod credits;
mod customer;
mod errors;
mod files;
mod help;
mod hostile;
mod identity;
mod login;
mod long_lists;
mod organizations;
mod output;
mod readme;
mod requests;
mod sandbox;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod tls;
mod users;
