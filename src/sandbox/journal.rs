//! The journal: one line of JSON for each request, with secrets hidden.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use super::call::{Call, RequestBody};
use crate::private::{self, Existing};

/// A journal file that is open.
pub(super) struct Journal(Mutex<File>);

impl Journal {
    /// Open `path` and append to it; create it if missing.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Mutex::new(private::file(path, Existing::Append)?)))
    }

    /// Begin the line of a request. It is written when the entry is dropped, so that a request without a response
    /// has a line, too.
    pub(super) fn entry(self: &Arc<Self>, call: Call, region: Option<String>) -> Entry {
        Entry { journal: Arc::clone(self), call, region, status: None }
    }

    /// Append a line for one request.
    fn write(&self, Entry { call, region, status, .. }: &Entry) -> io::Result<()> {
        let auth = match (&call.token, &call.key) {
            (Some(_), _) => Some("token"),
            (None, Some(_)) => Some("key"),
            (None, None) => None,
        };
        let query: Map<String, Value> = call
            .query
            .iter()
            .map(|(name, value)| (name.clone(), if is_secret(name) { HIDDEN.into() } else { value.clone().into() }))
            .collect();
        let body = match &call.body {
            RequestBody::Json(value) => hide(value, false),
            RequestBody::Empty | RequestBody::Invalid => Value::Null,
        };
        let line = json!({
            "time": call.now.to_string(),
            "method": call.method,
            "path": hide_key(&call.path),
            "query": query,
            "headers": {"x-region": region, "x-auth-sudo": call.sudo.then_some("1")},
            "auth": auth,
            "body": body,
            "status": status,
        });
        let line = ascii(&line.to_string()) + "\n";
        let mut file = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        file.write_all(line.as_bytes())
    }
}

/// A request that is not written yet.
pub(super) struct Entry {
    journal: Arc<Journal>,
    /// The request. Its body is added once it is read.
    pub(super) call: Call,
    region: Option<String>,
    /// The status of the response; `None` if there was none.
    pub(super) status: Option<u16>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        // A full disk must not end the request.
        let _ = self.journal.write(self);
    }
}

const HIDDEN: &str = "**********";

/// JSON with every character beyond ASCII escaped: some of them act on a terminal.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            ' '..='~' => text.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    text
}

/// Whether a field or parameter of this name is a secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["secret", "token", "pass", "key", "connection_string", "certificate", "signature"]
        .iter()
        .any(|part| name.contains(part))
}

/// A path without the API key in it.
fn hide_key(path: &str) -> String {
    let is_key = |before: Option<&str>, segment: &str| before == Some("api-keys") && !segment.is_empty();
    let mut before = None;
    let segments = path.split('/').map(|segment| {
        let shown = if is_key(before, segment) { HIDDEN } else { segment };
        before = Some(segment);
        shown
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A copy of a body with secrets hidden: fields whose names say so, and everything below `data`. Objects keep the
/// names of their fields.
fn hide(value: &Value, is_below_data: bool) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| {
                let is_hidden = is_below_data || name == "data" || (is_secret(name) && !value.is_object());
                (name.clone(), hide(value, is_hidden))
            })
            .collect(),
        Value::Array(items) => items.iter().map(|item| hide(item, is_below_data)).collect(),
        Value::Null => Value::Null,
        _ if is_below_data => HIDDEN.into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_beyond_ascii_are_escaped() {
        let line = json!({"a": "é\u{85}\u{202e}😀\u{7f}\u{1b}"}).to_string();
        assert_eq!(ascii(&line), r#"{"a":"\u00e9\u0085\u202e\ud83d\ude00\u007f\u001b"}"#);
        assert_eq!(serde_json::from_str::<Value>(&ascii(&line)).expect("JSON").to_string(), line);
    }

    #[test]
    fn everything_below_data_is_hidden() {
        let body = json!({"data": {"new_secret": {"endpoint": "e", "port": 5}}, "name": "n"});
        let hidden = json!({"data": {"new_secret": {"endpoint": "**********", "port": "**********"}}, "name": "n"});
        assert_eq!(hide(&body, false), hidden);
        assert_eq!(hide(&json!({"data": "text"}), false), json!({"data": "**********"}));
    }

    #[test]
    fn an_api_key_in_a_path_is_hidden() {
        assert_eq!(hide_key("/api/v2/users/me/api-keys/crate_abc/"), "/api/v2/users/me/api-keys/**********/");
        assert_eq!(hide_key("/api/v2/users/me/api-keys/"), "/api/v2/users/me/api-keys/");
    }

    #[test]
    fn secrets_are_hidden_at_every_depth() {
        let body = json!({"name": "n", "data": {"aws_secret": {"access_key": "A", "secret_key": "B"}}, "l": [{"password": ["p"]}]});
        let hidden = json!({
            "name": "n",
            "data": {"aws_secret": {"access_key": "**********", "secret_key": "**********"}},
            "l": [{"password": ["**********"]}],
        });
        assert_eq!(hide(&body, false), hidden);
    }
}
