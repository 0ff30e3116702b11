//! A buffer that reverses the order of events.

use std::io::{Read as _, Seek as _, SeekFrom};

use anyhow::{Context as _, Result};
use tempfile::SpooledTempFile;

use crate::api::Page;
use crate::private;

/// How many bytes are kept in memory. More are kept in a temporary file that only its owner can read, and that has no
/// name if the system supports that.
const IN_MEMORY: usize = 1 << 20;

/// Pages of events that are added newest first and taken oldest first. There may be more than fit into memory.
pub(super) struct Backlog {
    file: SpooledTempFile,
    /// Where each page begins.
    starts: Vec<u64>,
    /// Where the last page ends.
    end: u64,
}

impl Backlog {
    /// An empty buffer.
    pub(super) fn new() -> Self {
        Self { file: SpooledTempFile::new_in(IN_MEMORY, private::temporary_place()), starts: Vec::new(), end: 0 }
    }

    /// Adds events that are older than those before.
    ///
    /// # Errors
    /// The temporary file can't be written.
    pub(super) fn push(&mut self, page: &Page) -> Result<()> {
        if page.is_empty() {
            return Ok(());
        }
        self.starts.push(self.end);
        page.write(&mut self.file).with_context(|| {
            format!("could not write to a temporary file in `{}`", private::temporary_place().display())
        })?;
        self.end = self.file.stream_position()?;
        Ok(())
    }

    /// Takes the oldest events, oldest first; `None` after the last ones. Nothing can be added after that.
    ///
    /// # Errors
    /// The temporary file can't be read.
    pub(super) fn pop(&mut self) -> Result<Option<Page>> {
        let Some(start) = self.starts.pop() else { return Ok(None) };
        let mut text = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        (&mut self.file).take(self.end - start).read_to_end(&mut text)?;
        self.end = start;
        let page: Page = serde_json::from_slice(&text).context("could not read a temporary file")?;
        // The memory should hold the page only.
        drop(text);
        Ok(Some(page.iter().rev().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_in_the_opposite_order() {
        for size in [0, IN_MEMORY] {
            let filler = "x".repeat(size);
            let event = |number: &u32| format!("{{\n\"id\": {number}, \"text\": \"{filler}\"}}");
            let page = |numbers: &[u32]| {
                let events: Vec<String> = numbers.iter().map(event).collect();
                events.iter().map(String::as_str).collect::<Page>()
            };
            let mut backlog = Backlog::new();
            for numbers in [&[6, 5][..], &[], &[4], &[3, 2, 1]] {
                backlog.push(&page(numbers)).expect("a page");
            }
            for numbers in [&[1, 2, 3][..], &[4], &[5, 6]] {
                let popped = backlog.pop().expect("a page").expect("events");
                assert_eq!(popped, page(numbers));
            }
            assert!(backlog.pop().expect("no error").is_none());
        }
    }
}
