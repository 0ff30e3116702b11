//! The bytes of a file on their way to and from a pre-signed address, with none of our credentials.
//!
//! A thread reads the file ahead of the connection in large pieces: reading it on the runtime's
//! thread, or through an asynchronous file, costs several times the work of sending it.
//!
//! A transfer may take as long as it needs, but not stand still for longer than a call may take.

use std::fs::File;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use reqwest::{Response, Url, header};
use tokio::sync::mpsc;

use super::{Api, client, reason, transport_failure};
use crate::endpoint::require_secure;
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
    /// PUT a file to the address that the server named for it. `sent` is told the bytes that went
    /// out, piece by piece.
    ///
    /// # Errors
    /// A status that is no success, a connection that broke or stood still, a file that could not be
    /// read, and a server that answered before it had all bytes.
    pub(crate) async fn upload(
        &self,
        to: &str,
        upload: Upload,
        sent: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<()> {
        let url = presigned(to)?;
        let size = upload.size;
        let count = Arc::new(AtomicU64::new(0));
        let body = FileBody { pieces: read_ahead(upload), left: size, count: Arc::clone(&count), sent: Box::new(sent) };
        let request = client(&url)?.put(url.clone()).header(header::CONTENT_LENGTH, size);
        let response = tokio::select! {
            done = request.body(reqwest::Body::wrap(body)).send() => done.map_err(|error| transport_failure(&bare(&url), &error))?,
            () = standstill(&count, self.policy.timeout) => return Err(stood_still(self.policy.timeout)),
        };
        check_status(&response)?;
        match count.load(Ordering::Relaxed) {
            all if all == size => Ok(()),
            part => Err(Failure::failed(format!("the server answered after {part} of {size} bytes")).into()),
        }
    }

    /// GET what is at the address that the server named for a file, into `out`. `got` is told the
    /// bytes that came in. Returns how many there were.
    ///
    /// # Errors
    /// Those of [`Api::upload`], and what `out` does not take.
    pub(crate) async fn download(&self, from: &str, out: &mut impl Write, got: impl Fn(u64)) -> Result<u64> {
        let url = presigned(from)?;
        let broken = |error: reqwest::Error| transport_failure(&bare(&url), &error);
        let limit = self.policy.timeout;
        let request = client(&url)?.get(url.clone()).header(header::ACCEPT_ENCODING, "identity");
        let mut response = within(limit, request.send()).await?.map_err(broken)?;
        check_status(&response)?;
        let mut count = 0;
        while let Some(bytes) = within(limit, response.chunk()).await?.map_err(broken)? {
            out.write_all(&bytes).context("could not write the file")?;
            count += bytes.len() as u64;
            got(bytes.len() as u64);
        }
        Ok(count)
    }
}

/// An address that the server named, where it is safe to go to.
fn presigned(address: &str) -> Result<Url, Failure> {
    let url =
        Url::parse(address).map_err(|_| Failure::failed("The reply is unusable: its address for the file is none."))?;
    // The server chose it, not the user.
    require_secure(&url).map_err(|failure| Failure::failed(failure.message))?;
    Ok(url)
}

/// An address that carries its own credentials, as an error may show it: without its query.
fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

fn check_status(response: &Response) -> Result<(), Failure> {
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(Failure::failed(format!("{} - {}", status.as_u16(), reason(response)))),
    }
}

/// The outcome of `work`, if there is one within `limit`.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Result<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.map_err(|_| stood_still(Some(limit))),
        None => Ok(work.await),
    }
}

/// Wait until `count` has not grown for as long as `limit`.
async fn standstill(count: &AtomicU64, limit: Option<Duration>) {
    let Some(limit) = limit else { return std::future::pending().await };
    let mut before = None;
    loop {
        let now = Some(count.load(Ordering::Relaxed));
        if now == before {
            return;
        }
        before = now;
        tokio::time::sleep(limit).await;
    }
}

fn stood_still(limit: Option<Duration>) -> anyhow::Error {
    let seconds = limit.unwrap_or_default().as_secs_f64();
    Failure::failed(format!("nothing moved for {seconds} s; `--timeout` allows for more")).into()
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
