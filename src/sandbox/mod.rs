//! The embedded cloud: the organizations part of the API, on loopback and offline.
//!
//! It shares no code with the client, so that a misreading of the API cannot hide on both sides. This
//! file is its interface. Below it, each module imports only modules further down:
//!
//! | module | job |
//! |---|---|
//! | `server` | HTTP service: faults, journal, content of files |
//! | `control/` | operations on a sandbox: reset, snapshots, export and import, clock |
//! | `cloud` | state and request to response, without I/O |
//! | `routes` | finds the endpoint |
//! | `nouns/` | the endpoints |
//! | `openapi` | the description of the endpoints |
//! | `route`, `request` | what an endpoint is, what it may ask for |
//! | `schema`, `time` | types of fields, times |
//! | `wire`, `bytes`, `journal`, `faults`, `storage` | HTTP, uploads and downloads, log, faults, disk |
//! | `glob` | globs for paths |
//! | `presigned` | URLs for uploads and downloads |
//! | `migration` | reads older states |
//! | `ready` | the ready line |
//! | `seed_file/` | initial data in YAML |
//! | `call`, `response`, `seed`, `state`, `encoding` | data |

mod bytes;
mod call;
mod cloud;
mod control;
mod encoding;
mod faults;
mod glob;
mod journal;
mod migration;
mod nouns;
mod openapi;
mod presigned;
mod range;
mod ready;
mod request;
mod response;
mod route;
mod routes;
mod schema;
mod seed;
mod seed_file;
mod server;
mod state;
mod storage;
mod time;
mod wire;

use std::convert::Infallible;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc;

pub(crate) use call::Rules;
pub(crate) use control::{ClockChange, Control, Refused, Seed, SnapshotName, check_organization_id, parse_seed};
pub(crate) use faults::{Rule, parse as parse_fault};
pub(crate) use glob::check as check_glob;
pub(crate) use ready::Ready;

use crate::http::Server;
use crate::private;
use faults::Faults;
use journal::Journal;
use server::{Controls, Service};
use state::State;
use storage::{LockedFor, Store};

/// How to serve a sandbox.
pub(crate) struct Options {
    /// The address to listen on; port 0 picks a free port.
    pub(crate) listen: SocketAddr,
    /// The folder for the state; `None` keeps it in memory.
    pub(crate) state: Option<PathBuf>,
    /// The initial state in place of the built-in one.
    pub(crate) seed: Option<Seed>,
    /// The time at which the clock starts; `None` is the real time, or that of the state.
    pub(crate) clock: Option<Timestamp>,
    /// The settings.
    pub(crate) rules: Rules,
    /// The faults: each `--fault` gives one rule or several.
    pub(crate) faults: Vec<Vec<Rule>>,
    /// The file that gets a line for each request.
    pub(crate) journal: Option<PathBuf>,
}

/// A sandbox that listens.
pub(crate) struct Sandbox {
    server: Server,
    service: Service,
    control_token: String,
    notices: mpsc::UnboundedReceiver<String>,
    /// What happened to a state that could not be read.
    pub(crate) warning: Option<String>,
    /// The lock of the folder, so that no other server uses it.
    _lock: Option<File>,
}

/// Opens a sandbox. Its socket accepts connections; requests are answered once [`Sandbox::run`] runs.
///
/// # Errors
/// The address cannot be bound, another server has the folder, or a file cannot be opened.
pub(crate) fn open(options: Options) -> io::Result<Sandbox> {
    let has_seed = options.seed.is_some();
    let mut initial = options.seed.map_or_else(initial_state, |Seed(state)| state);
    if let Some(time) = options.clock {
        initial.clock_offset = time.duration_since(Timestamp::now());
    }
    let (store, warning, lock) = match &options.state {
        None => (Store::memory(initial)?, None, None),
        Some(path) => open_folder(path, initial, has_seed, options.clock.is_some())?,
    };
    let controls = Controls {
        faults: Mutex::new(Faults::new(options.faults)),
        journal: Arc::new(Journal::open(options.journal.as_deref())?),
        token: random_token()?,
    };
    let server = Server::bind(options.listen)?;
    let (sender, notices) = mpsc::unbounded_channel();
    let control_token = controls.token.clone();
    let service = Service::new(store, options.rules, Some(controls), sender);
    Ok(Sandbox { server, service, control_token, notices, warning, _lock: lock })
}

/// Opens the folder of a server: its store, a warning, and the lock, so that no other server uses it. `has_seed` and
/// `has_clock` say that the user gave the initial state and its clock.
fn open_folder(
    path: &Path,
    initial: State,
    has_seed: bool,
    has_clock: bool,
) -> io::Result<(Store, Option<String>, Option<File>)> {
    let has_state = path.join("state.json").exists();
    let (store, mut warning) = Store::folder(path, initial)?;
    let lock = storage::lock_folder(path, LockedFor::Serving)?.ok_or_else(|| {
        let message = format!("another sandbox serves `{}`: stop it, or use another folder", path.display());
        io::Error::new(io::ErrorKind::ResourceBusy, message)
    })?;
    storage::delete_leftovers(path);
    if has_seed || has_clock {
        // Saved, because the next process on this folder may have another initial state.
        let offset = has_clock.then_some(store.initial().clock_offset);
        store.access(|state| (state.clock_offset = offset.unwrap_or(state.clock_offset), true))?;
    }
    if has_seed && has_state && warning.is_none() {
        let folder = path.display();
        warning = Some(format!("The folder `{folder}` has data already: the seed applies to a reset."));
    }
    Ok((store, warning, Some(lock)))
}

impl Sandbox {
    /// The origin for clients. A server on all addresses is reached on loopback.
    fn endpoint(&self) -> String {
        let address = self.server.address();
        let ip = if address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { address.ip() };
        format!("http://{}", SocketAddr::new(ip, address.port()))
    }

    /// What a client needs to use it.
    ///
    /// # Errors
    /// The state cannot be read.
    pub(crate) fn ready(&self) -> io::Result<Ready> {
        let (endpoint, token) = (self.endpoint(), self.control_token.clone());
        self.service.store().access(|state| (Ready::new(endpoint, token, state), false))
    }

    /// Responds to requests until it is dropped. `notice` gets a line when a request asks for what is not served.
    ///
    /// # Errors
    /// The runtime does not take the socket.
    pub(crate) async fn run(self, mut notice: impl FnMut(&str)) -> io::Result<Infallible> {
        let Self { server, service, mut notices, .. } = self;
        let mut served = pin!(server.run_until(service, std::future::pending()));
        loop {
            tokio::select! {
                done = &mut served => done?,
                Some(line) = notices.recv() => notice(&line),
            }
        }
    }
}

/// The sandbox of the built-in profile.
pub(crate) struct InProcess {
    /// The origin for the client.
    pub(crate) endpoint: String,
    /// The only token that it accepts. Its caller is the seeded admin.
    pub(crate) token: String,
    /// The default organization. `None` once it was deleted.
    pub(crate) organization_id: Option<String>,
    /// What happened to a state that could not be read.
    pub(crate) warning: Option<String>,
}

/// Starts the sandbox of the built-in profile with its state in `path`. It runs until the runtime ends.
/// The tokens and keys in the state are published and other users of this machine can find the port, so it
/// accepts a random token only.
///
/// # Errors
/// There is no runtime, the folder cannot be used, or no port is free.
pub(crate) fn in_process(path: &Path) -> io::Result<InProcess> {
    let runtime = tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
    let (store, warning) = Store::folder(path, initial_state())?;
    let token = random_token()?;
    let rules = Rules { admin_is_superuser: true, private_token: Some(token.clone()), ..Rules::default() };
    // The client shows the message of an error itself.
    let service = Service::new(store, rules, None, mpsc::unbounded_channel().0);
    let organization_id = service.store().access(|state| (state.default_organization_id.clone(), false))?;
    let server = Server::bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let endpoint = format!("http://{}", server.address());
    runtime.spawn(server.run_until(service, std::future::pending()));
    Ok(InProcess { endpoint, token, organization_id, warning })
}

/// A token that cannot be guessed: 128 bits in hex.
fn random_token() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

/// Carries out an operation on the state in `path`, which no server uses. Returns its result, and what happened to a
/// state that could not be read.
///
/// # Errors
/// A server uses the folder, the operation is not possible, or the folder cannot be used.
pub(crate) fn control_folder(path: &Path, control: Control) -> Result<(Value, Option<String>), Refused> {
    private::folder(&path.join("files"))?;
    if let Some(_lock) = storage::lock_folder(path, LockedFor::Serving)? {
        storage::delete_leftovers(path);
    }
    let Some(_lock) = storage::lock_folder(path, LockedFor::Control)? else { return Err(Refused::InUse) };
    let (store, warning) = Store::folder(path, initial_state())?;
    Ok((control::run(&store, control)?, warning))
}

/// Lists the snapshots in the folder of a sandbox, also while a server uses it: `[{name, created, size}]`.
///
/// # Errors
/// There are none yet, or the disk failed.
pub(crate) fn snapshots(path: &Path) -> io::Result<Value> {
    control::snapshots::list(&path.join("snapshots"))
}

/// The state of a new sandbox.
fn initial_state() -> State {
    seed::state(seed::ORGANIZATION_ID)
}

/// The OpenAPI document of what is served.
pub(crate) fn openapi() -> Value {
    openapi::document()
}

/// Lists every endpoint that is known: `[{method, path, source, served}]`.
pub(crate) fn coverage() -> Value {
    routes::coverage()
}

#[cfg(test)]
mod tests;
