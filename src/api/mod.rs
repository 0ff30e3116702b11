//! Sends requests to the cloud and returns the data of the replies. No other module does.
//!
//! Paths are given as segments, never as one string, so that percent-encoding and the final slash
//! can't be forgotten. Redirects are not followed: the API sends them to a client that is not logged in.

mod answer;
mod client;
mod cookie;
mod debug;
mod exchange;
mod failure;
mod logout;
mod mask;
mod next_step;
mod page;
mod pages;
mod path;
mod retry;
#[cfg(feature = "sandbox")]
mod sandbox_control;
mod tls;
mod transfer;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use anyhow::Result;
use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use crate::endpoint::{BoundCredential, Credential};
use crate::environment::{Environment, Network};
use crate::limit::ByteLimit;
use crate::secret::Secret;
use crate::stop::Stop;
use crate::suggest;
use crate::term::Term;

pub(crate) use answer::{Json, value};
pub(crate) use page::Page;
pub(crate) use pages::{Cursors, List, Pages, cursor, resumable};
pub(crate) use retry::RetryPolicy;
#[cfg(feature = "sandbox")]
pub(crate) use sandbox_control::SandboxControl;
pub(crate) use transfer::{Download, Upload};

use answer::{LARGEST_REPLY, ServerReply};
use client::Client;
use mask::Mask;

/// The endpoint and the credential of requests, and their common headers.
pub(crate) struct Identity {
    /// The credential, with the endpoint that requests go to.
    pub(crate) login: BoundCredential,
    /// A description of the credential and its source, for error messages.
    pub(crate) source: String,
    /// The value of `--profile`, for commands that messages suggest.
    pub(crate) profile: Option<String>,
    /// The value of the header `X-Region`.
    pub(crate) region: Option<String>,
    /// Requests are made as superuser.
    pub(crate) sudo: bool,
}

/// Stores a session token that the server renewed.
pub(crate) type KeepToken = Box<dyn Fn(&BoundCredential) -> Result<()>>;

/// The client of one endpoint.
pub(crate) struct Api {
    identity: Identity,
    /// The token in use, which a reply may renew.
    token: RefCell<Option<Secret>>,
    keep_token: KeepToken,
    http: OnceCell<Client>,
    term: Rc<Term>,
    stop: Stop,
    policy: RetryPolicy,
    /// How many replies so far were 429, Too Many Requests.
    refusals: Cell<u32>,
    /// The limit of all replies that are in memory at the same time.
    replies: ByteLimit,
    network: Network,
    logs_requests: bool,
}

impl Identity {
    /// A command to suggest in a message, in backticks.
    fn suggest(&self, words: &[&str]) -> String {
        suggest::command(self.profile.as_deref(), words)
    }
}

/// A request to the endpoint.
struct Request {
    method: Method,
    /// The segments of the path below `/api/v2/`.
    segments: Vec<String>,
    url: Url,
    /// The JSON body, if there is one.
    body: Option<Value>,
}

impl Request {
    /// Whether the request changes nothing, so that repeating it is safe.
    fn is_read(&self) -> bool {
        self.method == Method::GET
    }
}

impl Api {
    /// A client for the endpoint of `identity`.
    pub(crate) fn new(
        identity: Identity,
        term: Rc<Term>,
        stop: Stop,
        policy: RetryPolicy,
        environment: &Environment,
        keep_token: KeepToken,
    ) -> Self {
        let token = match identity.login.credential() {
            Credential::Token(token) => Some(token.clone()),
            _ => None,
        };
        let (token, http) = (RefCell::new(token), OnceCell::new());
        let (network, logs_requests) = (environment.network.clone(), environment.logs_requests);
        let (refusals, replies) = (Cell::new(0), ByteLimit::new(LARGEST_REPLY));
        Self { identity, token, keep_token, http, term, stop, policy, refusals, replies, network, logs_requests }
    }

    /// Sends `GET /api/v2/{segments}/`. The result is the data of the reply; `None` is success without data.
    ///
    /// # Errors
    /// A [`Failure`], as for all requests: usage for a segment that is not a valid ID, not logged in
    /// for a redirect or a 401, otherwise failed.
    pub(crate) async fn get(&self, segments: &[&str]) -> Result<Option<Json>> {
        self.call(Method::GET, segments, &[], None).await
    }

    /// Sends a GET with a query.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn get_with(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Option<Json>> {
        self.call(Method::GET, segments, query, None).await
    }

    /// Sends a POST with a JSON body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn post(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Json>> {
        self.call(Method::POST, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    /// Sends a POST without a body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn post_nothing(&self, segments: &[&str]) -> Result<Option<Json>> {
        self.call(Method::POST, segments, &[], None).await
    }

    /// Sends a PUT with a JSON body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn put(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Json>> {
        self.call(Method::PUT, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    /// Sends a PATCH with a JSON body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn patch(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Json>> {
        self.call(Method::PATCH, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    /// Sends a DELETE.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn delete(&self, segments: &[&str]) -> Result<Option<Json>> {
        self.call(Method::DELETE, segments, &[], None).await
    }

    /// Sends a DELETE. A resource that does not exist counts as deleted.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn delete_if_present(&self, segments: &[&str]) -> Result<()> {
        let (request, reply, mask) = self.send(Method::DELETE, segments, &[], None).await?;
        if reply.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        match reply.failure(&request, &self.identity) {
            Some(failure) => Err(mask.failure(failure).into()),
            // A reply without valid data, such as a page of a proxy, does not confirm the deletion.
            None => reply.data(&request).map(|_| ()),
        }
    }

    /// Sends a request of any method.
    ///
    /// # Errors
    /// Those of [`Api::get`], and a method that is not a token of HTTP.
    pub(crate) async fn request(
        &self,
        method: &str,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Option<Json>> {
        self.call(method.parse()?, segments, query, body).await
    }

    /// The credential, with the newest token.
    pub(crate) fn login(&self) -> BoundCredential {
        match &*self.token.borrow() {
            Some(token) => self.identity.login.renewed(token.clone()),
            None => self.identity.login.clone(),
        }
    }

    /// Sends a request and returns the data of its reply.
    async fn call(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Option<Json>> {
        let (request, reply) = self.ask(method, segments, query, body).await?;
        reply.data(&request)
    }

    /// Sends a request and returns its reply. A status that is not a success is an error.
    async fn ask(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<(Request, ServerReply)> {
        let (request, reply, mask) = self.send(method, segments, query, body).await?;
        match reply.failure(&request, &self.identity) {
            Some(failure) => Err(mask.failure(failure).into()),
            None => Ok((request, reply)),
        }
    }

    /// Sends a request. Returns its reply with any status, and the secrets that were sent.
    async fn send(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<(Request, ServerReply, Mask)> {
        let mut url = self.identity.login.endpoint().url().clone();
        url.set_path(&path::below_api(segments)?);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let segments = segments.iter().map(|segment| (*segment).to_owned()).collect();
        let request = Request { method, segments, url, body };
        self.log_request(&request, query);
        let reply = self.exchange(&request).await?;
        let mask = Mask::of_request(self, &request);
        self.renew_token(&reply, &request.url);
        Ok((request, reply, mask))
    }
}
