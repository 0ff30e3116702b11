//! The columns that a command names, and how they show a value.

use std::borrow::Cow;

use serde_json::Value;

use super::json;

/// A column of a table: the key of its values in a row, and how a value is shown.
#[derive(Debug)]
pub(crate) struct Column {
    /// The key in a row, and the header.
    pub(super) key: &'static str,
    /// The path of the value in rows without the key: another key, or keys joined by dots, such as `key.active`.
    pub(super) alternative: Option<&'static str>,
    /// The member that is shown of a value that is an object.
    pub(super) member: Option<&'static str>,
    /// Turns a value into a cell; it gets `None` for a row without the key.
    pub(super) show: fn(Option<&Value>) -> Cell<'_>,
}

impl Column {
    /// The column of `key`, which shows values unchanged.
    pub(crate) const fn new(key: &'static str) -> Self {
        Self { key, alternative: None, member: None, show: |value| Cell::of(value) }
    }

    /// Shows the value of `alternative` in rows without the key. It is another key, or a path such as `key.active`.
    pub(crate) const fn or(self, alternative: &'static str) -> Self {
        Self { alternative: Some(alternative), ..self }
    }

    /// The key of the values, which is the name of the column.
    pub(crate) fn key(&self) -> &'static str {
        self.key
    }

    /// The column with this key, or else the column with this alternative.
    pub(super) fn find<'c>(columns: &'c [Self], key: &str) -> Option<&'c Self> {
        let alternative = || columns.iter().find(|column| column.alternative == Some(key));
        columns.iter().find(|column| column.key == key).or_else(alternative)
    }

    /// Shows only `member` of a value that is an object, or `NULL` if it has no such member.
    pub(crate) const fn member(self, member: &'static str) -> Self {
        Self { member: Some(member), ..self }
    }

    /// Shows the first line of a text, and an empty cell for null.
    pub(crate) const fn first_line(self) -> Self {
        self.show(first_line)
    }

    /// Shows values unchanged, and an empty cell for null.
    pub(crate) const fn without_null(self) -> Self {
        self.show(without_null)
    }

    /// Shows values with `show`, which gets `None` for a row without the key.
    pub(crate) const fn show(self, show: fn(Option<&Value>) -> Cell<'_>) -> Self {
        Self { show, ..self }
    }
}

/// One value in a table or in CSV.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell<'v> {
    /// The row has no such value.
    Missing,
    /// The value is null.
    Null,
    /// Any other value, control characters included.
    Text(Cow<'v, str>),
}

impl<'v> Cell<'v> {
    /// The value unchanged. A list or an object becomes one line of JSON.
    pub(crate) fn of(value: Option<&'v Value>) -> Self {
        match value {
            None => Cell::Missing,
            Some(Value::Null) => Cell::Null,
            Some(Value::Bool(true)) => Cell::Text("TRUE".into()),
            Some(Value::Bool(false)) => Cell::Text("FALSE".into()),
            Some(Value::String(text)) => Cell::Text(text.into()),
            Some(Value::Number(number)) => Cell::Text(number.to_string().into()),
            Some(value @ (Value::Array(_) | Value::Object(_))) => Cell::Text(json::one_line(value).into()),
        }
    }
}

/// The value unchanged, and an empty cell for null.
fn without_null(value: Option<&Value>) -> Cell<'_> {
    Cell::of(value.filter(|value| !value.is_null()))
}

/// The first line of a text, and an empty cell for null.
fn first_line(value: Option<&Value>) -> Cell<'_> {
    match without_null(value) {
        Cell::Text(Cow::Borrowed(text)) => Cell::Text(text.lines().next().unwrap_or_default().into()),
        cell => cell,
    }
}
