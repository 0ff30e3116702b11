//! The file that holds the configuration: reading, the lock, and the replacement.
//!
//! A change is made under a lock and written to a temporary file in the same folder, which is synced and
//! renamed. A reader sees the old file or the new one, never a part of it.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use crate::error::{Failure, Level};
use crate::limit::read_to_string;
use crate::output;
use crate::term::Term;

use super::{schema, yaml};

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;
/// How the name of a temporary file begins.
const PART: &str = ".croud.yaml.";
/// How the name of a temporary file ends.
const PART_END: &str = ".part";
/// The most links that are followed from the path of the configuration to its file.
const MAX_LINKS: usize = 40;

/// How long to wait for the lock before the wait is announced.
const LOCK_NOTICE: Duration = Duration::from_secs(1);
/// How long to wait for the lock.
const LOCK_LIMIT: Duration = Duration::from_secs(30);
/// The time between two attempts to take the lock.
const LOCK_POLL: Duration = Duration::from_millis(10);

/// What a file holds.
pub(super) struct Content {
    /// The valid configuration.
    pub(super) document: Map<String, Value>,
    /// The file has a comment, which the next change removes.
    pub(super) has_comment: bool,
}

/// Reads the file at `path`. Without a file, the content is the default document.
///
/// # Errors
/// The file can't be read, or it is not a valid configuration. Only the second suggests to delete it.
pub(super) fn read(path: &Path) -> Result<Content> {
    let text = match File::open(path).and_then(|file| read_to_string(file, LARGEST_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Content { document: schema::default_document(), has_comment: false });
        }
        Err(error) => {
            let problem = format!("The configuration file `{}` can't be read: {error}", path.display());
            return Err(Failure::failed(problem).into());
        }
    };
    let document = parse(&text).map_err(|problem| {
        Failure::failed("Your configuration file is incompatible with the current version of croud.")
            .info(format!("Please delete the file '{}' or update it manually.\n{problem}", path.display()))
    })?;
    Ok(Content { document, has_comment: yaml::has_comment(&text) })
}

/// A configuration from its text.
///
/// # Errors
/// The text is not YAML or does not fit the schema.
fn parse(text: &str) -> Result<Map<String, Value>, String> {
    match yaml::parse(text).map_err(|problem| format!("The YAML is invalid: {problem}"))? {
        Value::Object(document) => schema::check(&document).map(|()| document),
        _ => Err("It must hold keys, such as `profiles`.".to_owned()),
    }
}

/// The file that is locked for a change. The lock ends when this is dropped.
pub(super) struct LockedFile {
    path: PathBuf,
    _lock: File,
}

impl LockedFile {
    /// Locks the file at `path`, or the file that a link at `path` refers to. Its folder is created if it is
    /// missing. A wait of a second is announced on `term`.
    ///
    /// # Errors
    /// The lock file can't be opened, another process keeps the lock for 30 seconds, or `path` is not a
    /// regular file.
    pub(super) fn open(path: &Path, term: &Term) -> Result<Self> {
        let path = follow_links(path);
        if fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(Failure::failed(format!("`{}` is not a regular file.", path.display())).into());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        create_private_folder(folder).with_context(|| format!("could not create the folder `{}`", folder.display()))?;
        let lock = open_lock(&path).with_context(|| format!("could not lock `{}`", path.display()))?;
        wait_for(&lock, &path, term)?;
        Ok(Self { path, _lock: lock })
    }

    /// Reads the file, as [`read`] does.
    ///
    /// # Errors
    /// Those of [`read`].
    pub(super) fn read(&self) -> Result<Content> {
        read(&self.path)
    }

    /// Whether the file exists.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Replaces the file. Only its owner can read the new one.
    ///
    /// # Errors
    /// The document would not be read back as it is, for example because it does not fit the schema, or the
    /// file can't be written. The old file is then unchanged.
    pub(super) fn replace(&self, document: &Map<String, Value>) -> Result<()> {
        let text = output::yaml::to_string(&Value::Object(document.clone()));
        match parse(&text) {
            Ok(read) if read == *document => {}
            Ok(_) => return Err(Failure::failed("The configuration can't store this. Nothing was changed.").into()),
            Err(problem) => return Err(Failure::failed(format!("{problem} Nothing was changed.")).into()),
        }
        replace(&self.path, &text).with_context(|| format!("could not write `{}`", self.path.display()))
    }
}

/// The path that links lead to, whether a file exists there or not.
fn follow_links(path: &Path) -> PathBuf {
    // The folder of a bare file name is empty, which can't be listed.
    let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..MAX_LINKS {
        match fs::read_link(&path) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("")).join(target),
            Err(_) => break,
        }
    }
    path
}

/// Opens the file whose lock guards a change. It is a separate file, because each change replaces croud.yaml.
/// A link in its place is not followed.
fn open_lock(path: &Path) -> io::Result<File> {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".lock");
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(path.with_file_name(name))
}

/// Waits for the lock that guards `path`.
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

/// Replaces the file at `path` by one with `text`.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Killed processes have left these files behind. No other process writes while the lock is held.
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(PART) && name.ends_with(PART_END)) {
            let _ = fs::remove_file(entry.path());
        }
    }
    // A temporary file is created with mode 0600.
    let mut file = tempfile::Builder::new().prefix(PART).suffix(PART_END).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Creates a folder that only its owner can enter. An existing folder keeps its mode.
///
/// # Errors
/// It can't be created.
fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The warning for a file that other users can read.
#[cfg(unix)]
pub(super) fn access_warning(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    let path = path.display();
    (mode & 0o077 != 0).then(|| format!("`{path}` is readable by other users; run `chmod 600 {path}`."))
}

#[cfg(not(unix))]
pub(super) fn access_warning(_: &Path) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const MINIMAL: &str =
        "default-format: table\ncurrent-profile: a\nprofiles:\n  a:\n    endpoint: https://a.example\n";

    #[test]
    fn an_error_says_what_is_wrong() {
        let no_keys = "It must hold keys, such as `profiles`.";
        for (text, problem) in [
            ("", no_keys),
            ("- a\n", no_keys),
            ("default-format: 5\n", "`default-format` must be a string."),
            (&format!("{MINIMAL}    secret: 0x1F\n"), "Profile `a`: `secret` must be a string."),
            ("profiles: [\n", "The YAML is invalid: did not find expected node content at line 2 column 1"),
            (&format!("{MINIMAL}1: x\n"), "The YAML is invalid: the key `1` is not a string"),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.starts_with(problem), "{text}: {found}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in proptest::prelude::any::<String>(), tail in "[ -~\\n]{0,200}") {
            let _ = parse(&text);
            let _ = parse(&format!("{MINIMAL}{tail}"));
        }

        #[test]
        fn a_document_is_read_as_it_was_written(
            name in "[^\u{0}]{1,12}",
            values in proptest::collection::vec(proptest::prelude::any::<String>(), 3),
        ) {
            let document = json!({
                "default-format": "table",
                "current-profile": name,
                "profiles": {name.clone(): {
                    "endpoint": values[0], "auth-token": values[1], "key": null, "secret": values[2], "other": [values[0]],
                }},
            });
            let read = parse(&output::yaml::to_string(&document)).expect("a valid configuration");
            proptest::prop_assert_eq!(Value::Object(read), document);
        }
    }
}
