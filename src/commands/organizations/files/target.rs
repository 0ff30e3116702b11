//! The file that a download is written to.
//!
//! It has a temporary name until it is complete. It replaces another file only if the user wants that, and it
//! stays in the folder that the user named.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Failure;
use crate::output::printable;

/// A file that is being written.
pub(super) struct Target {
    path: PathBuf,
    part: NamedTempFile,
    force: bool,
}

impl Target {
    /// Begins a file at `path`. If `path` is a folder, or empty for the current one, the file is made there under
    /// the last part of `name`, the file's name in the cloud. `force` allows replacing a file.
    ///
    /// # Errors
    /// A usage error if `name` can't be used; a failure if something is there that may not be replaced, or the
    /// folder can't be written.
    pub(super) fn new(path: PathBuf, name: Option<&str>, force: bool) -> Result<Self, Failure> {
        let is_folder = path.as_os_str().is_empty() || path.is_dir() || path.to_string_lossy().ends_with('/');
        let path = if is_folder { path.join(local_name(name)?) } else { path };
        check_replaceable(&path, force)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut part = tempfile::Builder::new();
        part.prefix(".croud.").suffix(".part");
        // A download has the usual permissions, not those of a temporary file.
        #[cfg(unix)]
        part.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let part = part.tempfile_in(folder).map_err(|error| {
            Failure::failed(format!("Could not write into `{}`: {}", folder.display(), reason(&error)))
        })?;
        Ok(Self { path, part, force })
    }

    /// Where to write the contents.
    pub(super) fn part(&mut self) -> &mut File {
        self.part.as_file_mut()
    }

    /// Gives the complete file its name. Returns its path.
    ///
    /// # Errors
    /// The contents can't be written to the disk, or something is there that may not be replaced.
    pub(super) fn keep(self) -> Result<PathBuf, Failure> {
        let Self { path, part, force } = self;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&path),
            _ => Failure::failed(format!("Could not write `{}`: {}", path.display(), reason(&error))),
        };
        part.as_file().sync_all().map_err(failed)?;
        check_replaceable(&path, force)?;
        let kept = if force { part.persist(&path) } else { part.persist_noclobber(&path) };
        kept.map_err(|error| failed(error.error))?;
        Ok(path)
    }
}

/// Only a regular file is ever replaced: never a device, a FIFO or a symbolic link.
fn check_replaceable(path: &Path, force: bool) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Err(_) => Ok(()),
        Ok(metadata) if !metadata.is_file() => {
            Err(Failure::failed(format!("`{}` exists and is not a regular file.", path.display())))
        }
        Ok(_) if force => Ok(()),
        Ok(_) => Err(exists(path)),
    }
}

fn exists(path: &Path) -> Failure {
    Failure::failed(format!("`{}` exists. Pass --force to replace it.", path.display()))
}

/// The system's reason, without the name of the temporary file.
fn reason(error: &io::Error) -> String {
    let cause = error.get_ref().and_then(|error| error.source());
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}

/// The last part of a file's name in the cloud, if it is safe as the name of a local file.
fn local_name(name: Option<&str>) -> Result<&str, Failure> {
    let base = name.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default();
    match is_safe(base) && (!cfg!(windows) || is_safe_on_windows(base)) {
        true => Ok(base),
        false => Err(Failure::usage(format!(
            "The file's name in the cloud, `{base}`, is not used here. Pass a name: --download PATH."
        ))),
    }
}

/// Whether a name that somebody else chose is visible, ordinary text. A dot in front would make a hidden file, which
/// may be a shell's configuration. A hyphen in front would make an option of a command that lists files.
fn is_safe(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(['.', '-']) && printable(name) == name
}

/// Whether Windows takes a name for an ordinary file.
fn is_safe_on_windows(name: &str) -> bool {
    const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let is_port = ["COM", "LPT"]
        .iter()
        .any(|port| stem.strip_prefix(port).is_some_and(|number| number.chars().count() == 1 && number != "0"));
    !name.contains(['<', '>', ':', '"', '|', '?', '*'])
        && !name.ends_with(['.', ' '])
        && !DEVICES.contains(&stem.as_str())
        && !is_port
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_a_name_is_used() {
        for (name, base) in [
            ("a.csv", "a.csv"),
            ("sub/a.csv", "a.csv"),
            ("../../etc/passwd", "passwd"),
            ("C\\a.csv", "a.csv"),
            ("dump-2024-01-01T12:00.csv", "dump-2024-01-01T12:00.csv"),
            ("é 漢.csv", "é 漢.csv"),
        ] {
            assert_eq!(local_name(Some(name)).unwrap(), base);
        }
    }

    #[test]
    fn unsafe_names_are_refused() {
        for name in
            ["", ".", "..", "a/..", "a/", "x\n", "\u{1b}[2J", "\0", ".bash_profile", "a/.zshenv", "-rf", "x\u{202e}vsc"]
        {
            assert!(local_name(Some(name)).is_err(), "{name:?}");
        }
        assert!(local_name(None).is_err());
    }

    #[test]
    fn names_with_a_meaning_on_windows_are_refused_there() {
        for name in
            ["C:", "a:b", "a?", "a*b", "a|b", "a<b", "a>b", "a\"b", "CON", "nul.csv", "com1", "LPT9.txt", "a.", "a "]
        {
            assert!(!is_safe_on_windows(name), "{name:?}");
        }
        for name in ["a.csv", "con.fig.csv", "COM", "COM10", "COM0", "console.csv", "lptx1"] {
            assert_eq!(is_safe_on_windows(name), !name.starts_with("con."), "{name:?}");
        }
    }
}
