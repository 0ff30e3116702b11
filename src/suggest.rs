//! Commands that a message suggests.

use std::borrow::Cow;

use crate::output::printable;

/// A command of this program in backticks, quoted so that a shell reads each word as it is. `profile` is the
/// value of `--profile`, if that was given.
pub(crate) fn command(profile: Option<&str>, words: &[&str]) -> String {
    let profile = profile.map(|profile| ["--profile", profile]);
    let words = profile.iter().flatten().chain(words).map(|word| quoted(word));
    format!("`croud {}`", words.collect::<Vec<_>>().join(" "))
}

/// One word of a command, quoted so that a shell reads it as it is.
///
/// A word with a control character is left out: on a terminal it would be escaped or continue on another line, and what
/// is pasted from there could be another command.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    let quoted = Some(word).filter(|word| printable(word) == *word).and_then(|word| shlex::try_quote(word).ok());
    quoted.unwrap_or("'...'".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggested_command_is_safe_to_paste() {
        for (profile, words, expected) in [
            (None, &["login"][..], "`croud login`"),
            (Some("stage"), &["login"], "`croud --profile stage login`"),
            (Some("my stage"), &["login"], "`croud --profile 'my stage' login`"),
            (None, &["files", "--file-id", "F1 $(touch x)"], "`croud files --file-id 'F1 $(touch x)'`"),
            (None, &["x", ""], "`croud x ''`"),
            (None, &["a\0b"], "`croud '...'`"),
            (None, &["a\nrm -r x"], "`croud '...'`"),
            (None, &["a\u{1b}[2J"], "`croud '...'`"),
            (None, &["a\u{202e}b"], "`croud '...'`"),
        ] {
            assert_eq!(command(profile, words), expected);
        }
    }
}
