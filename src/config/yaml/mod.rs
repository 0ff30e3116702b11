//! Reads the YAML of croud.yaml into JSON values.
//!
//! The file is written by the Python program and by people. PyYAML, which the Python program uses, reads
//! YAML 1.1, and `serde_yaml` reads YAML 1.2. The differences that occur in such a file are handled here:
//! numbers, repeated keys, merge keys (`<<`), and pairs of surrogate escapes.

mod spelling;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

pub(super) use spelling::has_comment;
use spelling::{is_number, join_surrogates};

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

/// Reads the document again, now with its known structure, and returns its value.
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
    }
}
