//! Control of a sandbox: the operations that are not part of the API.
//!
//! One function carries out every operation on a store. A running sandbox calls it for requests below `/_sandbox/`,
//! and a command calls it for the folder of the built-in profile.

mod archive;
mod clock;
pub(super) mod requests;
pub(super) mod snapshots;

use std::fmt;
use std::fs::File;
use std::io;

use serde_json::Value;

use super::schema;
use super::seed_file;
use super::state::State;
use super::storage::Store;

pub(crate) use clock::ClockChange;
pub(crate) use snapshots::SnapshotName;

/// An operation on a store.
pub(crate) enum Control {
    /// Replace everything by the initial state.
    Reset {
        /// The ID for the first organization; `None` keeps that of the initial state.
        organization_id: Option<String>,
        /// The text of a seed file with another initial state. It is the initial state of this reset only.
        seed: Option<String>,
    },
    /// List the snapshots: `[{name, created, size}]`.
    ListSnapshots,
    /// Save the whole state under a name.
    SaveSnapshot {
        /// The name.
        name: SnapshotName,
        /// Replace a snapshot of this name.
        overwrite: bool,
    },
    /// Replace everything by a snapshot. The snapshot stays.
    RestoreSnapshot(SnapshotName),
    /// Delete a snapshot.
    DeleteSnapshot(SnapshotName),
    /// Write everything to a file that is open for writing.
    Export(File),
    /// Replace everything by what an export wrote to the file.
    Import(File),
    /// Write a seed file, as JSON. It lacks the content of uploaded files.
    ExportSeed,
    /// Read the clock: `{time, offset_seconds}`.
    ReadClock,
    /// Move the clock.
    MoveClock(ClockChange),
}

/// Why an operation was not carried out.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The disk failed.
    Disk(io::Error),
    /// A running server uses the folder.
    InUse,
    /// The operation is not possible.
    Request {
        /// The status of the response to a request.
        status: u16,
        /// The reason, a sentence.
        message: String,
    },
}

impl Refused {
    /// The error of an operation that is not possible, with the reason.
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self::Request { status, message: message.into() }
    }

    /// The status of the response to a request.
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Disk(_) => 500,
            Self::InUse => 409,
            Self::Request { status, .. } => *status,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(error) => write!(f, "The sandbox's folder cannot be used: {error}."),
            Self::InUse => f.write_str("A running sandbox uses the folder."),
            Self::Request { message, .. } => f.write_str(message),
        }
    }
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// Carries out an operation. Returns its result, which is null for most changes.
///
/// # Errors
/// The operation is not possible, or the disk failed. Nothing has changed then.
pub(super) fn run(store: &Store, control: Control) -> Result<Value, Refused> {
    match control {
        Control::Reset { organization_id, seed } => reset(store, organization_id, seed.as_deref())?,
        Control::ListSnapshots => return Ok(snapshots::list(&store.snapshots()?)?),
        Control::SaveSnapshot { name, overwrite } => return snapshots::save(store, &name, overwrite),
        Control::RestoreSnapshot(name) => snapshots::restore(store, &name)?,
        Control::DeleteSnapshot(name) => snapshots::delete(store, &name)?,
        Control::Export(file) => archive::write(store, &file)?,
        Control::Import(file) => archive::read(store, &file)?,
        Control::ExportSeed => return Ok(store.access(|state| (seed_file::of_state(state), false))?),
        Control::ReadClock => return Ok(clock::read(store)?),
        Control::MoveClock(change) => return clock::change(store, change),
    }
    Ok(Value::Null)
}

/// Replaces everything by the initial state or by that of a seed file, with another ID of the first organization if
/// there is one.
fn reset(store: &Store, organization_id: Option<String>, seed: Option<&str>) -> Result<(), Refused> {
    let mut state = match seed {
        None => store.initial().clone(),
        Some(text) => parse_seed(text).map_err(|problem| Refused::new(400, problem))?.0,
    };
    if let Some(id) = organization_id {
        let is_taken = state.organizations.iter().skip(1).any(|organization| organization.id == id);
        let taken = || Err("another organization has this ID".to_owned());
        let checked = check_organization_id(&id).and_then(|id| if is_taken { taken() } else { Ok(id) });
        checked.map_err(|problem| Refused::new(400, format!("`{id}`: {problem}.")))?;
        state.set_first_organization_id(&id);
    }
    Ok(store.replace(&state, None)?)
}

/// The initial state of a sandbox, from a seed file.
pub(crate) struct Seed(pub(super) State);

/// Parses a seed file.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn parse_seed(text: &str) -> Result<Seed, String> {
    seed_file::parse(text).map(Seed).map_err(|problem| format!("The seed is not valid: {problem}."))
}

/// Checks the form of an ID for the first organization.
///
/// # Errors
/// The reason why it is not usable.
pub(crate) fn check_organization_id(id: &str) -> Result<String, String> {
    match schema::is_uuid(id) {
        true => Ok(id.to_owned()),
        false => Err("expected a UUID in lower case".to_owned()),
    }
}

#[cfg(test)]
mod tests;
