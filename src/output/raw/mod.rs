//! JSON text, read only as far as needed. Lone surrogates are allowed in strings.

mod string;
mod tokens;

use std::borrow::Cow;

use serde::de::Error as _;
use serde_json::Value;

use self::string::replace_lone_surrogates;
pub(super) use self::string::{Part, Quoted};
pub(super) use self::tokens::{Token, Tokens};
use crate::limit::count_values;

/// How many lists and objects may be nested in each other: as many as serde_json allows in a value.
pub(crate) const DEEPEST: usize = 127;

/// The most values, keys included, of which a [`Value`] is made. One of them takes up to 205 bytes, in a list such as
/// `[[1],[1]]`: 61 MB in all.
const MOST_VALUES: usize = 300_000;

/// The value that `keys` lead to, one object or list after the other. A list's key is the place of an item, from 0.
pub(super) fn follow<'v, 'k>(json: &'v str, mut keys: impl Iterator<Item = &'k str>) -> Option<&'v str> {
    keys.try_fold(json, |value, key| match value.as_bytes().first() {
        Some(b'[') => items(value).nth(key.parse().ok()?),
        _ => member(value, key),
    })
}

/// The value at a path: that of the key which is the whole path, or else the one that its keys, joined by dots, lead to.
pub(super) fn find<'v>(json: &'v str, path: &str) -> Option<&'v str> {
    member(json, path).or_else(|| follow(json, path.split('.')))
}

/// Refuses a value in which too many lists and objects are nested in each other.
///
/// # Errors
/// The value is nested too deeply.
pub(crate) fn check_nesting(json: &str) -> serde_json::Result<()> {
    let mut depth = 0;
    for token in Tokens::new(json) {
        match token {
            Token::Open(_) if depth == DEEPEST => return Err(too_deep()),
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth -= 1,
            _ => {}
        }
    }
    Ok(())
}

/// The error of a value that is nested too deeply.
pub(super) fn too_deep() -> serde_json::Error {
    serde_json::Error::custom("it is nested too deeply")
}

/// Parses a value; a lone surrogate in a string becomes U+FFFD.
///
/// # Errors
/// The value is nested too deeply, or it has too many values.
pub(super) fn parse(json: &str) -> serde_json::Result<Value> {
    if let Some(Token::String(string)) = Tokens::new(json).next() {
        return Ok(Value::String(string.text().into_owned()));
    }
    read(json)
}

/// Reads a reply; a lone surrogate in a string becomes U+FFFD.
///
/// # Errors
/// The text is not JSON, a value is nested too deeply, or there are too many values.
pub(crate) fn read(json: &str) -> serde_json::Result<Value> {
    // Each value takes at least two bytes of the text.
    if json.len() / 2 > MOST_VALUES && count_values(json.as_bytes()) > MOST_VALUES {
        return Err(serde_json::Error::custom(format!("it has more than {MOST_VALUES} values")));
    }
    serde_json::from_str(json).or_else(|error| match replace_lone_surrogates(json) {
        Cow::Owned(json) => serde_json::from_str(&json),
        Cow::Borrowed(_) => Err(error),
    })
}

/// Whether `json` is an object or a list without contents.
pub(crate) fn is_empty(json: &str) -> bool {
    let mut tokens = Tokens::new(json);
    matches!(tokens.next(), Some(Token::Open(_))) && tokens.take_close().is_some()
}

/// The keys and values of an object, in order; of anything else, none. `json` must be valid.
pub(super) fn members(json: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    let mut tokens = Tokens::new(json);
    let mut is_inside = tokens.next() == Some(Token::Open('{'));
    std::iter::from_fn(move || {
        let Some(Token::String(key)) = tokens.next().filter(|_| is_inside) else { return None };
        tokens.skip_punctuation();
        let value = tokens.take_value();
        is_inside = tokens.take_close().is_none();
        tokens.skip_punctuation();
        Some((key.text(), value))
    })
}

/// The items of a list. `json` must be valid.
pub(super) fn items(json: &str) -> impl Iterator<Item = &str> + Clone {
    let mut tokens = Tokens::new(json);
    let mut is_inside = tokens.next() == Some(Token::Open('['));
    std::iter::from_fn(move || {
        is_inside = is_inside && tokens.take_close().is_none();
        if !is_inside {
            return None;
        }
        tokens.skip_punctuation();
        Some(tokens.take_value())
    })
}

/// The member of an object with this key; the last one, if there are several. `json` must be valid, as the text of a
/// `RawValue` is.
pub(crate) fn member<'v>(json: &'v str, key: &str) -> Option<&'v str> {
    members(json).filter(|(found, _)| found == key).last().map(|(_, value)| value)
}

/// The text of a member that is a string and not empty, or a number. `json` must be valid.
pub(crate) fn text<'v>(json: &'v str, key: &str) -> Option<Cow<'v, str>> {
    match Tokens::new(member(json, key)?).next()? {
        Token::String(string) => Some(string.text()).filter(|text| !text.is_empty()),
        Token::Word(word) => word.starts_with(|c: char| c == '-' || c.is_ascii_digit()).then(|| word.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
