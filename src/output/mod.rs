//! How data is printed: rows of JSON in, text out.
//!
//! A [`Renderer`] selects rows and columns and hands each row to the [`Layout`] of a format; one file holds one format.
//! Tables and CSV read their cells through `cells`. Control characters that a server sent are escaped in every format
//! that is meant for a terminal.

mod cells;
mod column;
mod csv;
mod escape;
pub(crate) mod json;
mod jsonl;
pub(crate) mod raw;
mod select;
mod table;
pub(crate) mod yaml;

use std::fmt;
use std::io::{self, Write};

use clap::ValueEnum;

use cells::{Choice, Columns};
pub(crate) use column::{Cell, Column};
pub(crate) use escape::printable;
use select::Selector;
pub(crate) use select::{Selection, Sort};

/// The formats that `--output-fmt` takes.
// Comments on the variants would be shown in every command's help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Table,
    Wide,
    Json,
    Yaml,
    Csv,
    Jsonl,
}

impl Format {
    /// The name that `-o` takes.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Whether rows can be printed before the last one is known, so that the output is complete after each of them.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Format::Table | Format::Csv | Format::Jsonl)
    }

    /// The formats for which [`Format::is_live`] holds.
    pub(crate) fn live() -> impl Iterator<Item = Self> {
        Self::value_variants().iter().copied().filter(|format| format.is_live())
    }

    fn layout<'c>(self, shape: Shape, settings: &Settings<'c>) -> Box<dyn Layout + 'c> {
        let selection = &settings.selection;
        let columns = |choice| match selection.columns.as_slice() {
            [] => Columns::new(settings.columns, choice),
            selected => Columns::new(settings.columns, Choice::Selected(selected)),
        };
        let table = |choice| table::Table::new(shape, columns(choice), settings.width, selection.no_header);
        match self {
            Format::Table => Box::new(table(Choice::Named)),
            Format::Wide => Box::new(table(Choice::AllKeys)),
            Format::Json => Box::new(json::Json::new(shape)),
            Format::Yaml => Box::new(yaml::Yaml::new(shape)),
            Format::Csv => {
                let is_terminal = settings.width.is_some();
                Box::new(csv::Csv::new(columns(Choice::Named), is_terminal, selection.no_header))
            }
            Format::Jsonl => Box::new(jsonl::Jsonl),
        }
    }

    /// Whether the format has cells. Such a format distinguishes a missing value from null.
    fn has_cells(self) -> bool {
        matches!(self, Format::Table | Format::Wide | Format::Csv)
    }
}

/// The most bytes that a format keeps before it prints. A table keeps rows because a later row can widen a column or
/// add one, and YAML keeps all of its text. This limit allows a table of 300,000 audit events.
const MOST_KEPT: usize = 32 << 20;

/// A format, which prints rows.
trait Layout {
    /// Prints a row, or keeps it for the end. The row is valid JSON.
    fn row(&mut self, row: &str, out: &mut dyn Write) -> Result<(), WriteError>;

    /// How many bytes of rows are kept, about.
    fn kept(&self) -> usize {
        0
    }

    /// Prints all rows so far. A table keeps the widths of its columns from then on.
    fn flush(&mut self, _out: &mut dyn Write) -> Result<(), WriteError> {
        Ok(())
    }

    /// Prints the rest.
    fn end(self: Box<Self>, ending: Ending, out: &mut dyn Write) -> Result<Coverage, WriteError>;
}

/// Whether the output holds all of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coverage {
    All,
    /// The rows have more keys than a table can show; it shows this many of them.
    FirstColumns(usize),
}

/// Whether the reply is a list or a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A list, which may be empty.
    List,
    /// One row that is not in a list.
    Record,
}

/// How the rows ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// All rows arrived.
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
    /// The output or the rows to be sorted take more memory than they should. The message says what to do.
    TooLarge(&'static str),
    /// The user selected a column that no row has. Nothing was printed.
    UnknownColumn {
        name: String,
        /// The columns that could be selected.
        known: Vec<String>,
    },
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
            WriteError::TooLarge(message) => f.write_str(message),
            WriteError::UnknownColumn { name, known } => {
                write!(f, "There is no column `{name}`.\nThe columns are: {}.", known.join(", "))
            }
        }
    }
}

impl std::error::Error for WriteError {}

/// The settings with which a reply is printed.
struct Settings<'c> {
    columns: &'c [Column],
    width: Option<usize>,
    selection: Selection,
}

/// Prints a reply in one format, at once or page by page.
pub(crate) struct Renderer<'c> {
    format: Format,
    settings: Settings<'c>,
    selector: Selector<'c>,
    list: Box<dyn Layout + 'c>,
}

impl<'c> Renderer<'c> {
    /// A renderer of the `columns` that a command names; without any, tables show all keys. A table that is wider than
    /// `width`, the terminal's, has its cells wrapped.
    pub(crate) fn new(format: Format, columns: &'c [Column], width: Option<usize>, selection: Selection) -> Self {
        let selector = Selector::new(&selection, columns, format.has_cells());
        let settings = Settings { columns, width, selection };
        let list = format.layout(Shape::List, &settings);
        Self { format, settings, selector, list }
    }

    /// Prints a whole reply: a list, or a record. `json` must be valid.
    ///
    /// # Errors
    /// The output could not be written, a row can't be read, or a selected column is unknown.
    pub(crate) fn whole(mut self, json: &str, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        if json.starts_with('[') {
            self.page(raw::items(json), out)?;
        } else {
            self.list = self.format.layout(Shape::Record, &self.settings);
            self.page(std::iter::once(json), out)?;
        }
        self.end(out)
    }

    /// Prints the next rows of a list.
    ///
    /// # Errors
    /// The output could not be written, a row can't be read, or a selected column is unknown.
    pub(crate) fn page<'r>(
        &mut self,
        rows: impl Iterator<Item = &'r str> + Clone,
        out: &mut dyn Write,
    ) -> Result<(), WriteError> {
        self.selector.take(rows, &mut |row| print(&mut *self.list, row, out))
    }

    /// Whether no further row is printed after `rows` more, so that none needs to be requested.
    pub(crate) fn is_full_after(&self, rows: usize) -> bool {
        self.selector.is_full_after(rows)
    }

    /// Prints all rows so far, and flushes `out`. A table keeps the widths of its columns from then on.
    ///
    /// # Errors
    /// The output could not be written.
    pub(crate) fn flush(&mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        self.list.flush(out)?;
        Ok(out.flush()?)
    }

    /// Prints the rest of a list that is complete.
    ///
    /// # Errors
    /// The output could not be written, or a selected column is unknown.
    pub(crate) fn end(mut self, out: &mut dyn Write) -> Result<Coverage, WriteError> {
        self.selector.end(&mut |row| print(&mut *self.list, row, out))?;
        self.list.end(Ending::Complete, out)
    }

    /// Prints the rest of a list that an error ended early, so that it does not look complete.
    ///
    /// # Errors
    /// The output could not be written, or a selected column is unknown.
    pub(crate) fn break_off(mut self, out: &mut dyn Write) -> Result<(), WriteError> {
        self.selector.end(&mut |row| print(&mut *self.list, row, out))?;
        self.list.end(Ending::BrokenOff, out).map(|_| ())
    }
}

/// Prints a row, or keeps it for the end. Rows that take too much memory are printed.
fn print(list: &mut dyn Layout, row: &str, out: &mut dyn Write) -> Result<(), WriteError> {
    list.row(row, out)?;
    if list.kept() > MOST_KEPT { list.flush(out) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
