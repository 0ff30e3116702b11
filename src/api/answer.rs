//! The reply of the server: status, headers and body.

use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Page, client};
use crate::error::Failure;
use crate::limit::{ByteLimit, TooLarge};
use crate::output::raw;

/// The largest reply that is read, in decoded bytes. A page of events has 30 kB, and the list of all users of a large
/// organization 1 MB.
pub(super) const LARGEST_REPLY: u64 = 16 << 20;

/// A reply, read to its end.
pub(super) struct ServerReply {
    status: StatusCode,
    /// The reason phrase of the status.
    reason: String,
    headers: HeaderMap,
    body: Vec<u8>,
    /// Counts the body against the shared limit until the reply is dropped.
    _limit: ByteLimit,
}

/// The data of a reply: the text of a JSON object or list, as the server sent it.
///
/// A [`Value`] can take a hundred times the memory of its text, so it is made only where a command reads the data.
pub(crate) struct Json(String);

impl Json {
    /// Takes the text of a reply.
    ///
    /// # Errors
    /// The text is not JSON, or it is nested too deeply.
    pub(crate) fn parse(text: &[u8]) -> serde_json::Result<Self> {
        let text = serde_json::from_slice::<&RawValue>(text)?.get();
        raw::check_nesting(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The text, which is valid JSON.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Whether it is an object or a list without contents.
    pub(crate) fn is_empty(&self) -> bool {
        raw::is_empty(&self.0)
    }

    /// The text of a member of the object. None, if it has no such member or is a list.
    pub(crate) fn member(&self, key: &str) -> Option<&str> {
        raw::member(&self.0, key)
    }

    /// The data as a value. A lone surrogate in a string becomes U+FFFD.
    ///
    /// # Errors
    /// There are more values than the memory should hold.
    pub(crate) fn value(&self) -> Result<Value, Failure> {
        raw::read(&self.0).map_err(|error| Failure::failed(format!("The reply is unusable: {error}.")))
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value.to_string())
    }
}

/// The data of a reply as a value; null, if it has none.
///
/// # Errors
/// Those of [`Json::value`].
pub(crate) fn value(reply: Option<Json>) -> Result<Value, Failure> {
    reply.map_or(Ok(Value::Null), |data| data.value())
}

/// Why there is no complete reply.
pub(super) enum NoReply {
    /// The connection could not be made, or it broke.
    Broken(reqwest::Error),
    /// The reply is larger than [`LARGEST_REPLY`].
    TooLarge(TooLarge),
}

impl ServerReply {
    /// Reads the body of a response. `limit` is shared by all replies that are in memory at the same time.
    ///
    /// # Errors
    /// The connection broke, or the reply is too large.
    pub(super) async fn read(mut response: Response, mut limit: ByteLimit) -> Result<Self, NoReply> {
        let (status, reason) = (response.status(), reason(&response));
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(bytes) = response.chunk().await? {
            limit.add(bytes.len()).map_err(NoReply::TooLarge)?;
            body.extend_from_slice(&bytes);
        }
        Ok(Self { status, reason, headers, body, _limit: limit })
    }

    /// The status.
    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body, decoded.
    pub(super) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The wait before a retry that the server asks for, in seconds or as a date.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers)
    }

    /// The status with its reason, such as `404 - Not Found`.
    pub(super) fn status_line(&self) -> String {
        format!("{} - {}", self.status.as_u16(), self.reason)
    }

    /// The `Location` of a redirect.
    pub(super) fn location(&self) -> Option<String> {
        let location = self.headers.get(LOCATION).filter(|_| self.status.is_redirection())?;
        Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
    }

    /// The rows of the reply, if it is a list.
    pub(super) fn page(&self) -> Option<Page> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl From<reqwest::Error> for NoReply {
    fn from(error: reqwest::Error) -> Self {
        Self::Broken(error)
    }
}

impl NoReply {
    /// Whether the request was not sent.
    pub(super) fn is_unsent(&self) -> bool {
        matches!(self, Self::Broken(error) if error.is_connect())
    }

    /// Whether another try may have another result.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Broken(_))
    }

    /// The cause in a few words.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Broken(error) => client::cause(error),
            Self::TooLarge(error) => error.to_string(),
        }
    }
}

/// The reason phrase that the server sent, or else the standard one for the status.
pub(super) fn reason(response: &Response) -> String {
    match response.extensions().get::<hyper::ext::ReasonPhrase>().filter(|reason| !reason.as_bytes().is_empty()) {
        Some(reason) => String::from_utf8_lossy(reason.as_bytes()).into_owned(),
        // The server sent none, or hyper dropped it because it is not ASCII.
        None => response.status().canonical_reason().unwrap_or("Unknown").to_owned(),
    }
}

/// The wait that the server asks for, in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_date() {
        assert_eq!(retry_after(&HeaderMap::new()), None);
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("soon")), None);
        assert_eq!(retry_after(&headers("Wed, 21 Oct 2015 07:28:00 GMT")), Some(Duration::ZERO));
        assert!(retry_after(&headers("Thu, 31 Dec 9998 23:59:59 GMT")).unwrap() > Duration::from_secs(1_000_000));
    }

    proptest! {
        #[test]
        fn the_text_of_valid_json_has_the_value_that_serde_json_reads(text in r#"[\[\]{}",:0-9a-z\\u \t\n.+-]{0,12}|\[[0-9, ]{0,8}\]|\{("[ab]":[0-9],?){0,2}\}"#) {
            let value = serde_json::from_str::<Value>(&text);
            let data = Json::parse(text.as_bytes());
            prop_assert!(data.is_ok() || value.is_err(), "{}", text);
            if let (Ok(data), Ok(value)) = (data, value) {
                let is_empty = matches!(&value, Value::Array(rows) if rows.is_empty())
                    || matches!(&value, Value::Object(members) if members.is_empty());
                prop_assert_eq!(data.is_empty(), is_empty, "{}", text);
                prop_assert_eq!(data.value().unwrap(), value);
            }
        }

        #[test]
        fn any_bytes_are_data_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(Json::parse(&bytes).is_ok(), serde_json::from_slice::<&RawValue>(&bytes).is_ok());
        }
    }
}
