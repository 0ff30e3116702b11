//! Replies of the API: their data, and the errors that they are.

use anyhow::Result;
use reqwest::header::{self, HeaderMap};
use reqwest::{Response, StatusCode, Url};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Identity, Request, client};
use crate::endpoint::Credential;
use crate::error::{Failure, FailureKind, Level};
use crate::stop::OUTCOME_UNKNOWN;

/// A reply, read to its end.
pub(super) struct ServerReply {
    status: StatusCode,
    /// The server's own words for the status, or the usual ones.
    reason: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Why there is no complete reply.
pub(super) struct NoReply(reqwest::Error);

impl ServerReply {
    /// Reads the body of a response.
    ///
    /// # Errors
    /// The connection broke.
    pub(super) async fn read(mut response: Response) -> Result<Self, NoReply> {
        let (status, reason) = (response.status(), reason(&response));
        let headers = std::mem::take(response.headers_mut());
        Ok(Self { status, reason, headers, body: response.bytes().await?.into() })
    }

    /// The status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The status with its reason, such as `404 - Not Found`.
    pub(super) fn status_line(&self) -> String {
        format!("{} - {}", self.status.as_u16(), self.reason)
    }

    /// The `Location`, if this is a redirect.
    pub(super) fn redirect(&self) -> Option<String> {
        if !matches!(self.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = self.headers.get(header::LOCATION)?;
        Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
    }

    /// The data of a successful reply, if it has any.
    ///
    /// # Errors
    /// The body is not JSON, or neither an object nor a list.
    pub(super) fn data(&self, request: &Request) -> Result<Option<Value>> {
        if self.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let problem = match serde_json::from_slice(&self.body) {
            Ok(Value::Null) => return Ok(None),
            Ok(value @ (Value::Object(_) | Value::Array(_))) => return Ok(Some(value)),
            Ok(_) => "it is neither an object nor a list".to_owned(),
            Err(_) if self.is_html() => "it is a web page. Is the endpoint right?".to_owned(),
            Err(_) if self.body.is_empty() => "it is empty".to_owned(),
            Err(error) => format!("it is not JSON ({error})"),
        };
        Err(unusable(request, &problem).into())
    }

    /// The rows of the reply as they came, if it is a list.
    pub(super) fn rows(&self) -> Option<Vec<Box<RawValue>>> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The error that the reply is, unless it is a success.
    pub(super) fn failure(&self, request: &Request, identity: &Identity) -> Option<Failure> {
        match self.status.as_u16() {
            _ if self.redirect().is_some() => Some(self.not_logged_in(&request.url, identity)),
            400.. => Some(self.api_error(request, identity)),
            _ => None,
        }
    }

    /// The error of a redirect. One to the login page names the path that was requested.
    fn not_logged_in(&self, url: &Url, identity: &Identity) -> Failure {
        let failure = Failure::new(FailureKind::NotLoggedIn, "Unauthorized.");
        let target = self.redirect().and_then(|location| url.join(&location).ok());
        let leads_to_login = target
            .is_some_and(|target| target.query_pairs().any(|(key, value)| key == "rd" && is_path_of(&value, url)));
        match leads_to_login {
            true => failure.info(use_login(identity)),
            false => failure.note(Level::Error, "Oops. Something unexpected happened."),
        }
    }

    /// The error of a status of 400 or more.
    fn api_error(&self, request: &Request, identity: &Identity) -> Failure {
        let (mut message, details) = match serde_json::from_slice(&self.body) {
            Ok(Value::Object(mut body)) => match body.get("message") {
                Some(Value::String(message)) => (message.clone(), body.shift_remove("errors")),
                _ => (self.status_line(), (!body.is_empty()).then_some(Value::Object(body))),
            },
            Err(_) | Ok(Value::Null) => (self.status_line(), None),
            Ok(body) => (self.status_line(), Some(body)),
        };
        // A gateway that gave up does not know what became of the request.
        if !request.is_read() && matches!(self.status, StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT) {
            add_line(&mut message, OUTCOME_UNKNOWN);
        }
        let kind = match self.status {
            StatusCode::UNAUTHORIZED => FailureKind::NotLoggedIn,
            _ => FailureKind::Failed,
        };
        if kind == FailureKind::NotLoggedIn {
            add_line(&mut message, &refused(identity));
        }
        Failure::new(kind, message).details(details)
    }

    fn is_html(&self) -> bool {
        let content_type = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|content_type| content_type.contains("html"))
    }
}

impl From<reqwest::Error> for NoReply {
    fn from(error: reqwest::Error) -> Self {
        Self(error)
    }
}

impl NoReply {
    /// Whether the request was not sent.
    pub(super) fn is_unsent(&self) -> bool {
        self.0.is_connect()
    }

    /// What went wrong, in short.
    pub(super) fn reason(&self) -> String {
        client::cause(&self.0)
    }

    /// The error of a request that got no complete reply.
    pub(super) fn failure(&self, request: &Request) -> Failure {
        let mut failure = client::transport_failure(&request.url, &self.0);
        if !request.is_read() && !self.is_unsent() {
            add_line(&mut failure.message, OUTCOME_UNKNOWN);
        }
        failure
    }
}

/// The error of a reply with a success status that can't be used.
fn unusable(request: &Request, problem: &str) -> Failure {
    let mut message = format!("The reply of '{}' is unusable: {problem}", request.url);
    if !request.is_read() {
        add_line(&mut message, OUTCOME_UNKNOWN);
    }
    Failure::failed(message)
}

/// The next step of a user who is not logged in.
pub(super) fn use_login(identity: &Identity) -> String {
    format!("Use {} to login to CrateDB Cloud.", identity.login_command)
}

/// Says which credential a 401 refused, and how to get another one.
fn refused(identity: &Identity) -> String {
    let source = capitalized(&identity.source);
    match identity.login.credential() {
        Credential::None => format!("No credentials were sent. {}", use_login(identity)),
        Credential::Token(_) => format!("{source} was refused. {}", use_login(identity)),
        Credential::Key { .. } => format!("{source} was refused."),
    }
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Adds a line to a message. It is printed indented, below the first one.
pub(super) fn add_line(message: &mut String, line: &str) {
    message.push('\n');
    message.push_str(line);
}

/// Whether `rd` names the path of `url`, encoded or not.
fn is_path_of(rd: &str, url: &Url) -> bool {
    rd == url.path() || percent_encoding::percent_decode_str(url.path()).decode_utf8().is_ok_and(|path| path == rd)
}

/// The server's own words for the status, or the usual ones.
pub(super) fn reason(response: &Response) -> String {
    match response.extensions().get::<hyper::ext::ReasonPhrase>() {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        None => response.status().canonical_reason().unwrap_or("Unknown").to_owned(),
    }
}
