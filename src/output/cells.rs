//! The cells of a row: what a table or CSV shows of it. Rows may have any keys, so columns are found while rows are read.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::raw::{member, members};
use super::{Cell, Column};

/// The columns that are known so far, and how a row's values become their cells.
pub(super) struct Columns<'c> {
    named: &'c [Column],
    /// Every key of a row becomes a column. Otherwise the columns are the named ones.
    all_keys: bool,
    columns: Vec<State<'c>>,
    /// The columns that read from a key of a row.
    readers: HashMap<String, Vec<Reader>>,
    has_rows: bool,
}

/// A column, and whether rows had values for it.
struct State<'c> {
    key: String,
    named: Option<&'c Column>,
    has_key: bool,
    has_alternative: bool,
}

/// The column that reads from a key, and whether the key is its own or its alternative.
#[derive(Clone, Copy)]
struct Reader {
    column: usize,
    source: Source,
}

#[derive(Clone, Copy)]
enum Source {
    Key,
    Alternative,
}

/// The value of each column in one row.
pub(super) struct Values(Vec<Option<Value>>);

impl<'c> Columns<'c> {
    /// The `named` columns, or those of all keys that the rows have; the latter, too, if none is named.
    pub(super) fn new(named: &'c [Column], all_keys: bool) -> Self {
        let all_keys = all_keys || named.is_empty();
        let mut columns = Self { named, all_keys, columns: Vec::new(), readers: HashMap::new(), has_rows: false };
        if !all_keys {
            named.iter().for_each(|column| columns.add(column.key, Some(column)));
        }
        columns
    }

    fn add(&mut self, key: &str, named: Option<&'c Column>) {
        let column = self.columns.len();
        self.columns.push(State { key: key.to_owned(), named, has_key: false, has_alternative: false });
        self.readers.entry(key.to_owned()).or_default().push(Reader { column, source: Source::Key });
        // Where all keys are columns, an alternative key has a column of its own.
        if let Some(alternative) = named.and_then(|named| named.alternative).filter(|_| !self.all_keys) {
            let key = pointer(alternative).next().unwrap_or(alternative);
            self.readers.entry(key.to_owned()).or_default().push(Reader { column, source: Source::Alternative });
        }
    }

    /// Read the values of a row; only what is shown is parsed. A row that is no object has no values.
    ///
    /// # Errors
    /// The row is not JSON.
    pub(super) fn read(&mut self, row: &RawValue) -> serde_json::Result<Values> {
        self.has_rows = true;
        let mut found: Vec<[Option<&RawValue>; 2]> = vec![[None, None]; self.columns.len()];
        members(row, |key, value| {
            if self.all_keys && !self.readers.contains_key(key) {
                let is_named = |named: &&Column| named.key == key || named.alternative == Some(key);
                self.add(key, self.named.iter().find(is_named));
                found.push([None, None]);
            }
            for reader in self.readers.get(key).into_iter().flatten() {
                found[reader.column][reader.source as usize] = Some(value);
            }
        })?;
        let values = self.columns.iter_mut().zip(found).map(|(column, found)| column.read(found));
        values.collect::<Result<_, _>>().map(Values)
    }

    /// The cells of a row, in the order of the columns.
    pub(super) fn cells<'v>(&self, values: &'v Values) -> impl Iterator<Item = Cell<'v>> {
        self.columns.iter().zip(&values.0).map(|(column, value)| column.show(value.as_ref()))
    }

    /// The headers of the columns that are shown, by the columns' places: those that a row has a value for. Without
    /// any row, all that are named.
    pub(super) fn headers(&self) -> Vec<(usize, &str)> {
        if !self.has_rows {
            return self.named.iter().map(|column| column.key).enumerate().collect();
        }
        let shown = self.columns.iter().enumerate().filter(|(_, column)| column.has_key || column.has_alternative);
        shown.map(|(place, column)| (place, column.header())).collect()
    }
}

impl State<'_> {
    /// Parse the column's value, by what was found under its key and its alternative.
    fn read(&mut self, [value, alternative]: [Option<&RawValue>; 2]) -> serde_json::Result<Option<Value>> {
        let alternative = match (alternative, self.named.and_then(|named| named.alternative)) {
            (Some(value), Some(pointer)) => follow(value, pointer)?,
            _ => None,
        };
        self.has_key |= value.is_some();
        self.has_alternative |= value.is_none() && alternative.is_some();
        let Some(value) = value.or(alternative) else { return Ok(None) };
        match self.named.and_then(|named| named.member) {
            None => serde_json::from_str(value.get()).map(Some),
            Some(key) => match member(value, key)? {
                None => Ok(Some(Value::Null)),
                Some(value) => serde_json::from_str(value.get()).map(Some),
            },
        }
    }

    fn show<'v>(&self, value: Option<&'v Value>) -> Cell<'v> {
        match self.named {
            None => Cell::of(value),
            Some(named) => (named.show)(value),
        }
    }

    fn header(&self) -> &str {
        let alternative = self.named.and_then(|named| named.alternative).filter(|key| !key.starts_with('/'));
        if self.has_key { &self.key } else { alternative.unwrap_or(&self.key) }
    }
}

/// The keys of a JSON pointer. A text that is none is one key.
fn pointer(pointer: &str) -> impl Iterator<Item = &str> {
    pointer.strip_prefix('/').unwrap_or(pointer).split('/')
}

/// The value that a JSON pointer leads to; `value` is what its first key leads to.
fn follow<'v>(mut value: &'v RawValue, keys: &str) -> serde_json::Result<Option<&'v RawValue>> {
    for key in pointer(keys).skip(1) {
        match member(value, key)? {
            None => return Ok(None),
            Some(inner) => value = inner,
        }
    }
    Ok(Some(value))
}
