//! Determines which events are new.
//!
//! The API lists the newest event first. An event can appear late, below events that were read before: the cloud
//! stores it some time after it happened, and events of the same instant have no order. So each read also covers the
//! five minutes before the newest event of the last read, and events are recognized by their IDs.

use std::collections::BTreeMap;
use std::pin::pin;

use anyhow::Result;
use futures_util::stream::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Log;
use super::ahead::{self, Limits};
use super::backlog::Backlog;
use super::event::Event;
use crate::api::Page;
use crate::error::Failure;
use crate::limit::{ByteLimit, TooLarge};

/// How late an event may appear in the log.
const LATEST: SignedDuration = SignedDuration::from_mins(5);

/// The most that the remembered events may take, in bytes: about 60,000 events. A file with them is not larger.
pub(super) const LARGEST: u64 = 8 << 20;

/// The events of the last reads that can appear again in the next read.
#[derive(Default, Deserialize, Serialize)]
pub(super) struct Seen {
    /// The time of the newest event, or of the read if that was earlier.
    newest: Option<Timestamp>,
    /// The IDs of the events that are not older than [`Seen::horizon`], and their times.
    events: BTreeMap<String, Option<Timestamp>>,
}

impl Seen {
    /// The time before which all events have been read.
    fn horizon(&self) -> Option<Timestamp> {
        self.newest?.checked_sub(LATEST).ok()
    }

    /// Whether an event with this time can't appear in the next read. That is not known without a time.
    fn is_past(&self, created: Option<Timestamp>) -> bool {
        created.zip(self.horizon()).is_some_and(|(created, horizon)| created < horizon)
    }

    /// Adds an event.
    ///
    /// # Errors
    /// There are more events than can be remembered.
    fn add(
        &mut self,
        id: String,
        created: Option<Timestamp>,
        now: Timestamp,
        limit: &mut ByteLimit,
    ) -> Result<(), TooLarge> {
        // A time in the future must not hide the events until then.
        self.newest = self.newest.max(created.map(|created| created.min(now)));
        if !self.is_past(created) {
            limit.add(size(&id))?;
            self.events.insert(id, created);
        }
        Ok(())
    }

    /// Reads the events of `log` that are new and shown, and adds them to those that were read. At most the newest
    /// `most` are returned.
    ///
    /// # Errors
    /// Those of a request, an event without an `id`, too many events within five minutes, and a temporary file that
    /// can't be written. Nothing is added then.
    pub(super) async fn read_new(&mut self, log: &Log, most: usize, now: Timestamp) -> Result<Backlog> {
        let mut found = Self { newest: self.newest, events: BTreeMap::new() };
        let (mut backlog, mut missing, mut limit) = (Backlog::new(), most, ByteLimit::new(LARGEST));
        self.events.keys().try_for_each(|id| limit.add(size(id))).map_err(too_many)?;
        let limits = log.limits();
        let from = limits.from.max(self.horizon());
        let events = Some(most).filter(|most| *most < usize::MAX);
        let mut pages = pin!(ahead::read(log.list(), Limits { from, events, ..limits }));
        let mut is_complete = false;
        while !is_complete && let Some(page) = pages.try_next().await? {
            let mut new = Page::default();
            for row in page.iter() {
                let event = Event::read(row);
                let id = event.id().ok_or_else(|| Failure::failed("The reply is unusable: an event has no `id`."))?;
                let created = event.created();
                // After enough events are found, only the IDs for the next read are still collected.
                is_complete = if missing > 0 { self.is_past(created) } else { found.is_past(created) };
                if is_complete {
                    break;
                }
                let is_new = !self.events.contains_key(&id) && !found.events.contains_key(&id);
                found.add(id, created, now, &mut limit).map_err(too_many)?;
                if is_new && missing > 0 && log.shows(&event) {
                    missing -= 1;
                    new.push(row);
                }
            }
            backlog.push(&new)?;
        }
        self.newest = found.newest;
        let mut events = std::mem::take(&mut self.events);
        events.append(&mut found.events);
        events.retain(|_, created| !self.is_past(*created));
        self.events = events;
        Ok(backlog)
    }
}

/// About how many bytes a remembered event takes in memory and in a file: its ID as JSON, its time and the punctuation.
fn size(id: &str) -> usize {
    const TIME_AND_PUNCTUATION: usize = 64;
    Value::from(id).to_string().len() + TIME_AND_PUNCTUATION
}

/// The error of a log with more events within five minutes than can be remembered.
fn too_many(_: TooLarge) -> Failure {
    Failure::failed(
        "The log has more events within five minutes than `--follow` and `--resume` can remember.\n\
         Use `auditlogs list` without these options.",
    )
}
