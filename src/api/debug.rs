//! The Debug lines of `LOG_API`: requests and the status of their replies, without secrets.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::answer::ServerReply;
use super::{Api, Request};
use crate::error::Level;
use crate::secret::is_secret_name;

impl Api {
    /// Prints a request, if `LOG_API` is on. `query` is that of its URL.
    pub(super) fn log_request(&self, request: &Request, query: &[(&str, &str)]) {
        if !self.logs_requests {
            return;
        }
        let mut url = request.url.clone();
        url.set_query(None);
        let mut line = format!("{} {url}", request.method);
        if !query.is_empty() {
            let query: Map<_, _> = query.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
            let _ = write!(line, " QS={}", Value::Object(query));
        }
        if let Some(body) = &request.body {
            let _ = write!(line, " -> {}", blanked(body));
        }
        self.term.say(Level::Debug, &line);
    }

    /// Prints the status of a reply, if `LOG_API` is on.
    pub(super) fn log_reply(&self, reply: &ServerReply) {
        if self.logs_requests {
            self.term.continue_line(&format!("<- {}", reply.status_line()));
        }
    }
}

/// A body in which the values of secrets are hidden.
fn blanked(body: &Value) -> Value {
    match body {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let is_hidden = !value.is_object() && is_secret_name(key);
                (key.clone(), if is_hidden { json!("xxxxxxxxxx") } else { blanked(value) })
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(blanked).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}
