//! The only module that speaks HTTP to the cloud: a request goes in, the data of its reply comes out.
//!
//! Paths are given as segments, never as one string, so that percent-encoding and the final slash
//! can't be forgotten. Redirects are not followed: the API answers with them if nobody is logged in.

mod answer;
mod client;
mod cookie;
mod debug;
mod logout;
mod pages;
mod path;
mod retry;
mod tls;
mod transfer;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, StatusCode, Url};
use serde_json::Value;

use crate::endpoint::{BoundCredential, Credential};
use crate::error::{Failure, FailureKind, Level};
use crate::secret::Secret;
use crate::stop::Stop;
use crate::term::Term;

pub(crate) use pages::{Page, Pages};
pub(crate) use retry::RetryPolicy;
pub(crate) use transfer::Upload;

use answer::{NoReply, ServerReply};
use retry::Attempts;

/// Where requests go, and who makes them.
pub(crate) struct Identity {
    /// The credential, with the endpoint that requests go to.
    pub(crate) login: BoundCredential,
    /// What the credential is and where it came from, for error messages.
    pub(crate) source: String,
    /// The command that logs in, in backticks.
    pub(crate) login_command: String,
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
    logs_requests: bool,
}

/// A request to the endpoint.
struct Request {
    method: Method,
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
    /// A client for the endpoint of `identity`. `logs_requests` is `LOG_API`.
    pub(crate) fn new(
        identity: Identity,
        term: Rc<Term>,
        stop: Stop,
        policy: RetryPolicy,
        logs_requests: bool,
        keep_token: KeepToken,
    ) -> Self {
        let token = match identity.login.credential() {
            Credential::Token(token) => Some(token.clone()),
            _ => None,
        };
        let (token, http) = (RefCell::new(token), OnceCell::new());
        Self { identity, token, keep_token, http, term, stop, policy, logs_requests }
    }

    /// Sends `GET /api/v2/{segments}/`. The result is the data of the reply; `None` is success without data.
    ///
    /// # Errors
    /// A [`Failure`], as for all requests: usage for a segment that is not a valid ID, not logged in
    /// for a redirect or a 401, otherwise failed.
    pub(crate) async fn get(&self, segments: &[&str]) -> Result<Option<Value>> {
        self.call(Method::GET, segments, &[], None).await
    }

    /// As [`Api::get`], with a query.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn get_with(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Option<Value>> {
        self.call(Method::GET, segments, query, None).await
    }

    /// Sends a POST with a JSON body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn post(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Value>> {
        self.call(Method::POST, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    /// Sends a POST without a body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn post_nothing(&self, segments: &[&str]) -> Result<Option<Value>> {
        self.call(Method::POST, segments, &[], None).await
    }

    /// Sends a PUT with a JSON body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn put(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Value>> {
        self.call(Method::PUT, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    /// Sends a PATCH with a JSON body.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn patch(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Value>> {
        self.call(Method::PATCH, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    /// Sends a DELETE.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn delete(&self, segments: &[&str]) -> Result<Option<Value>> {
        self.call(Method::DELETE, segments, &[], None).await
    }

    /// Sends a DELETE. A resource that does not exist counts as deleted.
    ///
    /// # Errors
    /// Those of [`Api::get`].
    pub(crate) async fn delete_if_present(&self, segments: &[&str]) -> Result<()> {
        let (request, reply) = self.send(Method::DELETE, segments, &[], None).await?;
        match reply.failure(&request, &self.identity).filter(|_| reply.status() != StatusCode::NOT_FOUND) {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
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
    ) -> Result<Option<Value>> {
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
    ) -> Result<Option<Value>> {
        let (request, reply) = self.ask(method, segments, query, body).await?;
        reply.data(&request)
    }

    /// Sends a request and returns its reply, whose status is a success.
    async fn ask(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<(Request, ServerReply)> {
        let (request, reply) = self.send(method, segments, query, body).await?;
        match reply.failure(&request, &self.identity) {
            Some(failure) => Err(failure.into()),
            None => Ok((request, reply)),
        }
    }

    /// Sends a request and returns its reply, whatever its status.
    async fn send(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<(Request, ServerReply)> {
        let mut url = self.identity.login.endpoint().url().clone();
        url.set_path(&path::below_api(segments)?);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = Request { method, url, body };
        self.log_request(&request, query);
        let reply = self.exchange(&request).await?;
        self.renew_token(&reply);
        Ok((request, reply))
    }

    /// Sends a request until it is answered, as often as that is safe and wanted.
    async fn exchange(&self, request: &Request) -> Result<ServerReply> {
        let client = self.http(&request.url)?;
        let headers = self.headers()?;
        let mut attempts = Attempts::new(self.policy);
        loop {
            let attempt = self.attempt(client, &headers, request, attempts.remaining());
            let outcome = self.term.while_waiting(attempt).await;
            let Some((asked, reason)) = retry::reason(request, &outcome) else {
                return outcome.map_err(|error| error.failure(request).into());
            };
            let Some(wait) = attempts.next_wait(asked) else {
                return outcome.map_err(|error| error.failure(request).into());
            };
            self.term.say_waiting(&format!("{reason}. Trying again in {:.1} s.", wait.as_secs_f64()));
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a request once, and reads its reply to the end. `limit` is the time that is left.
    async fn attempt(
        &self,
        client: &Client,
        headers: &HeaderMap,
        request: &Request,
        limit: Option<Duration>,
    ) -> Result<ServerReply, NoReply> {
        let mut builder = client.request(request.method.clone(), request.url.clone()).headers(headers.clone());
        if let Credential::Key { key, secret } = self.identity.login.credential() {
            builder = builder.basic_auth(key, Some(secret.reveal()));
        }
        if let Some(limit) = limit {
            builder = builder.timeout(limit);
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        // A signal that comes before the reply leaves the outcome of a write unknown.
        let _write = (!request.is_read()).then(|| self.stop.write());
        let reply = ServerReply::read(builder.send().await?).await?;
        self.log_reply(&reply);
        Ok(reply)
    }

    /// The headers of every request to the endpoint, except for basic auth.
    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        if let Some(token) = &*self.token.borrow() {
            let mut cookie = HeaderValue::try_from(format!("session={}", token.reveal())).map_err(|_| {
                Failure::new(FailureKind::NotLoggedIn, "The session token is not valid: it has control characters.")
                    .info(answer::use_login(&self.identity))
            })?;
            cookie.set_sensitive(true);
            headers.insert(header::COOKIE, cookie);
        }
        if let Some(region) = &self.identity.region {
            let value = HeaderValue::try_from(region.as_str())
                .map_err(|_| Failure::usage(format!("`{region}` is not a valid name of a region.")))?;
            headers.insert("X-Region", value);
        }
        if self.identity.sudo {
            headers.insert("X-Auth-Sudo", HeaderValue::from_static("1"));
        }
        Ok(headers)
    }

    /// The connections to the endpoint, which `url` is at.
    fn http(&self, url: &Url) -> Result<&Client> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = client::new(url)?;
        Ok(self.http.get_or_init(|| client))
    }

    /// Stores the token of a reply, where a token was sent and the reply has another one.
    fn renew_token(&self, reply: &ServerReply) {
        let mut token = self.token.borrow_mut();
        let Some(old) = &*token else { return };
        let Some(new) = cookie::session(reply.headers()).filter(|new| new != old.reveal()) else { return };
        let new = Secret::from(new);
        if let Err(error) = (self.keep_token)(&self.identity.login.renewed(new.clone())) {
            self.term.say(Level::Warning, &format!("The renewed session token could not be stored: {error:#}"));
        }
        *token = Some(new);
    }
}
