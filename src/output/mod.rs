//! What a reply looks like: pure, from JSON values to bytes. One file a format.
//!
//! Nothing a server sent gets through that could move the cursor, set the title or turn the text
//! around: tables and messages show such characters escaped, JSON and YAML have escapes of their own.

mod json;
mod number;
mod table;
mod wrap;
pub(crate) mod yaml;

use std::borrow::Cow;
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use table::Table;

/// The formats that `--output-fmt` takes: the columns that matter most, all columns, the reply as it
/// came as JSON, and as YAML.
// (Comments on the variants would make every command's help ten lines longer.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Wide,
    Json,
    Yaml,
}

impl Format {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Table => "table",
            Format::Wide => "wide",
            Format::Json => "json",
            Format::Yaml => "yaml",
        }
    }
}

/// A column that a command names: the key of its values, and how they are shown.
pub(crate) struct Column {
    key: &'static str,
    /// The key that another version of the API uses for the same.
    other: Option<&'static str>,
    /// What is shown of an object.
    member: Option<&'static str>,
    show: fn(Option<&Value>) -> Cell<'_>,
}

impl Column {
    pub(crate) const fn new(key: &'static str) -> Self {
        Self { key, other: None, member: None, show: shown }
    }

    /// The column shows `other` where a row has no `key`: another key, or a pointer (`/key/active`) to
    /// what stands deeper.
    pub(crate) const fn or(self, other: &'static str) -> Self {
        Self { other: Some(other), ..self }
    }

    /// Of an object only its `member` is shown, `NULL` where it has none.
    pub(crate) const fn member(self, member: &'static str) -> Self {
        Self { member: Some(member), ..self }
    }

    /// What is shown of a value.
    fn part<'v>(&self, value: &'v Value) -> &'v Value {
        self.member.map_or(value, |member| value.get(member).unwrap_or(&Value::Null))
    }

    /// Show the values by `show`, which gets `None` for a row without the key.
    pub(crate) const fn show(self, show: fn(Option<&Value>) -> Cell<'_>) -> Self {
        Self { show, ..self }
    }
}

/// What a table shows of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'v> {
    /// Nothing.
    Missing,
    /// `NULL`, which is no text: a column of numbers stays one.
    Null,
    Text(Cow<'v, str>),
}

impl<'v> Cell<'v> {
    /// The value as it came; a list or an object as one line of JSON.
    pub(crate) fn of(value: Option<&'v Value>) -> Self {
        shown(value)
    }
}

/// [`Cell::of`], as a plain function of any lifetime.
fn shown(value: Option<&Value>) -> Cell<'_> {
    match value {
        None => Cell::Missing,
        Some(Value::Null) => Cell::Null,
        Some(Value::Bool(true)) => Cell::Text("TRUE".into()),
        Some(Value::Bool(false)) => Cell::Text("FALSE".into()),
        Some(Value::String(text)) => Cell::Text(text.into()),
        Some(Value::Number(number)) => Cell::Text(number.to_string().into()),
        Some(value @ (Value::Array(_) | Value::Object(_))) => Cell::Text(json::line(value).into()),
    }
}

/// Writes a reply in one format, at once or page by page.
pub(crate) struct Renderer<'c>(Kind<'c>);

enum Kind<'c> {
    /// Written as it comes.
    Json(json::List),
    /// Kept to the end: a list of YAML that was cut off, by a signal even, would look whole.
    Yaml(Vec<u8>),
    /// Kept to the end, as small as can be: the widths are known only then.
    Table(Table<'c>),
}

impl<'c> Renderer<'c> {
    /// A table wraps in its cells what does not fit into `width`, if there is one.
    pub(crate) fn new(format: Format, columns: &'c [Column], width: Option<usize>) -> Self {
        Self(match format {
            Format::Json => Kind::Json(json::List::default()),
            Format::Yaml => Kind::Yaml(Vec::new()),
            Format::Table => Kind::Table(Table::new(columns, columns.is_empty(), width)),
            Format::Wide => Kind::Table(Table::new(columns, true, width)),
        })
    }

    /// The whole reply.
    pub(crate) fn whole(self, value: &Value, out: &mut dyn Write) -> io::Result<()> {
        match self.0 {
            Kind::Json(_) => json::write(value, out),
            Kind::Yaml(_) => out.write_all(yaml::to_string(value).as_bytes()),
            Kind::Table(mut table) => {
                match value {
                    Value::Array(rows) => rows.iter().for_each(|row| table.add(row)),
                    row => table.add(row),
                }
                table.write(out, true)
            }
        }
    }

    /// The next rows of a list, as they came.
    pub(crate) fn page(&mut self, rows: &[Box<RawValue>], out: &mut dyn Write) -> io::Result<()> {
        for row in rows {
            match &mut self.0 {
                Kind::Json(list) => list.add(row, out)?,
                Kind::Yaml(text) => {
                    let row = Value::Array(vec![serde_json::from_str(row.get())?]);
                    text.extend_from_slice(yaml::to_string(&row).as_bytes());
                }
                Kind::Table(table) => table.add_raw(row)?,
            }
        }
        Ok(())
    }

    /// The list is at its end.
    pub(crate) fn end(self, out: &mut dyn Write) -> io::Result<()> {
        match self.0 {
            Kind::Json(list) => list.end(out),
            Kind::Yaml(text) if text.is_empty() => out.write_all(b"[]\n"),
            Kind::Yaml(text) => out.write_all(&text),
            Kind::Table(table) => table.write(out, true),
        }
    }

    /// The list breaks off. What came of it is shown, and does not look whole: JSON and YAML stay open, which
    /// no reader takes, a table has no border below.
    pub(crate) fn break_off(self, out: &mut dyn Write) -> io::Result<()> {
        match self.0 {
            Kind::Json(list) => list.break_off(out),
            Kind::Yaml(text) => out.write_all(&text).and_then(|()| out.write_all(b"- {\n")),
            Kind::Table(table) => table.write(out, false),
        }
    }
}

/// A text of JSON that is only copied where it has escapes.
#[derive(Deserialize)]
struct Text<'t>(#[serde(borrow)] Cow<'t, str>);

/// Whether `c` does something to a terminal instead of standing on it: C0, DEL, C1, the line
/// separators, and the controls that change the direction of the text around them.
fn is_control(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// `text` on one line, with its control characters escaped.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_control) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if !is_control(c) => shown.push(c),
            c if u32::from(c) < 0x100 => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    shown.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize as _;
    use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
    use unicode_width::UnicodeWidthStr;

    use super::*;

    #[test]
    fn control_characters_are_shown_escaped() {
        let cases = [
            ("plain é 漢 🚀", "plain é 漢 🚀"),
            ("a\tb\rc\nd", "a\\tb\\rc\\nd"),
            ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
            ("\u{9b}31m\x7f", "\\x9b31m\\x7f"),
            ("abc\u{202e}fed\u{2066}", "abc\\u202efed\\u2066"),
        ];
        for (text, shown) in cases {
            assert_eq!(printable(text), shown);
        }
    }

    #[test]
    fn a_list_that_broke_off_is_no_list() {
        let page: Vec<Box<RawValue>> = serde_json::from_str(r#"[{"a": 1}, {"a": 2}]"#).expect("a page");
        let cut = |format| {
            let (mut renderer, mut out) = (Renderer::new(format, &[], None), Vec::new());
            renderer
                .page(&page, &mut out)
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

    /// Any reply; floats whose text two readers agree on.
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

    fn written(format: Format, columns: &[Column], width: Option<usize>, value: &Value) -> String {
        let mut out = Vec::new();
        Renderer::new(format, columns, width).whole(value, &mut out).expect("memory takes everything");
        String::from_utf8(out).expect("text")
    }

    /// With every character of its strings escaped, and white space wherever it may be.
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
        fn json_reads_back(value in reply()) {
            let text = written(Format::Json, &[], None, &value);
            prop_assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), value);
            prop_assert!(!text.contains(|c| is_control(c) && c != '\n'));
        }

        #[test]
        fn json_is_laid_out_however_it_came(value in reply()) {
            let text = json_with_needless_escapes(&value);
            let page: Vec<Box<RawValue>> = vec![serde_json::from_str(&text).expect("JSON")];
            let (mut renderer, mut out) = (Renderer::new(Format::Json, &[], None), Vec::new());
            renderer.page(&page, &mut out).and_then(|()| renderer.end(&mut out)).expect("memory takes everything");
            prop_assert_eq!(String::from_utf8(out).expect("text"), written(Format::Json, &[], None, &Value::from(vec![value])));
        }

        #[test]
        fn yaml_reads_back(value in reply()) {
            let text = written(Format::Yaml, &[], None, &value);
            let read: Value = serde_yaml::from_str(&text).expect("YAML");
            // Both as numbers, however many zeros they have.
            let same = |value: &Value| serde_json::from_str::<serde_json::Value>(&value.to_string()).expect("JSON").to_string();
            prop_assert_eq!(same(&read), same(&value));
            prop_assert!(!text.contains(|c| is_control(c) && c != '\n'));
        }

        #[test]
        fn tables_are_straight(rows in prop::collection::vec(reply(), 0..8), width in prop::option::of(10usize..200)) {
            const COLUMNS: &[Column] = &[Column::new("a"), Column::new("yes").or("b")];
            for (format, columns) in [(Format::Wide, &[][..]), (Format::Table, COLUMNS)] {
                let text = written(format, columns, width, &Value::from(rows.clone()));
                prop_assert!(!text.contains(|c| is_control(c) && c != '\n'));
                let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
                prop_assert!(widths.iter().all(|width| *width == widths[0]), "{}", text);
            }
        }

        #[test]
        fn pages_are_the_whole(pages in prop::collection::vec(prop::collection::vec(reply(), 0..4), 0..4)) {
            for format in [Format::Json, Format::Yaml, Format::Wide] {
                let (mut renderer, mut out) = (Renderer::new(format, &[], None), Vec::new());
                for page in &pages {
                    let page: Vec<_> = page.iter().map(|row| serde_json::value::to_raw_value(row).expect("JSON")).collect();
                    renderer.page(&page, &mut out).expect("memory takes everything");
                }
                renderer.end(&mut out).expect("memory takes everything");
                let whole = Value::from(pages.concat());
                // A page of none adds nothing, whatever the format writes for a list of none.
                prop_assert_eq!(String::from_utf8(out).expect("text"), written(format, &[], None, &whole));
            }
        }
    }
}
