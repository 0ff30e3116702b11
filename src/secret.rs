//! A string that can't be printed by accident, and the sources of a secret option.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The longest secret that is read from a file or from stdin, in bytes.
pub(crate) const LONGEST_SECRET: u64 = 1 << 20;

/// A token, an API secret or a password. It has no `Display`, and its `Debug` hides the value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The value. Use it only for requests and for the configuration file.
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

/// Where the value of a secret option comes from.
#[derive(Clone, Debug)]
pub(crate) enum SecretSource {
    /// The option's own text. `@@` at its start stands for one `@`.
    Literal(Secret),
    /// `@FILE`: the file's content without a final newline.
    File(PathBuf),
    /// `-`: stdin without a final newline, or a hidden prompt where stdin is a terminal.
    Stdin,
}

impl SecretSource {
    /// Whether the option counts as not given.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, SecretSource::Literal(secret) if secret.reveal().is_empty())
    }
}

impl FromStr for SecretSource {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix('@') {
            Some(literal) if literal.starts_with('@') => SecretSource::Literal(literal.into()),
            Some(path) => SecretSource::File(path.into()),
            None if text == "-" => SecretSource::Stdin,
            None => SecretSource::Literal(text.into()),
        })
    }
}

/// A key with one of these parts in its name has a secret value, in configuration files and request bodies.
const SECRET_NAMES: [&str; 6] = ["pass", "secret", "token", "access_key", "connection_string", "certificate"];

/// Whether the value of `key` must be hidden.
pub(crate) fn is_secret_name(key: &str) -> bool {
    let key = key.to_lowercase();
    SECRET_NAMES.iter().any(|name| key.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_keys_are_known_by_their_names() {
        for (key, is_secret) in [
            ("auth-token", true),
            ("secret", true),
            ("Password", true),
            ("secret_access_key", true),
            ("connection_string", true),
            ("key", false),
            ("endpoint", false),
        ] {
            assert_eq!(is_secret_name(key), is_secret, "{key}");
        }
    }

    #[test]
    fn an_option_names_the_source_of_its_secret() {
        for (text, source) in [
            ("plain", "Literal plain"),
            ("@@at", "Literal @at"),
            ("@@@at", "Literal @@at"),
            ("@file", "File file"),
            ("@", "File "),
            ("-", "Stdin"),
            ("", "Literal "),
        ] {
            let read = match text.parse().unwrap() {
                SecretSource::Literal(secret) => format!("Literal {}", secret.reveal()),
                SecretSource::File(path) => format!("File {}", path.display()),
                SecretSource::Stdin => "Stdin".to_owned(),
            };
            assert_eq!(read, source, "{text}");
        }
    }
}
