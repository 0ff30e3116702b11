//! The embedded cloud: the organizations part of the API, on loopback, offline.
//!
//! It shares nothing with the client, so that a misreading of the API can't hide on both sides. Its
//! heart ([`cloud::answer`]) is a pure function; this file is the shell around it: sockets, the bytes
//! of files, faults, the journal.

mod account;
mod cloud;
mod credits;
mod faults;
mod files;
mod journal;
mod members;
mod organizations;
mod routes;
mod secrets;
mod seed;
mod state;
mod storage;

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

pub(crate) use cloud::Rules;
pub(crate) use faults::{Rule, parse as parse_fault};
pub(crate) use storage::private;

use crate::http::{self, Request, Response, Server};
use cloud::{Body, Call, Payload};
use faults::{Fault, Faults};
use journal::Journal;
use storage::Store;

/// The largest body of a request to the API, in bytes.
const LARGEST_BODY: usize = 1 << 20;
/// The most that one PUT may bring, in bytes.
const LARGEST_FILE: u64 = 5 << 30;
/// How much later a slow answer comes.
const SLOWNESS: Duration = Duration::from_millis(500);
/// How much of a file is read at once, in bytes.
const CHUNK: usize = 128 * 1024;

/// How a cloud is to be served.
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    /// Where its state is kept; nowhere if not said.
    pub(crate) state: Option<PathBuf>,
    pub(crate) rules: Rules,
    pub(crate) faults: Vec<Vec<Rule>>,
    pub(crate) journal: Option<PathBuf>,
}

/// A cloud that listens.
pub(crate) struct Sandbox {
    server: Server,
    shell: Shell,
    /// What became of a state that could not be read.
    pub(crate) warning: Option<String>,
    /// Nobody else serves the folder while it lives.
    _serving: Option<File>,
}

/// Listen. Requests are answered once it runs.
///
/// # Errors
/// The address is taken, the folder is served already, a file can't be opened.
pub(crate) async fn open(options: Options) -> io::Result<Sandbox> {
    let (store, warning, serving) = match &options.state {
        None => (Store::memory()?, None, None),
        Some(path) => {
            let (store, warning) = Store::folder(path)?;
            let serving = storage::lock_for_serving(path)?.ok_or_else(|| {
                io::Error::new(io::ErrorKind::ResourceBusy, format!("`{}` is served already", path.display()))
            })?;
            (store, warning, Some(serving))
        }
    };
    let journal = options.journal.as_deref().map(Journal::open).transpose()?;
    let server = Server::bind(options.listen).await?;
    let shell = Shell::new(store, options.rules, Faults::new(options.faults), journal);
    Ok(Sandbox { server, shell, warning, _serving: serving })
}

impl Sandbox {
    /// Where it is, as a client says it.
    pub(crate) fn endpoint(&self) -> String {
        let address = self.server.address();
        // Whoever listens everywhere is reached on loopback, too.
        let ip = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
        format!("http://{}", SocketAddr::new(ip, address.port()))
    }

    /// Where it is, and who can sign in with what.
    pub(crate) fn ready(&self) -> io::Result<Value> {
        let endpoint = self.endpoint();
        self.shell.0.store.look(|state| {
            let users: Vec<Value> = state
                .users
                .iter()
                .map(|user| {
                    let token =
                        state.sessions.iter().find(|(_, session)| session.uid == user.uid && session.since.is_none());
                    let key = user.api_keys.first();
                    json!({
                        "name": user.name,
                        "email": user.email,
                        "uid": user.uid,
                        "token": token.map(|(token, _)| token),
                        "key": key.map(|key| &key.key),
                        "secret": key.map(|key| &key.secret),
                    })
                })
                .collect();
            let organizations: Vec<Value> =
                state.organizations.iter().map(|known| json!({"id": known.id, "name": known.name})).collect();
            json!({"endpoint": endpoint, "users": users, "organizations": organizations})
        })
    }

    /// Answer requests until it is dropped.
    pub(crate) async fn run(self) -> Infallible {
        self.server.run(self.shell).await
    }
}

/// The cloud of the built-in profile, in this process.
pub(crate) struct InProcess {
    pub(crate) endpoint: String,
    /// The seeded admin's.
    pub(crate) token: String,
    /// The admin's first organization.
    pub(crate) organization_id: Option<String>,
    pub(crate) warning: Option<String>,
}

/// Start the cloud of the built-in profile, whose state is kept in `path`, until the runtime ends.
pub(crate) async fn in_process(path: &Path) -> io::Result<InProcess> {
    let (store, warning) = Store::folder(path)?;
    let rules = Rules { admin_is_superuser: true, ..Rules::default() };
    let shell = Shell::new(store, rules, Faults::default(), None);
    let (token, organization_id) = shell.0.store.look(|state| {
        let token = state.sessions.iter().find(|(_, session)| session.uid == seed::ADMIN && session.since.is_none());
        let organization = state.organizations.iter().find(|organization| organization.role(seed::ADMIN).is_some());
        (token.map(|(token, _)| token.clone()), organization.map(|organization| organization.id.clone()))
    })?;
    let token = token.ok_or_else(|| io::Error::other("the sandbox's admin is gone: run `croud sandbox reset`"))?;
    let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
    let endpoint = format!("http://{}", server.address());
    tokio::spawn(server.run(shell));
    Ok(InProcess { endpoint, token, organization_id, warning })
}

/// Put the state in `path` back to the seed; the first organization gets `organization_id`, if one is
/// given.
pub(crate) fn reset(path: &Path, organization_id: Option<&str>) -> io::Result<()> {
    storage::reset(path, organization_id.unwrap_or(seed::ORGANIZATION_ID))
}

/// Every endpoint, and from where it is known.
pub(crate) fn coverage() -> Value {
    routes::coverage()
}

/// What answers requests.
#[derive(Clone)]
struct Shell(Arc<Inner>);

struct Inner {
    store: Store,
    rules: Rules,
    faults: Mutex<Faults>,
    journal: Option<Journal>,
}

impl http::Answer for Shell {
    async fn answer(self, request: Request) -> io::Result<Response> {
        let call = call(&request);
        let region = text_of(request.headers(), "x-region").map(str::to_owned);
        let fault = {
            let mut faults = self.0.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            faults.strike(&call.method, &call.path)
        };
        let mut seen = call.clone();
        let done = self.struck(request, call, fault, &mut seen).await;
        if let Some(journal) = &self.0.journal {
            let status = done.as_ref().ok().map(|response| response.status().as_u16());
            journal.write(&seen, region.as_deref(), status)?;
        }
        done
    }
}

impl Shell {
    fn new(store: Store, rules: Rules, faults: Faults, journal: Option<Journal>) -> Self {
        Self(Arc::new(Inner { store, rules, faults: Mutex::new(faults), journal }))
    }

    /// Answer, unless something goes wrong on purpose. `seen` learns the body, for the journal.
    async fn struck(
        &self,
        request: Request,
        call: Call,
        fault: Option<Fault>,
        seen: &mut Call,
    ) -> io::Result<Response> {
        let died = || Err(io::Error::other("the connection dies on purpose"));
        match fault {
            None => self.done(request, call, seen).await,
            Some(Fault::Status(status)) => {
                let message = json!({"message": format!("A fault: {status}."), "success": false});
                let status = StatusCode::from_u16(status).map_err(io::Error::other)?;
                let mut response = http::respond(status, JSON, message.to_string());
                if status == StatusCode::TOO_MANY_REQUESTS {
                    http::set(&mut response, header::RETRY_AFTER, "1");
                }
                Ok(response)
            }
            Some(Fault::Html) => Ok(http::respond(StatusCode::OK, HTML, http::page("Oops", "<h1>Oops</h1>"))),
            Some(Fault::Truncate) => truncate(self.done(request, call, seen).await?).await,
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::Slow) => {
                tokio::time::sleep(SLOWNESS).await;
                self.done(request, call, seen).await
            }
            Some(Fault::DropBefore) => died(),
            Some(Fault::DropAfter) => {
                self.done(request, call, seen).await?;
                died()
            }
            Some(Fault::Expire) => {
                if let Some(token) = &call.token {
                    self.0.store.change(|state| {
                        let is_over = state.sessions.get(token).is_some_and(|session| session.since.is_some());
                        if is_over {
                            state.sessions.remove(token);
                        }
                        ((), is_over)
                    })?;
                }
                self.done(request, Call { token: None, key: None, ..call }, seen).await
            }
        }
    }

    async fn done(&self, request: Request, mut call: Call, seen: &mut Call) -> io::Result<Response> {
        let path = call.path.clone();
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method(), segments.as_slice()) {
            (&Method::PUT, ["", "upload", organization_id, file_id]) => {
                return self.upload(request, &call, organization_id, file_id).await;
            }
            (&Method::GET, ["", "download", organization_id, file_id]) => {
                return self.download(&call, organization_id, file_id);
            }
            _ => {}
        }
        let Some(body) = http::body(request.into_body(), LARGEST_BODY).await? else {
            let refused = cloud::refuse(413, "Request body is too large.");
            return Ok(respond(*refused));
        };
        call.body = match serde_json::from_slice(&body) {
            _ if body.is_empty() => Body::None,
            Ok(value) => Body::Json(value),
            Err(_) => Body::Broken,
        };
        seen.body = call.body.clone();
        let shell = self.clone();
        let answered = match self.0.store.is_folder() {
            // Others may hold the folder's lock for a while.
            true => tokio::task::spawn_blocking(move || shell.answer_call(&call)).await.map_err(io::Error::other)?,
            false => shell.answer_call(&call),
        };
        Ok(respond(
            answered.unwrap_or_else(|error| {
                *cloud::refuse(500, &format!("The sandbox's state could not be kept: {error}"))
            }),
        ))
    }

    fn answer_call(&self, call: &Call) -> io::Result<cloud::Answer> {
        let store = &self.0.store;
        // Most calls only read, and need no lock for it.
        if call.method == "GET" {
            let answer = store.look(|state| cloud::answer(state, &self.0.rules, call))?;
            if !answer.changed || !store.is_folder() {
                return Ok(answer);
            }
        }
        let answer = store.change(|state| {
            let answer = cloud::answer(state, &self.0.rules, call);
            let changed = answer.changed;
            (answer, changed)
        })?;
        for id in &answer.gone {
            // A file that was never sent has no bytes.
            let _ = std::fs::remove_file(self.0.store.files().join(id));
        }
        Ok(answer)
    }

    /// Take the bytes of a file at its pre-signed address, as S3 does: without credentials, with a length.
    async fn upload(&self, request: Request, call: &Call, organization: &str, id: &str) -> io::Result<Response> {
        let refuse = |status: StatusCode, code: &str| {
            Ok(http::respond(status, "application/xml", format!("<Error><Code>{code}</Code></Error>\n")))
        };
        let headers = request.headers();
        if headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE) {
            return refuse(StatusCode::BAD_REQUEST, "InvalidArgument");
        }
        let Some(length) = text_of(headers, "content-length").and_then(|length| length.parse::<u64>().ok()) else {
            return refuse(StatusCode::LENGTH_REQUIRED, "MissingContentLength");
        };
        if length > LARGEST_FILE {
            return refuse(StatusCode::BAD_REQUEST, "EntityTooLarge");
        }
        let signature = parameter(call, "signature");
        let status =
            self.0.store.look(|state| files::signed(state, organization, id, signature).map(|file| file.status()))?;
        if status != Some("PENDING") {
            return refuse(StatusCode::FORBIDDEN, "AccessDenied");
        }
        let (path, part) = (self.0.store.files().join(id), self.0.store.files().join(format!("{id}.part")));
        let file = File::options().create(true).truncate(false).write(true).open(&part)?;
        if file.try_lock().is_err() {
            return refuse(StatusCode::CONFLICT, "OperationAborted");
        }
        let received = receive(request, file).await;
        if !received.as_ref().is_ok_and(|count| *count == length) {
            let _ = std::fs::remove_file(&part);
            return refuse(StatusCode::BAD_REQUEST, "IncompleteBody");
        }
        std::fs::rename(&part, &path)?;
        let now = call.now.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
        let is_kept = self.0.store.change(|state| match files::signed(state, organization, id, signature) {
            Some(file) => {
                file.file_size = Some(length);
                file.dc.modified = now;
                (true, true)
            }
            None => (false, false),
        })?;
        if !is_kept {
            let _ = std::fs::remove_file(&path);
            return refuse(StatusCode::NOT_FOUND, "NoSuchKey");
        }
        Ok(http::respond(StatusCode::OK, "", Bytes::new()))
    }

    /// Give the bytes of a file away to whoever has its address.
    fn download(&self, call: &Call, organization: &str, id: &str) -> io::Result<Response> {
        let signature = parameter(call, "signature");
        let size = self.0.store.look(|state| files::signed(state, organization, id, signature)?.file_size)?;
        let not_there =
            || Ok(http::respond(StatusCode::NOT_FOUND, "application/xml", "<Error><Code>NoSuchKey</Code></Error>\n"));
        let Some(size) = size else { return not_there() };
        let source: Box<dyn io::Read + Send> = match File::open(self.0.store.files().join(id)) {
            Ok(file) => Box::new(file),
            // The seed's own files are made of lines.
            Err(_) if signature == id.replace('-', "") => Box::new(io::Read::take(Lines, size)),
            Err(_) => return not_there(),
        };
        let chunks = chunks_of(source);
        let mut response = hyper::Response::new(StreamBody::new(chunks).boxed_unsync());
        http::set(&mut response, header::CONTENT_LENGTH, &size.to_string());
        http::set(&mut response, header::CONTENT_TYPE, "application/octet-stream");
        Ok(response)
    }
}

/// The content of a seeded file.
struct Lines;

impl io::Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const LINE: &[u8] = b"sandbox\n";
        for part in buffer.chunks_mut(LINE.len()) {
            part.copy_from_slice(&LINE[..part.len()]);
        }
        // Whole lines, so that the next read begins with one.
        let whole = buffer.len() / LINE.len() * LINE.len();
        Ok(if whole == 0 { buffer.len() } else { whole })
    }
}

/// A file's bytes as they are asked for. Reading blocks for as long as the disk takes for one chunk.
fn chunks_of(mut source: Box<dyn io::Read + Send>) -> impl futures_util::Stream<Item = io::Result<Frame<Bytes>>> {
    let mut buffer = vec![0; CHUNK];
    futures_util::stream::poll_fn(move |_| {
        std::task::Poll::Ready(match source.read(&mut buffer) {
            Ok(0) => None,
            Ok(count) => Some(Ok(Frame::data(Bytes::copy_from_slice(&buffer[..count])))),
            Err(error) => Some(Err(error)),
        })
    })
}

/// Write a request's body to a file; how many bytes came.
async fn receive(request: Request, mut file: File) -> io::Result<u64> {
    let mut body = request.into_body();
    let mut count = 0;
    file.set_len(0)?;
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            io::Write::write_all(&mut file, &data)?;
            count += data.len() as u64;
        }
    }
    file.sync_all()?;
    Ok(count)
}

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

/// Read the head of a request.
fn call(request: &Request) -> Call {
    let (uri, headers) = (request.uri(), request.headers());
    Call {
        method: request.method().as_str().to_owned(),
        path: uri.path().to_owned(),
        query: query(uri.query().unwrap_or_default()),
        token: session(headers),
        key: basic(headers),
        sudo: text_of(headers, "x-auth-sudo").is_some_and(|value| value == "1"),
        body: Body::None,
        now: jiff::Timestamp::now(),
        entropy: fastrand::u64(..),
        base: format!("http://{}", text_of(headers, "host").unwrap_or_default()),
    }
}

fn text_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn parameter<'c>(call: &'c Call, name: &str) -> &'c str {
    call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

fn query(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// The cookie that stands for a session.
fn session(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut sessions =
        cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().strip_prefix("session="));
    sessions.next_back().map(str::to_owned).filter(|token| !token.is_empty())
}

/// Key and secret of HTTP basic auth.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    use base64::Engine as _;
    let text = text_of(headers, "authorization")?.strip_prefix("Basic ")?;
    let text = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
    let (key, secret) = std::str::from_utf8(&text).ok()?.split_once(':')?;
    Some((key.to_owned(), secret.to_owned()))
}

/// An answer as bytes.
fn respond(answer: cloud::Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = match answer.payload {
        Payload::None => http::respond(status, "", Bytes::new()),
        Payload::Json(value) => http::respond(status, JSON, value.to_string()),
        Payload::Text(text) => http::respond(status, JSON, text),
        Payload::Html(page) => http::respond(status, HTML, page),
    };
    if let Some(location) = answer.location {
        http::set(&mut response, header::LOCATION, &location);
    }
    if let Some(token) = answer.renewed {
        http::set(&mut response, header::SET_COOKIE, &format!("session={token}; Path=/; HttpOnly"));
    }
    if answer.is_unknown {
        http::set(&mut response, HeaderName::from_static("x-sandbox-unimplemented"), "1");
    }
    response
}

/// Half of an answer's body, under the length of the whole.
async fn truncate(response: Response) -> io::Result<Response> {
    let (mut head, body) = response.into_parts();
    let whole = body.collect().await?.to_bytes();
    head.headers.insert(header::CONTENT_LENGTH, whole.len().into());
    let half = whole.slice(..whole.len() / 2);
    let frames = [Ok(Frame::data(half)), Err(io::Error::other("the body ends on purpose"))];
    Ok(Response::from_parts(head, StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync()))
}

/// What may stand in one segment of a path, or one value of a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A segment of a path. `None`: it is empty, or no text.
fn decode(segment: &str) -> Option<String> {
    let text = percent_decode_str(segment).decode_utf8().ok()?;
    (!text.is_empty()).then(|| text.into_owned())
}
