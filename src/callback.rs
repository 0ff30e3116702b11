//! The login callback: a server on loopback that receives the session token from the browser.
//!
//! The protocol fixes its address, so any web page can open it with a token of an attacker. So the callback first
//! shows a page with the name of the user, and only the button on that page completes the sign-in. No other site can
//! press the button: the page can't be framed, and its form needs a nonce and the same origin.

mod checks;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;

use http_body_util::{BodyExt as _, Limited};
use hyper::header::{self, HeaderName};
use hyper::{Method, StatusCode};
use tokio::sync::{mpsc, oneshot, watch};

use crate::http::{self, Request, Response, Server};
use crate::secret::Secret;

use checks::{is_from_browser, is_navigation, is_same_origin, tokens};

/// The port that the protocol fixes.
pub(crate) const PORT: u16 = 8400;
/// The path of the form.
const CONFIRM: &str = "/confirm";
/// The largest body of the form, in bytes.
const LARGEST_FORM: usize = 1024;
/// How many visits may wait to be handled.
const QUEUE: usize = 64;

/// A visit that may be a sign-in.
pub(crate) enum Visit {
    /// A token arrived, which is not checked yet.
    Token {
        /// The token.
        token: Secret,
        /// A browser sent it, so the user must confirm it.
        from_browser: bool,
        /// Sends the page that answers the visit.
        page: Page,
    },
    /// The user confirmed a page made by [`Page::ask`].
    Confirmation {
        /// The nonce of that page.
        nonce: String,
        /// Sends the page that answers the confirmation.
        page: Page,
    },
}

/// Sends the page that answers a visit. A browser that closed the connection is ignored.
pub(crate) struct Page(oneshot::Sender<(StatusCode, String)>);

impl Page {
    /// Asks the user whether to sign in as `who`.
    pub(crate) fn ask(self, who: &str, nonce: &str) {
        let (who, nonce) = (http::html(who), http::html(nonce));
        let body = format!(
            "<h1>Sign in as {who}?</h1>\n<p>The command line will act as this user.</p>\n\
             <form method=\"post\" action=\"{CONFIRM}\"><input type=\"hidden\" name=\"nonce\" value=\"{nonce}\">\
             <button>Sign in</button></form>\n\
             <p>If you did not start this sign-in, close this window.</p>"
        );
        let _ = self.0.send((StatusCode::OK, http::page("Sign in?", &body)));
    }

    /// Shows who is signed in.
    pub(crate) fn welcome(self, who: &str) {
        let who = http::html(who);
        let body = format!(
            "<h1>You are signed in</h1>\n<p>The command line acts as <strong>{who}</strong>. \
             You can close this window.</p>"
        );
        let _ = self.0.send((StatusCode::OK, http::page("Signed in", &body)));
    }

    /// Shows why the sign-in was refused.
    pub(crate) fn refuse(self, why: &str) {
        let _ = self.0.send(refused(StatusCode::FORBIDDEN, why));
    }
}

/// A random nonce that no other page can guess.
///
/// # Errors
/// The system has no random numbers.
pub(crate) fn nonce() -> io::Result<String> {
    let mut bytes = [0; 16];
    let random = rustls::crypto::ring::default_provider().secure_random;
    random.fill(&mut bytes).map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// The callback, until it is dropped.
pub(crate) struct Callback {
    visits: mpsc::Receiver<Visit>,
    end: watch::Sender<bool>,
    servers: Vec<tokio::task::JoinHandle<io::Result<()>>>,
}

impl Callback {
    /// Listens on loopback, over IPv4 and IPv6 where there is both.
    ///
    /// # Errors
    /// The port is taken.
    pub(crate) fn open() -> io::Result<Self> {
        let (sender, visits) = mpsc::channel(QUEUE);
        let (end, ended) = watch::channel(false);
        let mut servers = vec![Server::bind((Ipv4Addr::LOCALHOST, PORT).into())?];
        match Server::bind((Ipv6Addr::LOCALHOST, PORT).into()) {
            Ok(server) => servers.push(server),
            // Another program has the port, and the browser could send the token to it.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // This machine has no IPv6.
            Err(_) => {}
        }
        let serve = |server: Server| {
            let handler = CallbackHandler { visits: sender.clone(), address: server.address() };
            let mut ended = ended.clone();
            tokio::spawn(async move {
                let end = pin!(async move { _ = ended.wait_for(|ended| *ended).await });
                server.run_until(handler, end).await
            })
        };
        let servers = servers.into_iter().map(serve).collect();
        Ok(Self { visits, end, servers })
    }

    /// Waits for a visit that may be a sign-in.
    pub(crate) async fn visit(&mut self) -> Visit {
        match self.visits.recv().await {
            Some(visit) => visit,
            // The servers hold a sender for as long as they run.
            None => std::future::pending().await,
        }
    }

    /// Closes the port after the last page is delivered.
    pub(crate) async fn close(self) {
        // Without a receiver, visits that still wait are answered with an error page.
        drop(self.visits);
        let _ = self.end.send(true);
        for server in self.servers {
            let _ = server.await;
        }
    }
}

/// Turns requests into visits.
#[derive(Clone)]
struct CallbackHandler {
    visits: mpsc::Sender<Visit>,
    address: SocketAddr,
}

impl http::Handler for CallbackHandler {
    async fn handle(self, request: Request) -> io::Result<Response> {
        let (status, page) = self.page(request).await.unwrap_or_else(|refused| refused);
        let mut response = http::respond(status, "text/html; charset=utf-8", page);
        // The address contains the token, so it must not leak to another site. No page may frame this one.
        for (name, value) in [
            (header::CACHE_CONTROL, "no-store"),
            // `no-referrer` would make a browser send the form with `Origin: null`.
            (header::REFERRER_POLICY, "same-origin"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
            (header::X_FRAME_OPTIONS, "DENY"),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONNECTION, "close"),
        ] {
            http::set(&mut response, name, value);
        }
        Ok(response)
    }
}

/// A status and a page of HTML.
type Rendered = (StatusCode, String);

impl CallbackHandler {
    /// The page for a request. An error is the page for one that is not a sign-in.
    async fn page(&self, request: Request) -> Result<Rendered, Rendered> {
        let (page, rendered) = oneshot::channel();
        let visit = match request.uri().path() {
            "/" => Visit::Token {
                token: token(&request)?,
                from_browser: is_from_browser(request.headers()),
                page: Page(page),
            },
            CONFIRM => Visit::Confirmation { nonce: self.confirmation(request).await?, page: Page(page) },
            _ => return Err(refused(StatusCode::NOT_FOUND, "There is nothing at this address.")),
        };
        let ended = || refused(StatusCode::GONE, "The sign-in has ended.");
        self.visits.send(visit).await.map_err(|_| ended())?;
        rendered.await.map_err(|_| ended())
    }

    /// The nonce of a confirmed page.
    async fn confirmation(&self, request: Request) -> Result<String, Rendered> {
        if request.method() != Method::POST {
            return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "A sign-in is confirmed with its button."));
        }
        if !is_same_origin(request.headers(), self.address.port()) {
            return Err(refused(StatusCode::FORBIDDEN, "Another page sent this confirmation."));
        }
        let body = Limited::new(request.into_body(), LARGEST_FORM).collect().await;
        let form = body.ok().map(|body| body.to_bytes());
        let nonce = form.as_deref().and_then(|form| std::str::from_utf8(form).ok()?.strip_prefix("nonce="));
        nonce.map(str::to_owned).ok_or_else(|| refused(StatusCode::BAD_REQUEST, "The confirmation is incomplete."))
    }
}

fn refused(status: StatusCode, why: &str) -> Rendered {
    let body = format!(
        "<h1>You are not signed in</h1>\n<p>{}</p>\n<p>The command line still waits. Start the sign-in again from \
         the address that it shows.</p>",
        http::html(why)
    );
    (status, http::page("Not signed in", &body))
}

/// The token of a request that may end a sign-in.
fn token(request: &Request) -> Result<Secret, Rendered> {
    if request.method() != Method::GET {
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "A sign-in is a page that is opened."));
    }
    if !is_navigation(request.headers()) {
        return Err(refused(StatusCode::FORBIDDEN, "Another page requested this address."));
    }
    match tokens(request.uri().query().unwrap_or_default()).as_slice() {
        [] => Err(refused(StatusCode::BAD_REQUEST, "The address has no token.")),
        [token] => Ok(Secret::from(token.as_str())),
        _ => Err(refused(StatusCode::BAD_REQUEST, "The address has more than one token.")),
    }
}
