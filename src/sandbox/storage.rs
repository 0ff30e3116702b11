//! Stores the state, in memory or in a folder.
//!
//! Several processes may share a folder: each access takes a lock, reads the state, and saves it if it
//! changed. `state.json` is replaced atomically, so it survives `kill -9`. The content of uploaded files
//! is in `files/` beside it.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use tempfile::TempDir;

use super::migration::parse;
use super::seed;
use super::state::State;
use crate::private::{self, Existing};

/// Where a state is stored.
pub(super) enum Store {
    /// In memory. The folder for the content of files is deleted with the store.
    Memory {
        /// The state.
        state: Box<Mutex<State>>,
        /// A temporary folder.
        folder: TempDir,
    },
    /// In this folder.
    Folder(PathBuf),
}

impl Store {
    /// A store in memory, with the initial state.
    ///
    /// # Errors
    /// The temporary folder cannot be created.
    pub(super) fn memory() -> io::Result<Self> {
        let folder = private::temporary_folder("croud-sandbox-")?;
        private::folder(&folder.path().join("files"))?;
        Ok(Self::Memory { state: Box::new(Mutex::new(seed::state(seed::ORGANIZATION_ID))), folder })
    }

    /// A store in a folder, which is created if missing. An unreadable state is moved aside, and the
    /// initial state takes its place; then a warning about it is returned, too.
    ///
    /// # Errors
    /// The folder cannot be created, read or locked.
    pub(super) fn folder(path: &Path) -> io::Result<(Self, Option<String>)> {
        create_folders(path)?;
        let warning = match fs::read(path.join("state.json")) {
            Ok(text) if parse(&text).is_none() => {
                let _lock = lock(path)?;
                // Another process may have moved it meanwhile.
                let text = fs::read(path.join("state.json")).unwrap_or_default();
                if parse(&text).is_none() { move_aside(path)? } else { None }
            }
            Ok(_) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok((Self::Folder(path.to_owned()), warning))
    }

    /// The path of the content of an uploaded file. The ID can come from a `state.json` that somebody
    /// else wrote: `None` if it is not a plain name.
    pub(super) fn content_path(&self, file_id: &str) -> Option<PathBuf> {
        let is_name = !file_id.is_empty() && file_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let folder = match self {
            Store::Memory { folder, .. } => folder.path(),
            Store::Folder(path) => path,
        };
        is_name.then(|| folder.join("files").join(file_id))
    }

    /// Delete the content of a file. A file that was never uploaded has none.
    pub(super) fn delete_content(&self, file_id: &str) {
        if let Some(path) = self.content_path(file_id) {
            let _ = fs::remove_file(path);
        }
    }

    /// Whether the state is in a folder. An access can then wait for another process.
    pub(super) fn is_folder(&self) -> bool {
        matches!(self, Store::Folder(_))
    }

    /// Run `access` on the state. It returns a result and whether it changed the state. A changed state
    /// is saved before this function returns.
    ///
    /// # Errors
    /// The state cannot be locked, read or saved.
    pub(super) fn access<T>(&self, access: impl FnOnce(&mut State) -> (T, bool)) -> io::Result<T> {
        match self {
            Store::Memory { state, .. } => Ok(access(&mut guard(state)).0),
            Store::Folder(path) => {
                let _lock = lock(path)?;
                let mut state = load(path)?;
                let (result, changed) = access(&mut state);
                if changed {
                    save(path, &state)?;
                }
                Ok(result)
            }
        }
    }
}

/// Lock the state in memory. A panic elsewhere left it consistent: endpoints check before they change.
fn guard(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Replace the state in `path` by the initial one, and delete the content of files.
///
/// # Errors
/// The folder cannot be created, locked or written.
pub(super) fn reset(path: &Path, organization_id: &str) -> io::Result<()> {
    create_folders(path)?;
    let _lock = lock(path)?;
    for file in fs::read_dir(path.join("files"))? {
        fs::remove_file(file?.path())?;
    }
    save(path, &seed::state(organization_id))
}

/// Take the lock of a server, without waiting. `None` if another server has it.
///
/// # Errors
/// The file cannot be created or locked.
pub(super) fn lock_for_serving(path: &Path) -> io::Result<Option<File>> {
    let file = private::file(&path.join("serve.lock"), Existing::Keep)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Wait for the lock of the state. Dropping the file releases it.
fn lock(path: &Path) -> io::Result<File> {
    let file = private::file(&path.join("state.lock"), Existing::Keep)?;
    file.lock()?;
    Ok(file)
}

/// Read the state. Without a file it is the initial one.
fn load(path: &Path) -> io::Result<State> {
    match fs::read(path.join("state.json")) {
        Ok(text) => parse(&text).ok_or_else(|| io::Error::other("state.json became unreadable")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(seed::state(seed::ORGANIZATION_ID)),
        Err(error) => Err(error),
    }
}

/// Replace `state.json`. The caller holds the lock, so one name for the new file is enough.
fn save(path: &Path, state: &State) -> io::Result<()> {
    let (new, name) = (path.join("state.json.new"), path.join("state.json"));
    let written = (|| {
        let mut file = private::file(&new, Existing::Replace)?;
        file.write_all(&serde_json::to_vec(state)?)?;
        file.sync_all()?;
        fs::rename(&new, &name)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written?;
    // Sync the folder, so that the new name survives a power failure. Not every system supports it.
    let _ = File::open(path).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Create the folder and `files/` in it. `files` must not be a link: its content can be deleted.
fn create_folders(path: &Path) -> io::Result<()> {
    let files = path.join("files");
    private::folder(&files)?;
    match fs::symlink_metadata(&files)?.is_dir() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::NotADirectory, format!("`{}` is a link", files.display()))),
    }
}

/// Rename an unreadable `state.json` and return a warning about it.
fn move_aside(path: &Path) -> io::Result<Option<String>> {
    let name = path.join("state.json");
    let free = (1..).map(|n| path.join(format!("state.json.unreadable-{n}"))).find(|aside| !aside.exists());
    let Some(aside) = free else { return Ok(None) };
    fs::rename(&name, &aside)?;
    Ok(Some(format!(
        "The sandbox's state could not be read. It starts again from the initial data; the old file is kept as `{}`.",
        aside.display()
    )))
}
