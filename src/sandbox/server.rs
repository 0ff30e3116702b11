//! Serves the cloud over HTTP: applies faults, writes the journal, moves the content of files.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::Method;

use super::bytes::{download, upload};
use super::call::{Call, Rules};
use super::cloud;
use super::faults::{Fault, Faults};
use super::journal::Journal;
use super::response::{Response, error};
use super::storage::Store;
use super::wire;
use crate::http;

/// The largest body of a request to the API in bytes.
const LARGEST_BODY: usize = 1 << 20;
/// The delay of the fault `slow`.
const SLOW: Duration = Duration::from_millis(500);

/// Responds to the requests of one sandbox.
#[derive(Clone)]
pub(super) struct Service(Arc<Parts>);

struct Parts {
    store: Store,
    rules: Rules,
    faults: Mutex<Faults>,
    journal: Option<Journal>,
}

impl http::Handler for Service {
    async fn handle(self, request: http::Request) -> io::Result<http::Response> {
        let call = wire::parse_head(&request);
        let region = wire::header_text(request.headers(), "x-region").map(str::to_owned);
        let fault = {
            let mut faults = self.0.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            faults.next_for(&call.method, &call.path)
        };
        let mut logged = call.clone();
        let response = self.with_fault(request, call, fault, &mut logged).await;
        if let Some(journal) = &self.0.journal {
            let status = response.as_ref().ok().map(|response| response.status().as_u16());
            journal.write(&logged, region.as_deref(), status)?;
        }
        response
    }
}

impl Service {
    /// A service on this store.
    pub(super) fn new(store: Store, rules: Rules, faults: Faults, journal: Option<Journal>) -> Self {
        Self(Arc::new(Parts { store, rules, faults: Mutex::new(faults), journal }))
    }

    /// Where its state is stored.
    pub(super) fn store(&self) -> &Store {
        &self.0.store
    }

    /// Respond to a request, with a fault if there is one. `logged` gets the body for the journal.
    async fn with_fault(
        &self,
        request: http::Request,
        call: Call,
        fault: Option<Fault>,
        logged: &mut Call,
    ) -> io::Result<http::Response> {
        match fault {
            None => self.respond(request, call, logged).await,
            Some(Fault::Status(status)) => Ok(wire::fault_status(status)),
            Some(Fault::Html) => Ok(wire::fault_html()),
            Some(Fault::Truncate) => wire::truncate(self.respond(request, call, logged).await?).await,
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::Slow) => {
                tokio::time::sleep(SLOW).await;
                self.respond(request, call, logged).await
            }
            Some(Fault::DropBefore) => Err(io::Error::other("the fault `drop-before` ends the connection")),
            Some(Fault::DropAfter) => {
                self.respond(request, call, logged).await?;
                Err(io::Error::other("the fault `drop-after` ends the connection"))
            }
            Some(Fault::Expire) => {
                self.end_session(&call)?;
                self.respond(request, Call { token: None, key: None, ..call }, logged).await
            }
        }
    }

    /// End the session of a call. A seeded session stays.
    fn end_session(&self, call: &Call) -> io::Result<()> {
        let Some(token) = &call.token else { return Ok(()) };
        self.0.store.access(|state| {
            let ends = state.sessions.get(token).is_some_and(|session| session.since.is_some());
            if ends {
                state.sessions.remove(token);
            }
            ((), ends)
        })
    }

    /// Respond to a request without a fault.
    async fn respond(&self, request: http::Request, mut call: Call, logged: &mut Call) -> io::Result<http::Response> {
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
        logged.body = call.body.clone();
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
        Ok(response)
    }
}
