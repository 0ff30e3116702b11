//! The contents of an upload.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::api::Upload;
use crate::error::Failure;
use crate::private;
use crate::units;

/// The most that one PUT to a pre-signed URL accepts, in bytes.
const LARGEST: u64 = 5 << 30;
/// Files up to this size are read before the upload, to check that their size is right.
const CHECKED: u64 = 64 << 10;

/// Opens a file for an upload.
///
/// # Errors
/// It does not exist, it is not a regular file, it is too large, or its size is not known.
pub(super) fn open(path: &Path) -> Result<Upload> {
    let failed = |problem: String| Err(Failure::failed(problem).into());
    let unreadable = || format!("could not read `{}`", path.display());
    match path.metadata() {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return failed(format!("`{}` is not a regular file.", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => return failed("The file path does not exist.".to_owned()),
        Err(error) => return Err(error).with_context(unreadable),
    }
    let mut file = File::open(path).with_context(unreadable)?;
    let size = file.metadata().with_context(unreadable)?.len();
    if size > LARGEST {
        let size = units::file_size(&size.into()).unwrap_or_default();
        return failed(format!("The file has {size}: an upload takes 5 GiB at most."));
    }
    if !has_size(&mut file, size).with_context(unreadable)? {
        return failed(format!("The size of `{}` is not known. Copy it to a regular file first.", path.display()));
    }
    Ok(Upload { file, size })
}

/// Copies stdin to a temporary file, because an upload begins with its size.
///
/// # Errors
/// Stdin can't be read, it is too large, or the temporary file can't be written.
pub(super) fn spool_stdin() -> Result<Upload> {
    let unwritable = || "could not write stdin to a temporary file".to_owned();
    let mut file = private::temporary_file().with_context(unwritable)?;
    let size = copy(io::stdin().lock(), &mut file, LARGEST).with_context(unwritable)?;
    file.rewind()?;
    Ok(Upload { file, size })
}

/// Copies a reader to its end and returns the number of bytes, of which there are at most `limit`.
fn copy(reader: impl io::Read, file: &mut File, limit: u64) -> io::Result<u64> {
    match io::copy(&mut reader.take(limit + 1), file)? {
        size if size > limit => Err(io::Error::other(format!("it has more than {limit} bytes"))),
        size => Ok(size),
    }
}

/// Whether a file really has `size` bytes. In some file systems, such as `/proc`, the reported size is wrong. Those
/// files are small, so a large file is not checked.
fn has_size(file: &mut File, size: u64) -> io::Result<bool> {
    if size > CHECKED {
        return Ok(true);
    }
    let count = io::copy(&mut file.take(size + 1), &mut io::sink())?;
    file.rewind()?;
    Ok(count == size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stdin_is_copied_up_to_the_limit() {
        let copied = |text: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            copy(text, &mut file, 4).map_err(|error| error.to_string())
        };
        assert_eq!(copied(b""), Ok(0));
        assert_eq!(copied(b"a,b\n"), Ok(4));
        assert_eq!(copied(b"a,b,c\n"), Err("it has more than 4 bytes".to_owned()));
    }
}
