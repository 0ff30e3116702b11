//! The formats `table` and `wide`: tables in the style of PostgreSQL's `psql`.
//!
//! The width of a column is known only after the last row, so a table keeps all rows until the end.

use std::io::Write;

use memchr::memchr;

mod draw;
mod number;
mod wrap;

use self::draw::Drawing;
use self::number::fraction_width;
use self::wrap::width;
use super::cells::Columns;
use super::escape::{printable, push_printable_lines};
use super::{Cell, Coverage, Ending, Layout, Shape, WriteError};

/// Ends each cell of a row, and each row. No cell contains them: control characters are escaped.
const CELL_END: char = '\0';
const ROW_END: char = '\x01';

/// A table whose rows are being collected.
pub(super) struct Table<'c> {
    shape: Shape,
    columns: Columns<'c>,
    /// The space that the cells of each column take.
    extents: Vec<Extent>,
    /// The cells of all rows that are not printed. A row has none for columns that were found later.
    rows: String,
    terminal_width: Option<usize>,
    no_header: bool,
    /// The drawing of a table of which some rows are already printed.
    begun: Option<Drawing>,
}

/// The space that the cells of a column take, in terminal columns.
#[derive(Clone, Copy, Default)]
struct Extent {
    content: Content,
    /// The widest line of a cell.
    width: usize,
    /// In a column of numbers, the greatest width before the decimal point.
    whole: usize,
    /// In a column of numbers, the greatest width from the decimal point on.
    fraction: usize,
}

/// The type of the cells of a column.
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
    fn include(&mut self, cell: &Cell, text: &str) {
        if text.is_empty() {
            return;
        }
        let cell_width = text.split('\n').map(width).max().unwrap_or(0);
        self.width = self.width.max(cell_width);
        if self.content == Content::Text {
            return;
        }
        let fraction = match cell {
            Cell::Text(_) => {
                let fraction = fraction_width(text);
                self.content = if fraction.is_some() { Content::Numbers } else { Content::Text };
                fraction.unwrap_or(0)
            }
            Cell::Missing | Cell::Null => 0,
        };
        self.fraction = self.fraction.max(fraction);
        self.whole = self.whole.max(cell_width - fraction);
    }
}

impl<'c> Table<'c> {
    /// An empty table for a terminal of this width; `None` is no limit.
    pub(super) fn new(shape: Shape, columns: Columns<'c>, terminal_width: Option<usize>, no_header: bool) -> Self {
        Self { shape, columns, extents: Vec::new(), rows: String::new(), terminal_width, no_header, begun: None }
    }

    /// The table of the rows so far.
    fn drawing(&self) -> Drawing {
        let columns = self.columns.headers().into_iter().map(|(place, header)| draw::Column {
            place,
            header: printable(header).into_owned(),
            extent: self.extents.get(place).copied().unwrap_or_default(),
            missing: text(&self.columns.missing(place)),
        });
        Drawing::new(columns.collect(), !self.no_header)
    }

    /// Whether a table that was begun has all columns that are known by now.
    fn coverage(&self, drawing: &Drawing) -> Coverage {
        self.columns.coverage(drawing.column_count(), self.columns.headers().len())
    }

    /// Fits a table of the rows so far into the terminal.
    fn fitted(&self, drawing: Drawing) -> Drawing {
        match self.terminal_width {
            Some(limit) => drawing.fit(limit, &self.rows),
            None => drawing,
        }
    }
}

impl Layout for Table<'_> {
    fn row(&mut self, row: &str, _out: &mut dyn Write) -> Result<(), WriteError> {
        self.columns.read(row)?;
        for (place, cell) in self.columns.cells().enumerate() {
            if place == self.extents.len() {
                let mut extent = Extent::default();
                if !self.rows.is_empty() {
                    let missing = self.columns.missing(place);
                    extent.include(&missing, &text(&missing));
                }
                self.extents.push(extent);
            }
            let start = self.rows.len();
            push_text(&cell, &mut self.rows);
            self.extents[place].include(&cell, &self.rows[start..]);
            self.rows.push(CELL_END);
        }
        self.rows.push(ROW_END);
        Ok(())
    }

    fn kept(&self) -> usize {
        self.rows.len()
    }

    fn flush(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        if self.begun.is_none() && !self.rows.is_empty() {
            let drawing = self.fitted(self.drawing());
            drawing.write_header(out)?;
            self.begun = Some(drawing);
        }
        if let Some(drawing) = &self.begun {
            drawing.write_rows(&self.rows, out)?;
            self.rows.clear();
        }
        Ok(())
    }

    fn end(mut self: Box<Self>, ending: Ending, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        let drawing = match self.begun.take() {
            Some(drawing) => drawing,
            None => {
                let drawing = self.drawing();
                let is_too_wide = self.terminal_width.is_some_and(|limit| drawing.width() > limit);
                if is_too_wide && self.shape == Shape::Record {
                    drawing.write_record(&self.rows, out)?;
                    return Ok(self.coverage(&drawing));
                }
                let drawing = self.fitted(drawing);
                drawing.write_header(out)?;
                drawing
            }
        };
        drawing.write_rows(&self.rows, out)?;
        drawing.write_end(ending, out)?;
        Ok(self.coverage(&drawing))
    }
}

/// The parts of `text` that `end` ends.
fn parts(text: &str, end: char) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (part, behind) = rest.split_at(memchr(end as u8, rest.as_bytes())?);
        rest = &behind[1..];
        Some(part)
    })
}

/// The text of a cell in a table.
fn text(cell: &Cell) -> String {
    let mut text = String::new();
    push_text(cell, &mut text);
    text
}

/// Appends the text of a cell in a table.
fn push_text(cell: &Cell, text: &mut String) {
    match cell {
        Cell::Missing => {}
        Cell::Null => text.push_str("NULL"),
        Cell::Text(cell) => push_printable_lines(cell, text),
    }
}
