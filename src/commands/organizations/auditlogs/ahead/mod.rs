//! Reads a log with several requests at the same time. The list is the same as with one request after the other.
//!
//! A page is requested with the ID of the event before it, so the pages of a log are a chain: each of them needs the
//! one before. To read several pages at the same time, further chains begin in the middle of the log. A request with
//! the bound `to` finds the event with which a chain begins; nothing else of its reply is used. The pages of the chain
//! are requested with the user's own filters and the ID of that event.
//!
//! A chain is printed up to the event with which the next chain begins, and then the next chain is printed. So each
//! page is requested with the ID of the event that is printed before it, as with one request after the other. A server
//! that misunderstands `to` does not change the list: if the event is not where it was expected, the next chain is
//! dropped, the first one continues, and no further chain begins.

use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, Stream, StreamExt as _, try_unfold};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::api::{List, Page};

mod bounds;
mod chain;
mod gap;
mod plan;
mod request;
#[cfg(test)]
mod tests;

use plan::Plan;
use request::Request;

/// How many requests are in flight at most, if the user does not say it. With eight, 20,000 events at 50 ms of round-trip
/// time take 0.17 of the time of one request at a time, with six 0.21.
pub(super) const DEFAULT_JOBS: u8 = 8;
/// Without `--jobs`, the log is read one page after the other if a request takes less time than this. Then most of the
/// time is spent in the server, and requests at the same time save little.
const WORTH_IT: Duration = Duration::from_millis(8);

/// Requests the pages of a log: the API, or a model of a server in tests.
pub(super) trait Source {
    /// Requests the page after the event with the ID `last`, or the first page. `to` replaces the user's own bound.
    async fn page(&self, last: Option<&str>, to: Option<&str>) -> Result<Page>;

    /// How many replies so far were 429, Too Many Requests.
    fn refusals(&self) -> u32;
}

impl Source for List {
    async fn page(&self, last: Option<&str>, to: Option<&str>) -> Result<Page> {
        Self::page(self, last, to).await
    }

    fn refusals(&self) -> u32 {
        self.refusals()
    }
}

/// How a log is read.
#[derive(Default)]
pub(super) struct Limits {
    /// The most requests in flight. Without it, the time that a request takes decides.
    pub(super) jobs: Option<u8>,
    /// The ID of the event before the first page.
    pub(super) last: Option<String>,
    /// The log has no older events than this, as far as it is known.
    pub(super) from: Option<Timestamp>,
    /// The most events that are needed.
    pub(super) events: Option<usize>,
    /// Whether an error says with which `--last` the list is resumed.
    pub(super) is_resumable: bool,
}

/// A reply, the request that it is for, and the time that it took.
type Reply = (Request, Result<Page>, Duration);

/// A log that is being read.
struct Reader<S> {
    source: Rc<S>,
    plan: Plan,
    in_flight: FuturesUnordered<LocalBoxFuture<'static, Reply>>,
    refusals: u32,
    /// The shortest time that a request took, if that decides how the log is read.
    fastest: Option<Duration>,
    events: Option<usize>,
}

/// The pages of a log, newest first.
///
/// # Errors
/// Those of a page. The stream ends after it.
pub(super) fn read<S: Source + 'static>(source: S, limits: Limits) -> impl Stream<Item = Result<Page>> {
    let jobs = limits.jobs.unwrap_or(DEFAULT_JOBS);
    let reader = Reader {
        refusals: source.refusals(),
        source: Rc::new(source),
        plan: Plan::new(limits.last, jobs.into(), limits.from, limits.is_resumable),
        in_flight: FuturesUnordered::new(),
        fastest: limits.jobs.is_none().then_some(Duration::MAX),
        events: limits.events,
    };
    try_unfold(reader, async |mut reader| Ok(reader.next().await?.map(|page| (page, reader))))
}

impl<S: Source + 'static> Reader<S> {
    /// The next page; `None` after the last one.
    async fn next(&mut self) -> Result<Option<Page>> {
        loop {
            if let Some(page) = self.plan.take()? {
                return Ok(Some(page));
            }
            if self.plan.is_complete() {
                return Ok(None);
            }
            while let Some(request) = self.plan.next() {
                self.in_flight.push(send(Rc::clone(&self.source), request));
            }
            let Some((request, page, time)) = self.in_flight.next().await else { return Ok(None) };
            self.measure(&page, time);
            if self.plan.receive(request, page)? {
                self.in_flight.clear();
            }
        }
    }

    /// Adapts the number of requests in flight after a reply.
    fn measure(&mut self, page: &Result<Page>, time: Duration) {
        if let (Ok(page), Some(events), 0) = (page, self.events, self.plan.pages()) {
            self.plan.need(events.div_ceil(page.len().max(1)));
        }
        if let Some(fastest) = self.fastest.as_mut().filter(|_| self.plan.is_beginning()) {
            *fastest = time.min(*fastest);
            if *fastest < WORTH_IT {
                self.plan.read_one_by_one();
            }
        }
        let refusals = self.source.refusals();
        if refusals != self.refusals {
            self.refusals = refusals;
            self.plan.halve();
        }
    }
}

/// Sends a request. The future begins when it is polled.
fn send<S: Source + 'static>(source: Rc<S>, request: Request) -> LocalBoxFuture<'static, Reply> {
    Box::pin(async move {
        let begin = Instant::now();
        let to = request.to.map(|to| to.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string());
        let page = source.page(request.last.as_deref(), to.as_deref()).await;
        (request, page, begin.elapsed())
    })
}
