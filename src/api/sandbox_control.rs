//! Requests to the control of a running sandbox, below `/_sandbox/`.

use std::fs::File;
use std::io::Write;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::header::{CONTENT_LENGTH, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde_json::Value;

use super::answer::{Json, LARGEST_REPLY, NoReply, ServerReply, reason};
use super::client::Client;
use crate::endpoint::Endpoint;
use crate::environment::Environment;
use crate::error::{Failure, Level};
use crate::limit::ByteLimit;
use crate::output::raw;
use crate::secret::Secret;
use crate::stop::Stop;
use crate::term::Term;

/// The first segment of every path.
const BASE: &str = "_sandbox";
/// The header with the control token.
const TOKEN: &str = "X-Sandbox-Token";

/// The control of one running sandbox.
pub(crate) struct SandboxControl {
    endpoint: Endpoint,
    token: HeaderValue,
    client: Client,
    term: Rc<Term>,
    stop: Stop,
    logs_requests: bool,
    /// How long a call may take; `None` is no limit. It does not apply to the transfer of an export.
    timeout: Option<Duration>,
}

impl SandboxControl {
    /// The control of the sandbox at an address, with its control token.
    ///
    /// # Errors
    /// A usage error for a token that cannot be sent.
    pub(crate) fn new(
        endpoint: Endpoint,
        token: &Secret,
        term: Rc<Term>,
        stop: Stop,
        timeout: Option<Duration>,
        environment: &Environment,
    ) -> Result<Self> {
        let mut token = HeaderValue::try_from(token.reveal())
            .map_err(|_| Failure::usage("The control token is not valid: it has control characters."))?;
        token.set_sensitive(true);
        let client = Client::for_file(endpoint.url(), &environment.network)?;
        Ok(Self { endpoint, token, client, term, stop, logs_requests: environment.logs_requests, timeout })
    }

    /// Sends a request and returns the data of its reply, which is null if there is none.
    ///
    /// # Errors
    /// The status is not a success, the connection failed, or the reply is not JSON.
    pub(crate) async fn call(
        &self,
        method: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Json> {
        let mut url = self.url(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let method: Method = method.parse()?;
        let _write = (method != Method::GET).then(|| self.stop.write());
        let mut request = self.client.http().request(method.clone(), url.clone());
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let reply = self.reply(self.send(method, request, &url).await?, &url).await?;
        match reply.body() {
            b"" => Ok(Value::Null.into()),
            body => Json::parse(body).map_err(|_| unusable(&url).into()),
        }
    }

    /// Exports the whole state of the sandbox to a file.
    ///
    /// # Errors
    /// Those of [`SandboxControl::call`], and a file that cannot be written.
    pub(crate) async fn export(&self, mut to: &File) -> Result<()> {
        let url = self.url(&["state"]);
        let mut response = self.send(Method::GET, self.client.http().get(url.clone()), &url).await?;
        while let Some(bytes) = response.chunk().await.map_err(|error| self.client.failure(&url, &error))? {
            to.write_all(&bytes).context("could not write the export")?;
        }
        Ok(())
    }

    /// Replaces the whole state of the sandbox with an export.
    ///
    /// # Errors
    /// Those of [`SandboxControl::call`], and a file that cannot be read.
    pub(crate) async fn import(&self, from: File) -> Result<()> {
        let url = self.url(&["state"]);
        let size = from.metadata().context("could not read the export")?.len();
        let _write = self.stop.write();
        let request = self.client.http().put(url.clone()).header(CONTENT_LENGTH, size);
        self.send(Method::PUT, request.body(tokio::fs::File::from_std(from)), &url).await?;
        Ok(())
    }

    /// The URL of a path below [`BASE`].
    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.endpoint.url().clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().push(BASE).extend(segments);
        }
        url
    }

    /// Sends a request and returns the response. A status that is not a success is an error.
    async fn send(&self, method: Method, request: RequestBuilder, url: &Url) -> Result<Response> {
        if self.logs_requests {
            self.term.say(Level::Debug, &format!("{method} {url}"));
        }
        let sent = self.term.while_waiting(request.header(TOKEN, self.token.clone()).send()).await;
        let response = sent.map_err(|error| {
            let mut failure = self.client.failure(url, &error);
            if error.is_connect() {
                failure.add_line("The sandbox may have ended. `croud sandbox serve` prints the address of a new one.");
            }
            failure
        })?;
        if self.logs_requests {
            self.term.continue_line(&format!("<- {} - {}", response.status().as_u16(), reason(&response)));
        }
        if response.status().is_success() {
            return Ok(response);
        }
        let reply = self.reply(response, url).await?;
        let body = Json::parse(reply.body()).ok();
        let failure = match body.as_ref().and_then(|body| raw::text(body.text(), "message")) {
            Some(message) => Failure::failed(message),
            None => Failure::failed(format!("{}\n{}", reply.status_line(), self.not_a_sandbox())),
        };
        Err(failure.into())
    }

    async fn reply(&self, response: Response, url: &Url) -> Result<ServerReply> {
        ServerReply::read(response, ByteLimit::new(LARGEST_REPLY)).await.map_err(|error| match error {
            NoReply::Broken(error) => self.client.failure(url, &error).into(),
            NoReply::TooLarge(_) => unusable(url).into(),
        })
    }

    fn not_a_sandbox(&self) -> String {
        format!("The server at {} does not seem to be a sandbox.", self.endpoint)
    }
}

fn unusable(url: &Url) -> Failure {
    Failure::failed(format!("The reply of '{url}' is unusable: is it a running sandbox?"))
}
