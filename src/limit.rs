//! Limits on what is read from outside: replies, downloads, secrets, answers and croud.yaml.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// The most brackets of YAML that are open at once. A file of this program needs about ten.
const MOST_BRACKETS: usize = 1000;

/// Counts bytes against a limit, which several counters can share. Dropping a counter subtracts its bytes.
pub(crate) struct ByteLimit {
    limit: u64,
    /// The bytes of this counter.
    own: u64,
    /// The bytes of all counters that share the limit.
    used: Rc<Cell<u64>>,
}

/// The data is larger than the limit.
#[derive(Debug)]
pub(crate) struct TooLarge {
    /// The limit, in bytes.
    limit: u64,
}

impl ByteLimit {
    /// Allows `limit` bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self { limit, own: 0, used: Rc::default() }
    }

    /// Another counter with the same limit.
    pub(crate) fn share(&self) -> Self {
        Self { limit: self.limit, own: 0, used: Rc::clone(&self.used) }
    }

    /// Counts `bytes` more.
    ///
    /// # Errors
    /// The total is above the limit.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.own += bytes as u64;
        self.used.update(|used| used + bytes as u64);
        if self.used.get() > self.limit { Err(TooLarge { limit: self.limit }) } else { Ok(()) }
    }
}

impl Drop for ByteLimit {
    fn drop(&mut self) {
        self.used.update(|used| used - self.own);
    }
}

impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            limit if limit >= 1 << 20 && limit % (1 << 20) == 0 => {
                write!(f, "it is larger than {} MiB", limit >> 20)
            }
            limit => write!(f, "it is larger than {limit} bytes"),
        }
    }
}

impl std::error::Error for TooLarge {}

/// The most values and keys that JSON text can have. An empty list or object counts as two. The text need not be valid.
pub(crate) fn count_values(json: &[u8]) -> usize {
    let (mut count, mut is_string, mut is_escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_string,
            b'"' => is_string = !is_string,
            b'[' | b'{' | b',' | b':' if !is_string => count += 1,
            _ => {}
        }
    }
    count
}

/// Refuses YAML in which very many brackets are open at once, also in its texts. The time that the parser takes grows with
/// the square of the depth.
///
/// # Errors
/// The YAML is nested too deeply.
pub(crate) fn check_brackets(yaml: &str) -> Result<(), String> {
    let mut open = 0_usize;
    for byte in yaml.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MOST_BRACKETS {
            return Err("it is nested too deeply".to_owned());
        }
    }
    Ok(())
}

/// Reads bytes to their end.
///
/// # Errors
/// The reader's, and more than `limit` bytes.
pub(crate) fn read_to_end(mut reader: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut count = ByteLimit::new(limit);
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(bytes),
            Ok(length) => {
                count.add(length).map_err(io::Error::other)?;
                bytes.extend_from_slice(&buffer[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Reads text to its end.
///
/// # Errors
/// Those of [`read_to_end`], and text that is not UTF-8.
pub(crate) fn read_to_string(reader: impl Read, limit: u64) -> io::Result<String> {
    let text = read_to_end(reader, limit)?;
    String::from_utf8(text).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Reads the text of a file.
///
/// # Errors
/// The file can't be opened, and those of [`read_to_string`].
pub(crate) fn read_file(path: &Path, limit: u64) -> io::Result<String> {
    read_to_string(File::open(path)?, limit)
}

/// Reads the text of a file, or of stdin if the path is `-`.
///
/// # Errors
/// Those of [`read_file`].
pub(crate) fn read_file_or_stdin(path: &Path, limit: u64) -> io::Result<String> {
    match path.as_os_str() == "-" {
        true => read_to_string(io::stdin(), limit),
        false => read_file(path, limit),
    }
}

/// What a message calls the source of [`read_file_or_stdin`].
pub(crate) fn source_name(path: &Path) -> String {
    match path.as_os_str() == "-" {
        true => "stdin".to_owned(),
        false => format!("`{}`", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted() {
        for (json, count) in [
            ("1", 1),
            ("[1,2]", 3),
            (r#"{"a":[1,{"b":null}]}"#, 7),
            (r#"["a,[{:", "\\", "\"[["]"#, 4),
            ("[]", 2),
            ("[[[", 4),
            (r#""\\"[[""#, 3),
        ] {
            assert_eq!(count_values(json.as_bytes()), count, "{json}");
        }
    }

    #[test]
    fn a_limit_can_be_shared() {
        let mut one = ByteLimit::new(10);
        let mut other = one.share();
        assert!(one.add(6).is_ok() && other.add(4).is_ok());
        assert!(other.add(1).is_err());
        drop(other);
        assert!(one.add(4).is_ok());
        assert!(one.add(1).is_err());
    }

    #[test]
    fn text_is_read_up_to_the_limit() {
        assert_eq!(read_to_string(&b"abcd"[..], 4).unwrap(), "abcd");
        assert_eq!(read_to_string(&b"abcde"[..], 4).unwrap_err().to_string(), "it is larger than 4 bytes");
        assert_eq!(read_to_string(io::repeat(b'x'), 1 << 20).unwrap_err().to_string(), "it is larger than 1 MiB");
        let more_than_a_mebibyte = read_to_string(io::repeat(b'x'), (1 << 20) + 1).unwrap_err();
        assert_eq!(more_than_a_mebibyte.to_string(), "it is larger than 1048577 bytes");
        assert_eq!(read_to_string(&b"\xff"[..], 4).unwrap_err().to_string(), "it is not UTF-8 text");
    }
}
