//! How data is printed: rows of JSON in, text out.
//!
//! A [`Renderer`] hands each row to the [`Layout`] of a format; one file holds one format. Tables read their cells
//! through `cells`. Control characters that a server sent are escaped in every format.

mod cells;
mod column;
mod escape;
mod json;
mod raw;
mod table;
pub(crate) mod yaml;

use std::fmt;
use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use cells::Columns;
pub(crate) use column::{Cell, Column};
pub(crate) use escape::printable;

/// The formats that `--output-fmt` takes.
// Comments on the variants would be shown in every command's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Wide,
    Json,
    Yaml,
}

impl Format {
    /// The name that `-o` takes.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether rows can be printed before the last one is known, so that the output is complete after each of them.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Format::Table)
    }

    /// The formats for which [`Format::is_live`] holds.
    pub(crate) fn live() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied().filter(|format| format.is_live())
    }

    fn layout<'c>(self, shape: Shape, columns: &'c [Column], width: Option<usize>) -> Box<dyn Layout + 'c> {
        match self {
            Format::Table => Box::new(table::Table::new(shape, Columns::new(columns, false), width)),
            Format::Wide => Box::new(table::Table::new(shape, Columns::new(columns, true), width)),
            Format::Json => Box::new(json::Json::new(shape)),
            Format::Yaml => Box::new(yaml::Yaml::new(shape)),
        }
    }
}

/// What a format does with rows.
trait Layout {
    /// Print a row, or keep it for the end.
    fn row(&mut self, row: &RawValue, out: &mut dyn Write) -> Result<(), WriteError>;

    /// Print all rows so far. A table keeps the widths of its columns from then on.
    fn flush(&mut self, _out: &mut dyn Write) -> Result<(), WriteError> {
        Ok(())
    }

    /// Print the rest.
    fn end(self: Box<Self>, ending: Ending, out: &mut dyn Write) -> Result<Coverage, WriteError>;
}

/// Whether the output holds all of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    All,
    /// The rows have more keys than a table has columns; it shows this many of them.
    FirstColumns(usize),
}

/// What the rows are together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A list, which may be empty.
    List,
    /// One row that is no list's.
    Record,
}

/// How the rows ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// All rows came.
    Complete,
    /// An error ended the list early. The output must not look complete: a list in JSON or YAML is left open, a table
    /// has no border below.
    BrokenOff,
}

/// Why data could not be printed.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// The output could not be written.
    Io(io::Error),
    /// A row can't be read.
    Row(serde_json::Error),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<serde_json::Error> for WriteError {
    fn from(error: serde_json::Error) -> Self {
        Self::Row(error)
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::Io(error) => write!(f, "The output could not be written: {error}"),
            WriteError::Row(error) => write!(f, "The reply is unusable: a row can't be read ({error})"),
        }
    }
}

impl std::error::Error for WriteError {}

/// Prints a reply in one format, at once or page by page.
pub(crate) struct Renderer<'c> {
    format: Format,
    columns: &'c [Column],
    width: Option<usize>,
    list: Box<dyn Layout + 'c>,
}

impl<'c> Renderer<'c> {
    /// A renderer of the `columns` that a command names; without any, tables show all keys. A table that is wider than
    /// `width`, the terminal's, has its cells wrapped.
    pub(crate) fn new(format: Format, columns: &'c [Column], width: Option<usize>) -> Self {
        Self { format, columns, width, list: format.layout(Shape::List, columns, width) }
    }

    /// Print a whole reply: a list, or a record.
    ///
    /// # Errors
    /// The output could not be written.
    pub(crate) fn whole(mut self, value: &Value, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        match value {
            Value::Array(rows) => {
                for row in rows {
                    self.list.row(&to_raw_value(row)?, out)?;
                }
                self.end(out)
            }
            record => {
                let mut layout = self.format.layout(Shape::Record, self.columns, self.width);
                layout.row(&to_raw_value(record)?, out)?;
                layout.end(Ending::Complete, out)
            }
        }
    }

    /// Print the next rows of a list.
    ///
    /// # Errors
    /// The output could not be written, or a row can't be read.
    pub(crate) fn page(&mut self, rows: &[Box<RawValue>], out: &mut dyn Write) -> Result<(), WriteError> {
        rows.iter().try_for_each(|row| self.list.row(row, out))
    }

    /// Print all rows so far, and write them to where `out` leads. A table keeps the widths of its columns from then on.
    ///
    /// # Errors
    /// The output could not be written.
    pub(crate) fn flush(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        self.list.flush(out)?;
        Ok(out.flush()?)
    }

    /// Print the rest of a list that is complete.
    ///
    /// # Errors
    /// The output could not be written.
    pub(crate) fn end(self, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        self.list.end(Ending::Complete, out)
    }

    /// Print the rest of a list that an error ended early, so that it does not look complete.
    ///
    /// # Errors
    /// The output could not be written.
    pub(crate) fn break_off(self, out: &mut dyn Write) -> Result<(), WriteError> {
        self.list.end(Ending::BrokenOff, out).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
