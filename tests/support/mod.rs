//! Shared by the tests: they run `croud` in a temporary home, against a server that is scripted or
//! against the sandbox, and on a terminal.

mod http;
mod https;
mod process;
mod profile;
mod runner;
mod sandbox;
mod server;
#[cfg(target_os = "linux")]
mod terminal;
mod transcript;

use std::fs;
use std::path::Path;

pub(crate) use http::{Received, request, send};
pub(crate) use https::REMOTE;
pub(crate) use process::Running;
pub(crate) use profile::{Config, Profile};
pub(crate) use runner::{BINARY, Croud};
pub(crate) use sandbox::Served;
pub(crate) use server::{ReceivedRequest, Response, Server, json, reply};
#[cfg(target_os = "linux")]
pub(crate) use terminal::Terminal;
#[cfg(target_os = "linux")]
pub(crate) use transcript::poll;

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
