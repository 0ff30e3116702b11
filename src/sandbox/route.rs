//! One endpoint of the API: its method and path, what it takes, and where it is known from.

use super::request::Request;
use super::response::Outcome;

/// Where an endpoint is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The vendor's description of the API.
    Spec,
    /// The code or documentation of the Python program.
    Upstream,
    /// An assumption.
    Guess,
}

impl Source {
    /// The word for it in `sandbox coverage`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Spec => "spec",
            Self::Upstream => "upstream",
            Self::Guess => "guess",
        }
    }
}

/// One endpoint.
pub(super) struct Route {
    /// The HTTP method.
    pub(super) method: &'static str,
    /// The path. A segment in braces is a placeholder for one segment.
    pub(super) path: &'static str,
    /// Where it is known from.
    pub(super) source: Source,
    /// Whether the caller must be authenticated.
    pub(super) needs_user: bool,
    /// The names of the fields that its body may have.
    pub(super) fields: &'static [&'static str],
    /// The names of the parameters that its query may have.
    pub(super) query: &'static [&'static str],
    /// The function that handles it.
    pub(super) run: fn(&mut Request) -> Outcome,
}

impl Route {
    /// An endpoint of the vendor's description, for authenticated callers, without fields and parameters.
    pub(super) const fn new(method: &'static str, path: &'static str, run: fn(&mut Request) -> Outcome) -> Self {
        Self { method, path, source: Source::Spec, needs_user: true, fields: &[], query: &[], run }
    }

    /// Set the fields that its body may have.
    pub(super) const fn fields(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    /// Set the parameters that its query may have.
    pub(super) const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    /// Set where it is known from.
    pub(super) const fn source(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// Let anybody call it.
    pub(super) const fn public(self) -> Self {
        Self { needs_user: false, ..self }
    }
}
