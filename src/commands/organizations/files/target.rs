//! The local file that a download is written to.
//!
//! An incomplete download is in a private temporary file in the same folder. An existing file is replaced only with
//! `--overwrite`, and only if it is a regular file.

use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Failure;
use crate::output::printable;
use crate::private;

/// A download that is not complete yet.
pub(super) struct Target {
    path: PathBuf,
    part: NamedTempFile,
    overwrite: bool,
}

impl Target {
    /// Begins a download to `path`. If `path` is a folder (or empty: the current one), the file gets the name that
    /// it has in the cloud.
    ///
    /// # Errors
    /// A usage error if `name` is not safe as the name of a local file. A failure if the file exists and must not be
    /// replaced, or if the folder can't be written.
    pub(super) fn new(path: PathBuf, name: Option<&str>, overwrite: bool) -> Result<Self, Failure> {
        let is_folder =
            path.as_os_str().is_empty() || path.is_dir() || path.to_string_lossy().ends_with(std::path::is_separator);
        let path = if is_folder { path.join(local_name(name)?) } else { path };
        check_replaceable(&path, overwrite)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let part = tempfile::Builder::new().prefix(".croud.").suffix(".part").make_in(folder, private::new_file);
        let part = part.map_err(|error| not_written(folder, &error))?;
        Ok(Self { path, part, overwrite })
    }

    /// Writes the next bytes to the temporary file.
    ///
    /// # Errors
    /// They can't be written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.part.as_file_mut().write_all(bytes).map_err(|error| not_written(&self.path, &error))
    }

    /// Gives the complete file its name, and returns the path.
    ///
    /// # Errors
    /// Those of [`Target::new`], because the path may have changed since then.
    pub(super) fn keep(self) -> Result<PathBuf, Failure> {
        let Self { path, part, overwrite } = self;
        check_replaceable(&path, overwrite)?;
        let failed = |error: io::Error| not_written(&path, &error);
        make_public(part.as_file(), &path).map_err(failed)?;
        part.as_file().sync_all().map_err(failed)?;
        let kept = if overwrite { part.persist(&path) } else { part.persist_noclobber(&path) };
        match kept {
            Ok(_) => Ok(path),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(exists(&path)),
            Err(error) => Err(not_written(&path, &error.error)),
        }
    }
}

/// Sets the mode of a temporary file: that of the file that it replaces, or else the default for new files.
#[cfg(unix)]
fn make_public(part: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::Mode;
    use rustix::process::umask;
    use std::os::unix::fs::PermissionsExt;
    let mode = match path.symlink_metadata() {
        Ok(replaced) => replaced.permissions().mode() & 0o777,
        Err(_) => {
            // The umask can only be read by setting it.
            let mask = umask(Mode::RWXG | Mode::RWXO);
            umask(mask);
            0o666 & !mask.bits()
        }
    };
    part.set_permissions(PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn make_public(_part: &File, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Checks that there is nothing at `path`, or a regular file that may be replaced.
fn check_replaceable(path: &Path, overwrite: bool) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(not_written(path, &error)),
        Ok(metadata) if !metadata.is_file() => Err(Failure::failed(format!(
            "`{}` exists and is not a regular file, so it is not replaced.",
            path.display()
        ))),
        Ok(_) if overwrite => Ok(()),
        Ok(_) => Err(exists(path)),
    }
}

fn exists(path: &Path) -> Failure {
    Failure::failed(format!("`{}` exists. Pass --overwrite to replace it.", path.display()))
}

/// The error of a path that can't be written, with the reason of the system.
fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("Could not write `{}`: {error}", path.display()))
}

/// The last part of the cloud's name for a file, if it is safe as the name of a local file.
///
/// The user who uploaded the file chose its name, so a name with a special meaning for a shell, a terminal or the
/// system is refused.
///
/// # Errors
/// A usage error for such a name.
fn local_name(name: Option<&str>) -> Result<&str, Failure> {
    let base = name.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default();
    let problem = if base.is_empty() {
        "it is empty"
    } else if base.starts_with(['.', '-']) {
        "it begins with `.` or `-`"
    } else if printable(base) != base {
        "it has control characters"
    } else if cfg!(windows) && is_reserved_on_windows(base) {
        "Windows reserves it"
    } else {
        return Ok(base);
    };
    Err(Failure::usage(format!("The name of the file in the cloud can't be used here: {problem}."))
        .info("Choose a name: --download PATH."))
}

/// Whether Windows takes a name for a device, or does not allow it: a reserved character, or a dot or a space at
/// the end.
fn is_reserved_on_windows(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let is_device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || ["COM", "LPT"].into_iter().any(|device| {
            let number = stem.strip_prefix(device).unwrap_or_default();
            matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³")
        });
    is_device || name.contains(['<', '>', ':', '"', '|', '?', '*']) || name.ends_with(['.', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        for (name, base) in
            [("a.csv", "a.csv"), ("sub/a.csv", "a.csv"), ("../../etc/passwd", "passwd"), ("C:\\data\\a.csv", "a.csv")]
        {
            assert_eq!(local_name(Some(name)).unwrap(), base);
        }
    }

    #[test]
    fn a_name_with_a_special_meaning_is_refused() {
        for (name, problem) in [
            ("", "it is empty"),
            ("a/", "it is empty"),
            (".", "it begins with `.` or `-`"),
            ("a/..", "it begins with `.` or `-`"),
            (".bash_profile", "it begins with `.` or `-`"),
            ("-rf", "it begins with `.` or `-`"),
            ("x\n", "it has control characters"),
            ("\u{1b}[2J", "it has control characters"),
            ("gpj.\u{202e}exe", "it has control characters"),
        ] {
            let message = local_name(Some(name)).unwrap_err().message;
            assert_eq!(
                message,
                format!("The name of the file in the cloud can't be used here: {problem}."),
                "{name:?}"
            );
        }
        assert!(local_name(None).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn unix_allows_what_only_windows_reserves() {
        for name in ["dump-2024-01-01T12:00.csv", "a?.csv", "CON", "a. "] {
            assert_eq!(local_name(Some(name)).unwrap(), name);
        }
    }

    #[test]
    fn names_that_windows_reserves_are_known() {
        for name in ["CON", "con.csv", "NUL .txt", "COM1", "lpt9.x", "LPT²", "a.", "a ", "a:b", "a?", "C:"] {
            assert!(is_reserved_on_windows(name), "{name:?}");
        }
        for name in ["a.csv", "CONSOLE", "COM", "COM10", "a b", "NULL"] {
            assert!(!is_reserved_on_windows(name), "{name:?}");
        }
    }
}
