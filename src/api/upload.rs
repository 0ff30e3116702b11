//! The bytes of a file on their way to a pre-signed address.
//!
//! A thread reads the file ahead of the connection in large pieces: reading it on the runtime's
//! thread, or through an asynchronous file, costs several times the work of sending it.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use anyhow::Result;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use reqwest::{Url, header};
use tokio::sync::mpsc;

use super::{Api, bare, client, reason, secure, transport_failure};
use crate::error::Failure;

/// How much is read and handed over at once.
const PIECE: usize = 128 * 1024;
/// How many pieces may wait to be sent.
const AHEAD: usize = 4;

/// A file to be uploaded, opened, with the size it has.
pub(crate) struct Upload {
    pub(crate) file: File,
    /// Bytes.
    pub(crate) size: u64,
}

impl Api {
    /// PUT a file to the address that the server named for it, with none of our credentials.
    /// `sent` is told the bytes that went out, piece by piece.
    ///
    /// # Errors
    /// A status that is no success, a connection that broke, a file that could not be read, and a
    /// server that answered before it had all bytes.
    pub(crate) async fn upload(
        &self,
        to: &str,
        upload: Upload,
        sent: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<()> {
        let url =
            Url::parse(to).map_err(|_| Failure::failed("The reply is unusable: its `upload_url` is no address."))?;
        secure(&url).map_err(|failure| Failure::failed(failure.message))?;
        let size = upload.size;
        let count = Arc::new(AtomicU64::new(0));
        let body = FileBody { pieces: read_ahead(upload), left: size, count: Arc::clone(&count), sent: Box::new(sent) };
        let request = client(&url)?.put(url.clone()).header(header::CONTENT_LENGTH, size);
        let response = request
            .body(reqwest::Body::wrap(body))
            .send()
            .await
            .map_err(|error| transport_failure(&bare(&url), &error))?;
        if !response.status().is_success() {
            let status = format!("{} - {}", response.status().as_u16(), reason(&response));
            return Err(Failure::failed(status).into());
        }
        match count.load(Ordering::Relaxed) {
            all if all == size => Ok(()),
            part => Err(Failure::failed(format!("the server answered after {part} of {size} bytes")).into()),
        }
    }
}

/// Pieces of the file, read by a thread of their own that ends when nobody takes them.
fn read_ahead(Upload { mut file, size }: Upload) -> mpsc::Receiver<io::Result<Bytes>> {
    let (give, take) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let mut left = size;
        while left > 0 {
            let piece = read_piece(&mut file, left);
            left -= piece.as_ref().map_or(left, |bytes| bytes.len() as u64);
            if give.blocking_send(piece).is_err() {
                break;
            }
        }
    });
    take
}

fn read_piece(file: &mut File, left: u64) -> io::Result<Bytes> {
    let mut piece = Vec::with_capacity(PIECE);
    file.take(left.min(PIECE as u64)).read_to_end(&mut piece)?;
    if piece.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read"));
    }
    Ok(piece.into())
}

/// The body of the request: as long as the file was when it was opened.
struct FileBody {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
    count: Arc<AtomicU64>,
    sent: Box<dyn Fn(u64) + Send + Sync>,
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.pieces.poll_recv(cx).map(|piece| {
            piece.map(|piece| {
                piece.map(|bytes| {
                    let length = bytes.len() as u64;
                    self.left = self.left.saturating_sub(length);
                    self.count.fetch_add(length, Ordering::Relaxed);
                    (self.sent)(length);
                    Frame::data(bytes)
                })
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
