//! The format `yaml`: block style that readers of YAML 1.1 and 1.2 take for the same value.
//!
//! They disagree about texts such as `yes`, `1:30` or `1_000`, so every string is quoted unless it is certainly a string
//! for both.

use std::io::Write;

use serde_json::Value;
use serde_json::value::RawValue;

use super::escape::is_control;
use super::{Ending, Layout, Shape, WriteError};

/// The longest key that is written before its colon; longer ones are marked by `?`. A reader looks at most 1024
/// characters ahead for the colon.
const LONGEST_KEY: usize = 1000;

/// Keeps the text until the end: a YAML list that is cut off, by a signal for example, would look complete.
pub(super) struct Yaml {
    shape: Shape,
    text: String,
}

impl Yaml {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, text: String::new() }
    }
}

impl Layout for Yaml {
    fn row(&mut self, row: &RawValue, _out: &mut dyn Write) -> Result<(), WriteError> {
        let row: Value = serde_json::from_str(row.get())?;
        self.text.push_str(&to_string(&match self.shape {
            Shape::List => Value::Array(vec![row]),
            Shape::Record => row,
        }));
        Ok(())
    }

    fn end(self: Box<Self>, ending: Ending, out: &mut dyn Write) -> Result<(), WriteError> {
        out.write_all(self.text.as_bytes())?;
        let end: &[u8] = match ending {
            Ending::Complete if self.text.is_empty() => b"[]\n",
            Ending::Complete => b"",
            // An open brace is an error for every reader.
            Ending::BrokenOff => b"- {\n",
        };
        Ok(out.write_all(end)?)
    }
}

/// `value` as YAML in block style, with a newline at the end.
pub(crate) fn to_string(value: &Value) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Append `value` to the current line; its further lines are indented by `indent` spaces.
fn block(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&float(&number.to_string())),
        Value::String(text) => scalar(text, out),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(map) if map.is_empty() => out.push_str("{}"),
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                next_line(i == 0, indent, out);
                out.push_str("- ");
                block(item, indent + 2, out);
                end_line(out);
            }
        }
        Value::Object(map) => {
            for (i, (key, value)) in map.iter().enumerate() {
                next_line(i == 0, indent, out);
                let start = out.len();
                scalar(key, out);
                if out.len() - start > LONGEST_KEY {
                    out.insert_str(start, "? ");
                    end_line(out);
                    next_line(false, indent, out);
                }
                out.push(':');
                member(value, indent, out);
                end_line(out);
            }
        }
    }
}

/// Append what follows a key. A list is indented like its key, an object by two spaces more.
fn member(value: &Value, indent: usize, out: &mut String) {
    let indent = match value {
        Value::Array(items) if !items.is_empty() => indent,
        Value::Object(map) if !map.is_empty() => indent + 2,
        _ => {
            out.push(' ');
            return block(value, indent, out);
        }
    };
    out.push('\n');
    next_line(false, indent, out);
    block(value, indent, out);
}

fn next_line(is_first: bool, indent: usize, out: &mut String) {
    if !is_first {
        out.extend(std::iter::repeat_n(' ', indent));
    }
}

fn end_line(out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

/// A number that both versions read as one: before an exponent YAML 1.1 wants a decimal point, after its `e` a sign.
fn float(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return text.to_owned() };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Append a string in the plainest style that is safe: without quotes, with single quotes, or escaped.
fn scalar(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
    } else if text.chars().any(needs_escape) {
        escaped(text, out);
    } else {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    }
}

/// Whether every reader takes `text` for a string without quotes.
fn is_plain(text: &str) -> bool {
    // The words that YAML 1.1 or 1.2 take for a boolean or null.
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | '+' | ':' | ' '))
        // A colon followed by a space, or at the end, would end a key.
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether `c` must be escaped: control characters, line breaks, and what YAML calls unprintable.
fn needs_escape(c: char) -> bool {
    is_control(c) || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Append a string in double quotes.
fn escaped(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_objects_are_blocks() {
        let came = r#"{"a":[1,[2,[]],{"b":{},"c":[3]}],"d":{"e":{"f":null}},"":"","yes":true}"#;
        let expected = "a:\n- 1\n- - 2\n  - []\n- b: {}\n  c:\n  - 3\nd:\n  e:\n    f: null\n'': ''\n'yes': true\n";
        assert_eq!(to_string(&serde_json::from_str(came).expect("JSON")), expected);
    }

    #[test]
    fn strings_are_quoted_unless_both_versions_agree() {
        let cases = [
            ("my-org", "my-org"),
            ("a b", "a b"),
            ("https://a.example:80/b", "https://a.example:80/b"),
            ("a:", "'a:'"),
            ("Yes", "'Yes'"),
            ("it's", "'it''s'"),
            ("012", "'012'"),
            ("a: b", "'a: b'"),
            (" a", "' a'"),
            ("two\nlines", "\"two\\nlines\""),
            ("\u{1b}\"\\", "\"\\u001B\\\"\\\\\""),
            ("é", "'é'"),
        ];
        for (text, expected) in cases {
            assert_eq!(to_string(&text.into()), format!("{expected}\n"));
        }
    }

    #[test]
    fn exponents_get_a_decimal_point_and_a_sign() {
        let cases = [("1e22", "1.0e+22"), ("1.5E-3", "1.5e-3"), ("12", "12"), ("3.0", "3.0"), ("1e+5", "1.0e+5")];
        for (text, expected) in cases {
            assert_eq!(float(text), expected);
        }
    }

    #[test]
    fn a_very_long_key_is_marked() {
        let key = "k".repeat(2000);
        let value = serde_json::json!({ key.clone(): { "a": 1 } });
        assert_eq!(to_string(&value), format!("? {key}\n:\n  a: 1\n"));
        let read: Value = serde_yaml::from_str(&to_string(&value)).expect("YAML");
        assert_eq!(read, value);
    }
}
