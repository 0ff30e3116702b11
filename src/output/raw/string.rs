//! Strings as they are written in JSON. They may have lone surrogates, which are not characters: an escape such as
//! `\ud800` without its other half.

use std::borrow::Cow;

/// The length of an escape such as `\ud800`.
const ESCAPE: usize = 6;

/// A string as it is written in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::output) struct Quoted<'t> {
    /// With quotes and escapes.
    pub(in crate::output) json: &'t str,
    /// Whether it is visible ASCII without escapes.
    pub(in crate::output) is_plain: bool,
}

/// A part of the text of a string.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::output) enum Part<'t> {
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
    pub(in crate::output) fn parts(self) -> impl Iterator<Item = Part<'t>> {
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
    pub(in crate::output) fn text(self) -> Cow<'t, str> {
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
