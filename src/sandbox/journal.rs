//! The journal: one line of JSON for each request, with secrets hidden. It is kept in memory, and in a file if the user
//! names one.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::call::{Call, RequestBody};
use super::glob;
use crate::private::{self, Existing};

/// The most lines that are kept in memory.
const MOST_LINES: usize = 10_000;
/// The most bytes of lines that are kept in memory. A client reads at most 16 MiB.
const MOST_BYTES: usize = 8 << 20;

/// The requests of a sandbox that is running.
pub(super) struct Journal(Mutex<Lines>);

/// The lines of a journal.
#[derive(Default)]
struct Lines {
    /// The newest lines, the oldest first.
    kept: VecDeque<Line>,
    /// The number of bytes of `kept`.
    bytes: usize,
    /// How many older lines were dropped.
    dropped: u64,
    /// The file that gets every line, too.
    file: Option<File>,
}

/// The line of a request, and what a [`Filter`] compares.
struct Line {
    time: Timestamp,
    method: String,
    path: String,
    status: Option<u16>,
    json: String,
}

/// Which requests of a journal are wanted. `None` in a field means all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    /// The HTTP method.
    pub(crate) method: Option<String>,
    /// A glob that matches the path.
    pub(crate) path: Option<String>,
    /// The status of the response.
    pub(crate) status: Option<u16>,
    /// The earliest time.
    pub(crate) since: Option<Timestamp>,
}

impl Filter {
    fn accepts(&self, line: &Line) -> bool {
        self.method.as_ref().is_none_or(|method| *method == line.method)
            && self.path.as_ref().is_none_or(|glob| glob::matches(glob, &line.path))
            && self.status.is_none_or(|status| line.status == Some(status))
            && self.since.is_none_or(|since| line.time >= since)
    }
}

impl Journal {
    /// An empty journal. Lines are also appended to the file at `path`, which is created if missing.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub(super) fn open(path: Option<&Path>) -> io::Result<Self> {
        let file = path.map(|path| private::file(path, Existing::Append)).transpose()?;
        Ok(Self(Mutex::new(Lines { file, ..Lines::default() })))
    }

    /// Begins the line of a request. It is written when the entry is dropped, so that a request without a response
    /// has a line, too.
    pub(super) fn entry(self: &Arc<Self>, call: Call) -> Entry {
        Entry { journal: Arc::clone(self), call, status: None }
    }

    /// The requests that a filter accepts, the oldest first, as JSON: `{count, dropped, entries}`. `dropped` is the
    /// number of older requests of any kind that are not kept any more.
    pub(super) fn find(&self, filter: &Filter) -> String {
        let lines = self.lines();
        let found = lines.kept.iter().filter(|line| filter.accepts(line));
        let entries: Vec<&str> = found.map(|line| line.json.as_str()).collect();
        let (count, dropped, entries) = (entries.len(), lines.dropped, entries.join(","));
        format!("{{\"count\":{count},\"dropped\":{dropped},\"entries\":[{entries}]}}")
    }

    /// Clears the journal in memory. The file is not changed.
    pub(super) fn clear(&self) {
        let mut lines = self.lines();
        *lines = Lines { file: lines.file.take(), ..Lines::default() };
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Appends a line for one request.
    fn write(&self, entry: &Entry) -> io::Result<()> {
        let line = entry.line();
        let mut lines = self.lines();
        let written = lines.file.as_mut().map(|file| file.write_all((line.json.clone() + "\n").as_bytes()));
        lines.bytes += line.json.len();
        lines.kept.push_back(line);
        while lines.kept.len() > MOST_LINES || lines.bytes > MOST_BYTES {
            let Some(oldest) = lines.kept.pop_front() else { break };
            lines.bytes -= oldest.json.len();
            lines.dropped += 1;
        }
        written.unwrap_or(Ok(()))
    }
}

/// A request that is not written yet.
pub(super) struct Entry {
    journal: Arc<Journal>,
    /// The request. Its body is added once it is read.
    pub(super) call: Call,
    /// The status of the response; `None` if there was none.
    pub(super) status: Option<u16>,
}

impl Entry {
    fn line(&self) -> Line {
        let Self { call, status, .. } = self;
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
        let path = hide_key(&call.path);
        let line = json!({
            "time": call.timestamp(),
            "method": call.method,
            "path": path,
            "query": query,
            "headers": {"x-region": call.region, "x-auth-sudo": call.sudo.then_some("1")},
            "auth": auth,
            "body": body,
            "status": status,
        });
        let json = ascii(&line.to_string());
        Line { time: call.now, method: call.method.clone(), path, status: *status, json }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // A full disk must not end the request.
        let _ = self.journal.write(self);
    }
}

const HIDDEN: &str = "**********";

/// JSON with every character that is not ASCII escaped, because some of them control a terminal.
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

/// A copy of a body with secrets hidden: fields with the name of a secret, and all values below `data`. The names of
/// fields are kept.
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
