//! Servers of all kinds: logs, bounds and faults.

use proptest::prelude::*;

/// How a server interprets the bound `to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    Inclusive,
    Exclusive,
    /// The start of the day, the hour or the minute: so many seconds.
    Truncated(i64),
    /// The end of the day, the hour or the minute: so many seconds.
    RoundedUp(i64),
    /// So many seconds later or earlier, as in another time zone.
    Shifted(i64),
    Ignored,
    /// As if it were `from`.
    Reversed,
    /// An error.
    Refused,
    /// Only events of so many seconds before it.
    Window(i64),
    /// The oldest events come first.
    Ascending,
    /// The other filters are ignored.
    Alone,
    /// The list begins so many events too late.
    Late(usize),
    /// Always an empty page.
    Empty,
    /// Events that are in no other list.
    Invented,
    /// Events of a random place.
    Random,
}

/// The faults of a server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fault {
    None,
    /// One in this many requests fails, unless it is the only one in flight.
    Crowded(u32),
    /// Every page with an event at or after this index fails.
    Broken(usize),
    /// With more requests in flight than this, a request gets 429 and is sent again a second later.
    Limited(usize),
}

/// A log and how it is served.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The events, newest first, in runs: the seconds between two events, and the number of events.
    pub(super) runs: Vec<(i64, usize)>,
    /// The time that an event shows is up to so many seconds from the one that orders the list.
    pub(super) disorder: i64,
    /// How many formats of a time occur. The last of the five formats is not a valid time.
    pub(super) precisions: usize,
    /// How many bytes of space follow an event, as if it had more members.
    pub(super) context: usize,
    pub(super) page_size: usize,
    pub(super) bound: Bound,
    /// For bounds down to the time of the event with this index, the bound is inclusive.
    pub(super) right_until: usize,
    /// One in this many events is listed.
    pub(super) filter: usize,
    /// The bounds of the user, in seconds.
    pub(super) from: Option<i64>,
    pub(super) to: Option<i64>,
    /// A new event arrives each time after this many requests, but not before the first one.
    pub(super) arrivals: usize,
    pub(super) fault: Fault,
    pub(super) seed: u64,
    /// The shortest and the longest time that a request takes, in milliseconds.
    pub(super) delay: (u64, u64),
}

/// The time before the newest event, in seconds.
pub(super) const NEWEST: i64 = 1_717_401_600;

impl Server {
    /// Events with the same time between them, on a server without peculiarities.
    pub(super) fn even(events: usize, page_size: usize) -> Self {
        Self {
            runs: vec![(300, events)],
            disorder: 0,
            precisions: 1,
            context: 260,
            page_size,
            bound: Bound::Inclusive,
            right_until: 0,
            filter: 1,
            from: None,
            to: None,
            arrivals: usize::MAX,
            fault: Fault::None,
            seed: 0,
            delay: (50, 50),
        }
    }
}

prop_compose! {
    /// Any server.
    pub(super) fn servers()(
        runs in runs(),
        disorder in prop_oneof![4 => Just(0_i64), 1 => 1..1000_i64],
        precisions in 1..=5_usize,
        page_size in prop_oneof![2..=12_usize, Just(50)],
        bound in bounds(),
        right_until in prop_oneof![2 => Just(0), 1 => 20..1000_usize],
        filter in prop_oneof![3 => Just(1_usize), 1 => 2..4_usize],
        arrivals in prop_oneof![Just(usize::MAX), 1..20_usize],
        fault in faults(),
        seed: u64,
        delay in prop_oneof![Just((50, 50)), Just((1, 500))],
        cut in prop_oneof![3 => Just(None), 1 => (0.0..1.0_f64).prop_map(Some)],
        begin in prop_oneof![3 => Just(None), 1 => (0.0..1.0_f64).prop_map(Some)],
    ) -> Server {
        let length: i64 = runs.iter().map(|(step, count)| step * *count as i64).sum();
        let time = |share: f64| NEWEST - (length as f64 * share) as i64;
        Server {
            runs, disorder, precisions, context: 0, page_size, bound, right_until, filter, arrivals, fault, seed, delay,
            from: cut.map(time), to: begin.map(time),
        }
    }
}

/// Bursts, times that are equal, and gaps of years.
fn runs() -> impl Strategy<Value = Vec<(i64, usize)>> {
    let step = prop_oneof![4 => 1..100_i64, 2 => Just(0), 2 => Just(1), 2 => 1000..100_000_i64];
    let count = prop_oneof![4 => 1..10_usize, 3 => 10..100_usize, 2 => 100..1500_usize];
    let run = prop_oneof![8 => (step, count), 1 => (Just(100_000_000), 1..4_usize)];
    prop::collection::vec(run, 1..8)
}

fn faults() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        1 => (2..8_u32).prop_map(Fault::Crowded),
        1 => (1..4_usize).prop_map(Fault::Limited),
        1 => (0..1000_usize).prop_map(Fault::Broken),
    ]
}

fn bounds() -> impl Strategy<Value = Bound> {
    prop_oneof![
        6 => Just(Bound::Inclusive),
        3 => Just(Bound::Exclusive),
        1 => prop_oneof![Just(60), Just(3600), Just(86400)].prop_map(Bound::Truncated),
        1 => prop_oneof![Just(60), Just(3600), Just(86400)].prop_map(Bound::RoundedUp),
        2 => (-43_200..43_200_i64).prop_map(Bound::Shifted),
        1 => (-3..3_i64).prop_map(Bound::Shifted),
        1 => Just(Bound::Ignored),
        1 => Just(Bound::Reversed),
        1 => Just(Bound::Refused),
        1 => (1..100_000_i64).prop_map(Bound::Window),
        1 => Just(Bound::Ascending),
        1 => Just(Bound::Alone),
        1 => (1..100_usize).prop_map(Bound::Late),
        1 => Just(Bound::Empty),
        1 => Just(Bound::Invented),
        1 => Just(Bound::Random),
    ]
}
