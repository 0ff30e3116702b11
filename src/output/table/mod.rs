//! The formats `table` and `wide`: tables in the style of PostgreSQL's `psql`.
//!
//! The width of a column is known only after the last row, so a table keeps all rows until the end.

use std::io::Write;

use serde_json::value::RawValue;

mod draw;
mod number;
mod wrap;

use self::draw::Drawing;
use self::number::fraction_width;
use self::wrap::width;
use super::cells::Columns;
use super::escape::printable_lines;
use super::{Cell, Ending, Layout, WriteError};

/// Ends each cell in the text of a row. No cell contains it: control characters are escaped.
const CELL_END: char = '\0';

/// A table whose rows are being collected.
pub(super) struct Table<'c> {
    columns: Columns<'c>,
    /// The space that the cells of each column take.
    extents: Vec<Extent>,
    /// The cells of each row as one text. A row has none for columns that were found later.
    rows: Vec<Box<str>>,
    terminal_width: Option<usize>,
}

/// The space that the cells of a column take, in terminal columns.
#[derive(Clone, Copy, Default)]
struct Extent {
    content: Content,
    /// The widest line of a cell.
    width: usize,
    /// In a column of numbers, the most that stands before the decimal point.
    whole: usize,
    /// In a column of numbers, the most that stands from the decimal point on.
    fraction: usize,
}

/// What the cells of a column are.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Content {
    /// All are empty or `NULL`.
    #[default]
    Empty,
    /// All others are numbers.
    Numbers,
    Text,
}

impl Extent {
    fn include(&mut self, text: &str, is_null: bool) {
        if text.is_empty() {
            return;
        }
        let cell_width = text.split('\n').map(width).max().unwrap_or(0);
        self.width = self.width.max(cell_width);
        if self.content == Content::Text {
            return;
        }
        let fraction = if is_null { None } else { fraction_width(text) };
        self.content = match (is_null, fraction) {
            (true, _) => self.content,
            (false, Some(_)) => Content::Numbers,
            (false, None) => Content::Text,
        };
        self.fraction = self.fraction.max(fraction.unwrap_or(0));
        self.whole = self.whole.max(cell_width - fraction.unwrap_or(0));
    }
}

impl<'c> Table<'c> {
    /// An empty table. One that is wider than the terminal has its cells wrapped; `None` is no limit.
    pub(super) fn new(columns: Columns<'c>, terminal_width: Option<usize>) -> Self {
        Self { columns, extents: Vec::new(), rows: Vec::new(), terminal_width }
    }
}

impl Layout for Table<'_> {
    fn row(&mut self, row: &RawValue, _out: &mut dyn Write) -> Result<(), WriteError> {
        let values = self.columns.read(row)?;
        let mut row = String::new();
        for (place, cell) in self.columns.cells(&values).enumerate() {
            if place == self.extents.len() {
                self.extents.push(Extent::default());
            }
            let is_null = cell == Cell::Null;
            let text = match cell {
                Cell::Missing => "".into(),
                Cell::Null => "NULL".into(),
                Cell::Text(text) => printable_lines(text),
            };
            self.extents[place].include(&text, is_null);
            row.push_str(&text);
            row.push(CELL_END);
        }
        self.rows.push(row.into());
        Ok(())
    }

    fn end(self: Box<Self>, ending: Ending, out: &mut dyn Write) -> Result<(), WriteError> {
        let columns = self.columns.headers().into_iter().map(|(place, header)| {
            let extent = self.extents.get(place).copied().unwrap_or_default();
            draw::Column::new(place, header, extent)
        });
        let drawing = Drawing::new(columns.collect(), self.terminal_width);
        drawing.write(&self.rows, ending, out).map_err(WriteError::Io)
    }
}
