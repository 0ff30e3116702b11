//! JSON as it came: two spaces of indent, the order of keys and the digits of numbers kept.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use super::is_control;

/// Write one value and end the line.
pub(super) fn write(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    let mut pretty = PrettyFormatter::new();
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaping(&mut pretty)))?;
    out.write_all(b"\n")
}

/// A list that is written while it comes, the same bytes as if it had been there at once.
///
/// If its end is never written, the text is no JSON: nobody takes a part for the whole.
#[derive(Default)]
pub(super) struct List {
    /// `None` before the first row.
    open: Option<PrettyFormatter<'static>>,
}

impl List {
    pub(super) fn add(&mut self, row: &Value, out: &mut dyn Write) -> io::Result<()> {
        let is_first = self.open.is_none();
        let pretty = self.open.get_or_insert_default();
        if is_first {
            pretty.begin_array(out)?;
        }
        pretty.begin_array_value(out, is_first)?;
        row.serialize(&mut Serializer::with_formatter(&mut *out, Escaping(&mut *pretty)))?;
        pretty.end_array_value(out)
    }

    pub(super) fn end(self, out: &mut dyn Write) -> io::Result<()> {
        match self.open {
            None => out.write_all(b"[]\n"),
            Some(mut pretty) => {
                pretty.end_array(out)?;
                out.write_all(b"\n")
            }
        }
    }
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

/// serde_json's pretty formatter, which leaves DEL, C1 and the bidi controls as they are.
struct Escaping<'f>(&'f mut PrettyFormatter<'static>);

/// Hand the calls on that are about layout.
macro_rules! pretty {
    ($($method:ident($($arg:ident: $type:ty)?)),+) => {
        $(fn $method<W: ?Sized + Write>(&mut self, out: &mut W $(, $arg: $type)?) -> io::Result<()> {
            self.0.$method(out $(, $arg)?)
        })+
    };
}

impl Formatter for Escaping<'_> {
    pretty!(
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
        begin_object(),
        end_object(),
        begin_object_key(first: bool),
        begin_object_value(),
        end_object_value()
    );

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
        ] {
            let (mut list, mut out) = (List::default(), Vec::new());
            for page in pages {
                for row in value(page).as_array().expect("a page") {
                    list.add(row, &mut out).expect("written");
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
