//! Commands that a message suggests.

use std::borrow::Cow;

/// A command of this program in backticks, quoted so that a shell reads each word as it is. `profile` is the
/// value of `--profile`, if that was given.
pub(crate) fn command(profile: Option<&str>, words: &[&str]) -> String {
    let profile = profile.map(|profile| ["--profile", profile]);
    let words = profile.iter().flatten().chain(words).map(|word| quoted(word));
    format!("`croud {}`", words.collect::<Vec<_>>().join(" "))
}

/// One word of a command, quoted so that a shell reads it as it is.
pub(crate) fn quoted(word: &str) -> Cow<'_, str> {
    // A NUL can't be an argument of any command.
    shlex::try_quote(word).unwrap_or("'...'".into())
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
        ] {
            assert_eq!(command(profile, words), expected);
        }
    }
}
