//! The session cookie of a reply.

use cookie::{Cookie, Expiration};
use reqwest::Url;
use reqwest::header::{HeaderMap, SET_COOKIE};

/// The session token that a reply from `url` sets. The last `Set-Cookie: session=...` takes precedence.
///
/// A cookie for another domain is ignored. An empty, expired or non-ASCII value is not a token.
pub(super) fn session(headers: &HeaderMap, url: &Url) -> Option<String> {
    let cookies = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut sessions = cookies.filter_map(|text| Cookie::parse(text).ok()).filter(|cookie| cookie.name() == "session");
    let session = sessions.rfind(|cookie| is_for(cookie, url))?;
    let token = session.value_trimmed();
    (!token.is_empty() && token.is_ascii() && !is_expired(&session)).then(|| token.to_owned())
}

/// Whether the domain of a cookie includes the host of `url`.
fn is_for(cookie: &Cookie<'_>, url: &Url) -> bool {
    let Some(domain) = cookie.domain() else { return true };
    let (domain, host) = (domain.to_lowercase(), url.host_str().unwrap_or_default());
    let is_name = url.domain().is_some();
    host == domain || is_name && host.strip_suffix(&domain).is_some_and(|subdomain| subdomain.ends_with('.'))
}

/// Whether a cookie is expired, which deletes it. `Max-Age` takes precedence over `Expires`.
fn is_expired(cookie: &Cookie<'_>) -> bool {
    match (cookie.max_age(), cookie.expires()) {
        (Some(age), _) => !age.is_positive(),
        (None, Some(Expiration::DateTime(time))) => time.unix_timestamp() <= jiff::Timestamp::now().as_second(),
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The token that these cookies set in a reply from `https://console.example`.
    fn token(cookies: &[&str]) -> Option<String> {
        let headers = cookies.iter().map(|cookie| (SET_COOKIE, cookie.parse().unwrap()));
        session(&HeaderMap::from_iter(headers), &Url::parse("https://console.example").unwrap())
    }

    #[test]
    fn a_token_is_a_cookie_that_the_client_may_keep() {
        for (cookie, expected) in [
            ("session=new", Some("new")),
            ("session=new; Path=/; HttpOnly; Secure", Some("new")),
            ("session=\"new\"", Some("new")),
            ("session=", None),
            ("session=\"\"", None),
            ("other=new", None),
            ("session=n\u{e9}w", None),
            ("session=new; Max-Age=0", None),
            ("session=new; Max-Age=-1", None),
            ("session=new; Max-Age=60", Some("new")),
            ("session=new; Max-Age=soon", Some("new")),
            ("session=new; Expires=Wed, 21 Oct 2015 07:28:00 GMT", None),
            ("session=new; Expires=Wed, 21-Oct-2015 07:28:00 GMT", None),
            ("session=new; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
            ("session=new; Expires=Fri, 31 Dec 9998 23:59:59 GMT", Some("new")),
            ("session=new; Expires=Wed, 21 Oct 2015 07:28:00 GMT; Max-Age=60", Some("new")),
            ("session=new; Expires=0", Some("new")),
            ("session=new; Domain=console.example", Some("new")),
            ("session=new; Domain=.console.example", Some("new")),
            ("session=new; Domain=Example", Some("new")),
            ("session=new; Domain=evil.example", None),
            ("session=new; Domain=sole.example", None),
            ("session=new; Domain=a.console.example", None),
        ] {
            assert_eq!(token(&[cookie]).as_deref(), expected, "{cookie}");
        }
    }

    #[test]
    fn the_last_cookie_takes_precedence() {
        assert_eq!(token(&["session=a", "session=b"]).as_deref(), Some("b"));
        assert_eq!(token(&["session=a", "session=b; Max-Age=0"]), None);
        assert_eq!(token(&["session=a; Max-Age=0", "session=b"]).as_deref(), Some("b"));
        assert_eq!(token(&["session=a", "session=b; Domain=evil.example"]).as_deref(), Some("a"));
    }

    #[test]
    fn an_ip_address_has_no_subdomains() {
        let headers = HeaderMap::from_iter([(SET_COOKIE, "session=new; Domain=0.0.1".parse().unwrap())]);
        assert_eq!(session(&headers, &Url::parse("https://127.0.0.1").unwrap()), None);
        let headers = HeaderMap::from_iter([(SET_COOKIE, "session=new; Domain=127.0.0.1".parse().unwrap())]);
        assert_eq!(session(&headers, &Url::parse("https://127.0.0.1").unwrap()).as_deref(), Some("new"));
    }
}
