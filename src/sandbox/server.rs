//! Serves the cloud over HTTP: applies faults, writes the journal, moves the content of files.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use hyper::Method;
use tokio::sync::mpsc::UnboundedSender;

use super::bytes::{download, upload};
use super::call::{Call, Rules};
use super::cloud;
use super::faults::{Fault, Faults};
use super::journal::{Entry, Journal};
use super::response::{Response, error};
use super::storage::Store;
use super::wire;
use crate::http;

/// The largest body of a request to the API in bytes.
const LARGEST_BODY: usize = 1 << 20;

/// Responds to the requests of one sandbox.
#[derive(Clone)]
pub(super) struct Service(Arc<Parts>);

struct Parts {
    store: Store,
    rules: Rules,
    faults: Mutex<Faults>,
    journal: Option<Arc<Journal>>,
    /// Tokens of seeded sessions that the fault `expire` ended.
    ended: Mutex<HashSet<String>>,
    notices: UnboundedSender<String>,
}

impl http::Handler for Service {
    async fn handle(self, request: http::Request) -> io::Result<http::Response> {
        let call = wire::parse_head(&request, self.0.rules.now());
        let fault = lock(&self.0.faults).next_for(&call.method, &call.path);
        let mut entry = self.entry(&request, &call);
        let response = self.with_fault(request, call, fault, &mut entry).await;
        if let (Some(entry), Ok(response)) = (&mut entry, &response) {
            entry.status = Some(response.status().as_u16());
        }
        response
    }

    fn misdirected(&self, request: &http::Request) {
        if let Some(entry) = &mut self.entry(request, &wire::parse_head(request, self.0.rules.now())) {
            entry.status = Some(421);
        }
    }
}

impl Service {
    /// A service on this store.
    /// It sends a line for the user to `notices` when a request asks for what it does not serve.
    pub(super) fn new(
        store: Store,
        rules: Rules,
        faults: Faults,
        journal: Option<Journal>,
        notices: UnboundedSender<String>,
    ) -> Self {
        let (faults, ended, journal) = (Mutex::new(faults), Mutex::default(), journal.map(Arc::new));
        Self(Arc::new(Parts { store, rules, faults, journal, ended, notices }))
    }

    /// The journal's entry for a request, if there is a journal.
    fn entry(&self, request: &http::Request, call: &Call) -> Option<Entry> {
        let region = wire::header_text(request.headers(), "x-region").map(str::to_owned);
        self.0.journal.as_ref().map(|journal| journal.entry(call.clone(), region))
    }

    /// Where its state is stored.
    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    /// Respond to a request, with a fault if there is one. `entry` gets the body.
    async fn with_fault(
        &self,
        request: http::Request,
        call: Call,
        fault: Option<Fault>,
        entry: &mut Option<Entry>,
    ) -> io::Result<http::Response> {
        match fault {
            None => self.respond(request, call, entry).await,
            Some(Fault::Status(status)) => Ok(wire::fault_status(status, &call.path)),
            Some(Fault::Html) => Ok(wire::fault_html()),
            Some(Fault::Truncate) => wire::truncate(self.respond(request, call, entry).await?).await,
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::Slow(delay) | Fault::SlowBetween(delay, _)) => {
                tokio::time::sleep(delay).await;
                self.respond(request, call, entry).await
            }
            Some(Fault::DropBefore) => Err(io::Error::other("the fault `drop-before` ends the connection")),
            Some(Fault::DropAfter) => {
                self.respond(request, call, entry).await?;
                Err(io::Error::other("the fault `drop-after` ends the connection"))
            }
            Some(Fault::Expire) => {
                self.end_session(&call)?;
                self.respond(request, call, entry).await
            }
        }
    }

    /// End the session of a call. A seeded session ends for as long as this sandbox runs.
    fn end_session(&self, call: &Call) -> io::Result<()> {
        let Some(token) = &call.token else { return Ok(()) };
        let is_stored = self.0.store.access(|state| {
            let ends = state.sessions.get(token).is_some_and(|session| session.since.is_some());
            if ends {
                state.sessions.remove(token);
            }
            (ends, ends)
        })?;
        if !is_stored {
            lock(&self.0.ended).insert(token.clone());
        }
        Ok(())
    }

    /// Respond to a request without a fault.
    async fn respond(
        &self,
        request: http::Request,
        mut call: Call,
        entry: &mut Option<Entry>,
    ) -> io::Result<http::Response> {
        call.token.take_if(|token| lock(&self.0.ended).contains(token));
        let path = call.path.clone();
        let segments: Vec<&str> = path.split('/').collect();
        match (request.method(), segments.as_slice()) {
            (&Method::PUT, ["", "upload", organization_id, file_id]) => {
                return upload(&self.0.store, &self.0.rules, request, &call, (organization_id, file_id)).await;
            }
            (&Method::GET, ["", "download", organization_id, file_id]) => {
                return download(&self.0.store, &self.0.rules, request.headers(), &call, (organization_id, file_id));
            }
            _ => {}
        }
        let Some(body) = http::body(request.into_body(), LARGEST_BODY).await? else {
            return Ok(wire::to_http(*error(413, "Request body is too large.")));
        };
        call.body = wire::parse_body(&body);
        if let Some(entry) = entry {
            entry.call.body = call.body.clone();
        }
        let response = match self.0.store.is_folder() {
            // Waiting for another process must not block this runtime: the client may run on it, too.
            true => {
                let service = self.clone();
                tokio::task::spawn_blocking(move || service.run(&call)).await.map_err(io::Error::other)?
            }
            false => self.run(&call),
        };
        Ok(wire::to_http(response.unwrap_or_else(|problem| {
            *error(500, &format!("The sandbox's state could not be read or saved: {problem}"))
        })))
    }

    /// Run the cloud on the stored state.
    fn run(&self, call: &Call) -> io::Result<Response> {
        let store = &self.0.store;
        let response = store.access(|state| {
            let response = cloud::respond(state, &self.0.rules, call);
            let changed = response.changed;
            (response, changed)
        })?;
        response.deleted_files.iter().for_each(|id| store.delete_content(id));
        if response.is_unserved {
            // Nobody listens when the sandbox ends.
            let _ = self.0.notices.send(format!("The sandbox does not serve {} {}", call.method, call.path));
        }
        Ok(response)
    }
}

/// Lock a value. A panic elsewhere left it consistent: no change of it has two steps.
fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
