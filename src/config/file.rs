//! Reads and replaces the configuration file.

use std::io;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::limit::read_file;
use crate::locked::{LockedFile, follow_links};
use crate::output;
use crate::private;
use crate::suggest::quoted;
use crate::term::Term;

use super::{schema, yaml};

/// The largest file that is read, in bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// The next step after an error of the file's path.
const OTHER_FILE: &str = "Set CROUD_CONFIG to use another file.";

/// The content of the file.
pub(super) struct Content {
    /// The valid configuration.
    pub(super) document: Map<String, Value>,
    /// The file has a comment, which the next change removes.
    pub(super) has_comment: bool,
}

/// Reads the file at `path`. If it does not exist, the content is the default document.
///
/// # Errors
/// The file can't be read, or it is not a valid configuration. Only the error of an invalid configuration suggests
/// deleting the file.
pub(super) fn read(path: &Path) -> Result<Content> {
    let text = match read_file(path, LARGEST_FILE) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Content { document: schema::default_document(), has_comment: false });
        }
        Err(error) => {
            let problem = format!("The configuration file `{}` can't be read: {error}\n{OTHER_FILE}", path.display());
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

/// Creates the folder of the file at `path` if it is missing, and locks the file for a change.
///
/// # Errors
/// Those of [`LockedFile::open`], and a folder that can't be created.
pub(super) fn lock(path: &Path, term: &Term) -> Result<LockedFile> {
    let path = follow_links(path)?;
    private::folder(path.parent().unwrap_or(Path::new("."))).map_err(|error| {
        Failure::failed(format!("The folder of the configuration file can't be created: {error}\n{OTHER_FILE}"))
    })?;
    LockedFile::open(&path, term)
}

/// Replaces the file. Only its owner can read the new one.
///
/// # Errors
/// The document would not be read back as it is, for example because it does not fit the schema or is too large, or
/// the file can't be written. The old file is then unchanged.
pub(super) fn replace(file: &LockedFile, document: &Map<String, Value>) -> Result<()> {
    let text = output::yaml::to_string(&Value::Object(document.clone()))?;
    if text.len() as u64 > LARGEST_FILE {
        return Err(Failure::failed("The configuration would be larger than 1 MiB. Nothing was changed.").into());
    }
    match parse(&text) {
        Ok(read) if read == *document => file.replace(&text),
        Ok(_) => Err(Failure::failed("The configuration can't store this. Nothing was changed.").into()),
        Err(problem) => Err(Failure::failed(format!("{problem} Nothing was changed.")).into()),
    }
}

/// The warning for a file that other users can read.
#[cfg(unix)]
pub(super) fn access_warning(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    let path = path.to_string_lossy();
    (mode & 0o077 != 0).then(|| format!("`{path}` is readable by other users; run `chmod 600 {}`.", quoted(&path)))
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
            let read = parse(&output::yaml::to_string(&document).expect("a small text")).expect("a valid configuration");
            proptest::prop_assert_eq!(Value::Object(read), document);
        }
    }
}
