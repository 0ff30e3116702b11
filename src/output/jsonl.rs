//! The format `jsonl`: each row as JSON on one line, printed when it arrives. Output that breaks off is valid up to its
//! last line.

use std::io::Write;

use super::json::append_token;
use super::raw::Tokens;
use super::{Coverage, Ending, Layout, WriteError};

/// Prints each row on a line.
pub(super) struct Jsonl;

impl Layout for Jsonl {
    fn row(&mut self, row: &str, out: &mut dyn Write) -> Result<(), WriteError> {
        let mut line = Vec::with_capacity(row.len() + 1);
        Tokens::new(row).for_each(|token| append_token(token, &mut line));
        line.push(b'\n');
        Ok(out.write_all(&line)?)
    }

    fn end(self: Box<Self>, _ending: Ending, _out: &mut dyn Write) -> Result<Coverage, WriteError> {
        Ok(Coverage::All)
    }
}
