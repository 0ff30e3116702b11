//! The trait of commands, and the options that commands share.

mod reply;

use std::marker::PhantomData;

use anyhow::Result;

use crate::context::Context;
use crate::options::{Output, Shared, Values, whole_number};
use crate::output::{Column, Selection, Sort};
pub(crate) use reply::{Data, Reply};

/// A command with its arguments.
pub(crate) trait Run {
    /// The columns that `table` and `csv` show. If there are none, they show all keys.
    const COLUMNS: &'static [Column] = &[];

    /// The options that the command shares with others.
    fn shared(&self) -> Shared {
        Shared::default()
    }

    /// Runs the command. It prints nothing itself, apart from messages about its progress.
    ///
    /// # Errors
    /// A [`Failure`](crate::error::Failure), or a local error.
    async fn run(self, cx: &Context) -> Result<Reply>;
}

// A verb that sends requests, with the options that all of them share. (A doc comment on this struct
// would replace the help of the verb.)
#[derive(clap::Args)]
pub(crate) struct Verb<T: clap::Args> {
    #[command(flatten)]
    shared: Shared,
    #[command(flatten)]
    verb: T,
}

impl<T: clap::Args + Run> Run for Verb<T> {
    const COLUMNS: &'static [Column] = T::COLUMNS;

    fn shared(&self) -> Shared {
        self.shared.clone()
    }

    async fn run(self, cx: &Context) -> Result<Reply> {
        Ok(self.verb.run(cx).await?.columns(T::COLUMNS))
    }
}

// A verb that prints data without a request. (As above, no doc comment.)
#[derive(clap::Args)]
pub(crate) struct LocalVerb<T: clap::Args> {
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    verb: T,
}

impl<T: clap::Args + Run> Run for LocalVerb<T> {
    const COLUMNS: &'static [Column] = T::COLUMNS;

    fn shared(&self) -> Shared {
        Shared { output: self.output.clone(), ..Shared::default() }
    }

    async fn run(self, cx: &Context) -> Result<Reply> {
        Ok(self.verb.run(cx).await?.columns(T::COLUMNS))
    }
}

// The options that select columns, for a command that prints a record or a list.
#[derive(clap::Args)]
pub(crate) struct ColumnOptions<T: Run> {
    /// Print only these columns, in this order, such as id,name,dc.created
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        num_args = 1,
        action = clap::ArgAction::Set,
        value_parser = clap::builder::NonEmptyStringValueParser::new(),
        add = Values::Columns(T::COLUMNS),
        help_heading = "Output options"
    )]
    columns: Vec<String>,

    /// Print tables and CSV without a header
    #[arg(long, help_heading = "Output options")]
    no_header: bool,

    /// The command whose columns the shell offers.
    #[arg(skip)]
    command: PhantomData<T>,
}

impl<T: Run> ColumnOptions<T> {
    /// The selection of columns.
    pub(crate) fn selection(&self) -> Selection {
        let mut columns = self.columns.clone();
        // A key can be in a JSON object only once.
        let mut seen = std::collections::HashSet::new();
        columns.retain(|column| seen.insert(column.clone()));
        Selection { columns, no_header: self.no_header, ..Selection::default() }
    }
}

// A command that prints one record. (As above, no doc comment.)
#[derive(clap::Args)]
pub(crate) struct Record<T: clap::Args + Run> {
    #[command(flatten)]
    verb: T,
    #[command(flatten)]
    columns: ColumnOptions<T>,
}

impl<T: clap::Args + Run> Run for Record<T> {
    fn shared(&self) -> Shared {
        Shared { selection: self.columns.selection(), ..self.verb.shared() }
    }

    async fn run(self, cx: &Context) -> Result<Reply> {
        self.verb.run(cx).await
    }
}

// A command that prints a list. (As above, no doc comment.)
#[derive(clap::Args)]
pub(crate) struct Listing<T: clap::Args + Run> {
    #[command(flatten)]
    verb: T,
    #[command(flatten)]
    columns: ColumnOptions<T>,

    /// Sort by this column; append `:desc` to reverse the order
    #[arg(long, value_name = "COLUMN", add = Values::Columns(T::COLUMNS), help_heading = "Output options")]
    sort: Option<Sort>,

    /// Print at most this many rows, after sorting
    #[arg(long, value_name = "ROWS", value_parser = whole_number(1..=u32::MAX, "a whole number of at least 1, such as 10"), help_heading = "Output options")]
    limit: Option<u32>,
}

impl<T: clap::Args + Run> Run for Listing<T> {
    fn shared(&self) -> Shared {
        let limit = self.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let selection = Selection { sort: self.sort.clone(), limit, ..self.columns.selection() };
        Shared { selection, ..self.verb.shared() }
    }

    async fn run(self, cx: &Context) -> Result<Reply> {
        self.verb.run(cx).await
    }
}

/// Defines a noun: an enum of its `verbs`, which implement [`Run`], and of the `nouns` below it.
macro_rules! noun {
    (
        $(#[$meta:meta])* $name:ident {
            verbs { $($(#[$verb_meta:meta])* $verb:ident($args:ty)),* $(,)? }
            $(nouns { $($(#[$noun_meta:meta])* $noun:ident($below:ty)),* $(,)? })?
        }
    ) => {
        #[derive(clap::Subcommand)]
        $(#[$meta])*
        // Deferred: only the commands on the command line are built.
        #[command(defer = true)]
        pub(crate) enum $name {
            $($(#[$verb_meta])* $verb(Box<$args>),)*
            $($($(#[$noun_meta])* #[command(subcommand)] $noun($below),)*)?
        }

        impl $crate::run::Run for $name {
            fn shared(&self) -> $crate::options::Shared {
                match self {
                    $($(#[$verb_meta])* $name::$verb(args) => args.shared(),)*
                    $($($(#[$noun_meta])* $name::$noun(below) => below.shared(),)*)?
                }
            }

            async fn run(self, cx: &$crate::context::Context) -> anyhow::Result<$crate::run::Reply> {
                match self {
                    // Boxed, so that the future is no larger than that of the command that runs.
                    $($(#[$verb_meta])* $name::$verb(args) => Box::pin(args.run(cx)).await,)*
                    $($($(#[$noun_meta])* $name::$noun(below) => Box::pin(below.run(cx)).await,)*)?
                }
            }
        }
    };
}
pub(crate) use noun;
