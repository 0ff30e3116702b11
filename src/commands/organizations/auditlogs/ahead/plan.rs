//! Decides which page is requested next.

use std::collections::VecDeque;

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::bounds::Bounds;
use super::chain::{Chain, MOST_BYTES, Place, Received, State};
use super::gap::{Gap, gaps};
use super::request::{Purpose, Request};
use crate::api::{Cursors, Page, cursor, resumable};

/// After how many pages the plan may read ahead. Most lists are shorter.
const FIRST_PAGES: usize = 4;
/// The most extra requests, as a share of the pages that were received or are expected. Extra requests are those that
/// reading one page after the other would not send. If the log has fewer pages than expected, the share becomes larger.
const MOST_EXTRA: f64 = 0.3;
/// The most expected pages, as a share of the received pages. The estimate of the pages in a gap is not exact, because
/// the density of events changes.
const MOST_EXPECTED: f64 = 0.5;
/// The part of a page that is expected to be received twice where two chains join.
const JOIN: f64 = 0.5;
/// How many pages are read after the start of a chain before the next chain begins, at least and at most. A start costs
/// up to two requests: one to find it, and one for a page of which only a part is needed.
const LENGTHS: (f64, f64) = (8.0, 32.0);

/// The chains of a log, and the requests that are in flight.
pub(super) struct Plan {
    /// The most requests in flight.
    jobs: usize,
    /// The most pages that are needed.
    most_pages: f64,
    /// The chains, newest first. The pages of the first one are due.
    chains: VecDeque<Chain>,
    /// The bounds of the requests in flight that look for a start, newest first.
    probes: Vec<Timestamp>,
    bounds: Bounds,
    in_flight: usize,
    /// Whether another request was in flight at the same time as the last one of the first chain.
    overlapped: bool,
    /// The assumed end of the log: no event is older.
    end: Option<Timestamp>,
    /// How many pages were received, without those that were dropped.
    pages: usize,
    /// How many requests were sent that reading one page after the other would not have sent.
    extra: f64,
    /// How many chains there were.
    numbers: u32,
    cursors: Cursors,
    /// Whether an error says with which `--last` the list is resumed.
    is_resumable: bool,
}

impl Plan {
    /// The plan of a log that is read after the event with the ID `last`, or from the newest event on, with at most
    /// `jobs` requests in flight. It has no events before `from`, if that is known. `is_resumable` says whether an error
    /// names the `--last` with which the list is resumed.
    pub(super) fn new(last: Option<String>, jobs: usize, from: Option<Timestamp>, is_resumable: bool) -> Self {
        Self {
            jobs,
            most_pages: f64::INFINITY,
            cursors: Cursors::new(last.as_deref()),
            chains: VecDeque::from([Chain::first(last)]),
            probes: Vec::new(),
            bounds: Bounds::Unknown(None),
            in_flight: 0,
            overlapped: false,
            end: from,
            pages: 0,
            extra: 0.0,
            numbers: 0,
            is_resumable,
        }
    }

    /// Allows half as many requests in flight.
    pub(super) fn halve(&mut self) {
        self.jobs = (self.jobs / 2).max(1);
    }

    /// Allows one request in flight.
    pub(super) fn read_one_by_one(&mut self) {
        self.jobs = 1;
    }

    /// Sets the most pages that are needed.
    pub(super) fn need(&mut self, pages: usize) {
        self.most_pages = pages as f64;
    }

    /// How many pages were received, without those that were dropped.
    pub(super) fn pages(&self) -> usize {
        self.pages
    }

    /// Whether only the first pages were read so far.
    pub(super) fn is_beginning(&self) -> bool {
        self.pages < FIRST_PAGES
    }

    /// The next page to print.
    ///
    /// # Errors
    /// Those of [`Cursors::add`].
    pub(super) fn take(&mut self) -> Result<Option<Page>> {
        loop {
            let Some(first) = self.chains.front_mut() else { return Ok(None) };
            if let Some((page, cursor)) = first.take() {
                self.cursors.add(cursor)?;
                return Ok(Some(page));
            }
            if first.state != State::Joined {
                return Ok(None);
            }
            self.chains.pop_front();
            if let Some(first) = self.chains.front_mut().filter(|first| first.state == State::Failed) {
                first.state = State::Open;
            }
        }
    }

    /// Whether the end of the log was reached. Call it after [`Plan::take`] returned no page.
    pub(super) fn is_complete(&self) -> bool {
        self.chains.front().is_none_or(|first| first.state == State::Ended)
    }

    /// The next request to send. `None` if a reply must arrive first, or the limit is reached.
    pub(super) fn next(&mut self) -> Option<Request> {
        if self.in_flight >= self.jobs {
            return None;
        }
        let request = match self.due() {
            Some(request) => {
                self.overlapped = self.in_flight > 0;
                request
            }
            None if self.jobs > 1 && !self.is_beginning() => {
                let request = self.check().or_else(|| self.continued()).or_else(|| self.probe())?;
                self.overlapped = true;
                request
            }
            None => return None,
        };
        self.in_flight += 1;
        Some(request)
    }

    /// The next page of the first chain.
    fn due(&mut self) -> Option<Request> {
        let first = self.chains.front_mut().filter(|first| first.state == State::Open)?;
        Some(Self::page_of(first))
    }

    /// The next page of another chain.
    fn continued(&mut self) -> Option<Request> {
        let is_enough = self.known_pages() >= self.most_pages;
        let last = self.chains.len() - 1;
        let mut others = self.chains.iter_mut().enumerate().skip(1);
        let (_, chain) = others.find(|(index, chain)| chain.can_read_ahead() && !(is_enough && *index == last))?;
        Some(Self::page_of(chain))
    }

    fn page_of(chain: &mut Chain) -> Request {
        chain.state = State::Requested;
        Request { purpose: Purpose::Chain(chain.number), last: chain.cursor.clone(), to: None }
    }

    /// The check of the bounds.
    fn check(&mut self) -> Option<Request> {
        let to = self.bounds.check()?;
        self.extra += 1.0;
        Some(Request { purpose: Purpose::Check, last: None, to: Some(to) })
    }

    /// A request for the start of another chain: one that extends the chains if there are fewer than jobs, or one that
    /// splits the longest gap between them.
    fn probe(&mut self) -> Option<Request> {
        if !matches!(self.bounds, Bounds::Good) || !self.can_afford_a_probe() {
            return None;
        }
        let known = self.known_pages();
        let length = (known / 2.0).clamp(LENGTHS.0, LENGTHS.1);
        let chains = self.chains.len() + self.probes.len();
        let may_extend = chains <= self.jobs && known + length <= self.most_pages;
        let may_split = chains <= 2 * self.jobs;
        let gaps = self.gaps();
        let long = gaps.iter().filter(|gap| gap.pages >= LENGTHS.0);
        let extended = long.clone().find(|gap| gap.is_oldest && may_extend);
        let split = || long.filter(|gap| !gap.is_oldest && may_split).max_by(|a, b| a.pages.total_cmp(&b.pages));
        let to = extended.or_else(split)?.split_after(length)?;
        self.extra += 1.0;
        self.probes.push(to);
        self.probes.sort_by(|a, b| b.cmp(a));
        Some(Request { purpose: Purpose::Start(to), last: None, to: Some(to) })
    }

    /// Whether the number of extra requests stays within its limit after one more request and the expected joins.
    fn can_afford_a_probe(&self) -> bool {
        let joins = self.chains.len() - 1 + self.probes.len();
        self.extra + 1.0 + JOIN * joins as f64 <= MOST_EXTRA * (self.known_pages() + 1.0)
    }

    /// The number of pages that were received or are expected, estimated from the density of the last events.
    fn known_pages(&self) -> f64 {
        let between: f64 = self.gaps().iter().filter(|gap| gap.is_bounded).map(|gap| gap.pages).sum();
        let received = self.pages as f64;
        received + between.min(MOST_EXPECTED * received)
    }

    fn gaps(&self) -> Vec<Gap> {
        gaps(&self.chains, &self.probes, self.end)
    }

    /// Takes the reply to a request. Returns whether all other requests in flight are to be cancelled.
    ///
    /// # Errors
    /// That of the next page to print, if it was the only request in flight.
    pub(super) fn receive(&mut self, request: Request, page: Result<Page>) -> Result<bool> {
        self.in_flight -= 1;
        let is_due = self.chains.front().is_some_and(|first| request.purpose == Purpose::Chain(first.number));
        // Many pages that are not due can be in memory at the same time.
        let page = page.and_then(|page| match is_due || page.size() <= MOST_BYTES {
            true => Ok(page),
            false => bail!("the page is too large to be read ahead"),
        });
        match (request.purpose, page) {
            (Purpose::Chain(number), page) => return self.receive_page(number, request.last.as_deref(), page),
            (Purpose::Check, page) => self.bounds.judge(page),
            (Purpose::Start(to), page) => {
                self.probes.retain(|probe| *probe != to);
                match page {
                    Ok(page) if page.is_empty() => self.end = self.end.max(Some(to)),
                    Ok(page) => self.begin_chain(Place::all(&page).into_iter().next(), to),
                    Err(_) => self.bounds = Bounds::Bad,
                }
            }
        }
        Ok(false)
    }

    fn receive_page(&mut self, number: u32, last: Option<&str>, page: Result<Page>) -> Result<bool> {
        let Some(index) = self.chains.iter().position(|chain| chain.number == number) else {
            self.extra += 1.0;
            return Ok(false);
        };
        let page = match page {
            Err(error) if index == 0 => return self.fail(error, last),
            Ok(page) if index == 0 || page.is_empty() || cursor(&page).is_some() => page,
            _ => {
                self.extra += 1.0;
                self.chains[index].state = State::Failed;
                return Ok(false);
            }
        };
        if self.jobs > 1 && self.pages + 1 >= FIRST_PAGES && page.size() <= MOST_BYTES {
            self.bounds.prepare(&page);
        }
        self.pages += usize::from(!page.is_empty());
        let next = self.chains.get(index + 1).and_then(|next| next.start.clone());
        let is_timed = self.jobs > 1 || next.is_some();
        match self.chains[index].receive(page, next.as_ref(), is_timed) {
            Received::More => {}
            Received::Joined(share) => self.extra += share,
            Received::Missed => {
                self.bounds = Bounds::Bad;
                for chain in self.chains.drain(index + 1..) {
                    self.pages -= chain.waiting();
                    self.extra += chain.waiting() as f64;
                }
            }
        }
        Ok(false)
    }

    /// Handles the error of the next page to print. If other requests were in flight, they may be the cause, so the
    /// page is requested again without them.
    fn fail(&mut self, error: anyhow::Error, last: Option<&str>) -> Result<bool> {
        if !self.overlapped {
            return Err(match last.filter(|_| self.is_resumable) {
                Some(last) => resumable(error, "--last", last),
                None => error,
            });
        }
        self.jobs = 1;
        self.extra += self.in_flight as f64 + 1.0;
        self.in_flight = 0;
        self.probes.clear();
        for chain in self.chains.iter_mut().filter(|chain| chain.state == State::Requested) {
            chain.state = State::Failed;
        }
        self.chains[0].state = State::Open;
        Ok(true)
    }

    /// Begins a chain after `start`, the newest event that is not newer than `to`. It must be between the last event of
    /// a chain and the start of the next one.
    fn begin_chain(&mut self, start: Option<Place>, to: Timestamp) {
        let Some(start) = start.filter(|start| start.created <= to) else {
            self.bounds = Bounds::Bad;
            return;
        };
        if let Some(known) = self.chains.iter_mut().find(|chain| chain.start.as_ref() == Some(&start)) {
            known.gap_end = known.gap_end.max(Some(to));
            return;
        }
        let is_newer = |place: &Option<Place>| place.as_ref().is_none_or(|place| place.created >= start.created);
        let index = self.chains.iter().take_while(|chain| is_newer(&chain.start)).count();
        let Some(before) = index.checked_sub(1).map(|before| &self.chains[before]) else { return };
        if !before.is_complete() && before.time.is_some_and(|time| time > start.created) {
            self.numbers += 1;
            let chain = Chain::after(start, to, self.numbers, before.pace);
            self.chains.insert(index, chain);
        }
    }
}
