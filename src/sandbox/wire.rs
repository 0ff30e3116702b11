//! Translates between hyper's requests and responses and those of the cloud.

use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::StatusCode;
use hyper::body::{Body as _, Frame};
use hyper::header::{self, HeaderMap, HeaderName};
use serde_json::json;

use super::call::{Call, RequestBody};
use super::encoding::{decode_query, encode};
use super::response::{Response, ResponseBody};
use crate::http;
use crate::limit::count_values;

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
/// The most values of a body. JSON such as `[[1],[1]]` takes 50 times its size in memory.
const MOST_VALUES: usize = 10_000;
/// How long a truncated response waits before the connection ends.
const FLUSH_PAUSE: Duration = Duration::from_millis(100);

/// Reads the head of a request that arrived at the time `now`.
pub(super) fn parse_head(request: &http::Request, now: jiff::Timestamp) -> Call {
    let (uri, headers) = (request.uri(), request.headers());
    Call {
        method: request.method().as_str().to_owned(),
        path: uri.path().to_owned(),
        query: decode_query(uri.query().unwrap_or_default()),
        token: session_token(headers),
        key: basic_auth(headers),
        sudo: header_text(headers, "x-auth-sudo").is_some_and(|value| value == "1"),
        region: header_text(headers, "x-region").map(str::to_owned),
        body: RequestBody::Empty,
        now,
        entropy: fastrand::u64(..),
        base: format!("http://{}", header_text(headers, "host").unwrap_or_default()),
    }
}

/// Parses the body of a request.
pub(super) fn parse_body(bytes: &[u8]) -> RequestBody {
    if count_values(bytes) > MOST_VALUES {
        return RequestBody::Invalid;
    }
    match serde_json::from_slice(bytes) {
        _ if bytes.is_empty() => RequestBody::Empty,
        Ok(value) => RequestBody::Json(value),
        Err(_) => RequestBody::Invalid,
    }
}

/// A header as text. `None` if it is missing or not visible ASCII.
pub(super) fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

/// The last `session` cookie that is not empty.
fn session_token(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut sessions =
        cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().strip_prefix("session="));
    sessions.next_back().map(str::to_owned).filter(|token| !token.is_empty())
}

/// User and password of HTTP basic auth: an API key and its secret.
fn basic_auth(headers: &HeaderMap) -> Option<(String, String)> {
    let text = header_text(headers, "authorization")?.strip_prefix("Basic ")?;
    let text = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
    let (key, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

/// Turns a response of the cloud into an HTTP response.
pub(super) fn to_http(response: Response) -> http::Response {
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = match response.body {
        ResponseBody::Empty => http::respond(status, "", Bytes::new()),
        ResponseBody::Json(value) => http::respond(status, JSON, value.to_string()),
        ResponseBody::JsonText(text) => http::respond(status, JSON, text),
        ResponseBody::Html(page) => http::respond(status, HTML, page),
    };
    if let Some(location) = response.location {
        http::set(&mut reply, header::LOCATION, &location);
    }
    if let Some(token) = response.renewed_token {
        http::set(&mut reply, header::SET_COOKIE, &format!("session={token}; Path=/; HttpOnly"));
    }
    if let Some(allowed) = response.allow {
        http::set(&mut reply, header::ALLOW, &allowed);
    }
    if response.is_unserved {
        http::set(&mut reply, HeaderName::from_static("x-sandbox-unimplemented"), "1");
    }
    reply
}

/// The response of the fault `status=N`. 429 asks to wait a second, a redirect leads to the login.
pub(super) fn fault_status(status: u16, path: &str) -> http::Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({"message": format!("A fault: {}.", status.as_u16()), "success": false});
    let mut response = http::respond(status, JSON, body.to_string());
    if status == StatusCode::TOO_MANY_REQUESTS {
        http::set(&mut response, header::RETRY_AFTER, "1");
    }
    if status.is_redirection() {
        http::set(&mut response, header::LOCATION, &format!("/?rd={}", encode(path)));
    }
    response
}

/// The response of the fault `html`: a page where JSON is expected.
pub(super) fn fault_html() -> http::Response {
    http::respond(StatusCode::OK, HTML, http::page("Oops", "<h1>Oops</h1>"))
}

/// The response of the fault `truncate`: the connection ends after half of the body.
pub(super) fn truncate(response: http::Response) -> http::Response {
    let (mut head, body) = response.into_parts();
    let declared = head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length: u64 = declared.or(body.size_hint().exact()).unwrap_or_default();
    head.headers.insert(header::CONTENT_LENGTH, length.into());
    let half = body.into_data_stream().scan(length / 2, |rest, data| {
        let part = data.map(|mut data| {
            data.truncate(usize::try_from(*rest).unwrap_or(usize::MAX));
            *rest -= data.len() as u64;
            data
        });
        let is_end = part.as_ref().is_ok_and(Bytes::is_empty);
        std::future::ready((!is_end).then(|| part.map(Frame::data)))
    });
    let end = async {
        // An error discards what is not sent yet. The server sends while the body waits.
        tokio::time::sleep(FLUSH_PAUSE).await;
        Err(std::io::Error::other("the fault `truncate` ends the connection"))
    };
    http::Response::from_parts(head, StreamBody::new(half.chain(stream::once(end))).boxed_unsync())
}
