//! The selection of rows and columns, between the rows of a reply and the format.

use std::cmp::Ordering;
use std::str::FromStr;

use serde_json::Value;

use super::raw::{find, follow, members, parse};
use super::{Column, WriteError, json};

/// How many unknown columns' alternatives an error lists.
const MOST_LISTED: usize = 60;
/// How many rows more than the limit are kept, until they are sorted and cut.
const SPARE_ROWS: usize = 1000;
/// The most memory that the rows take that wait for being sorted, in bytes.
const MOST_UNSORTED: usize = 48 << 20;

/// What the user selected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The paths of the columns to print, in this order, such as `id` or `dc.created`; none: all.
    pub(crate) columns: Vec<String>,
    /// The order of the rows; none: as they came.
    pub(crate) sort: Option<Sort>,
    /// The most rows to print, after sorting.
    pub(crate) limit: Option<usize>,
    /// Print tables and CSV without a header.
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

    /// Read `PATH`, `PATH:asc` or `PATH:desc`.
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

/// Selects from rows that come page by page.
pub(super) struct Selector<'c> {
    selection: Selection,
    named: &'c [Column],
    /// A value that a row lacks stays missing. Otherwise it becomes null.
    keeps_missing: bool,
    /// The selected columns are known.
    is_checked: bool,
    /// The rows that wait for being sorted, with their values of the sorting column.
    unsorted: Vec<(Rank, String)>,
    /// The memory that these rows take, about, in bytes.
    kept: usize,
    printed: usize,
}

impl<'c> Selector<'c> {
    /// A selector for rows whose columns a command names.
    pub(super) fn new(selection: &Selection, named: &'c [Column], keeps_missing: bool) -> Self {
        let selection = selection.clone();
        Self { selection, named, keeps_missing, is_checked: false, unsorted: Vec::new(), kept: 0, printed: 0 }
    }

    /// Take the next rows, and print those that are selected, unless they must be sorted first.
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
                // A list that stays as large would be sorted again after every row.
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

    /// Print the rows that had to be sorted.
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

    /// Whether no further row is printed.
    pub(super) fn is_full(&self) -> bool {
        self.selection.needed_rows().is_some_and(|needed| self.printed >= needed)
    }

    /// Sort the rows that wait, and drop those beyond the limit.
    fn sort(&mut self) {
        let is_descending = self.selection.sort.as_ref().is_some_and(|sort| sort.is_descending);
        self.unsorted.sort_by(|(a, _), (b, _)| a.compare(b, is_descending));
        self.unsorted.truncate(self.selection.limit.unwrap_or(usize::MAX));
        self.kept = self.unsorted.iter().map(memory).sum();
    }

    fn print(&mut self, row: &str, print: &mut dyn FnMut(&str) -> Result<(), WriteError>) -> Result<(), WriteError> {
        if self.is_full() {
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

    /// The value of a column in a row: at its path, or where the command says that it is, too.
    fn value<'r>(&self, row: &'r str, path: &str) -> Option<&'r str> {
        let alternative = Column::find(self.named, path).and_then(|column| column.alternative);
        find(row, path).or_else(|| find(row, alternative?))
    }

    /// Check, once there are rows, that each selected column is one that the command names or a row has.
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

/// The memory that a row takes which waits for being sorted, about, in bytes.
fn memory((rank, row): &(Rank, String)) -> usize {
    const ALLOCATION: usize = 32;
    let rank = match rank {
        Rank::Text(text) | Rank::Other(text) => ALLOCATION + text.len(),
        _ => 0,
    };
    size_of::<(Rank, String)>() + ALLOCATION + row.len() + rank
}

/// Whether a row has a value at a path, or a null on the way, which another row can have a value for.
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

/// A value as far as its place in an order: numbers by their value, then texts, then false and true, then lists and
/// objects by their text. Null and missing values are last, whatever the direction.
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMNS: &[Column] = &[Column::new("id"), Column::new("plan_type").or("planType")];

    fn selection(columns: &[&str], sort: Option<&str>, limit: Option<usize>) -> Selection {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        let sort = sort.map(|sort| sort.parse().expect("an order"));
        Selection { columns, sort, limit, no_header: false }
    }

    /// What is printed of pages of rows.
    fn selected(selection: &Selection, keeps_missing: bool, pages: &[&[&str]]) -> Result<Vec<String>, WriteError> {
        let (mut selector, mut printed) = (Selector::new(selection, COLUMNS, keeps_missing), Vec::new());
        let mut print = |row: &str| {
            printed.push(row.to_owned());
            Ok(())
        };
        for page in pages {
            selector.take(page.iter().copied(), &mut print)?;
        }
        selector.end(&mut print)?;
        Ok(printed)
    }

    #[test]
    fn columns_are_selected_by_their_paths() {
        let row = r#"{"id": 1, "planType": 3, "dc": {"created": "x", "by": [{"n": 5}]}, "a.b": {"c": 2}}"#;
        for (columns, expected) in [
            (&["dc.created", "id"][..], r#"{"dc.created":"x","id":1}"#),
            (&["plan_type"], r#"{"plan_type":3}"#),
            (&["planType"], r#"{"planType":3}"#),
            (&["dc.by.0.n", "dc.by"], r#"{"dc.by.0.n":5,"dc.by":[{"n": 5}]}"#),
            (&["a.b"], r#"{"a.b":{"c": 2}}"#),
        ] {
            let rows = selected(&selection(columns, None, None), false, &[&[row]]).expect("known columns");
            assert_eq!(rows, [expected], "{columns:?}");
        }
    }

    #[test]
    fn a_missing_value_is_null_or_missing() {
        let page = &[r#"{"id": 1, "n": 2}"#, r#"{"id": 2}"#][..];
        let selection = selection(&["n", "id"], None, None);
        assert_eq!(selected(&selection, false, &[page]).expect("rows"), [r#"{"n":2,"id":1}"#, r#"{"n":null,"id":2}"#]);
        assert_eq!(selected(&selection, true, &[page]).expect("rows"), [r#"{"n":2,"id":1}"#, r#"{"id":2}"#]);
    }

    #[test]
    fn rows_are_sorted_with_nulls_last() {
        let rows = [
            "10",
            "9",
            "null",
            "\"b\"",
            "-1.5",
            "\"a\"",
            "true",
            "false",
            "[2]",
            "9007199254740993",
            "9007199254740992",
        ];
        let rows: Vec<String> =
            rows.iter().map(|value| format!(r#"{{"n":{value}}}"#)).chain(["{}".to_owned()]).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let sorted = |sort| {
            let rows = selected(&selection(&[], Some(sort), None), false, &[&rows[..5], &rows[5..]]).expect("rows");
            rows.iter().map(|row| row.replace(r#"{"n":"#, "").replace('}', "")).collect::<Vec<_>>().join(" ")
        };
        let values = "-1.5 9 10 9007199254740992 9007199254740993 \"a\" \"b\" false true [2]";
        assert_eq!(sorted("n"), format!("{values} null {{"));
        assert_eq!(sorted("n:asc"), format!("{values} null {{"));
        let reversed: Vec<&str> = values.split(' ').rev().collect();
        assert_eq!(sorted("n:desc"), format!("{} null {{", reversed.join(" ")));
    }

    #[test]
    fn a_limit_counts_after_sorting() {
        let pages: [&[&str]; 2] = [&[r#"{"id":3}"#, r#"{"id":1}"#], &[r#"{"id":2}"#]];
        let limited = |sort, limit| selected(&selection(&[], sort, Some(limit)), false, &pages).expect("rows");
        assert_eq!(limited(None, 2), [r#"{"id":3}"#, r#"{"id":1}"#]);
        assert_eq!(limited(Some("id"), 2), [r#"{"id":1}"#, r#"{"id":2}"#]);
        assert_eq!(limited(Some("id:desc"), 5).len(), 3);
    }

    #[test]
    fn an_unknown_column_is_an_error_with_the_known_ones() {
        let page = &[r#"{"id": 1, "dc": {"created": "x"}, "owner": null}"#][..];
        let error = |columns: &[&str], sort| match selected(&selection(columns, sort, None), false, &[page]) {
            Err(error) => error.to_string(),
            Ok(rows) => format!("{rows:?}"),
        };
        let known = "The columns are: id, plan_type, dc, dc.created, owner.";
        assert_eq!(error(&["id", "x"], None), format!("There is no column `x`.\n{known}"));
        assert_eq!(error(&[], Some("dc.x")), format!("There is no column `dc.x`.\n{known}"));
        // A row that is null there today can be another tomorrow.
        assert_eq!(error(&["owner.name"], None), r#"["{\"owner.name\":null}"]"#);
        // Without rows nothing is known to be wrong.
        assert!(selected(&selection(&["x"], None, None), false, &[&[]]).is_ok_and(|rows| rows.is_empty()));
    }

    proptest! {
        #[test]
        fn sorting_is_stable_and_loses_nothing(
            values in prop::collection::vec(prop_oneof![(-3i64..3).prop_map(Value::from), Just(Value::Null), "[ab]{0,2}".prop_map(Value::from)], 0..30),
            is_descending in any::<bool>(),
        ) {
            let rows: Vec<String> = values.iter().enumerate().map(|(i, value)| format!(r#"{{"id":{i},"n":{value}}}"#)).collect();
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let sort = if is_descending { "n:desc" } else { "n" };
            let sorted = selected(&selection(&[], Some(sort), None), false, &[&rows]).expect("rows");
            let place = |row: &String| rows.iter().position(|other| other == row).expect("one of the rows");
            prop_assert_eq!(sorted.len(), rows.len());
            for pair in sorted.windows(2) {
                let [a, b] = [place(&pair[0]), place(&pair[1])];
                let order = Rank::of(Some(&values[a])).compare(&Rank::of(Some(&values[b])), is_descending);
                prop_assert!(order == Ordering::Less || order == Ordering::Equal && a < b, "{:?}", pair);
            }
        }
    }
}
