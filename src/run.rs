//! What a command is: arguments that run and return a [`Reply`].

use std::borrow::Cow;
use std::marker::PhantomData;
use std::pin::Pin;

use anyhow::Result;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _};

use crate::api::{Download, Json, Page};
use crate::context::Context;
use crate::error::Level;
use crate::options::{ColumnNames, Output, Shared};
use crate::output::{Column, Format, Selection, Sort};

/// A command with its arguments.
pub(crate) trait Run {
    /// The columns that `table` and `csv` show of the reply. None are named: they show all keys.
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

/// What a command has to print.
pub(crate) struct Reply {
    /// What goes to stdout.
    pub(crate) data: Data,
    /// The columns of `table`. None are named: all keys are shown.
    pub(crate) columns: &'static [Column],
    /// The format of a command that has only one.
    pub(crate) format: Option<Format>,
    /// Each page is printed when it arrives, because the list may never end.
    pub(crate) is_live: bool,
    /// The message after the data.
    pub(crate) message: Option<(Level, Cow<'static, str>)>,
    /// What the error says was done, if the data can't be written.
    pub(crate) if_lost: Option<String>,
    /// Runs after the reply is printed. It does not run if the reader of a pipe has closed it before.
    pub(crate) then: Option<Pin<Box<dyn Future<Output = Result<()>>>>>,
}

/// What a reply sends to stdout.
pub(crate) enum Data {
    /// Nothing.
    Silent,
    /// Nothing: the request succeeded without data, which the message says.
    NoContent,
    /// One record or a list.
    Whole(Json),
    /// A list that is requested page by page while it is printed.
    Pages(LocalBoxStream<'static, Result<Page>>),
    /// Text that has no other format.
    Text(String),
    /// The bytes of a file.
    Download(Box<Download>),
}

impl Reply {
    /// A reply of the API.
    pub(crate) fn of(data: Option<impl Into<Json>>) -> Self {
        Self::new(data.map_or(Data::NoContent, |data| Data::Whole(data.into())))
    }

    /// A list that is requested page by page while it is printed.
    pub(crate) fn pages(pages: impl Stream<Item = Result<Page>> + 'static) -> Self {
        Self::new(Data::Pages(pages.boxed_local()))
    }

    /// Nothing to print.
    #[cfg(feature = "sandbox")]
    pub(crate) fn nothing() -> Self {
        Self::new(Data::Silent)
    }

    /// Text that has no other format.
    pub(crate) fn text(text: String) -> Self {
        Self::new(Data::Text(text))
    }

    /// The bytes of a file, in place of a format.
    pub(crate) fn download(download: Download) -> Self {
        Self::new(Data::Download(Box::new(download)))
    }

    /// An Info message without data.
    pub(crate) fn info(text: impl Into<Cow<'static, str>>) -> Self {
        Self { message: Some((Level::Info, text.into())), ..Self::new(Data::Silent) }
    }

    fn new(data: Data) -> Self {
        Self { data, columns: &[], format: None, is_live: false, message: None, if_lost: None, then: None }
    }

    /// Names the columns of `table`.
    pub(crate) fn columns(self, columns: &'static [Column]) -> Self {
        Self { columns, ..self }
    }

    /// Fixes the format.
    pub(crate) fn format(self, format: Format) -> Self {
        Self { format: Some(format), ..self }
    }

    /// Prints each page when it arrives. Formats that need the end of the list are a usage error.
    pub(crate) fn live(self) -> Self {
        Self { is_live: true, ..self }
    }

    /// Adds the Success message.
    pub(crate) fn done(self, text: impl Into<Cow<'static, str>>) -> Self {
        Self { message: Some((Level::Success, text.into())), ..self }
    }

    /// Says what was done if the data can't be written. Without it the error repeats the message.
    pub(crate) fn if_lost(self, text: impl Into<String>) -> Self {
        Self { if_lost: Some(text.into()), ..self }
    }

    /// Whether the command changed something.
    pub(crate) fn reports_a_change(&self) -> bool {
        self.if_lost.is_some() || matches!(self.message, Some((Level::Success, _)))
    }

    /// Runs `work` after the reply is printed, unless the reader of a pipe has closed it before.
    pub(crate) fn then(self, work: impl Future<Output = Result<()>> + 'static) -> Self {
        Self { then: Some(Box::pin(work)), ..self }
    }
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

// The options of a command that prints a record or a list: which columns.
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
        add = ColumnNames(T::COLUMNS),
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
    #[arg(long, value_name = "COLUMN", add = ColumnNames(T::COLUMNS), help_heading = "Output options")]
    sort: Option<Sort>,

    /// Print at most this many rows, after sorting
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..), help_heading = "Output options")]
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

/// Makes a noun of its `verbs`, which are arguments that implement [`Run`], and of the `nouns` below it.
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
