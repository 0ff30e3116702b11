//! Downloads a file from its pre-signed URL. After a broken connection, the download resumes at the same byte, with a
//! new URL if the first one has expired.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use anyhow::Result;
use bytes::Bytes;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};
use serde_json::Value;

use super::Stall;
use crate::api::client::Client;
use crate::api::retry::{Attempts, RetryPolicy, is_transient};
use crate::api::{self, Api};
use crate::error::Failure;

/// A download in progress.
pub(crate) struct Download {
    api: Rc<Api>,
    client: Client,
    url: Url,
    /// The path of the file's record, which returns a new URL.
    record: Vec<String>,
    /// A new URL was requested since the last bytes arrived.
    is_renewed: bool,
    /// The size of the file in bytes, if it is known.
    size: Option<u64>,
    /// Counts the bytes that arrived.
    stall: Stall,
    /// The reply that is being read.
    response: Option<Response>,
    /// Identifies the version of the file, so that the bytes of two versions are never mixed.
    version: Option<HeaderValue>,
    /// The retries that are left until the next bytes arrive.
    attempts: Option<Attempts>,
}

/// Why no bytes arrived.
enum Problem {
    /// The connection broke, or the server is overloaded.
    Transient(anyhow::Error),
    /// The URL was refused.
    Refused(anyhow::Error),
    /// Another request would not help.
    Final(anyhow::Error),
}

impl Api {
    /// Begins a download from a pre-signed address, which the record of the file at `record` has. There are at most
    /// `size` bytes, if that is known.
    ///
    /// # Errors
    /// The address is not a secure URL, or certificates can't be loaded.
    pub(crate) fn download(self: &Rc<Self>, record: &[&str], from: &str, size: Option<u64>) -> Result<Download> {
        let url = self.presigned(from)?;
        let client = Client::for_file(&url, &self.network)?;
        let stall = Stall::new(self.policy.timeout);
        let api = Rc::clone(self);
        let record = record.iter().map(|segment| (*segment).to_owned()).collect();
        let (response, version, attempts) = (None, None, None);
        Ok(Download { api, client, url, record, is_renewed: false, size, stall, response, version, attempts })
    }
}

impl Download {
    /// The next bytes; `None` at the end of the file.
    ///
    /// # Errors
    /// The status is not a success, the connection broke or stalled and can't be continued, or the number of bytes
    /// is not that of the file.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        self.piece().await.map_err(|error| {
            let mut failure = Failure::failed("The file could not be downloaded");
            failure.add_line(&format!("{error:#}"));
            failure.into()
        })
    }

    async fn piece(&mut self) -> Result<Option<Bytes>> {
        loop {
            let error = match self.receive().await {
                Ok(bytes) => return self.counted(bytes),
                Err(Problem::Final(error)) => return Err(error),
                Err(Problem::Refused(error)) => {
                    self.renew(error).await?;
                    continue;
                }
                Err(Problem::Transient(error)) => error,
            };
            self.response = None;
            // Without a version, the rest could belong to another version of the file.
            if self.received() > 0 && self.version.is_none() {
                return Err(error);
            }
            // Each retry may take as long as the transfer may stall.
            let policy = RetryPolicy { timeout: None, ..self.api.policy };
            let Some(wait) = self.attempts.get_or_insert_with(|| Attempts::new(policy)).next_wait(None) else {
                return Err(error);
            };
            self.api.term.say_waiting(&format!("{error:#}. Trying again in {:.1} s.", wait.as_secs_f64()));
            tokio::time::sleep(wait).await;
        }
    }

    /// Requests a new URL of the file. Until bytes arrive, this is done only once.
    ///
    /// # Errors
    /// `refused`, the error of the old URL, if that URL never worked or its replacement was refused, too. The errors of
    /// the request.
    async fn renew(&mut self, refused: anyhow::Error) -> Result<()> {
        // A URL that was refused at the first request has not expired.
        if self.attempts.is_none() || std::mem::replace(&mut self.is_renewed, true) {
            return Err(refused);
        }
        let segments: Vec<&str> = self.record.iter().map(String::as_str).collect();
        let file = api::value(self.api.get(&segments).await?)?;
        let Some(url) = file.get("download_url").and_then(Value::as_str) else { return Err(refused) };
        self.url = self.api.presigned(url)?;
        self.client = Client::for_file(&self.url, &self.api.network)?;
        Ok(())
    }

    /// The number of bytes that arrived so far.
    fn received(&self) -> u64 {
        self.stall.count().load(Ordering::Relaxed)
    }

    /// Counts the bytes that arrived.
    ///
    /// # Errors
    /// There are more bytes than the file has, or the file ends too early.
    fn counted(&mut self, bytes: Option<Bytes>) -> Result<Option<Bytes>> {
        let length = bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let count = self.stall.count().fetch_add(length, Ordering::Relaxed) + length;
        (self.attempts, self.is_renewed) = (None, false);
        match self.size {
            Some(size) if count > size => {
                Err(Failure::failed(format!("the server sent more than the file's {size} bytes")).into())
            }
            Some(size) if bytes.is_none() && count < size => {
                Err(Failure::failed(format!("the server sent {count} of the file's {size} bytes")).into())
            }
            _ => Ok(bytes),
        }
    }

    async fn receive(&mut self) -> Result<Option<Bytes>, Problem> {
        let response = match &mut self.response {
            Some(response) => response,
            None => {
                let response = self.request().await?;
                self.response.insert(response)
            }
        };
        let bytes = self.stall.limit(response.chunk()).await.map_err(Problem::Transient)?;
        bytes.map_err(|error| self.broken(&error))
    }

    /// Requests the file, or the rest of it.
    async fn request(&mut self) -> Result<Response, Problem> {
        let start = self.received();
        let mut request = self.client.http().get(self.url.clone()).header(header::ACCEPT_ENCODING, "identity");
        if let Some(version) = self.version.as_ref().filter(|_| start > 0) {
            request = request.header(header::RANGE, format!("bytes={start}-")).header(header::IF_RANGE, version);
        }
        self.api.log_transfer(&Method::GET, &self.url);
        let response = self.stall.limit(request.send()).await.map_err(Problem::Transient)?;
        let response = response.map_err(|error| self.broken(&error))?;
        let status = response.status();
        let checked = self.api.check_status(response, &self.url, &self.stall).await;
        let response = checked.map_err(|error| match status {
            status if is_transient(status, true) => Problem::Transient(error),
            // Each storage service has its own status for an expired URL.
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Problem::Refused(error),
            _ => Problem::Final(error),
        })?;
        if start == 0 {
            self.version = version(response.headers());
        } else if status != StatusCode::PARTIAL_CONTENT || !begins_at(response.headers(), start) {
            let problem = format!("the connection broke after {start} bytes, and the server did not send the rest");
            return Err(Problem::Final(Failure::failed(problem).into()));
        }
        Ok(response)
    }

    /// The error of a connection that broke.
    fn broken(&self, error: &reqwest::Error) -> Problem {
        Problem::Transient(self.client.failure(&self.url, error).into())
    }
}

/// The version of a file for `If-Range`: a strong `ETag`, or else `Last-Modified`.
fn version(headers: &HeaderMap) -> Option<HeaderValue> {
    let tag = headers.get(header::ETAG).filter(|tag| !tag.as_bytes().starts_with(b"W/"));
    tag.or_else(|| headers.get(header::LAST_MODIFIED)).cloned()
}

/// Whether the bytes of a partial reply begin at `start`.
fn begins_at(headers: &HeaderMap, start: u64) -> bool {
    let range = headers.get(header::CONTENT_RANGE).and_then(|range| range.to_str().ok());
    range.is_some_and(|range| range.starts_with(&format!("bytes {start}-")))
}
