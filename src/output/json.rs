//! The format `json`: the reply, indented by two spaces. The order of keys and the digits of numbers are kept.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Number, Value};

use super::escape::is_control;
use super::raw::{DEEPEST, Part, Quoted, Token, Tokens, too_deep};
use super::{Coverage, Ending, Layout, Shape, WriteError};

/// How much text of a row is kept before it is written, in bytes. Indentation can make a row a hundred times as long.
const CHUNK: usize = 64 << 10;

/// Prints each row when it arrives. A list that breaks off is not closed, so it is not valid JSON and cannot be
/// mistaken for a complete list.
pub(super) struct Json {
    shape: Shape,
    has_rows: bool,
    /// The text of a row that is not written yet. It is kept for its capacity.
    text: Vec<u8>,
}

impl Json {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, has_rows: false, text: Vec::new() }
    }
}

impl Layout for Json {
    fn row(&mut self, row: &str, out: &mut dyn Write) -> Result<(), WriteError> {
        self.text.clear();
        match self.shape {
            Shape::Record => lay_out(row, 0, &mut self.text, out)?,
            Shape::List => {
                self.text.push(if self.has_rows { b',' } else { b'[' });
                new_line(1, &mut self.text);
                lay_out(row, 1, &mut self.text, out)?;
            }
        }
        self.has_rows = true;
        Ok(out.write_all(&self.text)?)
    }

    fn end(self: Box<Self>, ending: Ending, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        let end: &[u8] = match (self.shape, ending, self.has_rows) {
            (Shape::Record, ..) | (Shape::List, Ending::BrokenOff, true) => b"\n",
            (Shape::List, Ending::BrokenOff, false) => b"[\n",
            (Shape::List, Ending::Complete, true) => b"\n]\n",
            (Shape::List, Ending::Complete, false) => b"[]\n",
        };
        out.write_all(end)?;
        Ok(Coverage::All)
    }
}

/// `value` as indented JSON, with a newline at the end.
///
/// # Errors
/// It is nested too deeply.
pub(crate) fn to_string(value: &Value) -> Result<String, WriteError> {
    let (mut text, mut rest) = (Vec::new(), Vec::new());
    lay_out(&value.to_string(), 0, &mut rest, &mut text)?;
    text.append(&mut rest);
    text.push(b'\n');
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Appends `json`, which must be valid, with new white space, indented by `depth` levels. What is too long for `text`
/// is written to `out`.
///
/// It works on the text because that is faster: 10,000 audit events take 223 million instructions, and 678 million if
/// each is parsed into a [`Value`].
fn lay_out(json: &str, mut depth: usize, text: &mut Vec<u8>, out: &mut dyn Write) -> Result<(), WriteError> {
    let mut tokens = Tokens::new(json);
    while let Some(token) = tokens.next() {
        if text.len() > CHUNK {
            out.write_all(text)?;
            text.clear();
        }
        match token {
            Token::Open(open) => {
                text.push(open as u8);
                if let Some(close) = tokens.take_close() {
                    text.push(close as u8);
                } else {
                    depth += 1;
                    if depth > DEEPEST {
                        return Err(too_deep().into());
                    }
                    new_line(depth, text);
                }
            }
            Token::Close(close) => {
                depth -= 1;
                new_line(depth, text);
                text.push(close as u8);
            }
            Token::Comma => {
                text.push(b',');
                new_line(depth, text);
            }
            Token::Colon => text.extend_from_slice(b": "),
            token => append_token(token, text),
        }
    }
    Ok(())
}

/// Appends a token without white space.
pub(super) fn append_token(token: Token<'_>, out: &mut Vec<u8>) {
    match token {
        Token::Open(bracket) | Token::Close(bracket) => out.push(bracket as u8),
        Token::Comma => out.push(b','),
        Token::Colon => out.push(b':'),
        Token::String(string) => append_string(string, out),
        Token::Word(word) => append_word(word, out),
    }
}

fn new_line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', 2 * depth));
}

/// Appends a JSON string with the necessary escapes only. The escapes of the server are not kept.
fn append_string(string: Quoted<'_>, out: &mut Vec<u8>) {
    if string.is_plain {
        out.extend_from_slice(string.json.as_bytes());
        return;
    }
    out.push(b'"');
    for part in string.parts() {
        match part {
            Part::Text(text) => escape(&text, out),
            Part::Surrogate(escape) => out.extend_from_slice(escape.to_ascii_lowercase().as_bytes()),
        }
    }
    out.push(b'"');
}

/// Appends a number or a word. An exponent is spelled as serde_json does: `1e+22`.
fn append_word(word: &str, out: &mut Vec<u8>) {
    let has_exponent = !word.starts_with(['t', 'f', 'n']) && word.contains(['e', 'E']);
    match has_exponent.then(|| serde_json::from_str::<Number>(word)) {
        Some(Ok(number)) => out.extend_from_slice(number.to_string().as_bytes()),
        _ => out.extend_from_slice(word.as_bytes()),
    }
}

/// `value` on one line, for a cell: keys sorted, `", "` and `": "` between.
pub(super) fn one_line(value: &Value) -> String {
    let mut text = Vec::new();
    let written = sorted(value).serialize(&mut Serializer::with_formatter(&mut text, OneLine));
    debug_assert!(written.is_ok(), "a value in memory can be written to memory");
    String::from_utf8(text).unwrap_or_default()
}

/// A value that is written with sorted keys.
#[derive(Serialize)]
#[serde(untagged)]
enum Sorted<'v> {
    Object(BTreeMap<&'v str, Sorted<'v>>),
    Array(Vec<Sorted<'v>>),
    Scalar(&'v Value),
}

fn sorted(value: &Value) -> Sorted<'_> {
    match value {
        Value::Object(map) => Sorted::Object(map.iter().map(|(key, value)| (key.as_str(), sorted(value))).collect()),
        Value::Array(items) => Sorted::Array(items.iter().map(sorted).collect()),
        scalar => Sorted::Scalar(scalar),
    }
}

/// Writes a value on one line, with spaces after commas and colons, and control characters escaped.
struct OneLine;

impl Formatter for OneLine {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((plain, control)) = rest.find(is_control).map(|at| rest.split_at(at)) {
            let length = control.chars().next().map_or(0, char::len_utf8);
            let mut escaped = Vec::new();
            escape(&control[..length], &mut escaped);
            out.write_all(plain.as_bytes())?;
            out.write_all(&escaped)?;
            rest = &control[length..];
        }
        out.write_all(rest.as_bytes())
    }
}

/// Appends the text of a string, with the escapes that JSON and terminals need.
fn escape(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend([b'\\', c as u8]),
            '\n' => out.extend(b"\\n"),
            '\r' => out.extend(b"\\r"),
            '\t' => out.extend(b"\\t"),
            '\u{8}' => out.extend(b"\\b"),
            '\u{c}' => out.extend(b"\\f"),
            c if is_control(c) => {
                for unit in &*c.encode_utf16(&mut [0; 2]) {
                    out.extend(format!("\\u{unit:04x}").bytes());
                }
            }
            c => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).expect(text)
    }

    fn written(value: &Value) -> String {
        to_string(value).expect("not nested deeply")
    }

    #[test]
    fn keys_keep_their_order_and_numbers_their_digits() {
        let came = value(
            r#"{"z":1.10,"a":[],"o":{},"n":[1e22,-0.0,123456789012345678901234567890],"s":"é\u001b\u009b\u202e\u007f"}"#,
        );
        let expected = "{\n  \"z\": 1.10,\n  \"a\": [],\n  \"o\": {},\n  \"n\": [\n    1e+22,\n    -0.0,\n    \
                        123456789012345678901234567890\n  ],\n  \"s\": \"é\\u001b\\u009b\\u202e\\u007f\"\n}\n";
        assert_eq!(written(&came), expected);
        assert_eq!(value(&written(&came)), came);
    }

    #[test]
    fn rows_add_up_to_a_list() {
        for (pages, whole) in [
            (&["[]"][..], "[]"),
            (&["[1]"], "[1]"),
            (&[r#"[{"a":[1,{}]},[]]"#, r#"["x"]"#, "[]", "[null]"], r#"[{"a":[1,{}]},[],"x",null]"#),
            (
                &[" [ { \"\\u0061\" :\t[ 1E5 ,{ \n} ,\"\\/\\\"\\\\\" , -0.50 ] } ] "],
                r#"[{"a":[1e+5,{},"/\"\\",-0.50]}]"#,
            ),
        ] {
            let (mut list, mut out) = (Box::new(Json::new(Shape::List)), Vec::new());
            for page in pages {
                for row in serde_json::from_str::<Vec<Box<RawValue>>>(page).expect("a page") {
                    list.row(row.get(), &mut out).expect("memory takes everything");
                }
            }
            list.end(Ending::Complete, &mut out).expect("memory takes everything");
            assert_eq!(String::from_utf8(out).expect("UTF-8"), written(&value(whole)));
        }
    }

    #[test]
    fn a_cell_has_sorted_keys_on_one_line() {
        let came = value(r#"[{"z":[1,null],"a":"é\n\"q\""},{},[]]"#);
        assert_eq!(one_line(&came), r#"[{"a": "é\n\"q\"", "z": [1, null]}, {}, []]"#);
    }
}
