//! The format `csv`: the cells of a table as RFC 4180 has them, with CRLF at the end of a line. Null and missing values are
//! empty, and nothing is escaped for a terminal.

use std::io::{self, Write};

use ::csv::{Terminator, WriterBuilder};

use super::cells::Columns;
use super::{Cell, Coverage, Ending, Layout, WriteError};

/// Prints each row when it comes. Only if every key is a column are the rows kept, because a later row can add columns.
pub(super) struct Csv<'c> {
    columns: Columns<'c>,
    no_header: bool,
    has_header: bool,
    /// The rows that are kept. A row has no cells for columns that were found later.
    rows: Vec<Vec<String>>,
}

impl<'c> Csv<'c> {
    /// CSV of these columns.
    pub(super) fn new(columns: Columns<'c>, no_header: bool) -> Self {
        Self { columns, no_header, has_header: false, rows: Vec::new() }
    }

    /// Print the header, once.
    fn header(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        let is_due = !std::mem::replace(&mut self.has_header, true) && !self.no_header;
        let headers = self.columns.all_headers();
        if is_due && !headers.is_empty() {
            out.write_all(&line(&headers)?)?;
        }
        Ok(())
    }
}

impl Layout for Csv<'_> {
    fn row(&mut self, row: &str, out: &mut dyn Write) -> Result<(), WriteError> {
        self.columns.read(row)?;
        let cells = self.columns.cells().map(text).collect();
        if self.columns.can_grow() {
            self.rows.push(cells);
            return Ok(());
        }
        self.header(out)?;
        Ok(out.write_all(&line(&cells)?)?)
    }

    fn end(mut self: Box<Self>, _ending: Ending, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        self.header(out)?;
        if self.columns.len() == 0 {
            return Ok(Coverage::All);
        }
        for mut row in std::mem::take(&mut self.rows) {
            row.extend((row.len()..self.columns.len()).map(|column| text(self.columns.missing(column))));
            out.write_all(&line(&row)?)?;
        }
        Ok(self.columns.coverage())
    }
}

/// What CSV has for a cell.
fn text(cell: Cell<'_>) -> String {
    match cell {
        Cell::Missing | Cell::Null => String::new(),
        Cell::Text(text) => text.into_owned(),
    }
}

/// A line of CSV.
fn line(fields: &[impl AsRef<[u8]>]) -> io::Result<Vec<u8>> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(fields)?;
    writer.into_inner().map_err(|error| error.into_error())
}
