//! Tables in the look of PostgreSQL's terminal.
//!
//! The rows are kept as the bytes that their cells show, some hundred a row, until the widths are
//! known; comfy-table then draws them a slice at a time, for it takes more than ten times that.

use std::borrow::Cow;
use std::io::{self, Write};

use comfy_table::{CellAlignment, ColumnConstraint, ContentLineStyle, LineStyle, TableStyle, Width};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use unicode_width::UnicodeWidthStr;

use super::number::after_point;
use super::{Cell, Column, printable};

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
/// The rows that are drawn at once.
const SLICE: usize = 256;

/// A table that is being collected.
pub(super) struct Table<'c> {
    named: &'c [Column],
    /// All keys of the rows are shown, in order of first appearance; else those that are named.
    all_keys: bool,
    width: Option<usize>,
    columns: Vec<Shown<'c>>,
    rows: Rows,
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

    /// The cell of a row, by the values that it has for the column's key and its other one.
    fn cell<'v>(&mut self, value: Option<&'v Value>, other: Option<&'v Value>) -> Cell<'v> {
        self.is_there |= value.is_some();
        self.is_other |= value.is_none() && other.is_some();
        let show = self.named.map_or(super::shown as fn(Option<&Value>) -> Cell<'_>, |named| named.show);
        show(value.or(other))
    }

    /// Learn what the column must make room for.
    fn measure(&mut self, cell: &Cell) {
        let Cell::Text(text) = cell else {
            self.widest = self.widest.max(if *cell == Cell::Null { 4 } else { 0 });
            return;
        };
        self.widest = self.widest.max(text.split('\n').map(width).max().unwrap_or(0));
        if !text.is_empty() && !matches!(self.kind, Kind::Text) {
            self.kind = if after_point(text).is_some() { Kind::Number } else { Kind::Text };
        }
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
        Self { named, all_keys, width, columns, rows: Rows::default() }
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
        self.rows.start(self.columns.len());
        for column in &mut self.columns {
            let other = column.named.and_then(|named| named.other).and_then(|other| match other.starts_with('/') {
                true => row.pointer(other),
                false => row.get(other),
            });
            let cell = column.cell(row.get(&column.key), other);
            self.rows.take(column, cell);
        }
    }

    /// Take a row as it came, of which only what is shown is read.
    pub(super) fn add_raw(&mut self, row: &RawValue) -> io::Result<()> {
        let has_pointers = self.named.iter().any(|column| column.other.is_some_and(|other| other.starts_with('/')));
        if self.all_keys || has_pointers {
            self.add(&serde_json::from_str(row.get())?);
            return Ok(());
        }
        let mut values: Vec<[Option<Value>; 2]> = self.named.iter().map(|_| [None, None]).collect();
        // A row that is no object has no cells, whatever it is.
        if row.get().starts_with('{') {
            let wanted = Wanted { columns: self.named, values: &mut values };
            wanted.deserialize(&mut serde_json::Deserializer::from_str(row.get()))?;
        }
        self.rows.start(self.columns.len());
        for (column, [value, other]) in self.columns.iter_mut().zip(&values) {
            let cell = column.cell(value.as_ref(), other.as_ref());
            self.rows.take(column, cell);
        }
        Ok(())
    }

    /// Draw what was collected.
    pub(super) fn write(mut self, out: &mut dyn Write) -> io::Result<()> {
        let is_empty = self.rows.count == 0;
        if is_empty {
            self.columns = self.named.iter().map(|column| Shown::new(column.key.to_owned(), Some(column))).collect();
        }
        let shown: Vec<usize> = (0..self.columns.len()).filter(|i| is_empty || self.columns[*i].is_shown()).collect();
        if shown.is_empty() {
            return out.write_all(b"\n");
        }
        let points = self.points();
        let mut widths: Vec<usize> = shown
            .iter()
            .map(|i| {
                let column = &self.columns[*i];
                let cells = points[*i].map_or(column.widest, |points| (points.before + points.after).max(0) as usize);
                cells.max(width(&printable(column.header())) + BEYOND_HEADER)
            })
            .collect();
        shrink(&mut widths, self.width);

        let header: Vec<String> = shown.iter().map(|i| printable(self.columns[*i].header()).into_owned()).collect();
        let mut cells = self.rows.cells();
        let mut left = self.rows.count;
        let mut is_first = true;
        let mut row = Vec::new();
        loop {
            let mut table = comfy_table::Table::new();
            table.load_style(style(is_first, left <= SLICE));
            if is_first {
                table.set_header(header.iter().zip(&widths).map(|(text, width)| wrap(text.clone(), *width)));
            }
            for _ in 0..left.min(SLICE) {
                cells.row(self.columns.len(), &mut row);
                table.add_row(shown.iter().zip(&widths).map(|(i, width)| wrap(text(row[*i], points[*i]), *width)));
            }
            for ((column, i), width) in table.column_iter_mut().zip(&shown).zip(&widths) {
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed((width + PADDING) as u16)));
                if points[*i].is_some() {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
            for line in table.lines() {
                out.write_all(line.as_bytes())?;
                out.write_all(b"\n")?;
            }
            if left <= SLICE {
                return Ok(());
            }
            left -= SLICE;
            is_first = false;
        }
    }

    /// Where the points of the columns of numbers are.
    fn points(&self) -> Vec<Option<Points>> {
        let mut points: Vec<Option<Points>> = self
            .columns
            .iter()
            .map(|column| matches!(column.kind, Kind::Number).then_some(Points { after: -1, before: 0 }))
            .collect();
        if points.iter().all(Option::is_none) {
            return points;
        }
        let (mut cells, mut row) = (self.rows.cells(), Vec::new());
        for _ in 0..self.rows.count {
            cells.row(self.columns.len(), &mut row);
            for (cell, points) in row.iter().zip(&mut points) {
                if let Some(points) = points {
                    let after = after_point(cell).unwrap_or(-1);
                    points.after = points.after.max(after);
                    points.before = points.before.max(width(cell) as isize - after);
                }
            }
        }
        points
    }
}

/// Reads of an object what the columns show, and skips the rest: for each column the values of its key
/// and of its other one.
struct Wanted<'w> {
    columns: &'w [Column],
    values: &'w mut [[Option<Value>; 2]],
}

impl Wanted<'_> {
    /// Where the value of a key belongs.
    fn place(&mut self, key: &str) -> Option<&mut Option<Value>> {
        self.columns.iter().zip(self.values.iter_mut()).find_map(|(column, [value, other])| match () {
            () if column.key == key => Some(value),
            () if column.other == Some(key) => Some(other),
            () => None,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Wanted<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, row: D) -> Result<(), D::Error> {
        row.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Wanted<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        while let Some(key) = entries.next_key::<Cow<'_, str>>()? {
            match self.place(&key) {
                Some(value) => *value = Some(entries.next_value()?),
                None => _ = entries.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// Only the first slice has a border above, only the last one has one below.
fn style(is_first: bool, is_last: bool) -> TableStyle {
    let style = if is_first { STYLE } else { STYLE.top_border(LineStyle::none()) };
    if is_last { style } else { style.bottom_border(LineStyle::none()) }
}

/// What a cell shows, filled up behind so that the points of its column stand in line.
fn text(cell: &str, points: Option<Points>) -> String {
    let mut text = cell.to_owned();
    if let Some(points) = points {
        let missing = points.after - after_point(cell).unwrap_or(-1);
        text.extend(std::iter::repeat_n(' ', missing.max(0) as usize));
    }
    text
}

/// The lines of a cell, none of which can move the cursor.
fn lines(text: Cow<'_, str>) -> Cow<'_, str> {
    // The common case, without looking at characters: ASCII that can be seen.
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) || !text.contains(super::is_control) {
        return text;
    }
    text.replace("\r\n", "\n").split('\n').map(printable).collect::<Vec<_>>().join("\n").into()
}

fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Take from the widest columns until the table fits, but leave each something to be read by.
fn shrink(widths: &mut [usize], limit: Option<usize>) {
    let frame = widths.len() * (PADDING + 1) + 1;
    let mut total: usize = widths.iter().sum::<usize>() + frame;
    while let Some(limit) = limit.filter(|limit| total > *limit) {
        let Some(widest) = widths.iter_mut().max().filter(|widest| **widest > NARROWEST) else { break };
        // All at once where it is far too wide, then a column at a time.
        let cut = (total - limit).min(*widest / 4 + 1).min(*widest - NARROWEST);
        *widest -= cut;
        total -= cut;
    }
    for width in widths {
        *width = (*width).min(WIDEST);
    }
}

/// Break the lines that are wider than `limit`, after a space where there is one.
fn wrap(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    text.split('\n').map(|line| wrap_line(line, limit)).collect::<Vec<_>>().join("\n")
}

fn wrap_line(line: &str, limit: usize) -> String {
    if width(line) <= limit {
        return line.to_owned();
    }
    let mut wrapped = String::with_capacity(line.len() + line.len() / limit + 1);
    let (mut start, mut space, mut used) = (0, None, 0);
    for (at, c) in line.char_indices() {
        let wide = width(c.encode_utf8(&mut [0; 4]));
        if used + wide > limit {
            let end = space.take().unwrap_or(at);
            wrapped.push_str(&line[start..end]);
            wrapped.push('\n');
            start = end;
            used = width(&line[start..at]);
        }
        used += wide;
        if c == ' ' {
            space = Some(at + 1);
        }
    }
    wrapped.push_str(&line[start..]);
    wrapped
}

/// The cells of all rows, one behind the other in chunks of bytes that never move.
///
/// A row is the number of its cells (later rows of `wide` may have more), a cell what it is: 0
/// nothing, 1 `NULL`, else the length of the text that follows, and two; all of them as varints.
#[derive(Default)]
struct Rows {
    chunks: Vec<Vec<u8>>,
    count: usize,
}

const CHUNK: usize = 64 * 1024;

impl Rows {
    fn start(&mut self, cells: usize) {
        self.count += 1;
        self.write(cells, b"");
    }

    /// Keep a cell, and let its column learn of it.
    fn take(&mut self, column: &mut Shown, cell: Cell) {
        let cell = match cell {
            Cell::Text(text) => Cell::Text(lines(text)),
            cell => cell,
        };
        column.measure(&cell);
        match &cell {
            Cell::Missing => self.write(0, b""),
            Cell::Null => self.write(1, b""),
            Cell::Text(text) => self.write(text.len() + 2, text.as_bytes()),
        }
    }

    fn write(&mut self, mut number: usize, text: &[u8]) {
        // Ten bytes are enough for a varint of 64 bits.
        let needed = text.len() + 10;
        let chunk = match self.chunks.pop_if(|chunk| chunk.capacity() - chunk.len() >= needed) {
            Some(chunk) => chunk,
            None => Vec::with_capacity(CHUNK.max(needed)),
        };
        self.chunks.push(chunk);
        let Some(chunk) = self.chunks.last_mut() else { return };
        while number >= 0x80 {
            chunk.push(number as u8 | 0x80);
            number >>= 7;
        }
        chunk.push(number as u8);
        chunk.extend_from_slice(text);
    }

    fn cells(&self) -> Cells<'_> {
        Cells { chunks: self.chunks.iter(), rest: &[] }
    }
}

/// Reads the cells again.
struct Cells<'r> {
    chunks: std::slice::Iter<'r, Vec<u8>>,
    rest: &'r [u8],
}

impl<'r> Cells<'r> {
    /// What the next row's cells show, filled up to `columns` of them.
    fn row(&mut self, columns: usize, row: &mut Vec<&'r str>) {
        row.clear();
        for _ in 0..self.number() {
            row.push(match self.number() {
                0 => "",
                1 => "NULL",
                length => {
                    let (text, rest) = self.rest.split_at(length - 2);
                    self.rest = rest;
                    // Text is what was put in.
                    std::str::from_utf8(text).unwrap_or_default()
                }
            });
        }
        row.resize(columns, "");
    }

    fn number(&mut self) -> usize {
        if self.rest.is_empty() {
            self.rest = self.chunks.next().map(Vec::as_slice).unwrap_or_default();
        }
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let Some((byte, rest)) = self.rest.split_first() else { break };
            self.rest = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                break;
            }
        }
        number
    }
}
