//! Uploads and downloads files at pre-signed URLs. No credentials are sent to them.
//!
//! A transfer may take as long as it needs, but it may not stall for longer than `--timeout`.

mod body;
mod download;
mod stall;

use std::sync::atomic::Ordering;

use anyhow::Result;
use reqwest::{Method, Response, Url, header};

use super::Api;
use super::answer::reason;
use super::client::Client;
use super::mask::Mask;
use crate::endpoint::require_secure_at;
use crate::error::Failure;
use crate::limit::ByteLimit;

pub(crate) use body::Upload;
pub(crate) use download::Download;

use stall::Stall;

/// The most bytes of an error's body that are read.
const LARGEST_ERROR: u64 = 64 << 10;

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
        let url = self.presigned(to)?;
        let client = Client::for_file(&url, &self.network)?;
        let size = upload.size;
        let stall = Stall::new(self.policy.timeout);
        let body = body::FileBody::new(upload, stall.count(), Box::new(sent));
        let request = client.http().put(url.clone()).header(header::CONTENT_LENGTH, size);
        self.log_transfer(&Method::PUT, &url);
        let response = stall.limit(request.body(reqwest::Body::wrap(body)).send()).await?;
        let response = response.map_err(|error| client.failure(&url, &error))?;
        self.check_status(response, &url, &stall).await?;
        match stall.count().load(Ordering::Relaxed) {
            all if all == size => Ok(()),
            part => Err(Failure::failed(format!("the server answered after {part} of {size} bytes")).into()),
        }
    }

    /// Checks an address that the server named.
    ///
    /// # Errors
    /// It is not a URL, or it is not secure.
    fn presigned(&self, address: &str) -> Result<Url, Failure> {
        let url = Url::parse(address)
            .map_err(|_| Failure::failed("The reply is unusable: the address of the file is not a URL."))?;
        require_secure_at(self.identity.login.endpoint(), &url)?;
        Ok(url)
    }

    /// Checks that the status of a response is a success, and returns the response.
    ///
    /// # Errors
    /// The status is not a success. The error has the message of the storage service.
    async fn check_status(&self, mut response: Response, url: &Url, stall: &Stall) -> Result<Response> {
        let status = response.status();
        let status_line = format!("{} - {}", status.as_u16(), reason(&response));
        let mask = Mask::of_transfer(self, url);
        self.log_reply(&mask.text(&status_line));
        if status.is_success() {
            return Ok(response);
        }
        let (mut body, mut limit) = (Vec::new(), ByteLimit::new(LARGEST_ERROR));
        // An incomplete body may still contain the message, which is at its beginning.
        while let Ok(Some(bytes)) = stall.limit(response.chunk()).await? {
            body.extend_from_slice(&bytes);
            if limit.add(bytes.len()).is_err() {
                break;
            }
        }
        let mut failure = Failure::failed(status_line);
        if let Some(problem) = storage_error(&String::from_utf8_lossy(&body)) {
            failure.add_line(&problem);
        }
        Err(mask.failure(failure).into())
    }
}

/// The `Code` and the `Message` of an error of the storage service, which is XML.
fn storage_error(xml: &str) -> Option<String> {
    let element = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        Some(
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&apos;", "'")
                .replace("&amp;", "&"),
        )
    };
    match (element("Code"), element("Message")) {
        (None, None) => None,
        (Some(code), Some(message)) => Some(format!("{code}: {message}")),
        (code, message) => code.or(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storage_error_has_a_code_and_a_message() {
        for (xml, expected) in [
            (
                "<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code><Message>Request has &lt;expired&gt;</Message><X/></Error>",
                Some("AccessDenied: Request has <expired>"),
            ),
            ("<Error><Code>SlowDown</Code></Error>", Some("SlowDown")),
            ("<Error><Message>&amp;lt;</Message></Error>", Some("&lt;")),
            ("<Error><Code>Cut", None),
            ("<html></html>", None),
            ("", None),
        ] {
            assert_eq!(storage_error(xml).as_deref(), expected, "{xml}");
        }
    }
}
