//! `croud`: run organizations on CrateDB Cloud from the terminal.

use std::ffi::OsString;
use std::process::ExitCode;

mod http;
mod output;
#[cfg(feature = "sandbox")]
mod sandbox;
mod units;

/// Do what the command line says and return its exit code.
pub fn run(_args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::SUCCESS
}
