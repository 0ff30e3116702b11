//! Checks what a request to the callback may do: pure functions of its headers and its query.

use hyper::header::{self, HeaderMap};
use percent_encoding::percent_decode_str;

/// Whether a request opens a page in a top-level window. Browsers describe their requests in `Sec-Fetch-*`: frames,
/// objects, scripts and prefetches are refused. The `Referer` is ignored, because a real sign-in has the address of
/// the identity provider in it.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    let is_absent_or = |name: &str, expected: &[u8]| {
        let mut values = headers.get_all(name).iter();
        values.next().is_none_or(|value| value.as_bytes() == expected) && values.next().is_none()
    };
    !headers.contains_key(header::ORIGIN)
        && !headers.contains_key("sec-purpose")
        && !headers.contains_key("purpose")
        && is_absent_or("sec-fetch-mode", b"navigate")
        && is_absent_or("sec-fetch-dest", b"document")
}

/// Whether a browser sent a request. All current browsers send `Sec-Fetch-*`, and the `User-Agent` of every browser
/// begins with `Mozilla/`.
pub(super) fn is_from_browser(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"))
        || headers.get(header::USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
}

/// Whether a form was sent by a page of this server.
pub(super) fn is_same_origin(headers: &HeaderMap, port: u16) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let is_own = |origin: &[u8]| {
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| origin == format!("http://{host}:{port}").as_bytes())
    };
    origins.next().is_some_and(|origin| is_own(origin.as_bytes()))
        && origins.next().is_none()
        && headers.get_all("sec-fetch-site").iter().all(|site| site.as_bytes() == b"same-origin")
}

/// The values of `token` in a query, without those that a cookie can't contain.
pub(super) fn tokens(query: &str) -> Vec<String> {
    query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("token="))
        .map(|value| percent_decode_str(value).decode_utf8_lossy().into_owned())
        .filter(|token| {
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'"'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_token_can_be_sent_in_a_cookie() {
        for (query, expected) in [
            ("token=abc", vec!["abc"]),
            ("x=1&token=a%2Bb", vec!["a+b"]),
            ("token=", vec![]),
            ("", vec![]),
            ("token=a&token=b", vec!["a", "b"]),
            ("token=a%0d%0ab", vec![]),
            ("token=a%3Bb", vec![]),
            ("tokens=a", vec![]),
        ] {
            assert_eq!(tokens(query), expected, "{query}");
        }
    }

    #[test]
    fn only_a_page_in_a_top_level_window_is_a_navigation() {
        const NAVIGATE: (&str, &str) = ("sec-fetch-mode", "navigate");
        for (pairs, expected) in [
            (&[][..], true),
            (&[NAVIGATE], true),
            (&[NAVIGATE, ("sec-fetch-dest", "document")], true),
            (&[NAVIGATE, ("sec-fetch-dest", "document"), ("referer", "https://idp.example/")], true),
            (&[NAVIGATE, ("sec-fetch-dest", "iframe")], false),
            (&[NAVIGATE, ("sec-fetch-dest", "frame")], false),
            (&[NAVIGATE, ("sec-fetch-dest", "object")], false),
            (&[NAVIGATE, ("sec-fetch-dest", "embed")], false),
            (&[NAVIGATE, ("sec-fetch-dest", "document"), ("sec-fetch-dest", "iframe")], false),
            (&[NAVIGATE, ("sec-fetch-dest", "document, iframe")], false),
            (&[("sec-fetch-dest", "image")], false),
            (&[("sec-fetch-mode", "no-cors")], false),
            (&[("sec-fetch-mode", "cors")], false),
            (&[NAVIGATE, NAVIGATE], false),
            (&[NAVIGATE, ("sec-purpose", "prefetch")], false),
            (&[("purpose", "prefetch")], false),
            (&[NAVIGATE, ("origin", "https://evil.example")], false),
            (&[("origin", "null")], false),
        ] {
            assert_eq!(is_navigation(&headers(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_browser_is_recognized() {
        for (pairs, expected) in [
            (&[][..], false),
            (&[("user-agent", "curl/8.5.0")], false),
            (&[("sec-fetch-site", "none")], true),
            (&[("user-agent", "Mozilla/5.0 (Macintosh) Safari/605.1.15")], true),
        ] {
            assert_eq!(is_from_browser(&headers(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_confirmation_comes_from_a_page_of_this_server() {
        const SITE: &str = "sec-fetch-site";
        for (pairs, expected) in [
            (&[][..], false),
            (&[("origin", "http://localhost:8400")], true),
            (&[("origin", "http://localhost:8400"), (SITE, "same-origin")], true),
            (&[("origin", "http://127.0.0.1:8400")], true),
            (&[("origin", "http://localhost:8400"), (SITE, "cross-site")], false),
            (&[("origin", "http://localhost:8400"), (SITE, "same-origin"), (SITE, "cross-site")], false),
            (&[("origin", "http://localhost:8401")], false),
            (&[("origin", "https://localhost:8400")], false),
            (&[("origin", "http://evil.example")], false),
            (&[("origin", "null")], false),
            (&[("origin", "http://localhost:8400"), ("origin", "null")], false),
        ] {
            assert_eq!(is_same_origin(&headers(pairs), 8400), expected, "{pairs:?}");
        }
    }
}
