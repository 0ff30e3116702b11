//! The format `csv`: the cells of a table as RFC 4180 has them, with CRLF at the end of a line. Null and missing values are
//! empty. Control characters are escaped on a terminal only: a program that reads CSV wants the values as they are.

use std::io::{self, Write};

use ::csv::{Terminator, WriterBuilder};

use super::cells::Columns;
use super::escape::printable;
use super::{Cell, Coverage, Ending, Layout, WriteError};

/// Prints each row when it arrives. If every key is a column, the rows are kept, because a later row can add columns.
pub(super) struct Csv<'c> {
    columns: Columns<'c>,
    /// The output is a terminal.
    is_terminal: bool,
    no_header: bool,
    /// The rows that are kept. A row has no cells for columns that were found later.
    rows: Vec<Vec<String>>,
    /// The bytes that they take.
    kept: usize,
    /// How many columns the printed header has. Columns that are found later are not printed.
    printed: Option<usize>,
}

impl<'c> Csv<'c> {
    /// CSV of these columns.
    pub(super) fn new(columns: Columns<'c>, is_terminal: bool, no_header: bool) -> Self {
        Self { columns, is_terminal, no_header, rows: Vec::new(), kept: 0, printed: None }
    }

    /// Prints the header, once. Returns the number of columns.
    fn header(&mut self, out: &mut dyn Write) -> Result<usize, WriteError> {
        if let Some(count) = self.printed {
            return Ok(count);
        }
        let headers = self.columns.all_headers();
        if !self.no_header && !headers.is_empty() {
            out.write_all(&self.line(&headers)?)?;
        }
        Ok(*self.printed.insert(headers.len()))
    }

    /// A line of CSV.
    fn line(&self, fields: &[impl AsRef<str>]) -> io::Result<Vec<u8>> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
        for field in fields {
            match self.is_terminal {
                true => writer.write_field(printable(field.as_ref()).as_ref())?,
                false => writer.write_field(field.as_ref())?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
        writer.into_inner().map_err(|error| error.into_error())
    }
}

impl Layout for Csv<'_> {
    fn row(&mut self, row: &str, out: &mut dyn Write) -> Result<(), WriteError> {
        self.columns.read(row)?;
        let cells: Vec<String> = self.columns.cells().map(text).collect();
        if self.columns.can_grow() {
            self.kept += size_of_val(&cells) + cells.iter().map(|cell| size_of_val(cell) + cell.len()).sum::<usize>();
            self.rows.push(cells);
            return Ok(());
        }
        self.header(out)?;
        Ok(out.write_all(&self.line(&cells)?)?)
    }

    fn kept(&self) -> usize {
        self.kept
    }

    fn flush(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let count = self.header(out)?;
        for mut row in std::mem::take(&mut self.rows).into_iter().filter(|_| count > 0) {
            row.truncate(count);
            row.extend((row.len()..count).map(|column| text(self.columns.missing(column))));
            out.write_all(&self.line(&row)?)?;
        }
        self.kept = 0;
        Ok(())
    }

    fn end(mut self: Box<Self>, _ending: Ending, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        let count = self.header(out)?;
        self.flush(out)?;
        Ok(self.columns.coverage(count, self.columns.len()))
    }
}

/// The text of a cell in CSV.
fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Missing | Cell::Null => String::new(),
        Cell::Text(text) => text.into_owned(),
    }
}
