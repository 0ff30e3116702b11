//! The requests of a plan.

use jiff::Timestamp;

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// What the page is for.
    pub(super) purpose: Purpose,
    /// The ID after which the page begins.
    pub(super) last: Option<String>,
    /// The bound in place of the user's own.
    pub(super) to: Option<Timestamp>,
}

/// What a page is requested for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Purpose {
    /// It is the next page of the chain with this number.
    Chain(u32),
    /// Its first event is where a chain may begin.
    Start(Timestamp),
    /// It shows whether the server understands `to`.
    Check,
}
