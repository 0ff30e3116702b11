//! Each test runs a command line and checks stdout, stderr, the exit code and the requests. There is a file
//! for each noun.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]
#![cfg_attr(
    not(feature = "sandbox"),
    expect(dead_code, unused_imports, reason = "the tests that use the rest need the sandbox")
)]

mod api;
mod api_keys;
mod auditlogs;
mod completion;
mod config;
mod credits;
mod customer;
mod dashed_values;
mod errors;
mod files;
mod help;
mod hostile;
mod identity;
mod invitations;
mod log_api;
mod login;
mod logout;
mod long_lists;
mod me;
#[cfg(target_os = "linux")]
mod memory;
mod names;
mod next_step;
mod organizations;
mod other_names;
mod output;
mod process;
mod readme;
#[cfg(all(unix, feature = "sandbox"))]
mod recipes;
#[cfg(all(unix, feature = "sandbox"))]
mod reference;
mod regions;
mod requests;
mod retries;
#[cfg(feature = "sandbox")]
mod sandbox;
mod secrets;
#[cfg(all(unix, feature = "sandbox"))]
mod shell;
#[cfg(target_os = "linux")]
mod signals;
mod status;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod tls;
mod usage;
mod users;
mod users_apply;
mod users_roles;
