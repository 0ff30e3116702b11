//! Creates files and folders that only their owner can access.
//!
//! The modes 0600 and 0700 hold under any umask. A symbolic link is never followed, so a link can't
//! redirect a write to another file.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

#[cfg(unix)]
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};

/// What to do about a file that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// Replace it. Its content is not changed: other names of the same file keep it.
    Replace,
    /// Open it with its content.
    Keep,
    /// Open it and write at its end. A link is followed, because the user named the file.
    Append,
}

/// Creates a file and opens it for writing.
///
/// # Errors
/// It cannot be created, or the name belongs to something other than a regular file. Errors name the path.
pub(crate) fn file(path: &Path, existing: Existing) -> io::Result<File> {
    open(path, existing).map_err(|error| named(path, &error))
}

/// Creates a file that does not exist yet, and opens it for writing. Errors do not name the path.
///
/// # Errors
/// It cannot be created, or something of that name exists.
pub(crate) fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    restrict(options.open(path)?)
}

/// An error with the path that it is about.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

fn open(path: &Path, existing: Existing) -> io::Result<File> {
    if existing == Existing::Replace {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).append(existing == Existing::Append);
    #[cfg(unix)]
    options.mode(0o600);
    // A new file first: its creation fails for any existing name, a link included.
    let created = options.create_new(true).open(path);
    match created {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && existing != Existing::Replace => {}
        created => return restrict(created?),
    }
    options.create_new(false);
    if existing == Existing::Append {
        return options.open(path);
    }
    // Without NONBLOCK, opening a FIFO would wait for a reader.
    #[cfg(unix)]
    options.custom_flags((rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits().cast_signed());
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

/// Sets the mode of a new file: a umask can only remove bits from the mode at creation.
fn restrict(file: File) -> io::Result<File> {
    #[cfg(unix)]
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    Ok(file)
}

/// Creates a folder and its parents. A folder that exists keeps its mode.
///
/// # Errors
/// It cannot be created. Errors name the path.
pub(crate) fn folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(path).map_err(|error| named(path, &error))
}

/// The variable with the folder for temporary files.
const TEMPORARY: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

/// The folder for temporary files: the one that the environment names, or that of the system.
pub(crate) fn temporary_place() -> PathBuf {
    let place = std::env::temp_dir();
    // The standard library takes an empty variable for the current folder.
    if place.as_os_str().is_empty() { PathBuf::from("/tmp") } else { place }
}

/// The error of a file or folder that can't be created in [`temporary_place`].
fn unusable(place: &Path, error: &io::Error) -> io::Error {
    // tempfile adds the random name to some errors.
    let (text, place) = (error.to_string(), place.display());
    let reason = text.split_once(" at path ").map_or(text.as_str(), |(reason, _)| reason);
    let text = format!("the temporary folder `{place}` can't be used: {reason}. Set {TEMPORARY} to another one");
    io::Error::new(error.kind(), text)
}

/// Creates a temporary folder. It is deleted when it is dropped.
///
/// # Errors
/// It cannot be created. Errors name the folder for temporary files.
pub(crate) fn temporary_folder(prefix: &str) -> io::Result<TempDir> {
    let place = temporary_place();
    temporary_folder_in(&place, prefix).map_err(|error| unusable(&place, &error))
}

/// Creates a temporary file that has no name, so that only this process can open it. The system deletes it when it is
/// closed.
///
/// # Errors
/// It cannot be created. Errors name the folder for temporary files.
pub(crate) fn temporary_file() -> io::Result<File> {
    let place = temporary_place();
    tempfile::tempfile_in(&place).map_err(|error| unusable(&place, &error))
}

/// Creates a temporary folder in a folder. It is deleted when it is dropped.
///
/// # Errors
/// It cannot be created.
pub(crate) fn temporary_folder_in(parent: &Path, prefix: &str) -> io::Result<TempDir> {
    // tempfile names the path in its errors.
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix);
    #[cfg(unix)]
    builder.permissions(fs::Permissions::from_mode(0o700));
    builder.tempdir_in(parent)
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::fs::{MetadataExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("a file").mode() & 0o7777
    }

    fn content(path: &Path) -> String {
        fs::read_to_string(path).expect("a text")
    }

    #[test]
    fn new_files_and_folders_are_private() {
        let home = temporary_folder("croud-test-").expect("a folder");
        assert_eq!(mode(home.path()), 0o700);
        folder(&home.path().join("a/b")).expect("folders");
        assert_eq!([mode(&home.path().join("a")), mode(&home.path().join("a/b"))], [0o700; 2]);
        for existing in [Existing::Replace, Existing::Keep, Existing::Append] {
            let path = home.path().join(format!("{existing:?}"));
            file(&path, existing).expect("a file");
            assert_eq!(mode(&path), 0o600, "{existing:?}");
        }
    }

    #[test]
    fn an_existing_file_is_replaced_kept_or_continued() {
        let home = temporary_folder("croud-test-").expect("a folder");
        for (existing, expected) in [(Existing::Replace, "n"), (Existing::Keep, "nld"), (Existing::Append, "oldn")] {
            let (path, other) = (home.path().join(format!("{existing:?}")), home.path().join("other name"));
            let _ = fs::remove_file(&other);
            fs::write(&path, "old").expect("a file");
            fs::hard_link(&path, &other).expect("a second name");
            file(&path, existing).expect("a file").write_all(b"n").expect("a write");
            let other_content = if existing == Existing::Replace { "old" } else { expected };
            assert_eq!(
                (content(&path), content(&other)),
                (expected.to_owned(), other_content.to_owned()),
                "{existing:?}"
            );
        }
    }

    #[test]
    fn a_link_is_not_followed() {
        let home = temporary_folder("croud-test-").expect("a folder");
        let (target, missing) = (home.path().join("target"), home.path().join("missing"));
        fs::write(&target, "old").expect("a file");
        for to in [&target, &missing] {
            let link = home.path().join("link");
            symlink(to, &link).expect("a link");
            assert!(file(&link, Existing::Keep).is_err());
            file(&link, Existing::Replace).expect("a file").write_all(b"new").expect("a write");
            assert_eq!((content(&target), missing.exists(), content(&link)), ("old".into(), false, "new".into()));
            fs::remove_file(&link).expect("a file");
        }
        // A dangling link is not followed to create a file either.
        let link = home.path().join("dangling");
        symlink(&missing, &link).expect("a link");
        let _ = file(&link, Existing::Append);
        let mut text = String::new();
        if let Ok(mut file) = File::open(&missing) {
            file.read_to_string(&mut text).expect("a text");
        }
        assert_eq!(text, "");
    }
}
