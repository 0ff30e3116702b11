//! What a command is: arguments that run and return a [`Reply`].

use std::borrow::Cow;
use std::pin::Pin;

use anyhow::Result;
use serde_json::Value;

use crate::api::Pages;
use crate::cli::Shared;
use crate::context::Context;
use crate::error::Level;
use crate::output::{Column, Format};

/// A command with its arguments.
pub(crate) trait Run {
    /// Do it. What is to be printed is in the reply; nothing else is, but for lines about progress.
    async fn run(self, cx: &mut Context) -> Result<Reply>;
}

/// What a command has to show.
pub(crate) struct Reply {
    pub(crate) data: Data,
    /// The columns that `table` shows; none: all keys.
    pub(crate) columns: &'static [Column],
    /// The format of a command that has only one.
    pub(crate) format: Option<Format>,
    /// The line after the data.
    pub(crate) done: Option<(Level, Cow<'static, str>)>,
    /// What the command goes on with once all that is out.
    pub(crate) then: Option<Pin<Box<dyn Future<Output = Result<()>>>>>,
}

pub(crate) enum Data {
    /// There is nothing to show, and nothing to say of it.
    None,
    /// The request succeeded without data.
    Empty,
    Whole(Value),
    Pages(Pages),
    /// Text that is no value, as it is.
    Text(String),
}

impl Reply {
    /// A reply of the API.
    pub(crate) fn of(value: Option<Value>) -> Self {
        Self::new(value.map_or(Data::Empty, Data::Whole))
    }

    /// A list that is fetched while it is shown.
    pub(crate) fn pages(pages: Pages) -> Self {
        Self::new(Data::Pages(pages))
    }

    /// Nothing to show, and nothing to say.
    #[cfg(feature = "sandbox")]
    pub(crate) fn nothing() -> Self {
        Self::new(Data::None)
    }

    /// Text that has no other format.
    pub(crate) fn text(text: String) -> Self {
        Self::new(Data::Text(text))
    }

    /// No data, but a line about what was done.
    pub(crate) fn info(text: impl Into<Cow<'static, str>>) -> Self {
        Self { done: Some((Level::Info, text.into())), ..Self::new(Data::None) }
    }

    fn new(data: Data) -> Self {
        Self { data, columns: &[], format: None, done: None, then: None }
    }

    pub(crate) fn columns(self, columns: &'static [Column]) -> Self {
        Self { columns, ..self }
    }

    pub(crate) fn format(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }

    /// Go on with `work` once the reply is shown.
    pub(crate) fn then(self, work: impl Future<Output = Result<()>> + 'static) -> Self {
        Self { then: Some(Box::pin(work)), ..self }
    }

    /// The success line.
    pub(crate) fn done(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self { done: Some((Level::Success, text.into())), ..self }
    }
}

// A verb with the options that all verbs which talk to the cloud share. (A doc comment here would
// become the verb's help in place of its own.)
#[derive(clap::Args)]
pub(crate) struct Verb<T: clap::Args> {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    verb: T,
}

impl<T: clap::Args + Run> Run for Verb<T> {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        cx.share(self.shared);
        self.verb.run(cx).await
    }
}

/// Make a noun: its verbs (arguments that are `Run`), then, after a semicolon, the nouns below it.
macro_rules! noun {
    ($(#[$meta:meta])* $name:ident { $($verb:ident($args:ty)),* $(,)? $(; $($(#[$cfg:meta])* $noun:ident($below:ty)),+ $(,)?)? }) => {
        $(#[$meta])*
        #[derive(clap::Subcommand)]
        // Only the part of the tree that is typed is made.
        #[command(defer = true)]
        pub(crate) enum $name {
            $($verb(Box<$args>),)*
            $($($(#[$cfg])* #[command(subcommand)] $noun($below),)+)?
        }

        impl $crate::run::Run for $name {
            async fn run(self, cx: &mut $crate::context::Context) -> anyhow::Result<$crate::run::Reply> {
                match self {
                    // Boxed, so that the tree's future is no larger than the command's that runs.
                    $($name::$verb(args) => Box::pin($crate::run::Run::run(*args, cx)).await,)*
                    $($($(#[$cfg])* $name::$noun(below) => Box::pin($crate::run::Run::run(below, cx)).await,)+)?
                }
            }
        }
    };
}
pub(crate) use noun;

/// An optional text that counts as not given when it is empty.
pub(crate) fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
