//! A small HTTP server on loopback: sockets, limits and the check of the Host header.
//!
//! The sandbox and the login callback use it, each with its own [`Handler`].

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::Semaphore;

/// The head of a request, with a body that is still arriving.
pub(crate) type Request = hyper::Request<Incoming>;
/// A response. If its body returns an error, the connection ends.
pub(crate) type Response = hyper::Response<UnsyncBoxBody<Bytes, io::Error>>;

/// How long a client may take to send the head of a request. It also ends idle connections.
const HEAD_LIMIT: Duration = Duration::from_secs(30);
/// How long a client may take to send the next bytes of a body.
#[cfg(feature = "sandbox")]
const STALL_LIMIT: Duration = Duration::from_secs(30);
/// How long a client may take to send a body that is read as a whole.
#[cfg(feature = "sandbox")]
const BODY_LIMIT: Duration = Duration::from_secs(60);
/// How many connections may be open. Further ones wait, so that they cannot use up the file descriptors.
const MOST_CONNECTIONS: usize = 128;
/// How long open responses may take after the server was stopped.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(2);
/// How long to wait after a failed `accept`, for example because no file descriptor is free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// The largest head of a request, in bytes.
const HEAD_SIZE: usize = 128 * 1024;

/// Handles the requests of a server.
pub(crate) trait Handler: Clone + Send + 'static {
    /// Responds to one request. The future is dropped when the client closes the connection. If it did so before, the
    /// future is never polled: what must happen for every request belongs before the future.
    ///
    /// # Errors
    /// An error ends the connection without a response.
    fn handle(self, request: Request) -> impl Future<Output = io::Result<Response>> + Send;

    /// Takes note of a request that is refused because of its Host header.
    fn misdirected(&self, _request: &Request) {}
}

/// A socket that listens. Connections wait in its queue until the server runs.
pub(crate) struct Server {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on `address`; port 0 picks a free port.
    ///
    /// # Errors
    /// The address cannot be bound. The error names it.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot listen on {address}: {error}")))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// The address it listens on, with the real port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Responds to requests until `end` resolves, then lets open responses finish. A connection that
    /// breaks affects no other.
    ///
    /// # Errors
    /// The runtime does not take the socket.
    pub(crate) async fn run_until(self, handler: impl Handler, end: impl Future<Output = ()>) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let open = GracefulShutdown::new();
        let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut end = pin!(end);
        loop {
            let accept = async {
                let permit = Arc::clone(&free).acquire_owned().await;
                (listener.accept().await, permit)
            };
            let (accepted, permit) = tokio::select! {
                accepted = accept => accepted,
                () = &mut end => break,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            // Nagle's algorithm would delay small responses. An error of this option can be ignored.
            let _ = stream.set_nodelay(true);
            let (handler, address) = (handler.clone(), self.address);
            let service = service_fn(move |request: Request| {
                let handled = match host_matches(&address, request.headers()) {
                    true => Ok(handler.clone().handle(request)),
                    false => {
                        handler.misdirected(&request);
                        let status = StatusCode::MISDIRECTED_REQUEST;
                        Err(respond(status, "text/plain", "This host is not served here.\n"))
                    }
                };
                async move {
                    match handled {
                        Ok(response) => response.await,
                        Err(misdirected) => Ok(misdirected),
                    }
                }
            });
            let mut connection = hyper::server::conn::http1::Builder::new();
            connection.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).max_buf_size(HEAD_SIZE);
            let served = open.watch(connection.serve_connection(TokioIo::new(stream), service));
            tokio::spawn(async move {
                // Ignore connection errors: the client is gone.
                let _ = served.await;
                drop(permit);
            });
        }
        let _ = tokio::time::timeout(SHUTDOWN_LIMIT, open.shutdown()).await;
        Ok(())
    }
}

/// Whether the Host header names this server. The check prevents DNS rebinding: a web page whose host name resolves to
/// loopback. A server that does not listen on loopback accepts any name.
pub(crate) fn host_matches(address: &SocketAddr, headers: &HeaderMap) -> bool {
    if !address.ip().is_loopback() {
        return true;
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else { return false };
    let port = address.port();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "[::1]".to_owned(), address.ip().to_string()];
    names.iter().any(|name| {
        host.strip_prefix(name.as_str())
            .is_some_and(|rest| rest == format!(":{port}") || (rest.is_empty() && port == 80))
    })
}

/// A response with a whole body. An empty `content_type` sets no header.
pub(crate) fn respond(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response {
    let body = Full::new(body.into()).map_err(|never: Infallible| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if !content_type.is_empty() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

/// Adds a header. A value that is not valid in a header is left out.
pub(crate) fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(name, value);
    }
}

/// Reads the whole body of a request; `None` if it has more than `limit` bytes.
///
/// # Errors
/// The connection broke or stalled, or the body took too long.
#[cfg(feature = "sandbox")]
pub(crate) async fn body(mut body: Incoming, limit: usize) -> io::Result<Option<Bytes>> {
    let read = async {
        let mut whole = bytes::BytesMut::new();
        while let Some(data) = next_bytes(&mut body).await? {
            if whole.len() + data.len() > limit {
                return Ok(None);
            }
            whole.extend_from_slice(&data);
        }
        Ok(Some(whole.freeze()))
    };
    tokio::time::timeout(BODY_LIMIT, read).await?
}

/// Waits for the next bytes of a body; `None` at its end.
///
/// # Errors
/// The connection broke or stalled.
#[cfg(feature = "sandbox")]
pub(crate) async fn next_bytes(body: &mut Incoming) -> io::Result<Option<Bytes>> {
    loop {
        let Some(frame) = tokio::time::timeout(STALL_LIMIT, body.frame()).await? else { return Ok(None) };
        // Trailers are ignored.
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            return Ok(Some(data));
        }
    }
}

/// An HTML page. `title` is plain text, `body` is HTML.
pub(crate) fn page(title: &str, body: &str) -> String {
    let title = html(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1.25rem}}\
         h1{{font-size:1.6rem;line-height:1.2}}ul{{list-style:none;padding:0}}li a{{display:block;padding:.7rem 1rem;\
         margin:.5rem 0;border:1px solid #8886;border-radius:.5rem;text-decoration:none;color:inherit}}\
         li a:hover,li a:focus{{border-color:#09c}}small,p{{opacity:.8}}code{{font-size:.95em}}</style>\n\
         <main>\n{body}\n</main>\n</html>\n"
    )
}

/// Escapes text for HTML.
pub(crate) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

// The tests use functions that only the sandbox needs.
#[cfg(all(test, feature = "sandbox"))]
mod tests;
