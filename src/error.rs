//! The kinds of failure, and their exit codes.
//!
//! A [`Failure`] is passed in an `anyhow::Error`, from which [`exit_code`] takes it. Any other error is a local
//! problem, such as a file that can't be read, and has the exit code of a failed request.

use std::fmt;

use serde_json::Value;

/// The kinds of failure. A script can distinguish them by the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The request failed: an error of the API, the network, an unusable reply, a local file.
    Failed,
    /// The arguments are wrong, missing or contradict each other.
    Usage,
    /// There is no valid login.
    NotLoggedIn,
    /// SIGHUP ended the command.
    HungUp,
    /// SIGINT (Ctrl-C) ended the command.
    Interrupted,
    /// SIGTERM ended the command.
    Terminated,
    /// A command that was run for the user failed with this exit code and has printed the reason.
    #[cfg(feature = "sandbox")]
    Passed(u8),
}

impl FailureKind {
    /// The exit code of the process.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            FailureKind::Failed => 1,
            FailureKind::Usage => 2,
            FailureKind::NotLoggedIn => 4,
            FailureKind::HungUp => 129,
            FailureKind::Interrupted => 130,
            FailureKind::Terminated => 143,
            #[cfg(feature = "sandbox")]
            FailureKind::Passed(code) => code,
        }
    }

    /// Whether a signal ended the command.
    pub(crate) fn is_signal(self) -> bool {
        matches!(self, FailureKind::HungUp | FailureKind::Interrupted | FailureKind::Terminated)
    }
}

/// The word that begins a line on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// A change was made.
    Success,
    /// Progress, or the next step.
    Info,
    /// The command continues, but the user should know of a problem.
    Warning,
    /// The command failed.
    Error,
    /// `LOG_API` asked for it.
    Debug,
}

/// An error with everything that is printed about it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Decides the exit code.
    pub(crate) kind: FailureKind,
    /// The text of the error line. Its further lines are printed indented.
    pub(crate) message: String,
    /// JSON printed below the message: the `errors` of a reply, or its whole body.
    pub(crate) details: Option<Box<Value>>,
    /// Lines printed after the error.
    pub(crate) notes: Vec<(Level, String)>,
}

impl Failure {
    /// A failure of any kind.
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: None, notes: Vec::new() }
    }

    /// A request, a reply or a local operation failed. Exit code 1.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    /// The command line, the environment or the configuration asks for something impossible. Exit
    /// code 2.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// A usage error: a change was asked for, but no value was given by any of the `options`.
    pub(crate) fn without_change(options: &str) -> Self {
        Self::usage(format!("No input arguments found.\nPass at least one of {options}."))
    }

    /// Adds a line to the message. It is printed indented, below the first one.
    pub(crate) fn add_line(&mut self, line: &str) {
        self.message.push('\n');
        self.message.push_str(line);
    }

    /// Adds JSON below the message.
    pub(crate) fn details(mut self, details: Option<Value>) -> Self {
        self.details = details.map(Box::new);
        self
    }

    /// Adds a line after the error.
    pub(crate) fn note(mut self, level: Level, text: impl Into<String>) -> Self {
        self.notes.push((level, text.into()));
        self
    }

    /// Adds an Info line after the error: the next step.
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

/// An error as text: its message, with the details at the end of the first line.
pub(crate) fn text(error: &anyhow::Error) -> String {
    let message = format!("{error:#}");
    let details = error.downcast_ref::<Failure>().and_then(|failure| failure.details.as_ref());
    match (details, message.split_once('\n')) {
        (None, _) => message,
        (Some(details), None) => format!("{message} {details}"),
        (Some(details), Some((first, rest))) => format!("{first} {details}\n{rest}"),
    }
}

/// The first line of an error, without the next step, for a message that contains the error.
pub(crate) fn first_line(error: &anyhow::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A text with a capital letter at its beginning. A context such as `could not read FILE` has none.
pub(crate) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Adds an Info line after an error: the next step.
pub(crate) fn with_info(error: anyhow::Error, text: impl Into<String>) -> anyhow::Error {
    let failure =
        error.downcast::<Failure>().unwrap_or_else(|error| Failure::failed(capitalized(&format!("{error:#}"))));
    failure.info(text).into()
}

/// The exit code for an error.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<Failure>().map_or(FailureKind::Failed, |failure| failure.kind).exit_code()
}
