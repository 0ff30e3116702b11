//! Reads the YAML of croud.yaml into JSON values.
//!
//! The file is written by the Python program and by people. PyYAML, which the Python program uses, reads
//! YAML 1.1, and `serde_yaml` reads YAML 1.2. The differences that occur in such a file are handled here:
//! numbers, repeated keys, merge keys (`<<`), and pairs of surrogate escapes.

mod spelling;

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::limit::{ByteLimit, check_brackets};

pub(super) use spelling::has_comment;
use spelling::{is_number, join_surrogates};

/// The most memory that the nodes of a document take, in bytes.
const MOST_MEMORY: u64 = 32 << 20;
/// The memory that a node takes without its text, about, in bytes.
const NODE: usize = 128;

/// Reads one document.
///
/// # Errors
/// The text is not YAML, is nested too deeply, or has something that JSON can't hold: a key that is not a string, an
/// infinite number, a tag.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    check_brackets(text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    read(text).or_else(|error| match join_surrogates(text) {
        Cow::Owned(joined) => read(&joined),
        Cow::Borrowed(_) => Err(error),
    })
}

fn read(text: &str) -> Result<Value, String> {
    let problem = |error: serde_yaml::Error| error.to_string();
    // The text is read twice: once for its structure, and once for the spelling of its numbers.
    let reader = NodeReader(&RefCell::new(ByteLimit::new(MOST_MEMORY)));
    let node = reader.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(problem)?;
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

/// Reads the structure, and counts the memory that it takes: an alias copies what it stands for.
#[derive(Clone, Copy)]
struct NodeReader<'l>(&'l RefCell<ByteLimit>);

impl NodeReader<'_> {
    /// Counts some bytes.
    fn count<E: Error>(self, bytes: usize) -> Result<(), E> {
        let counted = self.0.borrow_mut().add(bytes);
        counted.map_err(|_| E::custom("it takes too much memory"))
    }
}

impl<'de> DeserializeSeed<'de> for NodeReader<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<Node, D::Error> {
        self.count(NODE)?;
        document.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeReader<'_> {
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

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        self.count(text.len())?;
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
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry_seed(self, self)? {
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

/// Adds the value of a merge key: a mapping, or a list of mappings of which the first one takes precedence.
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
mod tests;
