//! The format `yaml`, in block style. Readers of YAML 1.1 and 1.2 read the same value from it.
//!
//! They interpret texts such as `yes`, `1:30` or `1_000` differently, so every string is quoted unless it is a string
//! in both versions.

use std::io::Write;

use serde_json::Value;

use super::escape::is_control;
use super::raw::{Part, Quoted, Token, Tokens, check_nesting};
use super::{Coverage, Ending, Layout, MOST_KEPT, Shape, WriteError};

/// The longest key that is written before its colon; longer ones are marked by `?`. A reader looks at most 1024
/// characters ahead for the colon.
const LONGEST_KEY: usize = 1000;

/// Keeps the text until the end, because a YAML list that breaks off, for example by a signal, would look complete.
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
    fn row(&mut self, row: &str, _out: &mut dyn Write) -> Result<(), WriteError> {
        check_nesting(row)?;
        let indent = match self.shape {
            Shape::Record => 0,
            Shape::List => {
                self.text.push_str("- ");
                2
            }
        };
        Writer { tokens: Tokens::new(row), text: &mut self.text }.value(indent)?;
        end_line(&mut self.text);
        Ok(())
    }

    fn kept(&self) -> usize {
        self.text.len()
    }

    /// Fails: the output can't be printed before its end.
    fn flush(&mut self, _out: &mut dyn Write) -> Result<(), WriteError> {
        Err(too_large())
    }

    fn end(self: Box<Self>, ending: Ending, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        out.write_all(self.text.as_bytes())?;
        let end: &[u8] = match ending {
            Ending::Complete if self.text.is_empty() => b"[]\n",
            Ending::Complete => b"",
            // An open brace is an error for every reader.
            Ending::BrokenOff => b"- {\n",
        };
        out.write_all(end)?;
        Ok(Coverage::All)
    }
}

/// `value` as YAML in block style, with a newline at the end.
///
/// # Errors
/// It is larger than [`MOST_KEPT`].
pub(crate) fn to_string(value: &Value) -> Result<String, WriteError> {
    let (json, mut text) = (value.to_string(), String::new());
    Writer { tokens: Tokens::new(&json), text: &mut text }.value(0)?;
    end_line(&mut text);
    Ok(text)
}

/// The error of an output that is larger than [`MOST_KEPT`].
fn too_large() -> WriteError {
    WriteError::TooLarge("The output is too large for the format `yaml`, which is printed at its end.\nUse `-o json`.")
}

/// Turns the tokens of valid JSON into YAML.
struct Writer<'t, 'o> {
    tokens: Tokens<'t>,
    text: &'o mut String,
}

impl Writer<'_, '_> {
    /// Appends the next value to the current line; its further lines are indented by `indent` spaces.
    ///
    /// # Errors
    /// The text is larger than [`MOST_KEPT`].
    fn value(&mut self, indent: usize) -> Result<(), WriteError> {
        match self.tokens.next() {
            Some(Token::Open(open)) => match self.tokens.take_close() {
                Some(close) => self.text.extend([open, close]),
                None => return self.collection(open, indent),
            },
            Some(Token::String(string)) => scalar(string, self.text),
            Some(Token::Word(word)) => self.text.push_str(&number(word)),
            _ => {}
        }
        Ok(())
    }

    /// Appends the items or members of a list or an object that is not empty, until it is closed.
    fn collection(&mut self, open: char, indent: usize) -> Result<(), WriteError> {
        loop {
            if self.text.len() > MOST_KEPT {
                return Err(too_large());
            }
            match open {
                '[' => {
                    self.text.push_str("- ");
                    self.value(indent + 2)?;
                }
                _ => self.member(indent)?,
            }
            end_line(self.text);
            if self.tokens.next() != Some(Token::Comma) {
                return Ok(());
            }
            self.indent(indent);
        }
    }

    /// Appends the next key and its value. A list is indented like its key, an object by two spaces more.
    fn member(&mut self, indent: usize) -> Result<(), WriteError> {
        let start = self.text.len();
        if let Some(Token::String(key)) = self.tokens.next() {
            scalar(key, self.text);
        }
        if self.text.len() - start > LONGEST_KEY {
            self.text.insert_str(start, "? ");
            end_line(self.text);
            self.indent(indent);
        }
        self.tokens.skip_punctuation();
        self.text.push(':');
        match self.tokens.take_open() {
            Some(open) => {
                let indent = if open == '[' { indent } else { indent + 2 };
                self.text.push('\n');
                self.indent(indent);
                self.collection(open, indent)
            }
            None => {
                self.text.push(' ');
                self.value(indent)
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }
}

fn end_line(out: &mut String) {
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

/// A number that YAML 1.1 and 1.2 both read as a number: YAML 1.1 requires a decimal point before an exponent, and a
/// sign after the `e`. Other words are unchanged.
fn number(text: &str) -> String {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']).filter(|_| !text.starts_with(['t', 'f', 'n'])) else {
        return text.to_owned();
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['+', '-']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Appends a JSON string in the plainest style that is safe: without quotes, with single quotes, or escaped.
fn scalar(string: Quoted<'_>, out: &mut String) {
    let mut parts = string.parts();
    match (parts.next(), parts.next()) {
        (Some(Part::Text(text)), None) if is_plain(&text) => out.push_str(&text),
        (Some(Part::Text(text)), None) if !text.contains(needs_escape) => {
            out.push('\'');
            out.push_str(&text.replace('\'', "''"));
            out.push('\'');
        }
        (first, second) => {
            out.push('"');
            for part in first.into_iter().chain(second).chain(parts) {
                match part {
                    Part::Text(text) => escape(&text, out),
                    Part::Surrogate(escape) => out.push_str(escape),
                }
            }
            out.push('"');
        }
    }
}

/// Whether every reader reads `text` without quotes as a string.
fn is_plain(text: &str) -> bool {
    // The words that YAML 1.1 or 1.2 take for a boolean or null.
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let word = text.strip_prefix('_').unwrap_or(text);
    word.starts_with(|c: char| c.is_ascii_alphabetic())
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

/// Appends text for a string in double quotes.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !needs_escape(c) => out.push(c),
            c if c <= '\u{ffff}' => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &Value) -> String {
        to_string(value).expect("a small text")
    }

    #[test]
    fn lists_and_objects_are_blocks() {
        let came = r#"{"a":[1,[2,[]],{"b":{},"c":[3]}],"d":{"e":{"f":null}},"":"","yes":true}"#;
        let expected = "a:\n- 1\n- - 2\n  - []\n- b: {}\n  c:\n  - 3\nd:\n  e:\n    f: null\n'': ''\n'yes': true\n";
        assert_eq!(written(&serde_json::from_str(came).expect("JSON")), expected);
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
            assert_eq!(written(&text.into()), format!("{expected}\n"));
        }
    }

    #[test]
    fn exponents_get_a_decimal_point_and_a_sign() {
        let cases = [
            ("1e22", "1.0e+22"),
            ("1.5E-3", "1.5e-3"),
            ("12", "12"),
            ("3.0", "3.0"),
            ("1e+5", "1.0e+5"),
            ("true", "true"),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text), expected);
        }
    }

    #[test]
    fn a_very_long_key_is_marked() {
        let key = "k".repeat(2000);
        let value = serde_json::json!({ key.clone(): { "a": 1 } });
        assert_eq!(written(&value), format!("? {key}\n:\n  a: 1\n"));
        let read: Value = serde_yaml::from_str(&written(&value)).expect("YAML");
        assert_eq!(read, value);
    }
}
