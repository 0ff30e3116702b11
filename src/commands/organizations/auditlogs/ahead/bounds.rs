//! Whether the server understands the parameter `to`.

use anyhow::Result;
use jiff::Timestamp;

use super::chain::Place;
use crate::api::Page;

/// Whether the server understands the bound `to`.
pub(super) enum Bounds {
    /// Not known yet. The check can be sent, if there is one.
    Unknown(Option<Check>),
    /// The check was sent.
    Checked(Check),
    /// The check was passed, and no later reply was wrong.
    Good,
    /// The server does not understand it. No request uses it.
    Bad,
}

impl Bounds {
    /// Prepares the check with a page that was received without a bound.
    pub(super) fn prepare(&mut self, page: &Page) {
        if let Self::Unknown(check) = self {
            *check = Check::new(page);
        }
    }

    /// The bound of the check, if it is to be sent now.
    pub(super) fn check(&mut self) -> Option<Timestamp> {
        let Self::Unknown(check) = self else { return None };
        let check = check.take()?;
        let to = check.to;
        *self = Self::Checked(check);
        Some(to)
    }

    /// Evaluates the reply to the check.
    pub(super) fn judge(&mut self, reply: Result<Page>) {
        let is_good = matches!(self, Self::Checked(check) if reply.is_ok_and(|page| check.is_passed_by(&page)));
        *self = if is_good { Self::Good } else { Self::Bad };
    }
}

/// A request for events that are known already, with a bound.
pub(super) struct Check {
    to: Timestamp,
    /// The events of a page.
    known: Vec<Place>,
}

impl Check {
    /// A check with a bound in the middle of a page. `None` if all its events are of the same second, or have no time.
    fn new(page: &Page) -> Option<Self> {
        let known = Place::all(page);
        let (newest, oldest) = (known.first()?.created, known.last()?.created);
        let middle = Timestamp::from_second(newest.as_second().midpoint(oldest.as_second())).ok()?;
        (known.len() == page.len() && oldest < middle && middle < newest).then_some(Self { to: middle, known })
    }

    /// Whether `page` is the right reply. It must begin at the first known event that is not newer than the bound, or
    /// at the first one that is older than the bound.
    fn is_passed_by(&self, page: &Page) -> bool {
        let reply = Place::all(page);
        let begins_at = |index: Option<usize>| {
            let expected = &self.known[index.unwrap_or(self.known.len())..];
            !expected.is_empty() && reply.iter().zip(expected).all(|(event, known)| event == known)
        };
        reply.len() == page.len()
            && !reply.is_empty()
            && (begins_at(self.known.iter().position(|event| event.created <= self.to))
                || begins_at(self.known.iter().position(|event| event.created < self.to)))
    }
}
