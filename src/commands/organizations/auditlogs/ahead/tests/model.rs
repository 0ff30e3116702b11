//! A server in memory.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;

use super::super::Source;
use super::servers::{Bound, Fault, NEWEST, Server};
use crate::api::Page;
use crate::error::Failure;

/// An event of the log.
pub(super) struct Event {
    id: u64,
    time: i64,
    index: usize,
    pub(super) row: String,
}

/// A server and the state of its requests.
pub(super) struct Model {
    server: Server,
    /// All events, newest first.
    pub(super) events: Vec<Event>,
    random: fastrand::Rng,
    arrived: u64,
    /// The requests that the reader waits for.
    sent: usize,
    /// The requests in flight, without those that wait for a retry.
    in_flight: usize,
    pub(super) refusals: u32,
    pub(super) requests: usize,
    pub(super) most_in_flight: usize,
}

impl Model {
    pub(super) fn new(server: &Server) -> Self {
        let mut random = fastrand::Rng::with_seed(server.seed);
        let mut time = NEWEST;
        let mut events = Vec::new();
        let steps = server.runs.iter().flat_map(|(step, count)| std::iter::repeat_n(step, *count));
        for (index, step) in steps.enumerate() {
            time -= step;
            // An ID says nothing about the order.
            let id = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let shown = time + random.i64(-server.disorder..=server.disorder);
            let mut event = Event { time, ..Event::new(id, shown, index, server.precisions) };
            event.row.push_str(&" ".repeat(server.context));
            events.push(event);
        }
        Self {
            server: server.clone(),
            events,
            random,
            arrived: 0,
            sent: 0,
            in_flight: 0,
            refusals: 0,
            requests: 0,
            most_in_flight: 0,
        }
    }

    /// Whether the user's filters list an event.
    pub(super) fn lists(&self, event: &Event) -> bool {
        self.is_listed(event, self.server.from, self.server.to)
    }

    fn is_listed(&self, event: &Event, from: Option<i64>, to: Option<i64>) -> bool {
        event.id.is_multiple_of(self.server.filter as u64)
            && from.is_none_or(|from| event.time >= from)
            && to.is_none_or(|to| event.time <= to)
    }

    /// The time that a request takes, and whether the reply is 429.
    fn begin(&mut self) -> (Duration, bool) {
        self.most_in_flight = self.most_in_flight.max(self.sent);
        let is_refused = matches!(self.server.fault, Fault::Limited(most) if self.in_flight > most);
        self.refusals += u32::from(is_refused);
        let (least, most) = self.server.delay;
        (Duration::from_millis(self.random.u64(least..=most)), is_refused)
    }

    /// Whether a request fails.
    fn fails(&mut self) -> bool {
        matches!(self.server.fault, Fault::Crowded(share) if self.in_flight > 1 && self.random.u32(..share) == 0)
    }

    /// The reply to a request.
    pub(super) fn answer(&mut self, last: Option<&str>, to: Option<i64>) -> Result<Page> {
        self.requests += 1;
        if self.requests > 1 && self.requests.is_multiple_of(self.server.arrivals) {
            self.arrived += 1;
            let event = Event::new(u64::MAX - self.arrived, NEWEST + self.arrived as i64, 0, 1);
            self.events.insert(0, event);
        }
        let begin = match last {
            None => 0,
            Some(last) => {
                let last: u64 = last.parse()?;
                self.events.iter().position(|event| event.id == last).map_or(self.events.len(), |index| index + 1)
            }
        };
        let page = match to {
            Some(to) => self.bounded(to),
            None => self.page_of(self.events[begin..].iter().filter(|event| self.lists(event))),
        };
        page.ok_or_else(|| Failure::failed("503").into())
    }

    /// The reply to a request with a bound.
    fn bounded(&mut self, to: i64) -> Option<Page> {
        let lists = |event: &&Event| self.is_listed(event, self.server.from, None);
        let listed = |is_in: &dyn Fn(i64) -> bool| {
            self.page_of(self.events.iter().filter(lists).filter(|event| is_in(event.time)))
        };
        let wrong_from = self.events.get(self.server.right_until).map_or(i64::MIN, |event| event.time);
        match self.server.bound {
            _ if to >= wrong_from => listed(&|time| time <= to),
            Bound::Inclusive => listed(&|time| time <= to),
            Bound::Exclusive => listed(&|time| time < to),
            Bound::Truncated(unit) => listed(&|time| time <= to - to.rem_euclid(unit)),
            Bound::RoundedUp(unit) => listed(&|time| time < to - to.rem_euclid(unit) + unit),
            Bound::Shifted(seconds) => listed(&|time| time <= to + seconds),
            Bound::Ignored => listed(&|_| true),
            Bound::Reversed => listed(&|time| time >= to),
            Bound::Refused => None,
            Bound::Window(seconds) => listed(&|time| time <= to && time > to - seconds),
            Bound::Ascending => self.page_of(self.events.iter().rev().filter(lists).filter(|event| event.time <= to)),
            Bound::Alone => self.page_of(self.events.iter().filter(|event| event.time <= to)),
            Bound::Late(count) => {
                let events = self.events.iter().filter(lists).filter(|event| event.time <= to);
                self.page_of(events.skip(count))
            }
            Bound::Empty => Some(Page::default()),
            Bound::Invented => {
                let id = self.random.u64(..);
                let invented: Vec<_> =
                    (0..self.server.page_size).map(|index| Event::new(id, to - 1, index, 1)).collect();
                self.page_of(invented.iter())
            }
            Bound::Random => {
                let begin = self.random.usize(..self.events.len());
                self.page_of(self.events[begin..].iter())
            }
        }
    }

    /// The first page of some events. `None` if it can't be read.
    fn page_of<'e>(&self, events: impl Iterator<Item = &'e Event>) -> Option<Page> {
        let broken = match self.server.fault {
            Fault::Broken(index) => index,
            _ => usize::MAX,
        };
        let events: Vec<&Event> = events.take(self.server.page_size).collect();
        let is_readable = events.iter().all(|event| event.index < broken);
        is_readable.then(|| events.iter().map(|event| event.row.as_str()).collect())
    }
}

impl Event {
    fn new(id: u64, time: i64, index: usize, precisions: usize) -> Self {
        let created = Timestamp::from_second(time).expect("a time");
        let format = [
            "%Y-%m-%dT%H:%M:%S+00:00",
            "%Y-%m-%dT%H:%M:%S.%6fZ",
            "%Y-%m-%dT%H:%M:%S",
            "%Y-%m-%d %H:%M:%S.%3f+00:00",
            "at %s",
        ];
        let created = created.strftime(format[index % precisions]);
        let row = format!(r#"{{"id": "{id}", "action": "a", "created": "{created}"}}"#);
        Self { id, time, index, row }
    }
}

impl Source for Rc<RefCell<Model>> {
    async fn page(&self, last: Option<&str>, to: Option<&str>) -> Result<Page> {
        let _sent = Count::new(self, |model| &mut model.sent);
        let to = to.map(|to| to.parse::<Timestamp>().map(Timestamp::as_second)).transpose()?;
        loop {
            let in_flight = Count::new(self, |model| &mut model.in_flight);
            let (delay, is_refused) = self.borrow_mut().begin();
            tokio::time::sleep(delay).await;
            let has_failed = self.borrow_mut().fails();
            drop(in_flight);
            match (is_refused, has_failed) {
                (true, _) => tokio::time::sleep(Duration::from_secs(1)).await,
                (false, true) => return Err(Failure::failed("503").into()),
                (false, false) => return self.borrow_mut().answer(last, to),
            }
        }
    }

    fn refusals(&self) -> u32 {
        self.borrow().refusals
    }
}

/// Counts until it is dropped.
struct Count(Rc<RefCell<Model>>, fn(&mut Model) -> &mut usize);

impl Count {
    fn new(model: &Rc<RefCell<Model>>, counter: fn(&mut Model) -> &mut usize) -> Self {
        *counter(&mut model.borrow_mut()) += 1;
        Self(Rc::clone(model), counter)
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        *(self.1)(&mut self.0.borrow_mut()) -= 1;
    }
}
