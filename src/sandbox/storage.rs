//! Stores the state, in memory or in a folder.
//!
//! Several processes may share a folder: each access takes a lock, reads the state, and saves it if it
//! changed. `state.json` is replaced atomically, so it survives `kill -9`. The content of uploaded files
//! is in `files/` beside it, and the snapshots are in `snapshots/`.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use tempfile::TempDir;

use super::migration::{LARGEST_STATE, Unreadable, is_too_large, parse};
use super::state::State;
use crate::private::{self, Existing};

/// The prefix of the folder with the content of an import.
pub(super) const IMPORT: &str = "import-";

/// A state, the content of its files, and its snapshots.
pub(super) struct Store {
    place: Place,
    /// The state at the start and after a reset.
    initial: State,
}

/// Where a state is stored.
enum Place {
    /// In memory. The folder for content and snapshots is temporary: it is deleted with the store.
    Memory { state: Mutex<State>, folder: TempDir },
    /// In this folder.
    Folder(PathBuf),
}

impl Store {
    /// A store in memory, with the initial state.
    ///
    /// # Errors
    /// The temporary folder cannot be created.
    pub(super) fn memory(initial: State) -> io::Result<Self> {
        let folder = private::temporary_folder("croud-sandbox-")?;
        create_folder(&folder.path().join("files"))?;
        Ok(Self { place: Place::Memory { state: Mutex::new(initial.clone()), folder }, initial })
    }

    /// A store in a folder, which is created if missing. An unreadable state is moved aside, and the
    /// initial state takes its place; then a warning about it is returned, too.
    ///
    /// # Errors
    /// The folder cannot be created, read or locked.
    pub(super) fn folder(path: &Path, initial: State) -> io::Result<(Self, Option<String>)> {
        create_folder(&path.join("files"))?;
        let warning = match read(path)? {
            Stored::Unreadable(_) => {
                let _lock = lock(path)?;
                // Another process may have moved it already.
                if let Stored::Unreadable(reason) = read(path)? { move_aside(path, reason)? } else { None }
            }
            Stored::State(_) | Stored::Missing => None,
        };
        Ok((Self { place: Place::Folder(path.to_owned()), initial }, warning))
    }

    /// The folder for content and snapshots.
    pub(super) fn root(&self) -> &Path {
        match &self.place {
            Place::Memory { folder, .. } => folder.path(),
            Place::Folder(path) => path,
        }
    }

    /// The folder of the snapshots, which is created if missing.
    ///
    /// # Errors
    /// It cannot be created, or it is a link.
    pub(super) fn snapshots(&self) -> io::Result<PathBuf> {
        let folder = self.root().join("snapshots");
        create_folder(&folder)?;
        Ok(folder)
    }

    /// The state at the start and after a reset.
    pub(super) fn initial(&self) -> &State {
        &self.initial
    }

    /// The path of the content of an uploaded file. The ID can come from a `state.json` that somebody
    /// else wrote: `None` if it is not a plain name.
    pub(super) fn content_path(&self, file_id: &str) -> Option<PathBuf> {
        let is_name = !file_id.is_empty() && file_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_name.then(|| self.root().join("files").join(file_id))
    }

    /// Deletes the content of a file. A file that was never uploaded has none.
    pub(super) fn delete_content(&self, file_id: &str) {
        if let Some(path) = self.content_path(file_id) {
            let _ = fs::remove_file(path);
        }
    }

    /// Whether the state is in a folder. An access can then wait for another process.
    pub(super) fn is_folder(&self) -> bool {
        matches!(self.place, Place::Folder(_))
    }

    /// Runs `access` on the state. It returns a result and whether it changed the state. A changed state
    /// is saved before this function returns.
    ///
    /// # Errors
    /// The state cannot be locked, read or saved.
    pub(super) fn access<T>(&self, access: impl FnOnce(&mut State) -> (T, bool)) -> io::Result<T> {
        match &self.place {
            Place::Memory { state, .. } => Ok(access(&mut guard(state)).0),
            Place::Folder(path) => {
                let _lock = lock(path)?;
                let mut state = self.load(path)?;
                let (result, changed) = access(&mut state);
                if changed {
                    save(path, &state)?;
                }
                Ok(result)
            }
        }
    }

    /// Replaces the state, and the content of all files by the files in the folder `content`, which is in the
    /// [`Store::root`]. Nobody sees a part of the change, unless the process is killed: then the old state may have
    /// new content.
    ///
    /// # Errors
    /// The disk failed. The state is then the old one.
    pub(super) fn replace(&self, new: &State, content: Option<&Path>) -> io::Result<()> {
        match &self.place {
            Place::Memory { state, .. } => {
                let mut state = guard(state);
                self.replace_content(content, || {
                    state.clone_from(new);
                    Ok(())
                })
            }
            Place::Folder(path) => {
                let _lock = lock(path)?;
                self.replace_content(content, || save(path, new))
            }
        }
    }

    /// Moves new content into place, saves the state, and deletes the content that is not new.
    fn replace_content(&self, content: Option<&Path>, save: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let files = self.root().join("files");
        let mut new = HashSet::new();
        for entry in content.map(fs::read_dir).transpose()?.into_iter().flatten() {
            let entry = entry?;
            fs::rename(entry.path(), files.join(entry.file_name()))?;
            new.insert(entry.file_name());
        }
        save()?;
        for entry in fs::read_dir(files)? {
            let entry = entry?;
            if !new.contains(&entry.file_name()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Reads the state of a folder. Without a file it is the initial one.
    fn load(&self, path: &Path) -> io::Result<State> {
        match read(path)? {
            Stored::State(state) => Ok(*state),
            Stored::Missing => Ok(self.initial.clone()),
            Stored::Unreadable(_) => Err(io::Error::other("state.json became unreadable")),
        }
    }
}

/// Locks the state in memory. It is consistent even after a panic, because endpoints check before they change it.
fn guard(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Who takes the lock of a folder that a server uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LockedFor {
    /// A server, which needs the folder for itself.
    Serving,
    /// A control operation. Several may have the lock at once, and no server then.
    Control,
}

/// Takes the lock of a folder that a server uses, without waiting. `None` if a server has it.
///
/// # Errors
/// The file cannot be created or locked.
pub(super) fn lock_folder(path: &Path, purpose: LockedFor) -> io::Result<Option<File>> {
    let file = private::file(&path.join("serve.lock"), Existing::Keep)?;
    let locked = match purpose {
        LockedFor::Serving => file.try_lock(),
        LockedFor::Control => file.try_lock_shared(),
    };
    match locked {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Deletes the temporary files of imports and snapshots whose process was killed. The caller has the lock for
/// [`LockedFor::Serving`], so neither of them is under way.
pub(super) fn delete_leftovers(path: &Path) {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries(path).filter(|entry| entry.file_name().as_encoded_bytes().starts_with(IMPORT.as_bytes())) {
        let _ = fs::remove_dir_all(entry.path());
    }
    // The name of a snapshot begins with a letter or a digit.
    let snapshots = path.join("snapshots");
    for entry in entries(&snapshots).filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b".")) {
        let _ = fs::remove_file(entry.path());
    }
}

/// Waits for the lock of the state. Dropping the file releases it.
fn lock(path: &Path) -> io::Result<File> {
    let file = private::file(&path.join("state.lock"), Existing::Keep)?;
    file.lock()?;
    Ok(file)
}

/// What `state.json` in a folder is.
enum Stored {
    Missing,
    State(Box<State>),
    Unreadable(Unreadable),
}

/// Reads `state.json` in a folder.
///
/// # Errors
/// The disk failed.
fn read(path: &Path) -> io::Result<Stored> {
    let file = match File::open(path.join("state.json")) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Stored::Missing),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    file.take(LARGEST_STATE + 1).read_to_end(&mut text)?;
    Ok(parse(&text).map_or_else(Stored::Unreadable, |state| Stored::State(Box::new(state))))
}

/// Replaces `state.json`. The caller holds the lock, so one name for the new file is enough.
fn save(path: &Path, state: &State) -> io::Result<()> {
    let (new, name) = (path.join("state.json.new"), path.join("state.json"));
    let written = (|| {
        let mut file = private::file(&new, Existing::Replace)?;
        let text = serde_json::to_vec(state)?;
        if is_too_large(&text) {
            return Err(io::Error::other("there is too much data"));
        }
        file.write_all(&text)?;
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

/// Creates a folder below that of a store. It must not be a link: files in it are replaced and deleted.
fn create_folder(path: &Path) -> io::Result<()> {
    private::folder(path)?;
    match fs::symlink_metadata(path)?.is_dir() {
        true => Ok(()),
        false => Err(io::Error::new(io::ErrorKind::NotADirectory, format!("`{}` is a link", path.display()))),
    }
}

/// Renames an unreadable `state.json` and returns a warning about it.
fn move_aside(path: &Path, reason: Unreadable) -> io::Result<Option<String>> {
    let name = path.join("state.json");
    let free = (1..).map(|n| path.join(format!("state.json.unreadable-{n}"))).find(|aside| !aside.exists());
    let Some(aside) = free else { return Ok(None) };
    fs::rename(&name, &aside)?;
    let reason = match reason {
        Unreadable::Damaged => "could not be read",
        Unreadable::Newer => "was written by a newer version of this program",
    };
    Ok(Some(format!(
        "The sandbox's state {reason}. It starts again from the initial data; the old file is kept as `{}`.",
        aside.display()
    )))
}
