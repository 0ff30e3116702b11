//! Serves the cloud over HTTP: applies faults, writes the journal, moves the content of files.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use hyper::Method;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::bytes::{self, download, upload};
use super::call::{Call, Rules};
use super::cloud;
use super::control::requests::{self, Operation};
use super::control::{self, Control, Refused};
use super::faults::{Fault, Faults};
use super::journal::{Entry, Journal};
use super::response::{Response, error};
use super::storage::Store;
use super::wire;
use crate::http;

/// The largest body of a request to the API in bytes.
const LARGEST_BODY: usize = 256 << 10;

/// Responds to the requests of one sandbox.
#[derive(Clone)]
pub(super) struct Service(Arc<Parts>);

struct Parts {
    store: Store,
    rules: Rules,
    /// `None` in the built-in profile, which no other client can control.
    controls: Option<Controls>,
    /// Tokens of seeded sessions that the fault `expire` ended.
    ended: Mutex<HashSet<String>>,
    notices: UnboundedSender<String>,
}

/// The parts of a server that a user can read and control while it runs.
pub(super) struct Controls {
    /// The fault rules.
    pub(super) faults: Mutex<Faults>,
    /// The requests so far.
    pub(super) journal: Arc<Journal>,
    /// The token that a request to the control must have.
    pub(super) token: String,
}

impl http::Handler for Service {
    fn handle(self, request: http::Request) -> impl Future<Output = io::Result<http::Response>> + Send {
        let is_control = requests::is_control(&request);
        let call = wire::parse_head(&request, Timestamp::now());
        // A request has an entry even if its client has gone.
        let mut entry = if is_control { None } else { self.entry(&call) };
        async move {
            let controls = self.0.controls.as_ref();
            if let Some(controls) = controls.filter(|_| is_control) {
                return self.control(controls, request).await;
            }
            let fault = controls.and_then(|controls| lock(&controls.faults).next_for(&call.method, &call.path));
            let response = self.with_fault(request, call, fault, &mut entry).await;
            if let (Some(entry), Ok(response)) = (&mut entry, &response) {
                entry.status = Some(response.status().as_u16());
            }
            response
        }
    }

    fn misdirected(&self, request: &http::Request) {
        if let Some(entry) = &mut self.entry(&wire::parse_head(request, Timestamp::now())) {
            entry.status = Some(421);
        }
    }
}

impl Service {
    /// A service on this store.
    /// It sends a line for the user to `notices` when a request has no endpoint.
    pub(super) fn new(
        store: Store,
        rules: Rules,
        controls: Option<Controls>,
        notices: UnboundedSender<String>,
    ) -> Self {
        Self(Arc::new(Parts { store, rules, controls, ended: Mutex::default(), notices }))
    }

    /// Responds to a request to the control. No fault applies to it, and it is not in the journal.
    async fn control(&self, controls: &Controls, request: http::Request) -> io::Result<http::Response> {
        let operation = requests::read(request, &controls.token, &self.0.store).await?;
        let done = match operation {
            Ok(Operation::Export(file)) => {
                let copy = file.try_clone()?;
                match self.run_control(Control::Export(copy)).await? {
                    Ok(_) => return bytes::send(file),
                    Err(refused) => Err(refused),
                }
            }
            Ok(Operation::Store(control)) => self.run_control(control).await?,
            Ok(Operation::ReadFaults) => Ok(lock(&controls.faults).list()),
            Ok(Operation::SetFaults(rules)) => {
                let mut faults = lock(&controls.faults);
                *faults = Faults::new(rules);
                Ok(faults.list())
            }
            Ok(Operation::FindRequests(filter)) => {
                return Ok(wire::to_http(Response::json_text(200, controls.journal.find(&filter))));
            }
            Ok(Operation::ClearJournal) => {
                controls.journal.clear();
                Ok(Value::Null)
            }
            Err(refused) => Err(refused),
        };
        Ok(wire::to_http(match done {
            Ok(Value::Null) => Response::no_content(),
            Ok(value) => Response::json(200, value),
            Err(refused) => *error(refused.status(), &refused.to_string()),
        }))
    }

    /// Carries out an operation on the store, which may wait for the disk or for another process.
    async fn run_control(&self, operation: Control) -> io::Result<Result<Value, Refused>> {
        let replaces = matches!(operation, Control::Reset { .. } | Control::RestoreSnapshot(_) | Control::Import(_));
        let service = self.clone();
        let run = tokio::task::spawn_blocking(move || control::run(&service.0.store, operation));
        let done = run.await.map_err(io::Error::other)?;
        if replaces && done.is_ok() {
            lock(&self.0.ended).clear();
        }
        Ok(done)
    }

    /// The journal's entry for a request, if there is a journal.
    fn entry(&self, call: &Call) -> Option<Entry> {
        self.0.controls.as_ref().map(|controls| controls.journal.entry(call.clone()))
    }

    /// Where its state is stored.
    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    /// Responds to a request, with a fault if there is one. `entry` gets the body.
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
            Some(Fault::Truncate) => Ok(wire::truncate(self.respond(request, call, entry).await?)),
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

    /// Ends the session of a call. A seeded session ends for as long as this sandbox runs.
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

    /// Responds to a request without a fault.
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
                self.read_clock(&mut call)?;
                let uploaded = upload(&self.0.store, &self.0.rules, request, &call, (organization_id, file_id)).await;
                return Ok(uploaded.unwrap_or_else(|problem| bytes::disk_error(&problem)));
            }
            (&Method::GET, ["", "download", organization_id, file_id]) => {
                self.read_clock(&mut call)?;
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
                tokio::task::spawn_blocking(move || service.run(call)).await.map_err(io::Error::other)?
            }
            false => self.run(call),
        };
        Ok(wire::to_http(response.unwrap_or_else(|problem| {
            *error(500, &format!("The sandbox's state could not be read or saved: {problem}"))
        })))
    }

    /// Sets the time of a call to that of the sandbox's clock.
    fn read_clock(&self, call: &mut Call) -> io::Result<()> {
        call.now = self.0.store.access(|state| (state.time_at(call.now), false))?;
        Ok(())
    }

    /// Runs the cloud on the stored state.
    fn run(&self, mut call: Call) -> io::Result<Response> {
        let store = &self.0.store;
        let response = store.access(|state| {
            call.now = state.time_at(call.now);
            let response = cloud::respond(state, &self.0.rules, &call);
            let changed = response.changed;
            (response, changed)
        })?;
        response.deleted_files.iter().for_each(|id| store.delete_content(id));
        if response.is_unserved {
            // The receiver is gone after the end of the sandbox.
            let _ = self.0.notices.send(format!("The sandbox does not serve {} {}", call.method, call.path));
        }
        Ok(response)
    }
}

/// Locks a value. It is consistent even after a panic, because each change has one step.
fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
