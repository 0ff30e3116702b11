//! The gaps of a log: the parts that no chain has read yet.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::chain::Chain;

/// The least pace, in seconds. With a pace of 0, a bound would never advance.
const LEAST_PACE: f64 = 0.001;

/// A part of a log that no chain has read yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gap {
    /// The time of the newest event that may be in it.
    newest: Timestamp,
    /// The time of the oldest one, if it is known.
    oldest: Option<Timestamp>,
    /// How many seconds a page covers.
    pace: f64,
    /// The estimated number of pages. Infinite if the end is not known.
    pub(super) pages: f64,
    /// Whether a chain begins at its end or after it, so that the log has all of its pages.
    pub(super) is_bounded: bool,
    /// Whether it extends to the end of the log.
    pub(super) is_oldest: bool,
}

impl Gap {
    fn new(newest: Timestamp, oldest: Option<Timestamp>, pace: f64, is_bounded: bool) -> Self {
        let seconds = oldest.map_or(f64::INFINITY, |oldest| oldest.duration_until(newest).as_secs_f64());
        Self { newest, oldest, pace, pages: (seconds / pace).max(0.0), is_bounded, is_oldest: false }
    }

    /// A time in whole seconds that is about `pages` pages after the beginning of the gap, but not in its older half.
    /// `None` if there is no such time in the gap.
    pub(super) fn split_after(&self, pages: f64) -> Option<Timestamp> {
        let seconds = (pages.min(self.pages / 2.0) * self.pace).max(1.0);
        let time = self.newest.checked_sub(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()?;
        let time = Timestamp::from_second(time.as_second()).ok()?;
        self.oldest.is_none_or(|oldest| oldest < time).then_some(time)
    }
}

/// The gaps of a log, newest first. `probes` are the times where further chains may begin, newest first. There are no
/// events before `end`, if that is known.
pub(super) fn gaps(chains: &VecDeque<Chain>, probes: &[Timestamp], end: Option<Timestamp>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for (index, chain) in chains.iter().enumerate() {
        let (Some(mut newest), Some(pace)) = (chain.time, chain.pace) else { continue };
        if chain.is_complete() {
            continue;
        }
        let pace = pace.max(LEAST_PACE);
        let next = chains.get(index + 1);
        let oldest = next.map_or(end, |next| next.gap_end);
        let inside = |probe: &&Timestamp| **probe < newest && oldest.is_none_or(|oldest| oldest < **probe);
        let inside: Vec<Timestamp> = probes.iter().filter(inside).copied().collect();
        for probe in inside {
            gaps.push(Gap::new(newest, Some(probe), pace, next.is_some()));
            newest = probe;
        }
        gaps.push(Gap { is_oldest: next.is_none(), ..Gap::new(newest, oldest, pace, next.is_some()) });
    }
    gaps
}
