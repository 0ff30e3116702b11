//! Where the state lives: in memory, or in a folder that survives `kill -9`.
//!
//! In a folder every change takes the lock, reads, applies, saves and lets go: any number of
//! processes may share it. `state.json` is replaced at once or not at all; the bytes of files stand
//! beside it, in `files/`.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use tempfile::TempDir;

use super::seed;
use super::state::State;

pub(super) enum Store {
    /// The bytes of files go to a folder that goes with it.
    Memory {
        state: Box<Mutex<State>>,
        folder: TempDir,
    },
    Folder(PathBuf),
}

impl Store {
    /// A cloud that is forgotten.
    pub(super) fn memory() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("croud-sandbox-").tempdir()?;
        fs::create_dir(folder.path().join("files"))?;
        Ok(Self::Memory { state: Box::new(Mutex::new(seed::state(seed::ORGANIZATION_ID))), folder })
    }

    /// A cloud that is kept in `path`. A state that can't be read is moved aside: what became of it is
    /// returned.
    pub(super) fn folder(path: &Path) -> io::Result<(Self, Option<String>)> {
        create_folders(path)?;
        let warning = match fs::read(path.join("state.json")) {
            Ok(text) if parse(&text).is_none() => {
                let _lock = lock(path)?;
                // Another process may have been faster.
                let text = fs::read(path.join("state.json")).unwrap_or_default();
                if parse(&text).is_none() { move_aside(path)? } else { None }
            }
            Ok(_) => None,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Ok((Self::Folder(path.to_owned()), warning))
    }

    /// Where the bytes of files are.
    pub(super) fn files(&self) -> PathBuf {
        match self {
            Store::Memory { folder, .. } => folder.path().join("files"),
            Store::Folder(path) => path.join("files"),
        }
    }

    pub(super) fn is_folder(&self) -> bool {
        matches!(self, Store::Folder(_))
    }

    /// Look at the state; what `look` does to it is forgotten, except in memory.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> io::Result<T> {
        match self {
            Store::Memory { state, .. } => Ok(look(&mut guard(state))),
            Store::Folder(path) => Ok(look(&mut load(path)?)),
        }
    }

    /// Change the state. What `change` returns with `true` is saved before anybody hears of it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> (T, bool)) -> io::Result<T> {
        match self {
            Store::Memory { state, .. } => Ok(change(&mut guard(state)).0),
            Store::Folder(path) => {
                let _lock = lock(path)?;
                let mut state = load(path)?;
                let (result, changed) = change(&mut state);
                if changed {
                    save(path, &state)?;
                }
                Ok(result)
            }
        }
    }
}

/// A panic elsewhere left the state whole: no change is made by halves.
fn guard(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Put the state in `path` back to the seed.
pub(super) fn reset(path: &Path, organization_id: &str) -> io::Result<()> {
    create_folders(path)?;
    let _lock = lock(path)?;
    for file in fs::read_dir(path.join("files"))? {
        fs::remove_file(file?.path())?;
    }
    save(path, &seed::state(organization_id))
}

/// The lock of one who serves the folder for good. `None`: another one does.
pub(super) fn lock_for_serving(path: &Path) -> io::Result<Option<File>> {
    let file = File::create(path.join("serve.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Wait for the lock; it goes with the file.
fn lock(path: &Path) -> io::Result<File> {
    let file = File::create(path.join("state.lock"))?;
    file.lock()?;
    Ok(file)
}

fn parse(text: &[u8]) -> Option<State> {
    serde_json::from_slice::<State>(text).ok().filter(|state| state.version == seed::VERSION)
}

fn load(path: &Path) -> io::Result<State> {
    match fs::read(path.join("state.json")) {
        Ok(text) => parse(&text).ok_or_else(|| io::Error::other("state.json became unreadable")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(seed::state(seed::ORGANIZATION_ID)),
        Err(error) => Err(error),
    }
}

/// Replace `state.json`. The lock is held: one name for the new file is enough, and none is left over.
fn save(path: &Path, state: &State) -> io::Result<()> {
    let (new, name) = (path.join("state.json.new"), path.join("state.json"));
    let written = (|| {
        let mut file = private(&new)?;
        file.write_all(&serde_json::to_vec(state)?)?;
        file.sync_all()?;
        fs::rename(&new, &name)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written?;
    // The new name itself is safe only then. Not every system lets a folder be synced.
    let _ = File::open(path).and_then(|folder| folder.sync_all());
    Ok(())
}

/// The folder and the one for the bytes of files; those that are made are their owner's alone.
fn create_folders(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path.join("files"))
}

/// A new file that is its owner's alone: what is written to it has tokens.
pub(crate) fn private(path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn move_aside(path: &Path) -> io::Result<Option<String>> {
    let name = path.join("state.json");
    let free = (1..).map(|n| path.join(format!("state.json.unreadable-{n}"))).find(|aside| !aside.exists());
    let Some(aside) = free else { return Ok(None) };
    fs::rename(&name, &aside)?;
    Ok(Some(format!(
        "The sandbox's state could not be read: it begins anew. The old one is kept as `{}`.",
        aside.display()
    )))
}
