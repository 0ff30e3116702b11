//! Turns a reply into its data or into an error.

use anyhow::Result;
use reqwest::header::CONTENT_TYPE;
use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{Json, ServerReply};
use super::debug::without_secrets;
use super::next_step::Refusal;
use super::{Identity, Request};
use crate::endpoint::Credential;
use crate::error::{Failure, FailureKind, Level, capitalized};
use crate::stop::OUTCOME_UNKNOWN;

/// The largest body of an error that is parsed to show its details, in bytes. Only the first 10,000 characters of them
/// are printed.
const LARGEST_DETAILS: usize = 256 << 10;

/// The most characters of an error of plain text that are shown.
const LONGEST_LINE: usize = 200;

impl ServerReply {
    /// The data of a successful reply, if it has any.
    ///
    /// # Errors
    /// The body is not JSON, or neither an object nor a list.
    pub(super) fn data(&self, request: &Request) -> Result<Option<Json>> {
        if self.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let problem = match Json::parse(self.body()) {
            Ok(data) if data.text() == "null" => return Ok(None),
            Ok(data) if data.text().starts_with(['{', '[']) => return Ok(Some(data)),
            Ok(_) => "it is neither an object nor a list".to_owned(),
            Err(_) if self.is_html() => "it is a web page. Is the endpoint right?".to_owned(),
            Err(_) if self.body().is_empty() => "it is empty".to_owned(),
            // The text is JSON, but nested too deeply.
            Err(error) if error.is_data() => error.to_string(),
            Err(error) => format!("it is not JSON ({error})"),
        };
        let mut failure = unusable(request, &problem);
        if !request.is_read() {
            failure.add_line(OUTCOME_UNKNOWN);
        }
        Err(failure.into())
    }

    /// The error of a reply; `None` if its status is a success.
    pub(super) fn failure(&self, request: &Request, identity: &Identity) -> Option<Failure> {
        match self.status().as_u16() {
            200..300 => None,
            300..400 => Some(self.not_logged_in(&request.url, identity)),
            _ => Some(self.api_error(request, identity)),
        }
    }

    /// The error of a redirect. A redirect to the login page has the requested path in its query.
    fn not_logged_in(&self, url: &Url, identity: &Identity) -> Failure {
        let failure = Failure::new(FailureKind::NotLoggedIn, "Unauthorized.");
        let Some(location) = self.location() else { return failure.info(use_login(identity)) };
        let leads_to_login = url
            .join(&location)
            .is_ok_and(|target| target.query_pairs().any(|(key, value)| key == "rd" && is_path_of(&value, url)));
        if leads_to_login {
            return failure.info(use_login(identity));
        }
        let mut failure = failure.note(Level::Error, "Oops. Something unexpected happened.");
        add_missing_login(&mut failure, identity);
        failure
    }

    /// The error of any other status that is not a success.
    fn api_error(&self, request: &Request, identity: &Identity) -> Failure {
        let is_refused = self.status() == StatusCode::UNAUTHORIZED;
        let kind = if is_refused { FailureKind::NotLoggedIn } else { FailureKind::Failed };
        let body = self.error_body();
        let (message, details) = self.message(&body);
        let mut failure = Failure::new(kind, message).details(details);
        if let Some(line) = self.plain_text() {
            failure.add_line(&line);
        }
        match self.status() {
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
                failure.add_line(&format!("The request was {} {}.", request.method, request.url.path()));
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                if let Some(wait) = self.retry_after().filter(|wait| !wait.is_zero()) {
                    failure.add_line(&format!("The server asks to wait for {} s before a retry.", wait.as_secs()));
                }
            }
            // After an error of a gateway, it is unknown whether the server carried out the request.
            StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT if !request.is_read() => {
                failure.add_line(OUTCOME_UNKNOWN);
            }
            StatusCode::UNAUTHORIZED => {
                if let Some(line) = refused(identity) {
                    failure.add_line(&line);
                }
            }
            _ => {}
        }
        add_missing_login(&mut failure, identity);
        let refusal = Refusal { request, identity, status: self.status(), message: &failure.message, body: &body };
        if let Some(line) = refusal.next_step() {
            failure.add_line(&line);
        }
        failure
    }

    /// The body of an error. Null, if it is not JSON or too large to be shown.
    fn error_body(&self) -> Value {
        let body = (self.body().len() <= LARGEST_DETAILS).then(|| Json::parse(self.body()));
        body.and_then(|body| body.ok()?.value().ok()).unwrap_or_default()
    }

    /// The message of an error, and what else its body says.
    fn message(&self, body: &Value) -> (String, Option<Value>) {
        match body {
            Value::Object(members) => match members.get("message") {
                Some(Value::String(message)) => (message.clone(), members.get("errors").cloned()),
                _ => (self.status_line(), (!members.is_empty()).then(|| body.clone())),
            },
            Value::Null => {
                let message = serde_json::from_slice(self.body()).map(|Message { message }| message);
                (message.unwrap_or_else(|_| self.status_line()), None)
            }
            _ => (self.status_line(), Some(body.clone())),
        }
    }

    /// The first line of a body of plain text: a gateway says there why the request failed.
    fn plain_text(&self) -> Option<String> {
        let text = std::str::from_utf8(self.body()).ok().filter(|_| self.has_type("text/plain"))?;
        let line = text.trim().lines().next().filter(|line| Json::parse(line.as_bytes()).is_err())?;
        Some(line.chars().take(LONGEST_LINE).collect())
    }

    fn is_html(&self) -> bool {
        self.has_type("html")
    }

    /// Whether the type of the body contains a text.
    fn has_type(&self, part: &str) -> bool {
        let content_type = self.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        content_type.is_some_and(|content_type| content_type.contains(part))
    }
}

/// The message of an error whose body is too large to be parsed completely.
#[derive(Deserialize)]
struct Message {
    message: String,
}

/// The error of a reply that can't be used, although its status is a success.
pub(super) fn unusable(request: &Request, problem: &str) -> Failure {
    Failure::failed(format!("The reply of '{}' is unusable: {problem}", without_secrets(&request.url)))
}

/// The next step of a user who is not logged in.
pub(super) fn use_login(identity: &Identity) -> String {
    format!("Use {} to login to CrateDB Cloud.", identity.suggest(&["login"]))
}

/// The line for a 401: the refused credential, and how to log in again.
fn refused(identity: &Identity) -> Option<String> {
    let source = capitalized(&identity.source);
    match identity.login.credential() {
        Credential::None => None,
        Credential::Token(_) => Some(format!("{source} was refused. {}", use_login(identity))),
        Credential::Key { .. } => Some(format!("{source} was refused.")),
    }
}

/// Adds a line to an error if no credentials were sent.
pub(super) fn add_missing_login(failure: &mut Failure, identity: &Identity) {
    if matches!(identity.login.credential(), Credential::None) {
        failure.add_line(&format!("No credentials were sent. {}", use_login(identity)));
    }
}

/// Whether `rd` names the path of `url`, encoded or not.
fn is_path_of(rd: &str, url: &Url) -> bool {
    rd == url.path() || percent_encoding::percent_decode_str(url.path()).decode_utf8().is_ok_and(|path| path == rd)
}
