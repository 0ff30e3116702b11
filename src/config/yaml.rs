//! Reads the YAML of croud.yaml into JSON values.
//!
//! The file is written by the Python program and by people. PyYAML, which the Python program uses, reads
//! YAML 1.1, and `serde_yaml` reads YAML 1.2. The differences that occur in such a file are handled here:
//! numbers, repeated keys, merge keys (`<<`), and pairs of surrogate escapes.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads one document.
///
/// # Errors
/// The text is not YAML, or has something that JSON can't hold: a key that is not a string, an infinite
/// number, a tag.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    read(text).or_else(|error| match join_surrogates(text) {
        Cow::Owned(joined) => read(&joined),
        Cow::Borrowed(_) => Err(error),
    })
}

fn read(text: &str) -> Result<Value, String> {
    let problem = |error: serde_yaml::Error| error.to_string();
    // The text is read twice: once for its structure, and once for the spelling of its numbers.
    let node = <Node as Deserialize>::deserialize(serde_yaml::Deserializer::from_str(text)).map_err(problem)?;
    node.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(problem)
}

/// Whether the text has a comment: a `#` at the start of a line or after a space, outside of quotes. A string
/// of several lines may be taken for a comment.
pub(super) fn has_comment(text: &str) -> bool {
    text.lines().any(|line| {
        line.match_indices('#').any(|(at, _)| {
            let before = &line[..at];
            let is_outside = |quote: char| before.matches(quote).count() % 2 == 0;
            (before.is_empty() || before.ends_with([' ', '\t'])) && is_outside('\'') && is_outside('"')
        })
    })
}

/// A node of the document, as YAML 1.2 reads it.
enum Node {
    /// Null, a boolean or a string.
    Scalar(Value),
    /// A number, and its value. YAML 1.1 may take its text for a string.
    Number(Value),
    List(Vec<Node>),
    /// The entries in their order. A key may be repeated.
    Map(Vec<(Node, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(document: D) -> Result<Self, D::Error> {
        document.deserialize_any(NodeVisitor)
    }
}

/// Reads the structure.
struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without a tag")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Scalar(text.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(Node::Number(Number::from_i128(value).into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        Ok(Node::Number(Number::from_u128(value).into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        // Null stands for a number that is not finite.
        Ok(Node::Number(Number::from_f64(value).into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        let (tag, _) = tagged.variant::<String>()?;
        Err(A::Error::custom(format!("the tag `!{tag}` is not supported")))
    }
}

/// Reads the document again, whose structure is known, and returns its value.
impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<Value, D::Error> {
        match self {
            Node::Scalar(value) => IgnoredAny::deserialize(document).map(|_| value),
            Node::Number(value) => {
                let text = String::deserialize(document)?;
                match value {
                    _ if !is_number(&text) => Ok(text.into()),
                    Value::Null => Err(D::Error::custom(format!("`{text}` is not a finite number"))),
                    number => Ok(number),
                }
            }
            Node::List(_) => document.deserialize_seq(self),
            Node::Map(_) => document.deserialize_map(self),
        }
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the document that was read before")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Node::List(nodes) = self else { return Err(A::Error::custom("unexpected list")) };
        let mut list = Vec::new();
        for node in nodes {
            list.extend(items.next_element_seed(node)?);
        }
        // The sequence must be read to its end.
        items.next_element::<IgnoredAny>()?;
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let Node::Map(nodes) = self else { return Err(A::Error::custom("unexpected keys")) };
        let (mut merged, mut own) = (Map::new(), Map::new());
        for (key, value) in nodes {
            let Some(key) = entries.next_key_seed(key)? else { break };
            let Value::String(key) = key else {
                return Err(A::Error::custom(format!("the key `{key}` is not a string")));
            };
            let value = entries.next_value_seed(value)?;
            match key.as_str() {
                "<<" => merge(value, &mut merged).map_err(A::Error::custom)?,
                _ => _ = own.insert(key, value),
            }
        }
        // The mapping must be read to its end.
        entries.next_key::<IgnoredAny>()?;
        merged.extend(own);
        Ok(merged.into())
    }
}

/// Adds what a merge key refers to: a mapping, or a list of mappings of which the first one wins.
fn merge(value: Value, merged: &mut Map<String, Value>) -> Result<(), &'static str> {
    match value {
        Value::Object(map) => merged.extend(map),
        Value::Array(list) => list.into_iter().rev().try_for_each(|map| match map {
            Value::Object(map) => {
                merged.extend(map);
                Ok(())
            }
            _ => Err("`<<` refers to something other than keys"),
        })?,
        _ => return Err("`<<` refers to something other than keys"),
    }
    Ok(())
}

/// Whether text that YAML 1.2 takes for a number is one in YAML 1.1, too. There a float needs a decimal
/// point, its exponent a sign, and a float that begins with the point has no sign. There is no `0o17`.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.starts_with("0x") || unsigned.starts_with("0b") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let is_digits = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "+0"));
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        // An integer.
        None => return !unsigned.is_empty() && is_digits(unsigned),
    };
    exponent.starts_with(['+', '-'])
        && is_digits(whole)
        && is_digits(fraction)
        && (!whole.is_empty() || unsigned.len() == text.len() && !fraction.is_empty())
}

/// Replaces each pair of surrogate escapes by the escape of the character that they stand for. JSON writes
/// a character beyond U+FFFF as such a pair, which YAML does not know.
fn join_surrogates(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (mut joined, mut copied) = (String::new(), 0);
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let units = unit(at).zip(unit(at + 6)).map(|(high, low)| [high, low]);
        match units.and_then(|units| char::decode_utf16(units).next()?.ok()).filter(|c| c.len_utf16() == 2) {
            Some(c) => {
                joined.push_str(&text[copied..at]);
                joined.push_str(&format!("\\U{:08X}", u32::from(c)));
                at += 12;
                copied = at;
            }
            // A backslash escapes the next character, which may be a backslash.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        }
    }
    if copied == 0 {
        return text.into();
    }
    joined.push_str(&text[copied..]);
    joined.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn scalars_have_the_types_of_yaml_1_1() {
        for text in [
            // PyYAML writes these strings without quotes.
            "1e5",
            "1.5e3",
            "-1e3",
            "1.e3",
            ".5e3",
            "-.5",
            "+.5e-3",
            "0o17",
            "12e45678901",
            "y",
            "a:b",
            "=x",
            "1_000x",
            // PyYAML reads these as other types. They are text here.
            "yes",
            "on",
            "1:30",
            "012",
            "1_000",
            "2023-12-24",
        ] {
            assert_eq!(parse(text), Ok(json!(text)), "{text}");
        }
        for (text, value) in [
            ("12", json!(12)),
            ("-12", json!(-12)),
            ("0x1F", json!(31)),
            ("0x1e5", json!(0x1e5)),
            ("0b11", json!(3)),
            ("1.5", json!(1.5)),
            ("-1.5e+3", json!(-1500.0)),
            ("1.", json!(1.0)),
            (".5", json!(0.5)),
            ("18446744073709551615", json!(u64::MAX)),
            ("true", json!(true)),
            ("~", json!(null)),
            ("'12'", json!("12")),
            ("!!str 12", json!("12")),
            ("", json!(null)),
        ] {
            assert_eq!(parse(text), Ok(value), "{text}");
        }
        assert_eq!(parse("340282366920938463463374607431768211455").unwrap().to_string(), u128::MAX.to_string());
    }

    #[test]
    fn what_json_cannot_hold_is_an_error() {
        for (text, problem) in [
            ("a: .inf", "`.inf` is not a finite number"),
            ("a: [-.INF]", "`-.INF` is not a finite number"),
            ("a: .nan", "`.nan` is not a finite number"),
            ("1: a", "the key `1` is not a string"),
            ("null: a", "the key `null` is not a string"),
            ("a: !mine b", "a: the tag `!mine` is not supported at line 1 column 4"),
            ("a: {<<: 1}", "`<<` refers to something other than keys"),
            ("a: *b", "unknown anchor at line 1 column 4"),
        ] {
            let found = parse(text).unwrap_err();
            assert!(found.contains(problem), "{text}: {found}");
        }
    }

    #[test]
    fn the_last_of_two_equal_keys_wins() {
        assert_eq!(parse("a: 1\nb: 2\na: 3\n").unwrap().to_string(), r#"{"a":3,"b":2}"#);
        assert_eq!(parse("a: {b: [1]}\na: 1e5\n").unwrap().to_string(), r#"{"a":"1e5"}"#);
    }

    #[test]
    fn merge_keys_are_resolved() {
        for (text, expected) in [
            ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n", r#"{"a":1,"b":3}"#),
            ("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\n", r#"{"a":1,"b":3}"#),
            ("x: [&x {a: 1e5}, &z {a: 2, c: 4}]\ny: {<<: [*x, *z]}\n", r#"{"a":"1e5","c":4}"#),
        ] {
            assert_eq!(parse(text).unwrap()["y"].to_string(), expected, "{text}");
        }
    }

    #[test]
    fn aliases_do_not_multiply_without_a_limit() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for i in 1..12 {
            let alias = format!("*a{}", i - 1);
            text.push_str(&format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 9].join(", ")));
        }
        assert!(parse(&text).unwrap_err().contains("repetition limit exceeded"));
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert_eq!(parse("\u{feff}a: 1\n"), Ok(json!({"a": 1})));
    }

    #[test]
    fn surrogate_escapes_are_joined() {
        assert_eq!(parse(r#"a: "\ud83d\ude80""#), Ok(json!({"a": "🚀"})));
        assert_eq!(parse(r#"a: "\\ud83d\\ude80""#), Ok(json!({"a": r"\ud83d\ude80"})));
        assert_eq!(parse(r"a: '\ud83d\ude80'"), Ok(json!({"a": r"\ud83d\ude80"})));
        assert!(parse(r#"a: "\ud83d""#).is_err());
        for (text, joined) in [
            (r"x\ud83d\ude80y\uD83D\uDE80z", r"x\U0001F680y\U0001F680z"),
            (r"\\ud83d\ude80", r"\\ud83d\ude80"),
            (r"\\\ud83d\ude80", r"\\\U0001F680"),
            (r"\ud83d\u0041", r"\ud83d\u0041"),
            (r"\u0041\u0042", r"\u0041\u0042"),
            ("\\é\\", "\\é\\"),
        ] {
            assert_eq!(join_surrogates(text), joined, "{text}");
        }
    }

    #[test]
    fn comments_are_found() {
        for (text, found) in [
            ("a: b\n", false),
            ("a: b#c\n", false),
            ("# c\na: b\n", true),
            ("a:\n  # c\n  b: c\n", true),
            ("a: b # c\n", true),
            ("a: b\t# c\n", true),
            ("a: 'b # c'\n", false),
            ("a: \"b # c\"\n", false),
            ("a: 'b # c' # d\n", true),
        ] {
            assert_eq!(has_comment(text), found, "{text}");
        }
    }
}
