//! The only room that speaks HTTP to the cloud: one request in, what the reply holds out.
//!
//! Paths are given as segments, never as one string, so that percent-encoding and the final slash
//! can't be forgotten. Redirects are not followed: to this API they mean that nobody is logged in.

use std::cell::{OnceCell, RefCell};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::endpoint::{BoundCredential, Credential, is_loopback, require_secure};
use crate::error::{Failure, FailureKind, Level};
use crate::secret::Secret;
use crate::stop::Stop;
use crate::term::Term;

mod pages;
mod path;
mod retry;
mod tls;
mod transfer;

pub(crate) use pages::Pages;
pub(crate) use retry::RetryPolicy;
pub(crate) use transfer::Upload;

use retry::{Attempts, is_read, is_transient, retry_after};

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Where the session ends; the one path that is no list of segments below `/api/v2/`.
const LOGOUT: &str = "/oauth2/logout";
/// What is said of a write whose outcome is not known.
const LOST: &str =
    "\nThe answer was lost: the request may have been carried out. Look with `list` or `get` before you repeat it.";
/// How many redirects a logout follows.
const LOGOUT_REDIRECTS: usize = 10;

/// Where requests go, and who makes them.
pub(crate) struct Identity {
    /// The credential, with the endpoint that requests go to.
    pub(crate) login: BoundCredential,
    /// What the credential is and where it came from, for whoever reads that it was refused.
    pub(crate) source: String,
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
    debug: bool,
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
        Self { identity, token, keep_token, http, term, stop, policy, debug: logs_requests }
    }

    pub(crate) async fn get(&self, segments: &[&str]) -> Result<Option<Value>> {
        self.call(Method::GET, segments, &[], None).await
    }

    pub(crate) async fn get_with(&self, segments: &[&str], query: &[(&str, &str)]) -> Result<Option<Value>> {
        self.call(Method::GET, segments, query, None).await
    }

    pub(crate) async fn post(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Value>> {
        self.call(Method::POST, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    /// A POST that says all by its path.
    pub(crate) async fn post_nothing(&self, segments: &[&str]) -> Result<Option<Value>> {
        self.call(Method::POST, segments, &[], None).await
    }

    pub(crate) async fn put(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Value>> {
        self.call(Method::PUT, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    pub(crate) async fn patch(&self, segments: &[&str], body: &impl serde::Serialize) -> Result<Option<Value>> {
        self.call(Method::PATCH, segments, &[], Some(serde_json::to_value(body)?)).await
    }

    pub(crate) async fn delete(&self, segments: &[&str]) -> Result<Option<Value>> {
        self.call(Method::DELETE, segments, &[], None).await
    }

    /// One request to `/api/v2/{segments}/`.
    ///
    /// # Errors
    /// A [`Failure`]: usage for a segment that names nothing, not logged in for a redirect or a 401,
    /// else failed. `None` is success without data.
    async fn call(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Option<Value>> {
        self.ask(method, segments, query, body).await?.value()
    }

    /// One request, and its answer if that is a success.
    async fn ask(
        &self,
        method: Method,
        segments: &[&str],
        query: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Success> {
        let mut url = self.identity.login.endpoint().url().clone();
        url.set_path(&path::below_api(segments)?);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.log_request(&method, &url, query, body.as_ref());
        let answer = self.exchange(&method, &url, body.as_ref()).await?;
        if let Some(location) = answer.redirect() {
            return Err(not_logged_in(&url, &location));
        }
        self.renew_token(&answer.headers);
        if answer.status.is_client_error() || answer.status.is_server_error() {
            return Err(self.refused(&method, &answer, serde_json::from_slice(&answer.body).ok()));
        }
        Ok(Success { method, url, answer })
    }

    /// Make a request until it is answered, as often as that is safe and wanted.
    async fn exchange(&self, method: &Method, url: &Url, body: Option<&Value>) -> Result<Answer> {
        // A signal that comes before the reply leaves the outcome of a write unknown.
        let _write = (!is_read(method)).then(|| self.stop.write());
        let mut tries = Attempts::new(self.policy);
        loop {
            let attempt = self.attempt(method, url, body, tries.remaining());
            let done = self.term.while_waiting(attempt).await?;
            let (asked, why) = match &done {
                Ok(answer) if is_read(method) && is_transient(answer.status) => {
                    (retry_after(&answer.headers), answer.status_line())
                }
                // A connection that was never made has carried nothing away.
                Err(error) if is_read(method) || error.is_connect() => (None, cause(error)),
                _ => return self.settle(method, url, done),
            };
            let Some(wait) = tries.next_wait(asked) else { return self.settle(method, url, done) };
            self.term.say_waiting(&format!("{why}. Trying again in {:.1} s.", wait.as_secs_f64()));
            tokio::time::sleep(wait).await;
        }
    }

    /// One request and its reply, whole. The inner error is the connection's.
    async fn attempt(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&Value>,
        limit: Option<Duration>,
    ) -> Result<Result<Answer, reqwest::Error>> {
        let mut request = self.http(url)?.request(method.clone(), url.clone()).headers(self.headers()?);
        if let Credential::Key { key, secret } = self.identity.login.credential() {
            request = request.basic_auth(key, Some(secret.reveal()));
        }
        if let Some(limit) = limit {
            request = request.timeout(limit);
        }
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let answer = match request.send().await {
            Ok(response) => Answer::read(response).await,
            Err(error) => Err(error),
        };
        if let (Ok(answer), true) = (&answer, self.debug) {
            self.term.continue_line(&format!("<- {}", answer.status_line()));
        }
        Ok(answer)
    }

    /// What the last try was, as the call's outcome.
    fn settle(&self, method: &Method, url: &Url, done: Result<Answer, reqwest::Error>) -> Result<Answer> {
        done.map_err(|error| {
            let mut failure = transport_failure(url, &error);
            if !is_read(method) && !error.is_connect() {
                failure.message.push_str(LOST);
            }
            failure.into()
        })
    }

    /// What every request to the endpoint carries, but for basic auth.
    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        if let Some(token) = &*self.token.borrow() {
            let mut cookie = HeaderValue::try_from(format!("session={}", token.reveal())).map_err(|_| {
                Failure::new(FailureKind::NotLoggedIn, "The session token can't be sent: it is no token.").info(LOGIN)
            })?;
            cookie.set_sensitive(true);
            headers.insert(header::COOKIE, cookie);
        }
        if let Some(region) = &self.identity.region {
            let value = HeaderValue::try_from(region.as_str())
                .map_err(|_| Failure::usage(format!("`{region}` can't be the name of a region.")))?;
            headers.insert("X-Region", value);
        }
        if self.identity.sudo {
            headers.insert("X-Auth-Sudo", HeaderValue::from_static("1"));
        }
        Ok(headers)
    }

    /// The credential, with the newest token.
    pub(crate) fn login(&self) -> BoundCredential {
        match &*self.token.borrow() {
            Some(token) => self.identity.login.renewed(token.clone()),
            None => self.identity.login.clone(),
        }
    }

    fn http(&self, url: &Url) -> Result<&Client> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = client(url)?;
        Ok(self.http.get_or_init(|| client))
    }

    /// End the session on the server, following its redirects: the way to the identity provider's
    /// own logout. Credentials stay with the endpoint's origin.
    pub(crate) async fn logout(&self) -> Result<()> {
        let mut url = self.identity.login.endpoint().url().clone();
        url.set_path(LOGOUT);
        self.log_request(&Method::GET, &url, &[], None);
        let mut answer = self.exchange(&Method::GET, &url, None).await?;
        for _ in 0..LOGOUT_REDIRECTS {
            let Some(location) = answer.redirect() else { break };
            url = url.join(&location)?;
            require_secure(&url)?;
            answer = if self.identity.login.endpoint().is_origin_of(&url) {
                self.exchange(&Method::GET, &url, None).await?
            } else {
                let response = client(&url)?.get(url.clone()).timeout(CONNECT_LIMIT).send().await?;
                Answer::read(response).await?
            };
        }
        match answer.status {
            status if status.is_client_error() || status.is_server_error() => {
                Err(Failure::failed(answer.status_line()).into())
            }
            _ => Ok(()),
        }
    }

    /// Keep the token that a reply carries, where one was sent and it is another.
    fn renew_token(&self, headers: &HeaderMap) {
        let mut token = self.token.borrow_mut();
        let Some(old) = &*token else { return };
        let Some(new) = session_cookie(headers).filter(|new| new != old.reveal()) else { return };
        let new = Secret::from(new);
        if let Err(error) = (self.keep_token)(&self.identity.login.renewed(new.clone())) {
            self.term.say(Level::Warning, &format!("The renewed session token could not be stored: {error:#}"));
        }
        *token = Some(new);
    }

    /// The error that a status of 400 or more is.
    fn refused(&self, method: &Method, answer: &Answer, body: Option<Value>) -> anyhow::Error {
        let kind =
            if answer.status == StatusCode::UNAUTHORIZED { FailureKind::NotLoggedIn } else { FailureKind::Failed };
        let (mut message, details) = match body {
            Some(Value::Object(mut body)) => match body.get("message") {
                Some(Value::String(message)) => (message.clone(), body.shift_remove("errors")),
                _ => (answer.status_line(), (!body.is_empty()).then_some(Value::Object(body))),
            },
            None | Some(Value::Null) => (answer.status_line(), None),
            Some(body) => (answer.status_line(), Some(body)),
        };
        // A gateway that gave up does not know what became of the request.
        if !is_read(method) && matches!(answer.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT) {
            message.push_str(LOST);
        }
        if kind == FailureKind::NotLoggedIn {
            let _ = write!(message, "\nRefused was {}.", self.identity.source);
        }
        Failure::new(kind, message).details(details).into()
    }

    /// `LOG_API`: what is sent, secrets blanked.
    fn log_request(&self, method: &Method, url: &Url, query: &[(&str, &str)], body: Option<&Value>) {
        if !self.debug {
            return;
        }
        let mut bare = url.clone();
        bare.set_query(None);
        let mut line = format!("{method} {bare}");
        if !query.is_empty() {
            let query: serde_json::Map<_, _> =
                query.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
            let _ = write!(line, " QS={}", Value::Object(query));
        }
        if let Some(body) = body {
            let _ = write!(line, " -> {}", blanked(body));
        }
        self.term.say(Level::Debug, &line);
    }
}

/// A reply, read to its end.
struct Answer {
    status: StatusCode,
    /// The server's own words for the status, or the usual ones.
    reason: String,
    headers: HeaderMap,
    body: Bytes,
}

/// An answer that is no error, with what was asked.
struct Success {
    method: Method,
    url: Url,
    answer: Answer,
}

impl Success {
    /// The data of the reply, if it has any.
    ///
    /// # Errors
    /// It is no JSON, or neither an object nor a list.
    fn value(&self) -> Result<Option<Value>> {
        let answer = &self.answer;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let problem = match serde_json::from_slice(&answer.body) {
            Ok(Value::Null) => return Ok(None),
            Ok(value @ (Value::Object(_) | Value::Array(_))) => return Ok(Some(value)),
            Ok(_) => "it is neither an object nor a list".to_owned(),
            Err(_) if answer.is_html() => "it is a web page. Is the endpoint right?".to_owned(),
            Err(_) if answer.body.is_empty() => "it is empty".to_owned(),
            Err(error) => format!("it is not JSON ({error})"),
        };
        let mut message = format!("The reply of '{}' is unusable: {problem}", self.url);
        if !is_read(&self.method) {
            message.push_str(LOST);
        }
        Err(Failure::failed(message).into())
    }

    /// The rows of the reply as they came, if it is a list.
    fn rows(&self) -> Option<Vec<Box<RawValue>>> {
        serde_json::from_slice(&self.answer.body).ok()
    }
}

impl Answer {
    async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let (status, reason) = (response.status(), reason(&response));
        let headers = std::mem::take(response.headers_mut());
        Ok(Self { status, reason, headers, body: response.bytes().await? })
    }

    /// `404 - Not Found`
    fn status_line(&self) -> String {
        format!("{} - {}", self.status.as_u16(), self.reason)
    }

    /// The `Location`, if this is a redirect.
    fn redirect(&self) -> Option<String> {
        if !matches!(self.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = self.headers.get(header::LOCATION)?;
        Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
    }

    fn is_html(&self) -> bool {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.contains("html"))
    }
}

/// The next step of whoever is not logged in.
const LOGIN: &str = "Use `croud login` to login to CrateDB Cloud.";

/// What `localhost` is, whatever a resolver says (RFC 6761). The port is that of the URL.
const LOOPBACK: [SocketAddr; 2] =
    [SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0), SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0)];

/// A client for the origin of `url`. Certificates are loaded where they are needed only; this
/// machine is never reached through a proxy, and its name is not looked up: it can mean no other.
fn client(url: &Url) -> Result<Client> {
    let mut builder = Client::builder()
        .user_agent(concat!("croud/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_LIMIT)
        .tls_backend_preconfigured(tls::config(url.scheme() == "https")?);
    if is_loopback(url) {
        builder = builder.no_proxy().resolve_to_addrs("localhost", &LOOPBACK);
    }
    Ok(builder.build()?)
}

/// The error that a redirect is. One to the login names the path that was asked for.
fn not_logged_in(url: &Url, location: &str) -> anyhow::Error {
    let failure = Failure::new(FailureKind::NotLoggedIn, "Unauthorized.");
    let to_login =
        url.join(location).is_ok_and(|to| to.query_pairs().any(|(key, value)| key == "rd" && is_path_of(&value, url)));
    if to_login {
        failure.info(LOGIN).into()
    } else {
        failure.note(Level::Error, "Oops. Something unexpected happened.").into()
    }
}

/// Whether `rd` names the path of `url`, encoded or not.
fn is_path_of(rd: &str, url: &Url) -> bool {
    rd == url.path() || percent_encoding::percent_decode_str(url.path()).decode_utf8().is_ok_and(|path| path == rd)
}

/// The value of the last `Set-Cookie: session=...`, if it sets one.
fn session_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut sessions = cookies.filter_map(|cookie| cookie.split(';').next()?.trim().strip_prefix("session="));
    sessions.next_back().map(|value| value.trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}

/// The server's own words for the status, or the usual ones.
fn reason(response: &Response) -> String {
    match response.extensions().get::<hyper::ext::ReasonPhrase>() {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        None => response.status().canonical_reason().unwrap_or("Unknown").to_owned(),
    }
}

/// The error of a request that got no reply, or only a part of one.
fn transport_failure(url: &Url, error: &reqwest::Error) -> Failure {
    let cause = cause(error);
    Failure::failed(format!("Failed to perform request on '{url}'. Original error was: '{cause}'"))
}

/// What went wrong with a connection. reqwest's own words repeat the address; the chain below says it.
fn cause(error: &reqwest::Error) -> String {
    let mut chain = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let words = cause.to_string();
        if chain.last() != Some(&words) {
            chain.push(words);
        }
        source = cause.source();
    }
    if error.is_timeout() {
        chain.insert(0, "no answer in time".to_owned());
    }
    if chain.is_empty() { error.to_string() } else { chain.join(": ") }
}

/// A body for the debug line: the values of keys that hold secrets are hidden.
fn blanked(body: &Value) -> Value {
    const SECRET: [&str; 6] = ["secret", "pass", "token", "access_key", "connection_string", "certificate"];
    match body {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let hidden = !value.is_object() && SECRET.iter().any(|word| key.contains(word));
                (key.clone(), if hidden { json!("xxxxxxxxxx") } else { blanked(value) })
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(blanked).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}
