//! The end of a sign-in: a page on loopback that the browser brings the session token to.
//!
//! The address is fixed by the protocol, so any page in the browser can call it. What is no sign-in
//! gets a page that says so, and is waited past.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::header::{self, HeaderMap};
use hyper::{Method, StatusCode};
use percent_encoding::percent_decode_str;
use tokio::sync::{mpsc, oneshot, watch};

use crate::http::{self, Request, Response, Server};
use crate::secret::Secret;

/// Where the protocol ends a sign-in.
pub(crate) const PORT: u16 = 8400;

/// Somebody came with a token, and waits for a page.
pub(crate) struct Arrival {
    pub(crate) token: Secret,
    page: oneshot::Sender<(StatusCode, String)>,
}

impl Arrival {
    /// Show who is signed in.
    pub(crate) fn welcome(self, who: &str) {
        let who = http::html(who);
        let body = format!(
            "<h1>You are signed in</h1>\n<p>The command line acts as <strong>{who}</strong> from now on. \
             This window can be closed.</p>"
        );
        // Whoever closed the browser needs no page.
        let _ = self.page.send((StatusCode::OK, http::page("Signed in", &body)));
    }

    /// Say why nobody is, and that another try is fine.
    pub(crate) fn turn_away(self, why: &str) {
        let _ = self.page.send((StatusCode::FORBIDDEN, sorry(why)));
    }
}

/// The page, until it is dropped.
pub(crate) struct Callback {
    arrivals: mpsc::Receiver<Arrival>,
    end: watch::Sender<bool>,
    servers: Vec<tokio::task::JoinHandle<io::Result<()>>>,
}

impl Callback {
    /// Listen on loopback, in both families where there are two.
    ///
    /// # Errors
    /// The port is taken.
    pub(crate) async fn open() -> io::Result<Self> {
        let (sender, arrivals) = mpsc::channel(1);
        let (end, ended) = watch::channel(false);
        let first = Server::bind((Ipv4Addr::LOCALHOST, PORT).into())?;
        let mut servers = vec![first];
        match Server::bind((Ipv6Addr::LOCALHOST, PORT).into()) {
            Ok(second) => servers.push(second),
            // Another program would get what is meant for this one.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // No IPv6 here.
            Err(_) => {}
        }
        let serve = |server: Server| {
            let (door, mut ended) = (Door { arrivals: sender.clone(), address: server.address() }, ended.clone());
            tokio::spawn(async move {
                server.run_until(door, async move { _ = ended.wait_for(|ended| *ended).await }).await
            })
        };
        let servers = servers.into_iter().map(serve).collect();
        Ok(Self { arrivals, end, servers })
    }

    /// Wait for somebody with a token.
    pub(crate) async fn arrival(&mut self) -> Arrival {
        match self.arrivals.recv().await {
            Some(arrival) => arrival,
            None => std::future::pending().await,
        }
    }

    /// Close the door once the last page is delivered.
    pub(crate) async fn close(self) {
        let _ = self.end.send(true);
        for server in self.servers {
            let _ = server.await;
        }
    }
}

#[derive(Clone)]
struct Door {
    arrivals: mpsc::Sender<Arrival>,
    address: SocketAddr,
}

impl http::Handler for Door {
    async fn handle(self, request: Request) -> io::Result<Response> {
        let (status, page) = match token(&request, &self.address) {
            Err(refused) => refused,
            Ok(token) => {
                let (page, shown) = oneshot::channel();
                match self.arrivals.send(Arrival { token, page }).await {
                    Ok(()) => shown.await.unwrap_or_else(|_| refused(StatusCode::GONE, "The sign-in has ended.")),
                    Err(_) => refused(StatusCode::GONE, "The sign-in has ended."),
                }
            }
        };
        let mut response = http::respond(status, "text/html; charset=utf-8", page);
        // The address has the token in it: nobody else is to learn it from here.
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            (header::CONNECTION, "close"),
        ] {
            http::set(&mut response, name, value);
        }
        Ok(response)
    }
}

fn refused(status: StatusCode, why: &str) -> (StatusCode, String) {
    (status, sorry(why))
}

fn sorry(why: &str) -> String {
    let body = format!(
        "<h1>This was no sign-in</h1>\n<p>{}</p>\n<p>The command line waits on: go back to its page and try again.</p>",
        http::html(why)
    );
    http::page("No sign-in", &body)
}

/// The token that a request brings, if it is a sign-in: a browser that was sent here by its user.
fn token(request: &Request, address: &SocketAddr) -> Result<Secret, (StatusCode, String)> {
    if !http::host_matches(address, request.headers()) {
        return Err(refused(StatusCode::MISDIRECTED_REQUEST, "This host is not served here."));
    }
    if request.uri().path() != "/" {
        return Err(refused(StatusCode::NOT_FOUND, "There is nothing at this address."));
    }
    if request.method() != Method::GET {
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "A sign-in is a page that is opened."));
    }
    if !is_navigation(request.headers()) {
        return Err(refused(StatusCode::FORBIDDEN, "Another page asked for this one, not you."));
    }
    match tokens(request.uri().query().unwrap_or_default()).as_slice() {
        [] => Err(refused(StatusCode::BAD_REQUEST, "The address has no token.")),
        [token] => Ok(Secret::from(token.as_str())),
        _ => Err(refused(StatusCode::BAD_REQUEST, "The address has more than one token.")),
    }
}

/// Whether a browser opened the address as a page. (The Referer says nothing: a real sign-in carries
/// the identity provider's.)
fn is_navigation(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::ORIGIN)
        && headers.get("sec-fetch-mode").is_none_or(|mode| mode.as_bytes() == b"navigate")
}

/// The values of `token` that could stand in a cookie.
fn tokens(query: &str) -> Vec<String> {
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
    use super::*;

    #[test]
    fn a_token_is_one_that_a_cookie_can_hold() {
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
}
