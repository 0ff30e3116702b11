//! JSON text, read only as far as needed. Lone surrogates, which are no characters, are allowed in strings: an escape such
//! as `\ud800` without its other half.

use std::borrow::Cow;

use serde::de::Error as _;
use serde_json::Value;

use crate::limit::count_values;

/// How many lists and objects may be nested in each other: as many as serde_json allows in a value.
pub(super) const DEEPEST: usize = 127;

/// The most values, keys included, of which a [`Value`] is made. One of them takes up to 205 bytes, in a list such as
/// `[[1],[1]]`: 61 MB in all.
const MOST_VALUES: usize = 300_000;

/// The length of an escape such as `\ud800`.
const ESCAPE: usize = 6;

/// A piece of JSON text, without the white space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// `{` or `[`
    Open(char),
    /// `}` or `]`
    Close(char),
    Comma,
    Colon,
    String(Quoted<'t>),
    /// A number, `true`, `false` or `null`.
    Word(&'t str),
}

/// A string as it is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quoted<'t> {
    /// With quotes and escapes.
    pub(super) json: &'t str,
    /// Whether it is visible ASCII without escapes.
    pub(super) is_plain: bool,
}

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

/// Whether a byte of a string is visible ASCII that stands for itself. A table, because that is fast: it saves 12 of 119
/// million instructions for 10,000 audit events as JSON.
const IS_PLAIN: [bool; 256] = {
    let mut is_plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        is_plain[byte as usize] = !matches!(byte, b'"' | b'\\');
        byte += 1;
    }
    is_plain
};

/// The tokens of JSON text, which must be valid, as a [`RawValue`](serde_json::value::RawValue) is.
///
/// serde_json would check again what is known to be valid: with it, 10,000 audit events as a table took 233 million
/// instructions instead of 169 million.
#[derive(Clone)]
pub(super) struct Tokens<'t> {
    json: &'t str,
    /// How much of it was taken.
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(json: &'t str) -> Self {
        Self { json, at: 0 }
    }

    /// Skip white space, and return the byte behind it.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match *self.json.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Take the next token if it closes a list or an object.
    pub(super) fn take_close(&mut self) -> Option<char> {
        let close = self.peek().filter(|byte| matches!(byte, b'}' | b']'))?;
        self.at += 1;
        Some(close.into())
    }

    /// Take the next token if it opens a list or an object that is not empty.
    pub(super) fn take_open(&mut self) -> Option<char> {
        let open = self.peek().filter(|byte| matches!(byte, b'{' | b'['))?;
        let start = self.at;
        self.at += 1;
        if matches!(self.peek(), Some(b'}' | b']')) {
            self.at = start;
            return None;
        }
        Some(open.into())
    }

    /// Skip a comma or a colon, if there is one.
    pub(super) fn skip_punctuation(&mut self) {
        if let Some(b',' | b':') = self.peek() {
            self.at += 1;
        }
    }

    /// Take a whole value.
    fn take_value(&mut self) -> &'t str {
        self.peek();
        let (start, mut depth) = (self.at, 0);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b',' | b':' => {}
                b'"' => {
                    self.take_string();
                }
                _ => self.take_word(),
            }
            if depth == 0 {
                break;
            }
        }
        &self.json[start..self.at]
    }

    /// Take the rest of a string whose opening quote was taken. Returns whether it is visible ASCII without escapes.
    fn take_string(&mut self) -> bool {
        let rest = &self.json.as_bytes()[self.at..];
        let mut end = rest.iter().position(|byte| !IS_PLAIN[usize::from(*byte)]).unwrap_or(rest.len());
        let is_plain = rest.get(end) == Some(&b'"');
        while let Some(byte) = rest.get(end).filter(|byte| **byte != b'"') {
            end += if *byte == b'\\' { 2 } else { 1 };
        }
        self.at += (end + 1).min(rest.len());
        is_plain
    }

    /// Take the rest of a number, `true`, `false` or `null` whose first byte was taken.
    fn take_word(&mut self) {
        let rest = &self.json.as_bytes()[self.at..];
        let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        self.at += rest.iter().position(is_end).unwrap_or(rest.len());
    }
}

impl<'t> Iterator for Tokens<'t> {
    type Item = Token<'t>;

    // Inlined: that saves 12 of 110 million instructions for 10,000 audit events as JSON.
    #[inline(always)]
    fn next(&mut self) -> Option<Token<'t>> {
        let (first, start) = (self.peek()?, self.at);
        self.at += 1;
        Some(match first {
            b'{' | b'[' => Token::Open(first.into()),
            b'}' | b']' => Token::Close(first.into()),
            b',' => Token::Comma,
            b':' => Token::Colon,
            b'"' => {
                let is_plain = self.take_string();
                Token::String(Quoted { json: &self.json[start..self.at], is_plain })
            }
            _ => {
                self.take_word();
                Token::Word(&self.json[start..self.at])
            }
        })
    }
}

/// Refuse a value in which too many lists and objects are nested in each other.
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

/// A part of the text of a string.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    Text(Cow<'t, str>),
    /// A lone surrogate, as its escape.
    Surrogate(&'t str),
}

impl<'t> Quoted<'t> {
    /// What stands between the quotes.
    fn inside(self) -> &'t str {
        &self.json[1..self.json.len() - 1]
    }

    /// The text of the string. There is more than one part only where there are lone surrogates.
    pub(super) fn parts(self) -> impl Iterator<Item = Part<'t>> {
        let mut rest = Some(self.inside());
        std::iter::from_fn(move || {
            let text = rest.take()?;
            let (part, end) = match lone_surrogate(text) {
                None => return Some(Part::Text(unescape(text))),
                Some(0) => (Part::Surrogate(&text[..ESCAPE]), ESCAPE),
                Some(at) => (Part::Text(unescape(&text[..at])), at),
            };
            rest = Some(&text[end..]).filter(|rest| !rest.is_empty());
            Some(part)
        })
    }

    /// The text of the string, with U+FFFD for each lone surrogate.
    pub(super) fn text(self) -> Cow<'t, str> {
        if self.is_plain {
            return self.inside().into();
        }
        let mut parts = self.parts().map(|part| match part {
            Part::Text(text) => text,
            Part::Surrogate(_) => "\u{fffd}".into(),
        });
        let mut text = parts.next().unwrap_or_default();
        parts.for_each(|part| text.to_mut().push_str(&part));
        text
    }
}

/// The text that stands for itself or for escapes in a string without lone surrogates.
fn unescape(text: &str) -> Cow<'_, str> {
    match text.contains('\\') {
        true => serde_json::from_str(&format!("\"{text}\"")).map_or(text.into(), Cow::Owned),
        false => text.into(),
    }
}

/// `json` with `\ufffd`, the replacement character, for each lone surrogate.
pub(super) fn replace_lone_surrogates(json: &str) -> Cow<'_, str> {
    let mut replaced = String::new();
    let mut rest = json;
    while let Some(at) = lone_surrogate(rest) {
        replaced.push_str(&rest[..at]);
        replaced.push_str("\\ufffd");
        rest = &rest[at + ESCAPE..];
    }
    if replaced.is_empty() && rest.len() == json.len() { json.into() } else { (replaced + rest).into() }
}

/// Where the first escape of a lone surrogate is.
fn lone_surrogate(json: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += json.get(at..)?.find('\\')?;
        let is_pair = |high| high < 0xdc00 && surrogate(json, at + ESCAPE).is_some_and(|low| low >= 0xdc00);
        at += match surrogate(json, at) {
            None => 2,
            Some(high) if is_pair(high) => 2 * ESCAPE,
            Some(_) => return Some(at),
        };
    }
}

/// The surrogate whose escape is at this place.
fn surrogate(json: &str, at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
}

/// Parse a value; a lone surrogate in a string becomes U+FFFD.
///
/// # Errors
/// The value is nested too deeply, or it has too many values.
pub(super) fn parse(json: &str) -> serde_json::Result<Value> {
    if let Some(Token::String(string)) = Tokens::new(json).next() {
        return Ok(Value::String(string.text().into_owned()));
    }
    read(json)
}

/// Read a reply; a lone surrogate in a string becomes U+FFFD.
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
