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

use super::call::Call;
use super::nouns::signed_file;
use super::storage::Store;
use super::wire::header_text;
use crate::http;

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
    request: http::Request,
    call: &Call,
    organization_id: &str,
    file_id: &str,
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
    let signature = call.parameter("signature").unwrap_or_default();
    let status = store
        .access(|state| (signed_file(state, organization_id, file_id, signature).map(|file| file.status()), false))?;
    if status != Some("PENDING") {
        return Ok(error(StatusCode::FORBIDDEN, "AccessDenied"));
    }
    let (path, part) = (store.files().join(file_id), store.files().join(format!("{file_id}.part")));
    let file = File::options().create(true).truncate(false).write(true).open(&part)?;
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
    let record_exists = store.access(|state| match signed_file(state, organization_id, file_id, signature) {
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
pub(super) fn download(store: &Store, call: &Call, organization_id: &str, file_id: &str) -> io::Result<http::Response> {
    let signature = call.parameter("signature").unwrap_or_default();
    let size = store.access(|state| {
        (signed_file(state, organization_id, file_id, signature).and_then(|file| file.file_size), false)
    })?;
    let Some(size) = size else { return Ok(error(StatusCode::NOT_FOUND, "NoSuchKey")) };
    let source: Box<dyn Read + Send> = match File::open(store.files().join(file_id)) {
        Ok(file) => Box::new(file),
        // The content of a seeded file is computed.
        Err(_) if signature == file_id.replace('-', "") => Box::new(SeededContent.take(size)),
        Err(_) => return Ok(error(StatusCode::NOT_FOUND, "NoSuchKey")),
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
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            file.write_all(&data)?;
            count += data.len() as u64;
        }
    }
    file.sync_all()?;
    Ok(count)
}
