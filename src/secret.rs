//! A string that must not be seen: it has no `Display`, and its `Debug` is blank.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A token, an API secret, a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret itself, for the wire and the configuration alone.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// How a secret is given on the command line, where others can read it: better not itself.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    Literal(Secret),
    /// `@FILE`: one final newline is not part of it.
    File(PathBuf),
    /// `-`: likewise.
    Stdin,
}

impl Given {
    /// Whether it counts as not given.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Given::Literal(secret) if secret.reveal().is_empty())
    }
}

impl FromStr for Given {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix('@') {
            Some(path) => Given::File(path.into()),
            None if text == "-" => Given::Stdin,
            None => Given::Literal(text.into()),
        })
    }
}
