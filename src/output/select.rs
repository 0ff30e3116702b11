//! Selects the rows and columns to print.

use std::cmp::Ordering;
use std::str::FromStr;

use serde_json::Value;

use super::raw::{find, follow, members, parse};
use super::{Column, WriteError, json};

/// The most columns that the error of an unknown column lists.
const MOST_LISTED: usize = 60;
/// How many rows more than the limit are kept, until they are sorted and cut.
const SPARE_ROWS: usize = 1000;
/// The most memory of rows that wait to be sorted, in bytes.
const MOST_UNSORTED: usize = 48 << 20;

/// The selection of the user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The paths of the columns to print, in this order, such as `id` or `dc.created`. If empty, all are printed.
    pub(crate) columns: Vec<String>,
    /// The order of the rows. `None` keeps the order of the reply.
    pub(crate) sort: Option<Sort>,
    /// The most rows to print, after sorting.
    pub(crate) limit: Option<usize>,
    /// Whether tables and CSV are printed without a header.
    pub(crate) no_header: bool,
}

impl Selection {
    /// How many rows of a list are needed; `None` if all of them are.
    pub(crate) fn needed_rows(&self) -> Option<usize> {
        self.limit.filter(|_| self.sort.is_none())
    }
}

/// An order of rows: by the value at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    path: String,
    is_descending: bool,
}

impl FromStr for Sort {
    type Err = String;

    /// Reads `PATH`, `PATH:asc` or `PATH:desc`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (path, is_descending) = match text.rsplit_once(':') {
            Some((path, "desc")) => (path, true),
            Some((path, "asc")) => (path, false),
            _ => (text, false),
        };
        match path {
            "" => Err("expected a column such as name or name:desc".to_owned()),
            path => Ok(Self { path: path.to_owned(), is_descending }),
        }
    }
}

/// Selects from rows that arrive page by page.
pub(super) struct Selector<'c> {
    selection: Selection,
    named: &'c [Column],
    /// Whether a missing value stays missing. Otherwise it becomes null.
    keeps_missing: bool,
    /// Whether the selected columns were checked.
    is_checked: bool,
    /// The rows that wait to be sorted, with their values of the sorting column.
    unsorted: Vec<(Rank, String)>,
    /// The memory that these rows take, about, in bytes.
    kept: usize,
    printed: usize,
}

impl<'c> Selector<'c> {
    /// A selector for the rows of a command with these named columns.
    pub(super) fn new(selection: &Selection, named: &'c [Column], keeps_missing: bool) -> Self {
        let selection = selection.clone();
        Self { selection, named, keeps_missing, is_checked: false, unsorted: Vec::new(), kept: 0, printed: 0 }
    }

    /// Takes the next rows, and prints those that are selected, unless they must be sorted first.
    ///
    /// # Errors
    /// Those of `print`, and a selected column that the command does not name and none of the rows has.
    pub(super) fn take<'r>(
        &mut self,
        mut rows: impl Iterator<Item = &'r str> + Clone,
        print: &mut dyn FnMut(&str) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let Some(sort) = self.selection.sort.clone() else {
            self.check(rows.clone())?;
            return rows.try_for_each(|row| self.print(row, print));
        };
        let most = self.selection.limit.map_or(usize::MAX, |limit| limit.saturating_add(SPARE_ROWS));
        for row in rows {
            let value = self.value(row, &sort.path).map(parse).transpose()?;
            let row = (Rank::of(value.as_ref()), row.to_owned());
            self.kept += memory(&row);
            self.unsorted.push(row);
            if self.kept > MOST_UNSORTED {
                self.sort();
                // If the list stays large, it would be sorted again after every row.
                if self.kept > MOST_UNSORTED / 2 {
                    return Err(WriteError::TooLarge(
                        "The list to be sorted is too large.\nUse `--limit`, or print it with `-o jsonl` and sort that.",
                    ));
                }
            } else if self.unsorted.len() > most {
                self.sort();
            }
        }
        Ok(())
    }

    /// Prints the rows that had to be sorted.
    ///
    /// # Errors
    /// Those of [`Self::take`].
    pub(super) fn end(&mut self, print: &mut dyn FnMut(&str) -> Result<(), WriteError>) -> Result<(), WriteError> {
        self.sort();
        let rows = std::mem::take(&mut self.unsorted);
        if self.selection.sort.is_some() {
            self.check(rows.iter().map(|(_, row)| row.as_str()))?;
        }
        rows.into_iter().try_for_each(|(_, row)| self.print(&row, print))
    }

    /// Whether no further row is printed after `rows` more.
    pub(super) fn is_full_after(&self, rows: usize) -> bool {
        self.selection.needed_rows().is_some_and(|needed| self.printed + rows >= needed)
    }

    /// Sorts the rows that wait, and drops those after the limit.
    fn sort(&mut self) {
        let is_descending = self.selection.sort.as_ref().is_some_and(|sort| sort.is_descending);
        self.unsorted.sort_by(|(a, _), (b, _)| a.compare(b, is_descending));
        self.unsorted.truncate(self.selection.limit.unwrap_or(usize::MAX));
        self.kept = self.unsorted.iter().map(memory).sum();
    }

    fn print(&mut self, row: &str, print: &mut dyn FnMut(&str) -> Result<(), WriteError>) -> Result<(), WriteError> {
        if self.is_full_after(0) {
            return Ok(());
        }
        self.printed += 1;
        match self.selection.columns.as_slice() {
            [] => print(row),
            _ => print(&self.project(row)),
        }
    }

    /// The row as an object of the selected columns.
    fn project(&self, row: &str) -> String {
        let missing = if self.keeps_missing { None } else { Some("null") };
        let members = self.selection.columns.iter().filter_map(|path| {
            let value = self.value(row, path).or(missing)?;
            Some(format!("{}:{value}", Value::from(path.as_str())))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// The value of a column in a row: at its path, or else at the alternative path that the command names.
    fn value<'r>(&self, row: &'r str, path: &str) -> Option<&'r str> {
        let alternative = Column::find(self.named, path).and_then(|column| column.alternative);
        find(row, path).or_else(|| find(row, alternative?))
    }

    /// Checks, once there are rows, that each selected column is one that the command names or a row has.
    fn check<'r>(&mut self, rows: impl Iterator<Item = &'r str> + Clone) -> Result<(), WriteError> {
        if rows.clone().next().is_none() || std::mem::replace(&mut self.is_checked, true) {
            return Ok(());
        }
        let selected = self.selection.columns.iter().chain(self.selection.sort.as_ref().map(|sort| &sort.path));
        let is_known =
            |path: &&String| Column::find(self.named, path).is_some() || rows.clone().any(|row| can_have(row, path));
        match { selected }.find(|path| !is_known(path)) {
            None => Ok(()),
            Some(path) => Err(WriteError::UnknownColumn { name: path.clone(), known: self.known(rows) }),
        }
    }

    /// The columns that the command names, and the paths of the rows' values.
    fn known<'r>(&self, rows: impl Iterator<Item = &'r str>) -> Vec<String> {
        let mut known: Vec<String> = self.named.iter().map(|column| column.key.to_owned()).collect();
        let mut add = |path: String| {
            if known.len() < MOST_LISTED && !known.contains(&path) {
                known.push(path);
            }
        };
        for row in rows {
            for (key, value) in members(row) {
                add(key.clone().into_owned());
                members(value).for_each(|(inner, _)| add(format!("{key}.{inner}")));
            }
        }
        known
    }
}

/// The approximate memory of a row that waits to be sorted, in bytes.
fn memory((rank, row): &(Rank, String)) -> usize {
    const ALLOCATION: usize = 32;
    let rank = match rank {
        Rank::Text(text) | Rank::Other(text) => ALLOCATION + text.len(),
        _ => 0,
    };
    size_of::<(Rank, String)>() + ALLOCATION + row.len() + rank
}

/// Whether a row has a value at a path, or null in place of an object on the path, which another row may have.
fn can_have(row: &str, path: &str) -> bool {
    let mut start = String::new();
    let is_null_on_the_way = path.split('.').any(|key| {
        start.push_str(key);
        let is_null = follow(row, start.split('.')) == Some("null");
        start.push('.');
        is_null
    });
    is_null_on_the_way || find(row, path).is_some()
}

/// The sort key of a value: numbers by their value, then texts, then false and true, then lists and objects by their
/// text. Null and missing values are last in both directions.
#[derive(Debug, PartialEq)]
enum Rank {
    /// The number, and the digits beyond those of a float, if it is an integer.
    Number(f64, i128),
    Text(String),
    Bool(bool),
    Other(String),
    Null,
}

impl Rank {
    fn of(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Rank::Null,
            Some(Value::Number(number)) => {
                let text = number.to_string();
                // Adding zero turns -0 into 0.
                Rank::Number(text.parse().unwrap_or(f64::NAN) + 0.0, text.parse().unwrap_or(0))
            }
            Some(Value::String(text)) => Rank::Text(text.clone()),
            Some(Value::Bool(value)) => Rank::Bool(*value),
            Some(value) => Rank::Other(json::one_line(value)),
        }
    }

    fn compare(&self, other: &Self, is_descending: bool) -> Ordering {
        let is_null = |rank: &Self| matches!(rank, Rank::Null);
        let nulls = is_null(self).cmp(&is_null(other));
        let values = match (self, other) {
            (Rank::Number(a, c), Rank::Number(b, d)) => a.total_cmp(b).then(c.cmp(d)),
            (Rank::Text(a), Rank::Text(b)) | (Rank::Other(a), Rank::Other(b)) => a.cmp(b),
            (Rank::Bool(a), Rank::Bool(b)) => a.cmp(b),
            _ => self.kind().cmp(&other.kind()),
        };
        nulls.then(if is_descending { values.reverse() } else { values })
    }

    /// The place of the kind of value.
    fn kind(&self) -> u8 {
        match self {
            Rank::Number(..) => 0,
            Rank::Text(_) => 1,
            Rank::Bool(_) => 2,
            Rank::Other(_) => 3,
            Rank::Null => 4,
        }
    }
}

#[cfg(test)]
mod tests;
