//! An HTTP request, parsed, and the settings that apply to every request.

use jiff::Timestamp;
use serde_json::Value;

/// The parts of an HTTP request that the cloud uses.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The HTTP method.
    pub(super) method: String,
    /// The path as it was sent, still encoded.
    pub(super) path: String,
    /// The query, decoded, in order.
    pub(super) query: Vec<(String, String)>,
    /// The value of the `session` cookie.
    pub(super) token: Option<String>,
    /// API key and secret, from HTTP basic auth.
    pub(super) key: Option<(String, String)>,
    /// Whether `X-Auth-Sudo: 1` was sent.
    pub(super) sudo: bool,
    /// The header `X-Region`.
    pub(super) region: Option<String>,
    /// The body.
    pub(super) body: RequestBody,
    /// The time of the request: of the real clock on arrival, then of the sandbox's clock once the state is read.
    pub(super) now: Timestamp,
    /// The seed of all random values in the response.
    pub(super) entropy: u64,
    /// The origin that the client used: `http://` and its Host header.
    pub(super) base: String,
}

/// The body of a [`Call`].
#[derive(Clone, Debug)]
pub(super) enum RequestBody {
    /// No body.
    Empty,
    /// A JSON value of any type.
    Json(Value),
    /// Bytes that are not JSON.
    Invalid,
}

impl Call {
    /// The first query parameter of this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The time of the request as the API writes it: UTC with microseconds.
    pub(super) fn timestamp(&self) -> String {
        self.now.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
    }
}

/// Settings of a running sandbox.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The number of computed audit events in the first organization; `None` is the seed's number.
    pub(crate) events: Option<u64>,
    /// The number of users in the first organization at first. Those that the seed lacks are computed.
    pub(crate) users: u64,
    /// The number of audit events on a page.
    pub(crate) page_size: usize,
    /// Refuse fields and parameters that the API does not have.
    pub(crate) strict: bool,
    /// Let the default user act as a superuser.
    pub(crate) admin_is_superuser: bool,
    /// A token of the default user that replaces every other credential. `None` accepts those of the
    /// state, some of which are published.
    pub(crate) private_token: Option<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { events: None, users: 0, page_size: 50, strict: false, admin_is_superuser: false, private_token: None }
    }
}
