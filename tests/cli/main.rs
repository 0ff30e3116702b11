//! Command lines in; stdout, stderr, exit codes and requests out. A file a noun.

mod around;
mod auditlogs;
mod config;
mod credits;
mod customer;
mod errors;
mod files;
mod help;
mod identity;
mod organizations;
mod output;
mod sandbox;
mod secrets;
mod support;
mod users;
