//! The bytes of a file, on their way to and from a pre-signed address. None of the credentials is sent there.
//!
//! A transfer may take as long as it needs, but it may not stall for longer than `--timeout`.

mod body;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Response, Url, header};

use super::{Api, answer, client};
use crate::endpoint::require_secure;
use crate::error::Failure;

pub(crate) use body::Upload;

impl Api {
    /// Sends a file to its pre-signed address. `sent` is called with the number of bytes of each piece.
    ///
    /// # Errors
    /// The status is not a success, the connection broke or stalled, the file could not be read, or the server
    /// answered before it had received all bytes.
    pub(crate) async fn upload(
        &self,
        to: &str,
        upload: Upload,
        sent: impl Fn(u64) + Send + Sync + 'static,
    ) -> Result<()> {
        let url = presigned(to)?;
        let size = upload.size;
        let count = Arc::new(AtomicU64::new(0));
        let body = body::FileBody::new(upload, Arc::clone(&count), Box::new(sent));
        let request = client::new(&url)?.put(url.clone()).header(header::CONTENT_LENGTH, size);
        let response = tokio::select! {
            done = request.body(reqwest::Body::wrap(body)).send() => done.map_err(|error| client::transport_failure(&bare(&url), &error))?,
            () = stall(&count, self.policy.timeout) => return Err(stalled(self.policy.timeout)),
        };
        check_status(&response)?;
        match count.load(Ordering::Relaxed) {
            all if all == size => Ok(()),
            part => Err(Failure::failed(format!("the server answered after {part} of {size} bytes")).into()),
        }
    }

    /// Reads a file of `size` bytes, if that is known, from its pre-signed address into `out`. `got` is called with
    /// the number of bytes of each piece.
    ///
    /// # Errors
    /// The status is not a success, the connection broke or stalled, the file has another size, or `out` could not
    /// be written.
    pub(crate) async fn download(
        &self,
        from: &str,
        size: Option<u64>,
        out: &mut impl Write,
        got: impl Fn(u64),
    ) -> Result<()> {
        let url = presigned(from)?;
        let broken = |error: reqwest::Error| client::transport_failure(&bare(&url), &error);
        let limit = self.policy.timeout;
        let request = client::new(&url)?.get(url.clone()).header(header::ACCEPT_ENCODING, "identity");
        let mut response = within(limit, request.send()).await?.map_err(broken)?;
        check_status(&response)?;
        let mut count = 0;
        while let Some(bytes) = within(limit, response.chunk()).await?.map_err(broken)? {
            count += bytes.len() as u64;
            if let Some(size) = size.filter(|size| *size < count) {
                return Err(Failure::failed(format!("the server sent more than the file's {size} bytes")).into());
            }
            out.write_all(&bytes).context("could not write the file")?;
            got(bytes.len() as u64);
        }
        match size.filter(|size| *size != count) {
            None => Ok(()),
            Some(size) => Err(Failure::failed(format!("the server sent {count} of the file's {size} bytes")).into()),
        }
    }
}

/// Checks an address that the server named.
///
/// # Errors
/// It is not a URL, or it is not secure.
fn presigned(address: &str) -> Result<Url, Failure> {
    let url = Url::parse(address)
        .map_err(|_| Failure::failed("The reply is unusable: the address of the file is not a URL."))?;
    // The server chose the address, so it is not a usage error.
    require_secure(&url).map_err(|failure| Failure::failed(failure.message))?;
    Ok(url)
}

/// A pre-signed address for an error message, without its query, which is a credential.
fn bare(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url
}

fn check_status(response: &Response) -> Result<(), Failure> {
    match response.status() {
        status if status.is_success() => Ok(()),
        status => Err(Failure::failed(format!("{} - {}", status.as_u16(), answer::reason(response)))),
    }
}

/// The result of `work`, unless it takes longer than `limit`.
async fn within<T>(limit: Option<Duration>, work: impl Future<Output = T>) -> Result<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, work).await.map_err(|_| stalled(Some(limit))),
        None => Ok(work.await),
    }
}

/// Waits until `count` has not grown for as long as `limit`.
async fn stall(count: &AtomicU64, limit: Option<Duration>) {
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

fn stalled(limit: Option<Duration>) -> anyhow::Error {
    let seconds = limit.unwrap_or_default().as_secs_f64();
    Failure::failed(format!("no data transferred for {seconds} s (raise it with --timeout)")).into()
}
