//! A file that is changed by several processes.
//!
//! A change is made under a lock and written to a temporary file in the same folder, which is synced and
//! renamed. A reader sees the old file or the new one, never a part of it.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::error::{Failure, Level};
use crate::private::{self, Existing};
use crate::term::Term;

/// The suffix of the lock file.
const LOCK_END: &str = ".lock";
/// The suffix of a temporary file.
const PART_END: &str = ".part";
/// The most links that are followed from a path to its file.
const MAX_LINKS: usize = 40;

/// How long to wait for the lock before the wait is announced.
const LOCK_NOTICE: Duration = Duration::from_secs(1);
/// How long to wait for the lock.
const LOCK_LIMIT: Duration = Duration::from_secs(30);
/// The time between two attempts to take the lock.
const LOCK_POLL: Duration = Duration::from_millis(10);

/// The file that is locked for a change. The lock ends when this is dropped.
pub(crate) struct LockedFile {
    path: PathBuf,
    _lock: File,
}

impl LockedFile {
    /// Locks the file at `path`, or the file that a link at `path` refers to. A wait of a second is announced
    /// on `term`.
    ///
    /// # Errors
    /// Those of [`follow_links`]; the lock file can't be opened, another process keeps the lock for 30 seconds, or `path`
    /// is not a regular file.
    pub(crate) fn open(path: &Path, term: &Term) -> Result<Self> {
        let path = follow_links(path)?;
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Failure::failed(format!("`{}` is not a regular file.", path.display())).into());
        }
        let lock = open_lock(&path).with_context(|| format!("could not lock `{}`", path.display()))?;
        wait_for(&lock, &path, term)?;
        Ok(Self { path, _lock: lock })
    }

    /// The file, which may not exist.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file. Only its owner can read the new one.
    ///
    /// # Errors
    /// The file can't be written. The old file is then unchanged.
    pub(crate) fn replace(&self, text: &str) -> Result<()> {
        replace(&self.path, text).with_context(|| format!("could not write `{}`", self.path.display()))
    }
}

/// The path after all symbolic links at its end are resolved. The file need not exist.
///
/// # Errors
/// A link of another user, in a folder like `/tmp`.
pub(crate) fn follow_links(path: &Path) -> Result<PathBuf, Failure> {
    // A file name without a folder has an empty parent, which can't be listed.
    let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else { break };
        let folder = path.parent().unwrap_or(Path::new(""));
        // After the link was read: nobody else can put a link of this user in its place.
        if is_foreign(&path, folder) {
            let problem = "is a link of another user, in a folder where everybody can create files";
            return Err(Failure::failed(format!("`{}` {problem}.", path.display())));
        }
        path = folder.join(target);
    }
    Ok(path)
}

/// Whether a link may have been made by another user to redirect a write. This is the rule of `fs.protected_symlinks` in
/// Linux, which applies only to links that the system follows.
#[cfg(unix)]
fn is_foreign(link: &Path, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(link), Ok(folder)) = (fs::symlink_metadata(link), fs::metadata(folder)) else { return true };
    // Sticky, and everybody can write.
    let is_shared = folder.mode() & 0o1002 == 0o1002;
    is_shared && link.uid() != folder.uid() && link.uid() != rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_foreign(_: &Path, _: &Path) -> bool {
    false
}

/// Opens the lock file. It is a separate file, because each change replaces the file itself. Nothing else than a regular
/// file is opened in its place.
fn open_lock(path: &Path) -> io::Result<File> {
    private::file(&path.with_file_name(hidden_name(path, LOCK_END)), Existing::Keep)
}

/// The name of a file beside `path` that is hidden on Unix.
fn hidden_name(path: &Path, end: &str) -> OsString {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(end);
    name
}

/// Waits for the lock of the file at `path`.
///
/// # Errors
/// The lock can't be taken, or not within 30 seconds.
fn wait_for(lock: &File, path: &Path, term: &Term) -> Result<()> {
    let (start, path) = (Instant::now(), path.display());
    let mut is_announced = false;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error).context(format!("could not lock `{path}`")),
        }
        if start.elapsed() > LOCK_LIMIT {
            let seconds = LOCK_LIMIT.as_secs();
            let problem = format!("Another process has locked `{path}` for {seconds} s. Nothing was changed.");
            return Err(Failure::failed(problem).into());
        }
        if start.elapsed() > LOCK_NOTICE && !is_announced {
            is_announced = true;
            term.say(Level::Info, &format!("Waiting for another process that has locked `{path}`..."));
        }
        std::thread::sleep(LOCK_POLL);
    }
}

/// Replaces the file at `path` with one that contains `text`.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let part = hidden_name(path, ".");
    // Remove the temporary files of killed processes. No other process writes while the lock is held.
    for entry in fs::read_dir(folder)?.flatten() {
        let name = entry.file_name();
        let random = name.as_encoded_bytes().strip_prefix(part.as_encoded_bytes());
        let random = random.and_then(|name| name.strip_suffix(PART_END.as_bytes()));
        // A file with a dot in the random part belongs to another file with a longer name.
        if random.is_some_and(|random| !random.contains(&b'.')) {
            let _ = fs::remove_file(entry.path());
        }
    }
    // A temporary file is created with mode 0600.
    let mut file = tempfile::Builder::new().prefix(&part).suffix(PART_END).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}
