//! The journal: one line of JSON for each request, with secrets hidden.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Mutex;

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

    /// Append a line for one request. `status` is `None` if there was no response.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(&self, call: &Call, region: Option<&str>, status: Option<u16>) -> io::Result<()> {
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
            RequestBody::Json(value) => hide(value),
            RequestBody::Empty | RequestBody::Invalid => Value::Null,
        };
        let line = json!({
            "time": call.now.to_string(),
            "method": call.method,
            "path": call.path,
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

/// A copy of a body with secrets hidden. Objects keep the names of their fields.
fn hide(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| {
                let shown = match value {
                    Value::Object(_) | Value::Null => hide(value),
                    _ if is_secret(name) => HIDDEN.into(),
                    _ => hide(value),
                };
                (name.clone(), shown)
            })
            .collect(),
        Value::Array(items) => items.iter().map(hide).collect(),
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
    fn secrets_are_hidden_at_every_depth() {
        let body = json!({"name": "n", "data": {"aws_secret": {"access_key": "A", "secret_key": "B"}}, "l": [{"password": ["p"]}]});
        let hidden = json!({
            "name": "n",
            "data": {"aws_secret": {"access_key": "**********", "secret_key": "**********"}},
            "l": [{"password": "**********"}],
        });
        assert_eq!(hide(&body), hidden);
    }
}
