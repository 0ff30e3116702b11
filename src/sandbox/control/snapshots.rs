//! Snapshots: exports with a name, in `snapshots/` below the folder of the store.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::str::FromStr;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Refused, archive};
use crate::sandbox::storage::Store;

/// The most characters of a name.
const LONGEST_NAME: usize = 64;
/// How many names a message lists.
const MOST_LISTED: usize = 10;

/// The name of a snapshot, which is also the name of its file: letters, digits, `-`, `_` and `.`, the first one a
/// letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SnapshotName(String);

impl SnapshotName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SnapshotName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_valid = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(is_inner)
            && text.len() <= LONGEST_NAME;
        match is_valid {
            true => Ok(Self(text.to_owned())),
            false => Err(format!(
                "a snapshot's name has up to {LONGEST_NAME} letters, digits, `-`, `_` and `.`, and begins with a letter or digit"
            )),
        }
    }
}

/// Saves a snapshot and returns its row. The file appears under its name once it is complete.
///
/// # Errors
/// The name is taken and `overwrite` is not set, or the disk failed.
pub(super) fn save(store: &Store, name: &SnapshotName, overwrite: bool) -> Result<Value, Refused> {
    let folder = store.snapshots()?;
    let path = folder.join(name.as_str());
    // Its name begins with a dot, so that it is not the name of a snapshot.
    let new = tempfile::Builder::new().prefix(".").tempfile_in(&folder)?;
    archive::write(store, new.as_file())?;
    let persisted = if overwrite { new.persist(&path) } else { new.persist_noclobber(&path) };
    match persisted {
        Ok(_) => Ok(row(name, &path)?),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            let message = "Replace it with `--overwrite`, or with `?overwrite=true` in a request.";
            Err(Refused::new(409, format!("There is a snapshot `{}` already.\n{message}", name.as_str())))
        }
        Err(error) => Err(error.error.into()),
    }
}

/// Replaces the whole state with a snapshot.
///
/// # Errors
/// There is no such snapshot, it is broken, or the disk failed.
pub(super) fn restore(store: &Store, name: &SnapshotName) -> Result<(), Refused> {
    let folder = store.snapshots()?;
    match File::open(folder.join(name.as_str())) {
        Ok(file) => archive::read(store, &file),
        Err(error) => Err(missing(name, &folder, error)),
    }
}

/// Deletes a snapshot.
///
/// # Errors
/// There is no such snapshot, or the disk failed.
pub(super) fn delete(store: &Store, name: &SnapshotName) -> Result<(), Refused> {
    let folder = store.snapshots()?;
    fs::remove_file(folder.join(name.as_str())).map_err(|error| missing(name, &folder, error))
}

/// Lists the snapshots in a folder by name: `[{name, created, size}]`. The time is that of the real clock, the size is
/// in bytes.
///
/// # Errors
/// The disk failed.
pub(in crate::sandbox) fn list(folder: &Path) -> io::Result<Value> {
    names(folder)?.iter().map(|name| row(name, &folder.join(name.as_str()))).collect()
}

/// The names of the snapshots in a folder, sorted.
fn names(folder: &Path) -> io::Result<Vec<SnapshotName>> {
    let entries = fs::read_dir(folder)?;
    let mut names: Vec<SnapshotName> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    Ok(names)
}

fn row(name: &SnapshotName, path: &Path) -> io::Result<Value> {
    let metadata = fs::metadata(path)?;
    let created = Timestamp::try_from(metadata.modified()?).map_err(io::Error::other)?;
    let created = created.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
    Ok(json!({"name": name.as_str(), "created": created, "size": metadata.len()}))
}

/// The error for a snapshot that cannot be opened. If it does not exist, the error lists those that do.
fn missing(name: &SnapshotName, folder: &Path, error: io::Error) -> Refused {
    if error.kind() != io::ErrorKind::NotFound {
        return error.into();
    }
    let names = names(folder).unwrap_or_default();
    let listed: Vec<String> = names.iter().take(MOST_LISTED).map(|name| format!("`{}`", name.as_str())).collect();
    let known = match names.len() {
        0 => "There are no snapshots yet: `croud sandbox snapshot NAME` saves one.".to_owned(),
        count if count > listed.len() => format!("There are {count} snapshots, such as {}.", listed.join(", ")),
        _ => format!("The snapshots are: {}.", listed.join(", ")),
    };
    Refused::new(404, format!("There is no snapshot `{}`.\n{known}", name.as_str()))
}
