//! The body of an upload.
//!
//! A thread reads the file in large pieces, ahead of the connection. Reading it on the runtime's thread,
//! or through an asynchronous file, costs several times the work of sending it.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

/// The number of bytes that are read at once.
const PIECE: usize = 128 * 1024;
/// How many pieces may wait to be sent.
const AHEAD: usize = 4;

/// A file to upload.
pub(crate) struct Upload {
    /// The open file.
    pub(crate) file: File,
    /// Its size in bytes, when it was opened.
    pub(crate) size: u64,
}

/// The bytes of a file. There are exactly as many as the file had when it was opened.
pub(super) struct FileBody {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
    count: Arc<AtomicU64>,
    sent: Box<dyn Fn(u64) + Send + Sync>,
}

impl FileBody {
    /// Starts to read the file. `count` grows with the bytes that were sent, and `sent` is called with the
    /// number of bytes of each piece.
    pub(super) fn new(upload: Upload, count: Arc<AtomicU64>, sent: Box<dyn Fn(u64) + Send + Sync>) -> Self {
        Self { left: upload.size, pieces: read_ahead(upload), count, sent }
    }
}

/// Starts a thread that reads the pieces of a file. It ends when they are not received any more.
fn read_ahead(Upload { mut file, size }: Upload) -> mpsc::Receiver<io::Result<Bytes>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let mut left = size;
        while left > 0 {
            let piece = read_piece(&mut file, left);
            left -= piece.as_ref().map_or(left, |bytes| bytes.len() as u64);
            if sender.blocking_send(piece).is_err() {
                break;
            }
        }
    });
    receiver
}

fn read_piece(file: &mut File, left: u64) -> io::Result<Bytes> {
    let mut piece = Vec::with_capacity(PIECE);
    file.take(left.min(PIECE as u64)).read_to_end(&mut piece)?;
    if piece.is_empty() {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter while it was read"));
    }
    Ok(piece.into())
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
