//! Gives a command what it needs: the API, the organization, a confirmation, a secret.

mod embedded;
mod profile;
mod prompts;
mod records;
mod target;

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use crate::api::Api;
use crate::config::Config;
use crate::environment::Environment;
use crate::error::Level;
use crate::identity::Target;
use crate::options::{Global, Shared};
use crate::stop::{Hold, Stop};
use crate::suggest;
use crate::term::Term;

/// One run of the program.
pub(crate) struct Context {
    environment: Environment,
    global: Global,
    shared: Shared,
    term: Rc<Term>,
    stop: Stop,
    tree: fn() -> clap::Command,
    config: OnceCell<Config>,
    target: OnceCell<Target>,
    api: OnceCell<Rc<Api>>,
    stdin_is_read: Cell<bool>,
}

impl Context {
    /// Nothing is read before a command asks for it. `tree` makes the command tree.
    pub(crate) fn new(
        environment: Environment,
        global: Global,
        shared: Shared,
        term: Rc<Term>,
        stop: Stop,
        tree: fn() -> clap::Command,
    ) -> Self {
        Self {
            environment,
            global,
            shared,
            term,
            stop,
            tree,
            config: OnceCell::new(),
            target: OnceCell::new(),
            api: OnceCell::new(),
            stdin_is_read: Cell::new(false),
        }
    }

    /// The terminal.
    pub(crate) fn term(&self) -> &Term {
        &self.term
    }

    /// The environment variables.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The whole command tree.
    pub(crate) fn tree(&self) -> clap::Command {
        (self.tree)()
    }

    /// A command to suggest in a message, in backticks, with the `--profile` that was given.
    pub(crate) fn suggest(&self, words: &[&str]) -> String {
        suggest::command(self.global.profile.as_deref(), words)
    }

    /// A command to suggest that asks the API as the same user: as [`Context::suggest`], with the `--sudo` that was
    /// given.
    pub(crate) fn suggest_request(&self, words: &[&str]) -> String {
        let sudo: &[&str] = if self.shared.sudo { &["--sudo"] } else { &[] };
        self.suggest(&[words, sudo].concat())
    }

    /// Prints an Info message.
    pub(crate) fn info(&self, text: &str) {
        self.term.say(Level::Info, text);
    }

    /// Prints a Warning.
    pub(crate) fn warn(&self, text: &str) {
        self.term.say(Level::Warning, text);
    }

    /// Delays the exit after a signal until the hold is dropped.
    pub(crate) fn hold(&self) -> Hold {
        self.stop.hold()
    }
}
