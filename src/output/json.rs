//! JSON as it came: two spaces of indent, the order of keys and the digits of numbers kept.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use serde_json::value::RawValue;
use serde_json::{Number, Value};

use super::{Text, is_control};

/// Write one value and end the line.
pub(super) fn write(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Vec::new();
    lay_out(&serde_json::to_string(value)?, 0, &mut text)?;
    text.push(b'\n');
    out.write_all(&text)
}

/// A list that is written while it comes, the same bytes as if it had been there at once.
///
/// If its end is never written, the text is no JSON: nobody takes a part for the whole.
#[derive(Default)]
pub(super) struct List {
    is_open: bool,
    /// Where a row is put together.
    row: Vec<u8>,
}

impl List {
    pub(super) fn add(&mut self, row: &RawValue, out: &mut dyn Write) -> io::Result<()> {
        self.row.clear();
        self.row.push(if self.is_open { b',' } else { b'[' });
        new_line(1, &mut self.row);
        lay_out(row.get(), 1, &mut self.row)?;
        self.is_open = true;
        out.write_all(&self.row)
    }

    pub(super) fn end(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.is_open { b"\n]\n" } else { b"[]\n" })
    }

    /// Leave the list open.
    pub(super) fn break_off(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.is_open { b"\n" } else { b"[\n" })
    }
}

/// Write `text`, which is known to be JSON, with its white space made anew, `depth` levels deep.
///
/// A [`Value`] of each row would make a long list take three times as long.
fn lay_out(text: &str, mut depth: usize, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let mut length = 1;
        match first {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'{' | b'[' => {
                out.push(*first);
                let inside = behind.trim_ascii_start();
                if let Some(end @ (b'}' | b']')) = inside.first() {
                    out.push(*end);
                    length += behind.len() - inside.len() + 1;
                } else {
                    depth += 1;
                    new_line(depth, out);
                }
            }
            b'}' | b']' => {
                depth -= 1;
                new_line(depth, out);
                out.push(*first);
            }
            b',' => {
                out.push(b',');
                new_line(depth, out);
            }
            b':' => out.extend_from_slice(b": "),
            b'"' => length = string(rest, out)?,
            _ => length = scalar(rest, out)?,
        }
        rest = &rest[length..];
    }
    Ok(())
}

fn new_line(depth: usize, out: &mut Vec<u8>) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', 2 * depth));
}

/// Write the string that `text` begins with, and say how long it was there.
fn string(text: &[u8], out: &mut Vec<u8>) -> serde_json::Result<usize> {
    let (mut at, mut is_plain) = (1, true);
    while text[at] != b'"' {
        is_plain &= matches!(text[at], b' '..=b'~') && text[at] != b'\\';
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    let text = &text[..=at];
    if is_plain {
        out.extend_from_slice(text);
    } else {
        // An escape may be needless, and something without one may need it.
        let Text(text) = serde_json::from_slice(text)?;
        text.serialize(&mut Serializer::with_formatter(out, OneLine))?;
    }
    Ok(at + 1)
}

/// Write the number or the word that `text` begins with, and say how long it was there.
fn scalar(text: &[u8], out: &mut Vec<u8>) -> serde_json::Result<usize> {
    let end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
    let length = text.iter().position(end).unwrap_or(text.len());
    let text = &text[..length];
    if text[0].is_ascii_alphabetic() || !text.iter().any(u8::is_ascii_alphabetic) {
        out.extend_from_slice(text);
    } else {
        // An exponent is spelled as a `Value` spells it.
        let number: Number = serde_json::from_slice(text)?;
        out.extend_from_slice(number.to_string().as_bytes());
    }
    Ok(length)
}

/// One line for a table's cell: keys sorted, `", "` and `": "` between.
pub(super) fn line(value: &Value) -> String {
    let mut text = Vec::new();
    let written = sorted(value).serialize(&mut Serializer::with_formatter(&mut text, OneLine));
    debug_assert!(written.is_ok(), "a value in memory can be written to memory");
    String::from_utf8_lossy(&text).into_owned()
}

/// A value whose objects have their keys in order.
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
        escape(out, fragment)
    }
}

/// The part of a string that JSON itself needs no escape for.
fn escape<W: ?Sized + Write>(out: &mut W, fragment: &str) -> io::Result<()> {
    let mut rest = fragment;
    while let Some((at, control)) = rest.char_indices().find(|(_, c)| is_control(*c)) {
        CompactFormatter.write_string_fragment(out, &rest[..at])?;
        write!(out, "\\u{:04x}", u32::from(control))?;
        rest = &rest[at + control.len_utf8()..];
    }
    CompactFormatter.write_string_fragment(out, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        serde_json::from_str(text).expect(text)
    }

    fn written(value: &Value) -> String {
        let mut out = Vec::new();
        write(value, &mut out).expect("written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_value_is_written_as_it_came() {
        let came = value(
            r#"{"z":1.10,"a":[],"o":{},"n":[1e22,-0.0,123456789012345678901234567890],"s":"é\u001b\u009b\u202e\u007f"}"#,
        );
        let expected = "{\n  \"z\": 1.10,\n  \"a\": [],\n  \"o\": {},\n  \"n\": [\n    1e+22,\n    -0.0,\n    \
                        123456789012345678901234567890\n  ],\n  \"s\": \"é\\u001b\\u009b\\u202e\\u007f\"\n}\n";
        assert_eq!(written(&came), expected);
        assert_eq!(value(&written(&came)), came);
    }

    #[test]
    fn pages_add_up_to_the_whole() {
        for (pages, whole) in [
            (&["[]"][..], "[]"),
            (&["[1]"], "[1]"),
            (&[r#"[{"a":[1,{}]},[]]"#, r#"["x"]"#, "[]", "[null]"], r#"[{"a":[1,{}]},[],"x",null]"#),
            (
                &[" [ { \"\\u0061\" :\t[ 1E5 ,{ \n} ,\"\\/\\\"\\\\\" , -0.50 ] } ] "],
                r#"[{"a":[1e+5,{},"/\"\\",-0.50]}]"#,
            ),
        ] {
            let (mut list, mut out) = (List::default(), Vec::new());
            for page in pages {
                for row in serde_json::from_str::<Vec<Box<RawValue>>>(page).expect("a page") {
                    list.add(&row, &mut out).expect("written");
                }
            }
            list.end(&mut out).expect("written");
            assert_eq!(String::from_utf8(out).expect("text"), written(&value(whole)));
        }
    }

    #[test]
    fn a_cell_is_one_line_with_sorted_keys() {
        let came = value(r#"[{"z":[1,null],"a":"é\n\"q\""},{},[]]"#);
        assert_eq!(line(&came), r#"[{"a": "é\n\"q\"", "z": [1, null]}, {}, []]"#);
    }
}
