//! Each test runs a command line and checks stdout, stderr, the exit code and the requests. There is a file
//! for each noun.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod api;
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
mod login;
mod logout;
mod long_lists;
mod me;
mod names;
mod organizations;
mod other_names;
mod output;
mod process;
mod readme;
#[cfg(unix)]
mod recipes;
#[cfg(unix)]
mod reference;
mod regions;
mod requests;
mod sandbox;
mod secrets;
#[cfg(unix)]
mod shell;
#[cfg(target_os = "linux")]
mod signals;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod terminal;
mod tls;
mod users;
mod users_apply;
mod users_roles;
