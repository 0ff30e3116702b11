//! A chain of pages: each of them begins after the last event of the page before.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::super::event::Event;
use crate::api::{Page, cursor};

/// How many pages of a chain wait at most for the pages before them.
const MOST_PAGES: usize = 32;
/// While this many bytes of them wait, no further page is requested: about 30 pages of 50 usual events. A larger page is
/// not read ahead.
pub(super) const MOST_BYTES: usize = 512 << 10;

/// An event of the log.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// The ID of the event.
    pub(super) id: String,
    /// When it happened.
    pub(super) created: Timestamp,
}

impl Place {
    /// The place of an event. `None` if its ID or its time can't be read.
    pub(super) fn of(event: &Event<'_>) -> Option<Self> {
        Some(Self { id: event.id()?, created: event.created()? })
    }

    /// The places of the events of a page, without those that can't be read.
    pub(super) fn all(page: &Page) -> Vec<Self> {
        page.iter().filter_map(|row| Self::of(&Event::read(row))).collect()
    }
}

/// What is known about the next page of a chain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    /// It can be requested.
    Open,
    /// It was requested.
    Requested,
    /// It could not be read. It is requested again when the chain is the first one.
    Failed,
    /// It is the first page of the next chain.
    Joined,
    /// There is no next page: the log ends here.
    Ended,
}

/// The effect of a page on its chain.
pub(super) enum Received {
    /// The chain continues.
    More,
    /// The chain has reached the beginning of the next one. This share of the page belongs to the next chain, too.
    Joined(f64),
    /// The chain has passed the place at which the next chain should begin, and the first event of the next chain was
    /// not there.
    Missed,
}

/// A part of the log, from its newest event on.
pub(super) struct Chain {
    /// A number that no other chain has.
    pub(super) number: u32,
    /// The event after which the chain begins. The first chain of a log has none.
    pub(super) start: Option<Place>,
    /// The end of the gap before the chain, if it is known: there are no events between this time and the start.
    pub(super) gap_end: Option<Timestamp>,
    /// The ID after which the next page begins.
    pub(super) cursor: Option<String>,
    /// The time of the last event that was received, if it can be read.
    pub(super) time: Option<Timestamp>,
    /// How many seconds of the log a page covers, estimated from the last pages. `None` before it is known.
    pub(super) pace: Option<f64>,
    pub(super) state: State,
    /// The pages that wait for the pages before them, each with its cursor.
    pages: VecDeque<(Page, Option<String>)>,
    /// The size of their events.
    bytes: usize,
}

impl Chain {
    /// The chain that begins after the event with the ID `last`, or with the newest event.
    pub(super) fn first(last: Option<String>) -> Self {
        Self {
            number: 0,
            start: None,
            gap_end: None,
            cursor: last,
            time: None,
            pace: None,
            state: State::Open,
            pages: VecDeque::new(),
            bytes: 0,
        }
    }

    /// The chain that begins after `start`, the newest event that is not newer than `to`. Its pages are expected to
    /// have as many seconds as those of the chain before.
    pub(super) fn after(start: Place, to: Timestamp, number: u32, pace: Option<f64>) -> Self {
        let (cursor, time) = (Some(start.id.clone()), Some(start.created));
        let gap_end = time.max(Some(to));
        Self { number, start: Some(start), gap_end, time, pace, ..Self::first(cursor) }
    }

    /// Whether a page can be requested before it is needed.
    pub(super) fn can_read_ahead(&self) -> bool {
        self.state == State::Open && self.pages.len() < MOST_PAGES && self.bytes < MOST_BYTES
    }

    /// Whether the chain has reached the next one or the end of the log.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self.state, State::Joined | State::Ended)
    }

    /// How many pages wait.
    pub(super) fn waiting(&self) -> usize {
        self.pages.len()
    }

    /// Takes the next page that waits, with its cursor.
    pub(super) fn take(&mut self) -> Option<(Page, Option<String>)> {
        let (page, cursor) = self.pages.pop_front()?;
        self.bytes -= page.size();
        Some((page, cursor))
    }

    /// Adds the page that was requested. `next` is the event with which the next chain begins. The time and the pace
    /// are not read if `is_timed` is false, because that takes time.
    ///
    /// The event `next` itself is the last event of this chain, because the pages of the next chain begin after it.
    pub(super) fn receive(&mut self, mut page: Page, next: Option<&Place>, is_timed: bool) -> Received {
        let join = next.and_then(|next| page.iter().position(|row| is_event(row, next)));
        let end = |next: Option<&Place>| if next.is_some() { Received::Missed } else { Received::More };
        let (state, received) = match join {
            Some(index) => {
                let rest = page.len() - index - 1;
                let share = rest as f64 / page.len() as f64;
                page = page.iter().take(index + 1).collect();
                (State::Joined, Received::Joined(share))
            }
            None if page.is_empty() => (State::Ended, end(next)),
            None => {
                if is_timed {
                    self.advance(&page);
                }
                let has_passed = next.filter(|next| self.time.is_some_and(|time| time < next.created));
                (State::Open, end(has_passed))
            }
        };
        self.state = state;
        if !page.is_empty() {
            self.cursor = cursor(&page);
            self.bytes += page.size();
            self.pages.push_back((page, self.cursor.clone()));
        }
        received
    }

    /// Sets the time and the pace after a page that has at least one event.
    fn advance(&mut self, page: &Page) {
        let time = |row: Option<&str>| Event::read(row?).created();
        let begin = self.time.or_else(|| time(page.iter().next()));
        self.time = time(page.last());
        let Some((begin, end)) = begin.zip(self.time) else { return };
        let seconds = end.duration_until(begin).as_secs_f64().max(0.0);
        self.pace = Some(self.pace.map_or(seconds, |pace| pace.midpoint(seconds)));
    }
}

/// Whether a row is the event at `place`. The text of the row is searched first, because that is fast.
fn is_event(row: &str, place: &Place) -> bool {
    memchr::memmem::find(row.as_bytes(), place.id.as_bytes()).is_some()
        && Event::read(row).id().as_ref() == Some(&place.id)
}
