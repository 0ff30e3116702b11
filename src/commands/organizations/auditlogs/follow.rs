//! `--follow`: the last events, then every new event as it appears.

use std::time::Duration;

use anyhow::{Error, Result};
use futures_util::stream::{Stream, try_unfold};
use jiff::Timestamp;

use super::Log;
use super::backlog::Backlog;
use super::seen::Seen;
use crate::api::Page;

/// How many events are shown at first.
const FIRST: usize = 10;

/// The state of a log that is followed.
struct Follow<W> {
    log: Log,
    interval: Duration,
    warn: W,
    seen: Seen,
    backlog: Backlog,
}

/// The last events of the log, and then new events without an end, oldest first. With `--from`, all events since then
/// come first. The log is read once in each `interval`. If that fails, `warn` gets the error and the log is read again.
///
/// # Errors
/// Those of the first read.
pub(super) fn events(
    log: Log,
    interval: Duration,
    warn: impl Fn(&Error) + 'static,
) -> impl Stream<Item = Result<Page>> {
    let most = if log.parameter("from").is_some() { usize::MAX } else { FIRST };
    let follow = Follow { log, interval, warn, seen: Seen::default(), backlog: Backlog::new() };
    try_unfold((follow, true), move |(mut follow, is_first)| async move {
        let page = if is_first { follow.first(most).await? } else { follow.next().await? };
        Ok(Some((page, (follow, false))))
    })
}

impl<W: Fn(&Error)> Follow<W> {
    /// The first events, which may be none. They determine the widths of the columns of a table, so several are
    /// returned if possible.
    async fn first(&mut self, most: usize) -> Result<Page> {
        self.backlog = self.seen.read_new(&self.log, most, Timestamp::now()).await?;
        let mut events = Page::default();
        while events.len() < FIRST
            && let Some(page) = self.backlog.pop()?
        {
            events.extend(page.iter());
        }
        Ok(events)
    }

    /// The next events. Waits until there are some.
    async fn next(&mut self) -> Result<Page> {
        loop {
            if let Some(page) = self.backlog.pop()? {
                return Ok(page);
            }
            tokio::time::sleep(self.interval).await;
            match self.seen.read_new(&self.log, usize::MAX, Timestamp::now()).await {
                Ok(backlog) => self.backlog = backlog,
                Err(error) => (self.warn)(&error),
            }
        }
    }
}
