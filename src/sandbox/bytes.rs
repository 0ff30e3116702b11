//! Uploads and downloads: the content of files at their pre-signed URLs.
//!
//! Content goes to and from the disk in chunks and is never whole in memory.

use std::fs::File;
use std::io::{self, Read, Write};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::StatusCode;
use hyper::body::Frame;
use hyper::header;

use super::call::{Call, Rules};
use super::presigned::{self, Operation};
use super::storage::Store;
use super::wire::header_text;
use crate::http;
use crate::private::{self, Existing};

/// The largest upload in bytes.
const LARGEST_FILE: u64 = 5 << 30;
/// The size of a read from the disk in bytes.
const CHUNK: usize = 128 * 1024;

/// Receive the content of a file as S3 does: no credentials, and with a length.
///
/// # Errors
/// The disk or the connection failed.
pub(super) async fn upload(
    store: &Store,
    rules: &Rules,
    request: http::Request,
    call: &Call,
    ids: (&str, &str),
) -> io::Result<http::Response> {
    let headers = request.headers();
    if headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE) {
        return Ok(error(StatusCode::BAD_REQUEST, "InvalidArgument"));
    }
    let Some(length) = header_text(headers, "content-length").and_then(|length| length.parse::<u64>().ok()) else {
        return Ok(error(StatusCode::LENGTH_REQUIRED, "MissingContentLength"));
    };
    if length > LARGEST_FILE {
        return Ok(error(StatusCode::BAD_REQUEST, "EntityTooLarge"));
    }
    let status = store.access(|state| {
        (presigned::find(state, call, rules, Operation::Upload, ids).map(|file| file.status()), false)
    })?;
    if status != Some("PENDING") {
        return Ok(error(StatusCode::FORBIDDEN, "AccessDenied"));
    }
    let Some(path) = store.content_path(ids.1) else { return Ok(error(StatusCode::NOT_FOUND, "NoSuchKey")) };
    let part = path.with_extension("part");
    let file = private::file(&part, Existing::Keep)?;
    if file.try_lock().is_err() {
        return Ok(error(StatusCode::CONFLICT, "OperationAborted"));
    }
    let received = receive(request, file).await;
    if !received.as_ref().is_ok_and(|count| *count == length) {
        let _ = std::fs::remove_file(&part);
        return Ok(error(StatusCode::BAD_REQUEST, "IncompleteBody"));
    }
    std::fs::rename(&part, &path)?;
    // The record may have been deleted meanwhile.
    let record_exists = store.access(|state| match presigned::find(state, call, rules, Operation::Upload, ids) {
        Some(file) => {
            file.file_size = Some(length);
            file.dc.modified = call.timestamp();
            (true, true)
        }
        None => (false, false),
    })?;
    if !record_exists {
        let _ = std::fs::remove_file(&path);
        return Ok(error(StatusCode::NOT_FOUND, "NoSuchKey"));
    }
    Ok(http::respond(StatusCode::OK, "", Bytes::new()))
}

/// Send the content of a file. The signature is the only credential.
///
/// # Errors
/// The state cannot be read.
pub(super) fn download(store: &Store, rules: &Rules, call: &Call, ids: (&str, &str)) -> io::Result<http::Response> {
    let missing = || Ok(error(StatusCode::NOT_FOUND, "NoSuchKey"));
    let file = store.access(|state| (presigned::find(state, call, rules, Operation::Download, ids).cloned(), false))?;
    let Some((size, file)) = file.and_then(|file| Some((file.file_size?, file))) else { return missing() };
    let stored = store.content_path(&file.id).and_then(|path| File::open(path).ok());
    let source: Box<dyn Read + Send> = match stored {
        Some(content) => Box::new(content),
        None if file.is_seeded() => Box::new(SeededContent.take(size)),
        None => return missing(),
    };
    let mut response = http::Response::new(StreamBody::new(chunks(source)).boxed_unsync());
    http::set(&mut response, header::CONTENT_LENGTH, &size.to_string());
    http::set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    Ok(response)
}

/// An error in the shape of S3.
fn error(status: StatusCode, code: &str) -> http::Response {
    http::respond(status, "application/xml", format!("<Error><Code>{code}</Code></Error>\n"))
}

/// The content of a seeded file: lines without end.
struct SeededContent;

impl Read for SeededContent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const LINE: &[u8] = b"sandbox\n";
        for part in buffer.chunks_mut(LINE.len()) {
            part.copy_from_slice(&LINE[..part.len()]);
        }
        // Return whole lines, so that the next read starts with a whole line.
        let whole = buffer.len() / LINE.len() * LINE.len();
        Ok(if whole == 0 { buffer.len() } else { whole })
    }
}

/// Read a source chunk by chunk. A read blocks the runtime for as long as the disk takes for a chunk.
fn chunks(mut source: Box<dyn Read + Send>) -> impl futures_util::Stream<Item = io::Result<Frame<Bytes>>> {
    let mut buffer = vec![0; CHUNK];
    futures_util::stream::poll_fn(move |_| {
        std::task::Poll::Ready(match source.read(&mut buffer) {
            Ok(0) => None,
            Ok(count) => Some(Ok(Frame::data(Bytes::copy_from_slice(&buffer[..count])))),
            Err(error) => Some(Err(error)),
        })
    })
}

/// Write the body of a request to a file and return the number of bytes.
async fn receive(request: http::Request, mut file: File) -> io::Result<u64> {
    let mut body = request.into_body();
    let mut count = 0;
    file.set_len(0)?;
    while let Some(data) = http::next_bytes(&mut body).await? {
        file.write_all(&data)?;
        count += data.len() as u64;
    }
    file.sync_all()?;
    Ok(count)
}
