//! The Debug lines of `LOG_API`: requests and the status of their replies, without secrets.

use std::fmt::Write as _;

use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use super::mask::HIDDEN;
use super::{Api, Request};
use crate::error::Level;
use crate::secret::is_secret_name;

impl Api {
    /// Prints a request, if `LOG_API` is on. `query` is the query of its URL.
    pub(super) fn log_request(&self, request: &Request, query: &[(&str, &str)]) {
        if !self.logs_requests {
            return;
        }
        let mut line = format!("{} {}", request.method, without_secrets(&request.url));
        if !query.is_empty() {
            let query: Map<_, _> = query.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
            let _ = write!(line, " QS={}", in_ascii(&redacted(&Value::Object(query))));
        }
        if let Some(body) = &request.body {
            let _ = write!(line, " -> {}", in_ascii(&redacted(body)));
        }
        self.term.say(Level::Debug, &line);
    }

    /// Prints a transfer to or from a pre-signed URL, if `LOG_API` is on. Its query is a credential.
    pub(super) fn log_transfer(&self, method: &Method, url: &Url) {
        if !self.logs_requests {
            return;
        }
        let query = url.query().map(|_| format!(" QS={HIDDEN}")).unwrap_or_default();
        self.term.say(Level::Debug, &format!("{method} {}{query}", without_secrets(url)));
    }

    /// Prints the status of a reply, if `LOG_API` is on.
    pub(super) fn log_reply(&self, status_line: &str) {
        if self.logs_requests {
            self.term.continue_line(&format!("<- {status_line}"));
        }
    }
}

/// A URL without a username, a password, a query and a fragment.
pub(super) fn without_secrets(url: &Url) -> Url {
    let mut url = url.clone();
    // This fails for a URL without a host, which has no username and no password.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// A value as JSON in ASCII, as the Python program prints it. ASCII needs no further escapes for the terminal.
fn in_ascii(value: &Value) -> String {
    let mut json = String::new();
    for c in value.to_string().chars() {
        match c {
            ' '..='~' => json.push(c),
            // Only strings have other characters.
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                let _ = write!(json, "\\u{unit:04x}");
            }),
        }
    }
    json
}

/// A body or a query with the values of secrets redacted.
fn redacted(body: &Value) -> Value {
    match body {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let is_hidden = !value.is_object() && is_secret_name(key);
                (key.clone(), if is_hidden { json!(HIDDEN) } else { redacted(value) })
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(redacted).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_json_in_ascii() {
        let body = json!({"a": "\u{7f}\u{9b}é\u{1f680}\n\"", "secret": {"x": 1}, "token": "t"});
        let text = in_ascii(&redacted(&body));
        assert_eq!(text, r#"{"a":"\u007f\u009b\u00e9\ud83d\ude80\n\"","secret":{"x":1},"token":"xxxxxxxxxx"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["a"], body["a"]);
    }

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        let url = Url::parse("https://me:pw@s3.example/a%20b?sig=x#part").unwrap();
        assert_eq!(without_secrets(&url).as_str(), "https://s3.example/a%20b");
    }
}
