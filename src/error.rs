//! What can go wrong, as far as it changes the outcome: one kind, one exit code.
//!
//! A [`Failure`] travels inside `anyhow::Error`; [`exit_code`] finds it there. An error that is no
//! `Failure` is local trouble (a file, a pipe) and exits like a failed request.

use std::fmt;

use serde_json::Value;

/// The kinds of failure that scripts tell apart by the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The request failed: the API's error, the network, an unusable reply, local I/O.
    Failed,
    /// The arguments are bad, missing or contradict each other.
    Usage,
    /// Nobody is logged in, or the credentials were refused.
    NotLoggedIn,
    /// Ctrl-C.
    Interrupted,
    /// SIGTERM.
    Terminated,
    /// A command that was run for the user failed with this exit code, and said itself why.
    #[cfg(feature = "sandbox")]
    Passed(u8),
}

impl Kind {
    /// The process's exit code, as the README's table promises it.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Kind::Failed => 1,
            Kind::Usage => 2,
            Kind::NotLoggedIn => 4,
            Kind::Interrupted => 130,
            Kind::Terminated => 143,
            #[cfg(feature = "sandbox")]
            Kind::Passed(code) => code,
        }
    }
}

/// The word that opens a line on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Success,
    Info,
    Warning,
    Error,
    Debug,
}

/// An error with everything that is said about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// The error line; continuation lines are indented below it.
    pub(crate) message: String,
    /// The server's `errors`, or its whole body where that had no message.
    pub(crate) details: Option<Box<Value>>,
    /// Lines after the error: the next step.
    pub(crate) notes: Vec<(Level, String)>,
}

impl Failure {
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: None, notes: Vec::new() }
    }

    /// A request, a reply or the local machine failed.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// What was asked for can't be meant.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A signal ended the command.
    pub(crate) fn stopped(kind: Kind) -> Self {
        Self::new(kind, if kind == Kind::Terminated { "Terminated." } else { "Interrupted." })
    }

    pub(crate) fn details(mut self, details: Option<Value>) -> Self {
        self.details = details.map(Box::new);
        self
    }

    pub(crate) fn note(mut self, level: Level, text: impl Into<String>) -> Self {
        self.notes.push((level, text.into()));
        self
    }

    pub(crate) fn info(self, text: impl Into<String>) -> Self {
        self.note(Level::Info, text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The exit code that `error` stands for.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<Failure>().map_or(Kind::Failed, |failure| failure.kind).exit_code()
}
