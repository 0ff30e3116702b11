//! `organizations auditlogs`: the audit log of an organization.
//!
//! For organization admins and superusers. The log can have millions of events, so it is printed page by
//! page: a table keeps its cells, because the last row can widen a column, and JSON keeps nothing.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use futures_util::stream::{Stream, TryStreamExt as _};
use jiff::ZonedDateTime;
use serde_json::Value;

use crate::api::{self, Api, Page};
use crate::context::Context;
use crate::error::{Failure, Level};
use crate::options::{Organization, Values, non_empty, path_to_write, seconds, whole_number};
use crate::output::{Cell, Column};
use crate::record;
use crate::run::{Listing, Reply, Run, Verb, noun};

mod ahead;
mod backlog;
mod event;
mod follow;
mod resume;
mod seen;
mod time;

use ahead::Limits;
use event::{Event, SYSTEM};

noun! {
    /// Read the audit log of an organization
    Auditlogs {
        verbs {
            List(Listing<Verb<List>>),
        }
    }
}

const COLUMNS: &[Column] =
    &[Column::new("action"), Column::new("actor").member("id").show(actor), Column::new("created")];

/// List audit events, newest first
///
/// The JSON output contains the full context of each event.
#[derive(Args)]
#[command(after_help = concat!(
    "Examples:\n  croud organizations auditlogs list --action organization.edit \\\n      --from 2024-06-03T00:00:00Z",
    "\n  croud organizations auditlogs list --actor member@example.com \\\n      --from 2024-06-03T00:00:00Z --to 7d",
    "\n  croud organizations auditlogs list --follow",
    "\n  croud organizations auditlogs list --resume printed.json --actor SYSTEM \\\n      --from 2024-06-03T00:00:00Z",
))]
pub(crate) struct List {
    /// Only events with this action, such as organization.create
    // `--act` abbreviated this option before there was `--actor`.
    #[arg(long, alias = "act")]
    action: Option<String>,

    /// Only events of this actor: an ID, an email address, or SYSTEM
    #[arg(long, value_name = "USER", add = Values::User)]
    actor: Option<String>,

    /// Only events of this cluster
    #[arg(long)]
    cluster_id: Option<String>,

    /// Only events since this time, such as 2024-01-31T12:00:00Z, 2024-01-31, 7d, 90m, today or yesterday
    #[arg(long, visible_alias = "since", value_name = "TIME")]
    from: Option<String>,

    /// Only events until this time
    #[arg(long, visible_alias = "until", value_name = "TIME")]
    to: Option<String>,

    /// Resume after this event ID
    #[arg(long, value_name = "EVENT_ID")]
    last: Option<String>,

    // With a limit, some events would never be printed: a later run begins after them.
    /// Print the events since the last run with this file, oldest first; --from applies to the first run only
    #[arg(long, value_name = "FILE", value_parser = path_to_write(), conflicts_with_all = ["to", "last", "follow", "limit"])]
    resume: Option<PathBuf>,

    /// Print the last 10 events, or those since --from, and then new events until Ctrl-C, oldest first
    #[arg(short, long, conflicts_with_all = ["to", "last", "sort"])]
    follow: bool,

    /// Seconds between two requests for new events
    #[arg(long, value_name = "SECONDS", value_parser = interval, requires = "follow", default_value = "5")]
    interval: Duration,

    /// Read up to this many pages at the same time, 1 to 16 [default: 8, or 1 if a reply takes less than 8 ms]
    #[arg(long, value_name = "PAGES", value_parser = whole_number(1..=16_u8, "a number from 1 to 16"))]
    jobs: Option<u8>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let organization = cx.organization(&self.organization).await?;
        let mut query = Vec::new();
        query.extend(non_empty(self.action).map(|action| ("action", action)));
        for (name, time) in [("from", non_empty(self.from)), ("to", non_empty(self.to))] {
            let Some(time) = time else { continue };
            let time = time::resolve(&time, &ZonedDateTime::now()).ok_or_else(|| {
                Failure::usage(format!("Invalid '{name}' date format.\nExamples: `2024-01-31T12:00:00Z`, `2024-01-31`, `7d`, `90m`, `today`, `yesterday`."))
            })?;
            query.push((name, time));
        }
        query.extend(non_empty(self.cluster_id).map(|id| ("cluster_id", id)));
        let actor = non_empty(self.actor);
        let log = Log { api: Rc::clone(cx.api()?), organization, query, actor, jobs: self.jobs };
        Ok(match self.resume {
            Some(path) => resume::reply(log, &path, cx).await?,
            None if self.follow => {
                Reply::pages(follow::events(log, self.interval, warn_of_retry(cx, self.interval))).live()
            }
            None => {
                let (last, events) = (non_empty(self.last), cx.needed_rows());
                let limits = Limits { last, events, is_resumable: true, ..log.limits() };
                Reply::pages(newest_first(log, limits))
            }
        })
    }
}

/// Reads `--interval`.
///
/// # Errors
/// Those of [`seconds`], and 0, with which requests would follow each other without a pause.
fn interval(text: &str) -> Result<Duration, String> {
    match seconds(text)? {
        Duration::ZERO => Err("expected more than 0 seconds, such as 5".to_owned()),
        interval => Ok(interval),
    }
}

/// Returns a function that warns of an error after which the log is read again.
fn warn_of_retry(cx: &Context, interval: Duration) -> impl Fn(&anyhow::Error) + use<> {
    let term = cx.term().clone();
    let message = format!("New events could not be read. Trying again in {} s.", interval.as_secs_f64());
    move |error| term.say(Level::Warning, &format!("{message}\n{error:#}"))
}

/// The audit log of an organization, or a part of it.
struct Log {
    api: Rc<Api>,
    organization: String,
    /// The filters that the API applies.
    query: Vec<(&'static str, String)>,
    /// The ID or email address of the actor whose events are shown.
    actor: Option<String>,
    /// The most requests in flight.
    jobs: Option<u8>,
}

impl Log {
    /// How the whole log is read.
    fn limits(&self) -> Limits {
        let from = self.parameter("from").and_then(record::timestamp);
        Limits { jobs: self.jobs, from, ..Limits::default() }
    }

    /// The list that the API has.
    fn list(&self) -> api::List {
        let segments = ["organizations", &self.organization, "auditlogs"];
        api::List::new(Rc::clone(&self.api), &segments, self.query.clone())
    }

    /// A parameter of the requests.
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether an event is of the actor whose events are shown.
    fn shows(&self, event: &Event<'_>) -> bool {
        self.actor.as_ref().is_none_or(|actor| event.is_by(actor))
    }
}

/// The events that are shown, newest first.
fn newest_first(log: Log, limits: Limits) -> impl Stream<Item = Result<Page>> {
    ahead::read(log.list(), limits).map_ok(move |mut page| {
        if log.actor.is_some() {
            page = page.iter().filter(|row| log.shows(&Event::read(row))).collect();
        }
        page
    })
}

/// The ID of the actor. An actor without an ID is the system itself.
fn actor(id: Option<&Value>) -> Cell<'_> {
    match id {
        None | Some(Value::Null) => Cell::Text(SYSTEM.into()),
        Some(Value::String(id)) if id.is_empty() => Cell::Text(SYSTEM.into()),
        id => Cell::of(id),
    }
}
