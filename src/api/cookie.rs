//! The session cookie of a reply.

use reqwest::header::{HeaderMap, SET_COOKIE};

/// The value of the last `Set-Cookie: session=...`, if there is one that is not empty.
pub(super) fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
    let mut sessions = cookies.filter_map(|cookie| cookie.split(';').next()?.trim().strip_prefix("session="));
    sessions.next_back().map(|value| value.trim_matches('"').to_owned()).filter(|value| !value.is_empty())
}
