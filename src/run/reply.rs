//! The result of a command: data, a message, and work after printing.

use std::borrow::Cow;
use std::pin::Pin;

use anyhow::Result;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt as _};

use crate::api::{Download, Json, Page};
use crate::error::Level;
use crate::output::{Column, Format};

/// The result of a command, which is printed after it.
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
    /// The line of the error if the data can't be written. It says what was done.
    pub(crate) if_lost: Option<String>,
    /// Runs after the reply is printed. It does not run if the reader of a pipe has closed it before.
    pub(crate) then: Option<Work>,
    /// Runs after the reply is printed, also if the reader of a pipe has closed it before.
    pub(crate) finally: Option<Work>,
}

/// Work that runs after a reply is printed.
type Work = Pin<Box<dyn Future<Output = Result<()>>>>;

/// The data of a reply, which goes to stdout.
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
        Self {
            data,
            columns: &[],
            format: None,
            is_live: false,
            message: None,
            if_lost: None,
            then: None,
            finally: None,
        }
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

    /// Runs `work` after the reply is printed, also if the reader of a pipe has closed it before.
    pub(crate) fn finally(self, work: impl Future<Output = Result<()>> + 'static) -> Self {
        Self { finally: Some(Box::pin(work)), ..self }
    }

    /// Ends with this error after the reply is printed.
    pub(crate) fn fail(self, error: impl Into<anyhow::Error> + 'static) -> Self {
        self.finally(async { Err(error.into()) })
    }
}
