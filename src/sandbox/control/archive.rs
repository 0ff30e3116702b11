//! Export and import: the state and the content of its files in one file.
//!
//! The file has a line of JSON (the state, and the ID and the size of the content of each file), then the contents, and
//! then the SHA-256 of everything before.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Refused;
use crate::private::{self, Existing};
use crate::sandbox::migration::{self, Unreadable};
use crate::sandbox::state::State;
use crate::sandbox::storage::{IMPORT, Store};

/// The version of the format of the file. The state in it has its own version.
const FORMAT: u32 = 1;
/// The error of a file of another kind.
const FOREIGN: &str = "The file is not an export of a sandbox.\n`croud sandbox reset --seed FILE` reads a seed.";
/// The error of an export of a newer version.
const NEWER: &str = "The export was written by a newer version of this program. Use that version to import it.";
/// The longest line of JSON that is read, in bytes.
const LONGEST_HEAD: u64 = 2 * migration::LARGEST_STATE;

/// The line of JSON.
#[derive(Deserialize, Serialize)]
struct Head<S> {
    /// The format. A file without it is not an export.
    croud_sandbox_export: u32,
    /// The state, as it is stored.
    state: S,
    /// What follows, in this order.
    files: Vec<Content>,
}

/// The content of a file.
#[derive(Deserialize, Serialize)]
struct Content {
    /// The ID of the file.
    id: String,
    /// Bytes.
    size: u64,
}

/// Writes the whole state to a file. Requests wait until it is done, so that state and content match.
///
/// # Errors
/// The disk failed.
pub(super) fn write(store: &Store, to: &File) -> io::Result<()> {
    store.access(|state| (write_state(store, state, to), false))?
}

fn write_state(store: &Store, state: &State, to: &File) -> io::Result<()> {
    let mut contents = Vec::new();
    let files = state.organizations.iter().flat_map(|organization| &organization.files);
    for file in files.filter(|file| file.file_size.is_some()) {
        // The content of a seeded file is computed.
        let content = store.content_path(&file.id).and_then(|path| File::open(path).ok());
        contents.extend(content.map(|content| (file.id.clone(), content)));
    }
    let files = contents.iter().map(|(id, content)| Ok(Content { id: id.clone(), size: content.metadata()?.len() }));
    let head = Head { croud_sandbox_export: FORMAT, state, files: files.collect::<io::Result<_>>()? };

    let mut to = Hashed { inner: BufWriter::new(to), hash: Context::new(&SHA256) };
    to.write_all(&serde_json::to_vec(&head)?)?;
    to.write_all(b"\n")?;
    for (_, mut content) in contents {
        io::copy(&mut content, &mut to)?;
    }
    let Hashed { inner: mut to, hash } = to;
    to.write_all(hash.finish().as_ref())?;
    to.flush()?;
    to.get_ref().sync_all()
}

/// Replaces the whole state with an export.
///
/// # Errors
/// The file is not a complete export, or the disk failed. Nothing has changed then.
pub(super) fn read(store: &Store, from: &File) -> Result<(), Refused> {
    let foreign = || Refused::new(400, FOREIGN);
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    (&mut from).take(LONGEST_HEAD).read_until(b'\n', &mut line)?;
    let head: Head<&RawValue> = serde_json::from_slice(&line).map_err(|_| foreign())?;
    if head.croud_sandbox_export > FORMAT {
        return Err(Refused::new(400, NEWER));
    }
    let state = migration::parse(head.state.get().as_bytes()).map_err(|reason| match reason {
        Unreadable::Newer => Refused::new(400, NEWER),
        Unreadable::Damaged => Refused::new(400, "The export is damaged: its state is not valid."),
    })?;

    let content = private::temporary_folder_in(store.root(), IMPORT)?;
    let mut hash = Context::new(&SHA256);
    hash.update(&line);
    for Content { id, size } in head.files {
        if !is_uploaded(&state, &id, size) || store.content_path(&id).is_none() {
            return Err(Refused::new(400, format!("The export is damaged: it has no file `{id}` of {size} bytes.")));
        }
        let file = private::file(&content.path().join(&id), Existing::Replace)?;
        let mut to = Hashed { inner: file, hash };
        io::copy(&mut (&mut from).take(size), &mut to)?;
        to.inner.sync_all()?;
        hash = to.hash;
    }
    let mut rest = Vec::new();
    from.take(SHA256_OUTPUT_LEN as u64 + 1).read_to_end(&mut rest)?;
    if rest != hash.finish().as_ref() {
        return Err(Refused::new(400, "The export is damaged: its checksum is wrong."));
    }
    Ok(store.replace(&state, Some(content.path()))?)
}

/// Whether a state has an uploaded file with this ID and size.
fn is_uploaded(state: &State, id: &str, size: u64) -> bool {
    let mut files = state.organizations.iter().flat_map(|organization| &organization.files);
    files.any(|file| file.id == id && file.file_size == Some(size))
}

/// A writer that computes the checksum of what it writes.
struct Hashed<W> {
    inner: W,
    hash: Context,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
