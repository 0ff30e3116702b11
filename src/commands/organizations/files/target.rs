//! Where a download goes: under a name of its own until it is complete, never over another file
//! unasked, never outside of the folder that was named.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::Failure;

/// A file to be, and the part of it that is there.
pub(super) struct Target {
    path: PathBuf,
    part: NamedTempFile,
    force: bool,
}

impl Target {
    /// Begin a file at `path`, or in the folder that `path` is (the current one, where it is empty)
    /// under the cloud's `name` for it, of which only the last part counts.
    ///
    /// # Errors
    /// Usage, where there is no name for it; failed, where there is a file already and no `force`,
    /// or nothing can be written.
    pub(super) fn new(path: PathBuf, name: Option<&str>, force: bool) -> Result<Self, Failure> {
        let is_folder = path.as_os_str().is_empty() || path.is_dir() || path.to_string_lossy().ends_with('/');
        let path = if is_folder { path.join(base_name(name)?) } else { path };
        if !force && path.symlink_metadata().is_ok() {
            return Err(exists(&path));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut part = tempfile::Builder::new();
        part.prefix(".croud.").suffix(".part");
        // A download is a file like any other, not private as temporary files are.
        #[cfg(unix)]
        part.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let part = part.tempfile_in(folder);
        let part =
            part.map_err(|error| Failure::failed(format!("Could not write into `{}`: {error}", folder.display())))?;
        Ok(Self { path, part, force })
    }

    pub(super) fn part(&mut self) -> &mut File {
        self.part.as_file_mut()
    }

    /// The file is complete: give it its name, which is returned.
    pub(super) fn keep(self) -> Result<PathBuf, Failure> {
        let Self { path, part, force } = self;
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&path),
            _ => Failure::failed(format!("Could not write `{}`: {error}", path.display())),
        };
        part.as_file().sync_all().map_err(failed)?;
        let kept = if force { part.persist(&path) } else { part.persist_noclobber(&path) };
        kept.map_err(|error| failed(error.error))?;
        Ok(path)
    }
}

/// The last part of the cloud's name for a file, which may be anything.
fn base_name(name: Option<&str>) -> Result<&str, Failure> {
    let base = name.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default();
    if matches!(base, "" | "." | "..") || base.chars().any(char::is_control) || base.contains(':') {
        let problem = "The file's name in the cloud is no name for a file here. Name one: --download PATH.";
        return Err(Failure::usage(problem));
    }
    Ok(base)
}

fn exists(path: &Path) -> Failure {
    Failure::failed(format!("`{}` exists. Pass --force to replace it.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        for (name, base) in
            [("a.csv", "a.csv"), ("sub/a.csv", "a.csv"), ("../../etc/passwd", "passwd"), ("C\\a.csv", "a.csv")]
        {
            assert_eq!(base_name(Some(name)).unwrap(), base);
        }
        for name in ["", ".", "..", "a/..", "a/", "x\n", "C:", "\u{1b}[2J"] {
            assert!(base_name(Some(name)).is_err(), "{name:?}");
        }
        assert!(base_name(None).is_err());
    }
}
