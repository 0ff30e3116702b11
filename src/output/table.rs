//! Tables in the look of PostgreSQL's terminal.
//!
//! The rows are kept as the text that their cells show, some hundred bytes a row, until the widths are
//! known. comfy-table then draws the frame, with one row in it by which the others are stamped out: it
//! takes more than a kilobyte for each, and seven times the work.

use std::borrow::Cow;
use std::io::{self, Write};

use comfy_table::{CellAlignment, ColumnConstraint, ContentLineStyle, LineStyle, TableStyle, Width};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::number::after_point;
use super::wrap::{width, wrap};
use super::{Cell, Column, Text, printable};

const BORDER: LineStyle = LineStyle::new('+', '-', '+', '+');
const STYLE: TableStyle = TableStyle::new()
    .top_border(BORDER)
    .header_lines(ContentLineStyle::new('|', '|', '|'))
    .header_separator(LineStyle::new('|', '-', '+', '|'))
    .content_lines(ContentLineStyle::new('|', '|', '|'))
    .bottom_border(BORDER);

/// The space left and right of a cell.
const PADDING: usize = 2;
/// A column is at least that much wider than its header.
const BEYOND_HEADER: usize = 2;
/// A column that must give way keeps that much.
const NARROWEST: usize = 8;
/// comfy-table counts in 16 bits; a cell that is wider wraps.
const WIDEST: usize = 60_000;
/// The rows that are kept together: a text that grows is moved, so none grows long.
const SLICE: usize = 256;
/// Ends a cell that is kept. No text has it: it would be shown escaped.
const END: char = '\0';

/// A table that is being collected.
pub(super) struct Table<'c> {
    named: &'c [Column],
    /// All keys of the rows are shown, in order of first appearance; else those that are named.
    all_keys: bool,
    width: Option<usize>,
    columns: Vec<Shown<'c>>,
    slices: Vec<Slice>,
}

/// Rows: for each column the texts of its cells, each with its end. A column that came later has none.
#[derive(Default)]
struct Slice {
    rows: usize,
    columns: Vec<String>,
}

/// A column with what its cells were like so far.
struct Shown<'c> {
    key: String,
    named: Option<&'c Column>,
    /// A row has had the key.
    is_there: bool,
    /// No row has had the key; one has had the other key.
    is_other: bool,
    /// The widest line of a cell.
    widest: usize,
    kind: Kind,
}

/// What the cells of a column have in common.
enum Kind {
    /// They are all empty or `NULL`.
    Unknown,
    /// They are numbers.
    Number,
    Text,
}

/// The points of a column of numbers, lined up.
#[derive(Clone, Copy)]
struct Points {
    /// The most characters after a point.
    after: isize,
    /// The most characters before and with it.
    before: isize,
}

impl<'c> Shown<'c> {
    fn new(key: String, named: Option<&'c Column>) -> Self {
        Self { key, named, is_there: false, is_other: false, widest: 0, kind: Kind::Unknown }
    }

    /// What the cell of a row shows, by the values that it has for the column's key and its other one.
    fn text<'v>(&mut self, value: Option<&'v Value>, other: Option<&'v Value>) -> Cow<'v, str> {
        self.is_there |= value.is_some();
        self.is_other |= value.is_none() && other.is_some();
        let show = self.named.map_or(super::shown as fn(Option<&Value>) -> Cell<'_>, |named| named.show);
        let text = match show(value.or(other)) {
            Cell::Missing => return "".into(),
            Cell::Null => "NULL".into(),
            Cell::Text(text) => {
                let text = lines(text);
                if !text.is_empty() && !matches!(self.kind, Kind::Text) {
                    self.kind = if after_point(&text).is_some() { Kind::Number } else { Kind::Text };
                }
                text
            }
        };
        self.widest = self.widest.max(text.split('\n').map(width).max().unwrap_or(0));
        text
    }

    fn is_shown(&self) -> bool {
        self.is_there || self.is_other
    }

    fn header(&self) -> &str {
        let other = self.named.and_then(|named| named.other).filter(|_| !self.is_there && self.is_other);
        other.filter(|other| !other.starts_with('/')).unwrap_or(&self.key)
    }
}

impl<'c> Table<'c> {
    pub(super) fn new(named: &'c [Column], all_keys: bool, width: Option<usize>) -> Self {
        let columns = match all_keys {
            true => Vec::new(),
            false => named.iter().map(|column| Shown::new(column.key.to_owned(), Some(column))).collect(),
        };
        Self { named, all_keys, width, columns, slices: Vec::new() }
    }

    /// Take a row; one that is no object has no cells.
    pub(super) fn add(&mut self, row: &Value) {
        if let (true, Value::Object(map)) = (self.all_keys, row) {
            for key in map.keys() {
                if !self.columns.iter().any(|column| column.key == *key) {
                    let named = self.named.iter().find(|named| named.key == key || named.other == Some(key));
                    self.columns.push(Shown::new(key.clone(), named));
                }
            }
        }
        let slice = open(&mut self.slices, self.columns.len());
        for (column, kept) in self.columns.iter_mut().zip(&mut slice.columns) {
            let named = column.named;
            let other = named.and_then(|named| named.other).and_then(|other| match other.starts_with('/') {
                true => row.pointer(other),
                false => row.get(other),
            });
            let shown = |value| named.map_or(value, |named| named.part(value));
            keep(kept, &column.text(row.get(&column.key).map(shown), other.map(shown)));
        }
    }

    /// Take a row as it came, of which only what is shown is read.
    pub(super) fn add_raw(&mut self, row: &RawValue) -> io::Result<()> {
        let has_pointers = self.named.iter().any(|column| column.other.is_some_and(|other| other.starts_with('/')));
        if self.all_keys || has_pointers {
            self.add(&serde_json::from_str(row.get())?);
            return Ok(());
        }
        let mut found: Vec<[Option<&RawValue>; 2]> = vec![[None, None]; self.named.len()];
        members(row, |key, value| {
            for (column, [found, other]) in self.named.iter().zip(&mut found) {
                match key {
                    _ if column.key == key => *found = Some(value),
                    _ if column.other == Some(key) => *other = Some(value),
                    _ => {}
                }
            }
        })?;
        let mut values = Vec::with_capacity(found.len());
        for (named, found) in self.named.iter().zip(found) {
            let [value, other] = found.map(|found| found.map(|value| read(value, named.member)));
            values.push([value.transpose()?, other.transpose()?]);
        }
        let slice = open(&mut self.slices, self.columns.len());
        for ((column, kept), [value, other]) in self.columns.iter_mut().zip(&mut slice.columns).zip(&values) {
            keep(kept, &column.text(value.as_ref(), other.as_ref()));
        }
        Ok(())
    }

    /// Draw what was collected; what is not whole has no border below.
    pub(super) fn write(mut self, out: &mut dyn Write, is_whole: bool) -> io::Result<()> {
        let is_empty = self.slices.is_empty();
        if is_empty {
            self.columns = self.named.iter().map(|column| Shown::new(column.key.to_owned(), Some(column))).collect();
        }
        let columns: Vec<Drawn> = (0..self.columns.len())
            .filter(|i| is_empty || self.columns[*i].is_shown())
            .map(|i| Drawn::new(i, &self.columns[i], self.points(i)))
            .collect();
        if columns.is_empty() {
            return out.write_all(b"\n");
        }
        let columns = fitted(columns, self.width);
        let frame = Frame::new(&columns);
        out.write_all(frame.above.as_bytes())?;
        for slice in &self.slices {
            frame.fill(&columns, slice, out)?;
        }
        out.write_all(if is_whole { frame.below.as_bytes() } else { b"" })
    }

    /// Where the points of a column of numbers are.
    fn points(&self, column: usize) -> Option<Points> {
        let mut points =
            matches!(self.columns[column].kind, Kind::Number).then_some(Points { after: -1, before: 0 })?;
        for cell in self.slices.iter().flat_map(|slice| slice.cells(column)) {
            let after = after_point(cell).unwrap_or(-1);
            points.after = points.after.max(after);
            points.before = points.before.max(width(cell) as isize - after);
        }
        Some(points)
    }
}

/// Read a value, or only its `member`: null where it has none.
fn read(value: &RawValue, member: Option<&str>) -> serde_json::Result<Value> {
    let Some(member) = member else { return serde_json::from_str(value.get()) };
    let mut found = None;
    members(value, |key, value| {
        if key == member {
            found = Some(value);
        }
    })?;
    found.map_or(Ok(Value::Null), |value| serde_json::from_str(value.get()))
}

/// Show the members of an object to `each`; what is no object has none.
fn members<'v>(object: &'v RawValue, each: impl FnMut(&str, &'v RawValue)) -> serde_json::Result<()> {
    if !object.get().starts_with('{') {
        return Ok(());
    }
    serde_json::Deserializer::from_str(object.get()).deserialize_map(Members(each))
}

struct Members<F>(F);

impl<'v, F: FnMut(&str, &'v RawValue)> Visitor<'v> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'v>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(Text(key)) = entries.next_key()? {
            (self.0)(&key, entries.next_value()?);
        }
        Ok(())
    }
}

/// A slice that has room for another row, with a place in it for each of so many columns.
fn open(slices: &mut Vec<Slice>, columns: usize) -> &mut Slice {
    if slices.last().is_none_or(|slice| slice.rows == SLICE) {
        if let Some(full) = slices.last_mut() {
            full.columns.iter_mut().for_each(String::shrink_to_fit);
        }
        slices.push(Slice::default());
    }
    let last = slices.len() - 1;
    let slice = &mut slices[last];
    if slice.columns.len() < columns {
        slice.columns.resize(columns, std::iter::repeat_n(END, slice.rows).collect());
    }
    slice.rows += 1;
    slice
}

fn keep(column: &mut String, text: &str) {
    column.push_str(text);
    column.push(END);
}

impl Slice {
    /// The texts of a column.
    fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        let kept = self.columns.get(column).map(String::as_str).unwrap_or_default();
        kept.split_terminator(END).chain(std::iter::repeat("")).take(self.rows)
    }
}

/// A column as it is drawn.
struct Drawn {
    /// Its place among all.
    at: usize,
    header: String,
    width: usize,
    points: Option<Points>,
}

impl Drawn {
    fn new(at: usize, column: &Shown, points: Option<Points>) -> Self {
        let header = printable(column.header()).into_owned();
        let cells = points.map_or(column.widest, |points| (points.before + points.after).max(0) as usize);
        let width = cells.max(width(&header) + BEYOND_HEADER);
        Self { at, header, width, points }
    }

    /// Write one line of a cell; numbers stand to the right.
    fn fill(&self, text: &str, line: &mut String) {
        let space = std::iter::repeat_n(' ', self.width.saturating_sub(width(text)));
        if self.points.is_some() {
            line.extend(space);
            line.push_str(text);
        } else {
            line.push_str(text);
            line.extend(space);
        }
    }
}

/// What stands around the cells of a table.
struct Frame {
    /// The border, the header, the line below it.
    above: String,
    /// What stands before each cell of a line, and behind the last.
    between: Vec<String>,
    below: String,
}

impl Frame {
    fn new(columns: &[Drawn]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(STYLE);
        table.set_header(columns.iter().map(|column| wrap(column.header.as_str().into(), column.width)));
        // A cell that fills its column shows where it stands.
        table.add_row(columns.iter().map(|column| END.to_string().repeat(column.width)));
        for (of_table, column) in table.column_iter_mut().zip(columns) {
            of_table.set_constraint(ColumnConstraint::Absolute(Width::Fixed((column.width + PADDING) as u16)));
            if column.points.is_some() {
                of_table.set_cell_alignment(CellAlignment::Right);
            }
        }
        let (mut above, mut between, mut below) = (String::new(), Vec::new(), String::new());
        for line in table.lines() {
            if line.contains(END) {
                between = line.split(END).filter(|text| !text.is_empty()).map(str::to_owned).collect();
                continue;
            }
            let part = if between.is_empty() { &mut above } else { &mut below };
            part.push_str(&line);
            part.push('\n');
        }
        Self { above, between, below }
    }

    /// Draw the rows of a slice. One has as many lines as the highest of its cells.
    fn fill(&self, columns: &[Drawn], slice: &Slice, out: &mut dyn Write) -> io::Result<()> {
        let mut cells: Vec<_> = columns.iter().map(|column| slice.cells(column.at)).collect();
        let mut line = String::new();
        for _ in 0..slice.rows {
            let texts: Vec<_> = columns
                .iter()
                .zip(&mut cells)
                .map(|(column, cells)| wrap(text(cells.next().unwrap_or_default(), column.points), column.width))
                .collect();
            let mut left: Vec<Option<&str>> = texts.iter().map(|text| Some(&**text)).collect();
            while left.iter().any(Option::is_some) {
                line.clear();
                for ((column, before), left) in columns.iter().zip(&self.between).zip(&mut left) {
                    let text = left.take().unwrap_or_default();
                    let (text, rest) = text.split_once('\n').map_or((text, None), |(text, rest)| (text, Some(rest)));
                    *left = rest;
                    line.push_str(before);
                    column.fill(text, &mut line);
                }
                line.extend(self.between.last().map(String::as_str));
                line.push('\n');
                out.write_all(line.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// What a cell shows, filled up behind so that the points of its column stand in line.
fn text(cell: &str, points: Option<Points>) -> Cow<'_, str> {
    let missing = points.map_or(0, |points| points.after - after_point(cell).unwrap_or(-1));
    if missing <= 0 {
        return cell.into();
    }
    let mut text = cell.to_owned();
    text.extend(std::iter::repeat_n(' ', missing as usize));
    text.into()
}

/// The lines of a cell, none of which can move the cursor.
fn lines(text: Cow<'_, str>) -> Cow<'_, str> {
    // The common case, without looking at characters: ASCII that can be seen.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || !text.contains(super::is_control) {
        return text;
    }
    text.replace("\r\n", "\n").split('\n').map(printable).collect::<Vec<_>>().join("\n").into()
}

/// Take from the widest columns until the table fits, but leave each something to be read by.
fn fitted(mut columns: Vec<Drawn>, limit: Option<usize>) -> Vec<Drawn> {
    let frame = columns.len() * (PADDING + 1) + 1;
    let mut total = columns.iter().map(|column| column.width).sum::<usize>() + frame;
    while let Some(limit) = limit.filter(|limit| total > *limit) {
        let widest = columns.iter_mut().map(|column| &mut column.width).max();
        let Some(widest) = widest.filter(|widest| **widest > NARROWEST) else { break };
        // All at once where it is far too wide, then a column at a time.
        let cut = (total - limit).min(*widest / 4 + 1).min(*widest - NARROWEST);
        *widest -= cut;
        total -= cut;
    }
    for column in &mut columns {
        column.width = column.width.min(WIDEST);
    }
    columns
}
