//! A scripted HTTP server that records its requests.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex};

use super::https::Identity;
use super::transcript::LIMIT;

/// How the server answers one request. `ENDPOINT` in the bytes stands for the server's own address.
#[derive(Clone)]
pub(crate) enum Response {
    /// Send these bytes.
    Bytes(Vec<u8>),
    /// Send these bytes, then close the connection.
    BytesAndClose(Vec<u8>),
    /// Close the connection without an answer.
    Close,
    /// Send these bytes after the head of the request, and never read its body.
    Early(Vec<u8>),
    /// Send these bytes, then nothing more, and keep the connection open. The body is not read.
    BytesAndStall(Vec<u8>),
    /// Never answer, and keep the connection open. The body is not read.
    Stall,
}

/// A response with a JSON body.
pub(crate) fn json(status: u16, body: &str) -> Response {
    reply(status, &["Content-Type: application/json"], body)
}

/// A response with these header lines and this body.
pub(crate) fn reply(status: u16, headers: &[&str], body: &str) -> Response {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    };
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n");
    for header in headers {
        write!(text, "{header}\r\n").unwrap();
    }
    if status != 204 {
        write!(text, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    Response::Bytes(format!("{text}\r\n{body}").into_bytes())
}

/// One request, as the server received it.
#[derive(Clone)]
pub(crate) struct ReceivedRequest {
    /// The method and the target, such as `GET /api/v2/organizations/`.
    pub(crate) line: String,
    /// The names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl ReceivedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A server on a free port of 127.0.0.1.
///
/// When it is dropped, the test fails unless the script was used up and was long enough.
pub(crate) struct Server {
    port: u16,
    /// The certificate of its authority, if it uses HTTPS.
    certificate: Option<String>,
    state: Arc<Shared>,
}

/// The state that the server shares with the threads of its connections.
struct Shared {
    state: Mutex<State>,
    /// Notified at each request.
    changed: Condvar,
}

struct State {
    script: Script,
    requests: Vec<ReceivedRequest>,
    /// The requests after the end of the script.
    unexpected: Vec<String>,
}

/// Answers any request. It has a separate lock, so that it may wait for the test.
type Handler = Arc<Mutex<dyn FnMut(&ReceivedRequest) -> Response + Send>>;

enum Script {
    /// One response for each request, in order.
    List(VecDeque<Response>),
    /// Any number of requests.
    Handler(Handler),
}

impl Server {
    /// Answers each request with the next response of the script.
    pub(crate) fn new(script: impl IntoIterator<Item = Response>) -> Self {
        Self::start(Script::List(script.into_iter().collect()), None)
    }

    /// As [`Server::new`], over TLS. `Croud::on` trusts its certificate.
    pub(crate) fn https(script: impl IntoIterator<Item = Response>) -> Self {
        Self::start(Script::List(script.into_iter().collect()), Some(Identity::new(4000)))
    }

    /// As [`Server::https`], with a certificate that expired on the first of January 2020.
    pub(crate) fn expired(script: impl IntoIterator<Item = Response>) -> Self {
        Self::start(Script::List(script.into_iter().collect()), Some(Identity::new(2020)))
    }

    /// Answers any number of requests with what `handler` returns. It is called before the body is read.
    pub(crate) fn answering(handler: impl FnMut(&ReceivedRequest) -> Response + Send + 'static) -> Self {
        Self::start(Script::Handler(Arc::new(Mutex::new(handler))), None)
    }

    fn start(script: Script, identity: Option<Identity>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let certificate = identity.as_ref().map(|identity| identity.authority.clone());
        let state = State { script, requests: Vec::new(), unexpected: Vec::new() };
        let state = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let endpoint = format!("{}://127.0.0.1:{port}", if identity.is_some() { "https" } else { "http" });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, endpoint) = (Arc::clone(&shared), endpoint.clone());
                let config = identity.as_ref().map(|identity| Arc::clone(&identity.config));
                std::thread::spawn(move || match config {
                    None => serve(stream, &shared, &endpoint),
                    Some(config) => {
                        let connection = rustls::ServerConnection::new(config).unwrap();
                        serve(rustls::StreamOwned::new(connection, stream), &shared, &endpoint);
                    }
                });
            }
        });
        Self { port, certificate, state }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.certificate.is_some() { "https" } else { "http" }, self.port)
    }

    /// The certificate of its authority as PEM, if it uses HTTPS.
    pub(crate) fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<ReceivedRequest> {
        self.state.state.lock().unwrap().requests.clone()
    }

    /// Waits until the server has received `count` requests. Fails the test if they do not arrive.
    pub(crate) fn wait_for(&self, count: usize) {
        let state = self.state.state.lock().unwrap();
        let is_waiting = |state: &mut State| state.requests.len() < count;
        let (state, timeout) = self.state.changed.wait_timeout_while(state, LIMIT, is_waiting).unwrap();
        let received = state.requests.len();
        drop(state);
        assert!(!timeout.timed_out(), "{received} of {count} requests came within {LIMIT:?}");
    }

    /// The requests so far, one a line: method, target, the headers that identify the caller, the body.
    pub(crate) fn wire(&self) -> String {
        let mut wire = String::new();
        for request in self.requests() {
            write!(wire, "{}", request.line).unwrap();
            for name in ["cookie", "authorization", "x-region", "x-auth-sudo"] {
                if let Some(value) = request.header(name) {
                    write!(wire, " {name}: {value}").unwrap();
                }
            }
            if !request.body.is_empty() {
                write!(wire, " {}", String::from_utf8_lossy(&request.body)).unwrap();
            }
            wire.push('\n');
        }
        wire
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let (left, unexpected) = {
            let state = self.state.state.lock().unwrap();
            let left = match &state.script {
                Script::List(responses) => responses.len(),
                Script::Handler(_) => 0,
            };
            (left, state.unexpected.clone())
        };
        assert!(unexpected.is_empty(), "requests that the script does not expect: {unexpected:?}");
        assert!(left == 0, "{left} responses of the script were not asked for");
    }
}

impl Shared {
    /// The response to a request whose head was read.
    fn response(&self, request: &ReceivedRequest) -> Response {
        let mut state = self.state.lock().unwrap();
        match &mut state.script {
            Script::Handler(handler) => {
                let handler = Arc::clone(handler);
                drop(state);
                (handler.lock().unwrap())(request)
            }
            Script::List(responses) => responses.pop_front().unwrap_or_else(|| {
                state.unexpected.push(request.line.clone());
                json(500, r#"{"message": "The script has ended."}"#)
            }),
        }
    }

    fn record(&self, request: ReceivedRequest) {
        self.state.lock().unwrap().requests.push(request);
        self.changed.notify_all();
    }
}

/// Serves one connection.
fn serve(stream: impl Read + Write, shared: &Shared, endpoint: &str) {
    let mut reader = BufReader::new(stream);
    while let Some(mut request) = read_head(&mut reader) {
        let response = shared.response(&request);
        match response {
            Response::Stall => {
                shared.record(request);
                stall();
            }
            Response::BytesAndStall(bytes) => {
                // The client may have closed the connection.
                let _ = send(&mut reader, bytes, endpoint);
                shared.record(request);
                stall();
            }
            Response::Early(bytes) => {
                shared.record(request);
                send(&mut reader, bytes, endpoint).unwrap();
                // The client may close the connection or continue to send. In both cases this connection ends.
                let _ = reader.get_mut().read(&mut [0; 1024]);
                return;
            }
            Response::Bytes(bytes) => {
                if read_body(&mut reader, &mut request).is_none() {
                    return;
                }
                shared.record(request);
                if send(&mut reader, bytes, endpoint).is_err() {
                    return;
                }
            }
            Response::BytesAndClose(bytes) => {
                if read_body(&mut reader, &mut request).is_some() {
                    shared.record(request);
                    let _ = send(&mut reader, bytes, endpoint);
                }
                return;
            }
            Response::Close => {
                if read_body(&mut reader, &mut request).is_some() {
                    shared.record(request);
                }
                return;
            }
        }
    }
}

/// Keeps a connection open until the test's process ends.
fn stall() -> ! {
    loop {
        std::thread::park();
    }
}

fn send(reader: &mut BufReader<impl Read + Write>, bytes: Vec<u8>, endpoint: &str) -> std::io::Result<()> {
    let stream = reader.get_mut();
    stream.write_all(&with_endpoint(bytes, endpoint))?;
    stream.flush()
}

/// Puts the server's own address in place of `ENDPOINT`, and corrects the `Content-Length` of the body.
fn with_endpoint(bytes: Vec<u8>, endpoint: &str) -> Vec<u8> {
    let Ok(text) = String::from_utf8(bytes.clone()) else { return bytes };
    let Some((head, body)) = text.split_once("\r\n\r\n").filter(|_| text.contains("ENDPOINT")) else { return bytes };
    let (before, body) = (body.len(), body.replace("ENDPOINT", endpoint));
    let head = head
        .replace("ENDPOINT", endpoint)
        .replace(&format!("Content-Length: {before}"), &format!("Content-Length: {}", body.len()));
    format!("{head}\r\n\r\n{body}").into_bytes()
}

fn read_head(reader: &mut BufReader<impl Read>) -> Option<ReceivedRequest> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let line = first.trim_end().strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    Some(ReceivedRequest { line, headers, body: Vec::new() })
}

fn read_body(reader: &mut BufReader<impl Read>, request: &mut ReceivedRequest) -> Option<()> {
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body).ok()
}
