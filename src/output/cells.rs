//! The cells of a row in a table or in CSV. Rows may have any keys, so columns are found while rows are read.

use serde_json::Value;

use super::raw::{follow, member, members, parse};
use super::{Cell, Column, Coverage};

/// The most columns of a table of all keys. Each row has a cell in every column. If each row had other keys, the table
/// would grow with the square of the number of rows.
const MOST_COLUMNS: usize = 256;
/// The longest key, in bytes, that becomes a column by itself. The keys of the API have less than 30.
const LONGEST_KEY: usize = 4096;

/// Which columns there are.
#[derive(Clone, Copy)]
pub(super) enum Choice<'s> {
    /// Those that the command names; if it names none, as `AllKeys`.
    Named,
    /// One for each key that a row has.
    AllKeys,
    /// These, which are the keys of the rows.
    Selected(&'s [String]),
}

/// The columns that are known so far, and how a row's values become their cells.
pub(super) struct Columns<'c> {
    named: &'c [Column],
    /// Every key of a row becomes a column.
    all_keys: bool,
    /// A column is shown if no row has a value for it.
    shows_empty: bool,
    columns: Vec<State<'c>>,
    readers: Vec<Reader>,
    has_rows: bool,
    /// There are keys that are not columns.
    is_cut: bool,
}

/// A column, whether rows had values for it, and its value in the last row.
struct State<'c> {
    key: String,
    named: Option<&'c Column>,
    has_key: bool,
    has_alternative: bool,
    value: Option<Value>,
    /// The value is that of the key. It is preferred to that of the alternative.
    is_own: bool,
}

/// A column that reads from a key of a row, which is its own key or its alternative.
struct Reader {
    key: String,
    column: usize,
    source: Source,
}

#[derive(Clone, Copy)]
enum Source {
    Key,
    Alternative,
}

impl<'c> Columns<'c> {
    /// The columns of `choice`. `named` defines how they are shown.
    pub(super) fn new(named: &'c [Column], choice: Choice<'_>) -> Self {
        let mut columns = Self {
            named,
            all_keys: matches!(choice, Choice::AllKeys) || matches!(choice, Choice::Named) && named.is_empty(),
            shows_empty: matches!(choice, Choice::Selected(_)),
            columns: Vec::new(),
            readers: Vec::new(),
            has_rows: false,
            is_cut: false,
        };
        match choice {
            Choice::AllKeys => {}
            Choice::Named => {
                named.iter().for_each(|column| columns.add(column.key, Some(column)));
            }
            Choice::Selected(keys) => keys.iter().for_each(|key| columns.add(key, Column::find(named, key))),
        }
        columns
    }

    fn add(&mut self, key: &str, named: Option<&'c Column>) {
        let column = self.columns.len();
        self.columns.push(State {
            key: key.to_owned(),
            named,
            has_key: false,
            has_alternative: false,
            value: None,
            is_own: false,
        });
        self.readers.push(Reader { key: key.to_owned(), column, source: Source::Key });
        // If all keys are columns, an alternative key has its own column.
        if let Some(alternative) = named.and_then(|named| named.alternative).filter(|_| !self.all_keys) {
            let key = alternative.split('.').next().unwrap_or(alternative);
            self.readers.push(Reader { key: key.to_owned(), column, source: Source::Alternative });
        }
    }

    /// Whether a row can add columns.
    pub(super) fn can_grow(&self) -> bool {
        self.all_keys
    }

    /// The number of columns that are known.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Reads the values of a row; only values that are shown are parsed. A row that is not an object has no values.
    ///
    /// # Errors
    /// A value is nested too deeply.
    pub(super) fn read(&mut self, row: &str) -> serde_json::Result<()> {
        self.has_rows = true;
        for column in &mut self.columns {
            (column.value, column.is_own) = (None, false);
        }
        for (key, value) in members(row) {
            if self.all_keys && self.readers.iter().all(|reader| reader.key != key) {
                if self.columns.len() == MOST_COLUMNS || key.len() > LONGEST_KEY {
                    self.is_cut = true;
                    continue;
                }
                self.add(&key, Column::find(self.named, &key));
            }
            for reader in self.readers.iter().filter(|reader| reader.key == key) {
                self.columns[reader.column].read(value, reader.source)?;
            }
        }
        for column in &mut self.columns {
            column.has_key |= column.is_own;
            column.has_alternative |= column.value.is_some() && !column.is_own;
        }
        Ok(())
    }

    /// Whether all keys of the rows are printed, if `printed` of `known` columns are printed.
    pub(super) fn coverage(&self, printed: usize, known: usize) -> Coverage {
        if self.is_cut || printed < known { Coverage::FirstColumns(printed) } else { Coverage::All }
    }

    /// The cells of the last row that was read, in the order of the columns.
    pub(super) fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        self.columns.iter().map(|column| column.show(column.value.as_ref()))
    }

    /// The cell of a row that was read before this column was found.
    pub(super) fn missing(&self, column: usize) -> Cell<'static> {
        self.columns.get(column).map_or(Cell::Missing, |column| column.show(None))
    }

    /// The headers of the columns that a table shows, with their places: those that a row has a value for. Without any
    /// row, all that are named.
    pub(super) fn headers(&self) -> Vec<(usize, &str)> {
        if !self.has_rows && self.all_keys {
            return self.named.iter().map(|column| column.key).enumerate().collect();
        }
        let is_shown = |column: &State| self.shows_empty || !self.has_rows || column.has_key || column.has_alternative;
        let shown = self.columns.iter().enumerate().filter(|(_, column)| is_shown(column));
        shown.map(|(place, column)| (place, column.header())).collect()
    }

    /// The keys of all columns.
    pub(super) fn all_headers(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.key.as_str()).collect()
    }
}

impl State<'_> {
    /// Parses the column's value, found under its key or its alternative.
    fn read(&mut self, value: &str, source: Source) -> serde_json::Result<()> {
        let value = match (source, self.named.and_then(|named| named.alternative)) {
            (Source::Alternative, Some(path)) if !self.is_own => follow(value, path.split('.').skip(1)),
            (Source::Alternative, _) => None,
            (Source::Key, _) => Some(value),
        };
        let Some(value) = value else { return Ok(()) };
        self.is_own = matches!(source, Source::Key);
        self.value = Some(match self.named.and_then(|named| named.member) {
            Some(key) if value.starts_with('{') => member(value, key).map_or(Ok(Value::Null), parse)?,
            _ => parse(value)?,
        });
        Ok(())
    }

    fn show<'v>(&self, value: Option<&'v Value>) -> Cell<'v> {
        match self.named {
            None => Cell::of(value),
            Some(named) => (named.show)(value),
        }
    }

    fn header(&self) -> &str {
        let alternative = self.named.and_then(|named| named.alternative).filter(|key| !key.contains('.'));
        alternative.filter(|_| self.has_alternative && !self.has_key).unwrap_or(&self.key)
    }
}
