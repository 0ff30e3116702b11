//! Properties of every format.

use std::iter;

use proptest::prelude::*;
use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use serde_json::value::RawValue;
use unicode_width::UnicodeWidthStr;

use super::escape::is_control;
use super::*;

#[test]
fn a_list_that_broke_off_is_not_valid() {
    let page = [r#"{"a": 1}"#, r#"{"a": 2}"#];
    let cut = |format| {
        let (mut renderer, mut out) = (Renderer::new(format, &[], None, Selection::default()), Vec::new());
        renderer
            .page(page.into_iter(), &mut out)
            .and_then(|()| renderer.break_off(&mut out))
            .expect("memory takes everything");
        String::from_utf8(out).expect("text")
    };
    let (json, yaml, table) = (cut(Format::Json), cut(Format::Yaml), cut(Format::Table));
    assert!(json.contains("\"a\": 2") && serde_json::from_str::<Value>(&json).is_err(), "{json}");
    assert!(yaml.contains("- a: 2\n") && serde_yaml::from_str::<Value>(&yaml).is_err(), "{yaml}");
    assert!(table.ends_with("|   2 |\n"), "{table}");
}

/// Text as a hostile server would choose it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~\\t\\n\\r]{0,12}",
        "[-+.0-9eE_:xo,]{1,8}",
        prop::sample::select(vec!["yes", "~", "null", "<<", "=", "1:30", "---", "", " ", "a: b", "2001-01-01"])
            .prop_map(str::to_owned),
    ]
}

/// Any reply. Its floats have the same text for every reader.
fn reply() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1000i32..1000, 1u32..4).prop_map(|(n, d)| Value::from(f64::from(n) / f64::from(10u32.pow(d)))),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Bytes that may be JSON: any bytes, or the text of a reply in which some bytes were replaced.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let replaced = (reply(), prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4));
    let replaced = replaced.prop_map(|(value, replacements)| {
        let mut bytes = value.to_string().into_bytes();
        for (place, byte) in replacements {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes
    });
    prop_oneof![prop::collection::vec(any::<u8>(), 0..40), replaced]
}

fn written(format: Format, columns: &[Column], width: Option<usize>, value: &Value) -> String {
    let mut out = Vec::new();
    Renderer::new(format, columns, width, Selection::default())
        .whole(&value.to_string(), &mut out)
        .expect("memory takes everything");
    String::from_utf8(out).expect("text")
}

/// JSON in which every character of a string is escaped, with white space in every allowed place.
fn json_with_needless_escapes(value: &Value) -> String {
    struct Escapes(PrettyFormatter<'static>);

    impl Formatter for Escapes {
        fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
            out.write_all(if first { b"\t" } else { b" \r\n," })
        }

        fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
            self.0.begin_object_value(out)
        }

        fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
            out.write_all(b"\n\n")
        }

        fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
            fragment.encode_utf16().try_for_each(|unit| write!(out, "\\u{unit:04X}"))
        }
    }

    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut text, Escapes(PrettyFormatter::new()))).expect("JSON");
    String::from_utf8(text).expect("text")
}

proptest! {
    #[test]
    fn every_json_text_is_shown_in_every_format(bytes in bytes()) {
        let Ok(json) = serde_json::from_slice::<&RawValue>(&bytes) else { return Ok(()) };
        for format in Format::value_variants() {
            let (renderer, mut out) = (Renderer::new(*format, &[], Some(80), Selection::default()), Vec::new());
            renderer.whole(json.get(), &mut out).expect("memory takes everything");
            let text = String::from_utf8(out).expect("text");
            match format {
                Format::Json => prop_assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "{}", text),
                Format::Jsonl => {
                    prop_assert!(text.lines().all(|line| serde_json::from_str::<&RawValue>(line).is_ok()), "{}", text);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn json_reads_back(value in reply()) {
        let text = written(Format::Json, &[], None, &value);
        prop_assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
        prop_assert!(!text.contains(|c| is_control(c) && c != '\n'));
    }

    #[test]
    fn the_layout_of_json_does_not_depend_on_the_reply(value in reply()) {
        let text = json_with_needless_escapes(&value);
        let (mut renderer, mut out) = (Renderer::new(Format::Json, &[], None, Selection::default()), Vec::new());
        renderer.page(iter::once(text.as_str()), &mut out).and_then(|()| renderer.end(&mut out)).expect("memory takes everything");
        prop_assert_eq!(String::from_utf8(out).expect("text"), written(Format::Json, &[], None, &Value::from(vec![value])));
    }

    #[test]
    fn yaml_reads_back(value in reply()) {
        let text = written(Format::Yaml, &[], None, &value);
        let read: Value = serde_yaml::from_str(&text).expect("YAML");
        // `1.0` and `1` are the same number.
        let same = |value: &Value| serde_json::from_str::<serde_json::Value>(&value.to_string()).expect("JSON").to_string();
        prop_assert_eq!(same(&read), same(&value));
        prop_assert!(!text.contains(|c| is_control(c) && c != '\n'));
    }

    #[test]
    fn all_lines_of_a_table_have_the_same_width(rows in prop::collection::vec(reply(), 0..8), width in prop::option::of(10usize..200)) {
        const COLUMNS: &[Column] = &[Column::new("a"), Column::new("yes").or("b")];
        for (format, columns) in [(Format::Wide, &[][..]), (Format::Table, COLUMNS)] {
            let text = written(format, columns, width, &Value::from(rows.clone()));
            prop_assert!(!text.contains(|c| is_control(c) && c != '\n'));
            let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
            prop_assert!(widths.iter().all(|width| *width == widths[0]), "{}", text);
        }
    }

    #[test]
    fn pages_are_printed_as_one_list(pages in prop::collection::vec(prop::collection::vec(reply(), 0..4), 0..4)) {
        for format in [Format::Json, Format::Yaml, Format::Wide] {
            let (mut renderer, mut out) = (Renderer::new(format, &[], None, Selection::default()), Vec::new());
            for page in &pages {
                let page: Vec<String> = page.iter().map(Value::to_string).collect();
                renderer.page(page.iter().map(String::as_str), &mut out).expect("memory takes everything");
            }
            renderer.end(&mut out).expect("memory takes everything");
            let whole = Value::from(pages.concat());
            // An empty page adds nothing, although an empty list is printed as `[]`.
            prop_assert_eq!(String::from_utf8(out).expect("text"), written(format, &[], None, &whole));
        }
    }
}
