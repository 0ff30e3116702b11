//! The contents of an upload.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _};
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::api::Upload;
use crate::error::Failure;
use crate::units;

/// The most that one PUT to a pre-signed URL accepts, in bytes.
const LARGEST: u64 = 5 << 30;
/// Files up to this size are read before the upload, to check that they have as many bytes as they claim.
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

/// Whether a file has `size` bytes. The files of some file systems, such as `/proc`, have other bytes than their
/// size says. They are small.
fn has_size(file: &mut File, size: u64) -> io::Result<bool> {
    if size > CHECKED {
        return Ok(true);
    }
    let count = io::copy(&mut file.take(size + 1), &mut io::sink())?;
    file.rewind()?;
    Ok(count == size)
}
