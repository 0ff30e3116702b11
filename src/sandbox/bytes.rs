//! Uploads and downloads: the content of files at their pre-signed URLs.
//!
//! Content goes to and from the disk in chunks and is never whole in memory.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::{HeaderMap, StatusCode, header};

use super::call::{Call, Rules};
use super::presigned::{self, Operation};
use super::range::{self, Part};
use super::storage::Store;
use super::wire::header_text;
use crate::http;
use crate::private::{self, Existing};

/// The largest upload in bytes.
pub(super) const LARGEST_FILE: u64 = 5 << 30;
/// The size of a read from the disk in bytes.
const CHUNK: usize = 128 * 1024;

/// Receives the content of a file as S3 does: no credentials, and with a length.
///
/// # Errors
/// The disk failed.
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
    let received = receive(request, &file).await;
    if !received.as_ref().is_ok_and(|count| *count == length) {
        let _ = std::fs::remove_file(&part);
        return match received {
            // An error of the disk has a number, and one of the connection has none.
            Err(problem) if problem.raw_os_error().is_some() => Err(problem),
            _ => Ok(error(StatusCode::BAD_REQUEST, "IncompleteBody")),
        };
    }
    std::fs::rename(&part, &path)?;
    // The record may have been deleted during the upload.
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

/// Sends the content of a file, or a part of it. The signature is the only credential.
///
/// # Errors
/// The state cannot be read.
pub(super) fn download(
    store: &Store,
    rules: &Rules,
    headers: &HeaderMap,
    call: &Call,
    ids: (&str, &str),
) -> io::Result<http::Response> {
    let missing = || Ok(error(StatusCode::NOT_FOUND, "NoSuchKey"));
    let file = store.access(|state| (presigned::find(state, call, rules, Operation::Download, ids).cloned(), false))?;
    let Some((size, file)) = file.and_then(|file| Some((file.file_size?, file))) else { return missing() };
    // The content of a file never changes.
    let version = format!("\"{}\"", file.id);
    let (status, bytes) = match range::requested(headers, &version, size) {
        Part::Whole => (StatusCode::OK, 0..size),
        Part::Bytes(bytes) => (StatusCode::PARTIAL_CONTENT, bytes),
        Part::Unsatisfiable => return Ok(error(StatusCode::RANGE_NOT_SATISFIABLE, "InvalidRange")),
    };
    let stored = store.content_path(&file.id).and_then(|path| File::open(path).ok());
    let source: Box<dyn Read + Send> = match stored {
        Some(mut content) => {
            content.seek(SeekFrom::Start(bytes.start))?;
            Box::new(content)
        }
        None if file.is_seeded() => Box::new(SeededContent { position: bytes.start }),
        None => return missing(),
    };
    let length = bytes.end - bytes.start;
    let mut response = http::Response::new(StreamBody::new(chunks(source.take(length))).boxed_unsync());
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {}-{}/{size}", bytes.start, bytes.end - 1);
        http::set(&mut response, header::CONTENT_RANGE, &range);
    }
    *response.status_mut() = status;
    http::set(&mut response, header::ACCEPT_RANGES, "bytes");
    http::set(&mut response, header::ETAG, &version);
    http::set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    http::set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    Ok(response)
}

/// An error in the shape of S3.
fn error(status: StatusCode, code: &str) -> http::Response {
    http::respond(status, "application/xml", format!("<Error><Code>{code}</Code></Error>\n"))
}

/// The response if the disk failed.
pub(super) fn disk_error(problem: &io::Error) -> http::Response {
    let message = http::html(&problem.to_string());
    let body = format!("<Error><Code>InternalError</Code><Message>{message}</Message></Error>\n");
    http::respond(StatusCode::INTERNAL_SERVER_ERROR, "application/xml", body)
}

/// The content of a seeded file: lines without end.
struct SeededContent {
    /// The number of the next byte.
    position: u64,
}

impl Read for SeededContent {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const LINE: &[u8] = b"sandbox\n";
        // The remainder is smaller than a line, so it is the same number in any type.
        let start = (self.position % LINE.len() as u64) as usize;
        for (byte, content) in buffer.iter_mut().zip(LINE.iter().cycle().skip(start)) {
            *byte = *content;
        }
        self.position += buffer.len() as u64;
        Ok(buffer.len())
    }
}

/// A response with the content of an open file.
///
/// # Errors
/// The file cannot be read.
pub(super) fn send(mut file: File) -> io::Result<http::Response> {
    file.rewind()?;
    let length = file.metadata()?.len();
    let mut response = http::Response::new(StreamBody::new(chunks(file.take(length))).boxed_unsync());
    http::set(&mut response, header::CONTENT_LENGTH, &length.to_string());
    http::set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
    Ok(response)
}

/// Reads a source chunk by chunk. A read blocks the runtime for as long as the disk takes for a chunk.
fn chunks(mut source: impl Read + Send) -> impl futures_util::Stream<Item = io::Result<Frame<Bytes>>> {
    let mut buffer = vec![0; CHUNK];
    futures_util::stream::poll_fn(move |_| {
        std::task::Poll::Ready(match source.read(&mut buffer) {
            Ok(0) => None,
            Ok(count) => Some(Ok(Frame::data(Bytes::copy_from_slice(&buffer[..count])))),
            Err(error) => Some(Err(error)),
        })
    })
}

/// Writes the body of a request to a file and returns the number of bytes.
///
/// # Errors
/// The disk or the connection failed.
pub(super) async fn receive(request: http::Request, mut file: &File) -> io::Result<u64> {
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
