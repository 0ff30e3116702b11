//! The rows of one page of a list.

use std::fmt;
use std::io::{self, Write};

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Rows of a list, each as the JSON text that the server sent.
///
/// All rows share one string. A string for each row would take ten times the memory for a reply such as `[1,1,1]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Page {
    text: String,
    /// The offset at which each row ends. A reply has at most 16 MiB, so an offset fits into 32 bits.
    ends: Vec<u32>,
}

impl Page {
    /// The rows, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator + Clone {
        (0..self.len()).map(|place| &self.text[self.start(place)..self.start(place + 1)])
    }

    /// The offset at which a row begins.
    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The memory that the rows take, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.text.len() + size_of_val(self.ends.as_slice())
    }

    /// Whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The last row.
    pub(crate) fn last(&self) -> Option<&str> {
        self.iter().next_back()
    }

    /// Adds a row, which must be valid JSON.
    pub(crate) fn push(&mut self, row: &str) {
        self.text.push_str(row);
        self.ends.push(self.text.len() as u32);
    }

    /// Writes the rows as a JSON list.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"[")?;
        for (place, row) in self.iter().enumerate() {
            out.write_all(if place == 0 { b"" } else { b"," })?;
            out.write_all(row.as_bytes())?;
        }
        out.write_all(b"]")
    }
}

impl<'r> Extend<&'r str> for Page {
    fn extend<T: IntoIterator<Item = &'r str>>(&mut self, rows: T) {
        rows.into_iter().for_each(|row| self.push(row));
    }
}

impl<'r> FromIterator<&'r str> for Page {
    fn from_iter<T: IntoIterator<Item = &'r str>>(rows: T) -> Self {
        let mut page = Self::default();
        page.extend(rows);
        page
    }
}

impl<'de> Deserialize<'de> for Page {
    /// Reads a JSON list.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Rows)
    }
}

/// Reads the rows of a list without parsing them.
struct Rows;

impl<'de> Visitor<'de> for Rows {
    type Value = Page;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Page, A::Error> {
        let mut page = Page::default();
        while let Some(row) = rows.next_element::<&RawValue>()? {
            page.push(row.get());
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_and_written() {
        let page: Page = serde_json::from_str(" [ {\"a\" : 1} ,2,\"é\\ud800\", [] ] ").unwrap();
        assert_eq!(page.iter().collect::<Vec<_>>(), ["{\"a\" : 1}", "2", "\"é\\ud800\"", "[]"]);
        assert_eq!((page.len(), page.last()), (4, Some("[]")));
        let mut list = Vec::new();
        page.write(&mut list).unwrap();
        assert_eq!(list, "[{\"a\" : 1},2,\"é\\ud800\",[]]".as_bytes());
        let read: Page = serde_json::from_slice(&list).unwrap();
        assert_eq!(read, page);
        assert_eq!(page.iter().rev().collect::<Page>().iter().next(), Some("[]"));
    }

    #[test]
    fn a_page_may_have_no_rows() {
        let page: Page = serde_json::from_str("[]").unwrap();
        let mut list = Vec::new();
        page.write(&mut list).unwrap();
        assert_eq!((page.is_empty(), page.last(), &list[..]), (true, None, &b"[]"[..]));
    }

    #[test]
    fn only_a_list_is_a_page() {
        for json in ["{}", "null", "[1", "[1] 2", "[1,]", ""] {
            assert!(serde_json::from_str::<Page>(json).is_err(), "{json}");
        }
    }
}
