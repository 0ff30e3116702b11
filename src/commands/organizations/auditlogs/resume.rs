//! `--resume FILE`: the events since the last run.
//!
//! The file stores which events were printed. It is replaced after the output was written. If the program ends before
//! that, the next run prints the same events again, so no event is lost.

use std::io;
use std::path::Path;

use anyhow::Result;
use futures_util::stream::try_unfold;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Log;
use super::seen::{self, Seen};
use crate::context::Context;
use crate::error::Failure;
use crate::limit::read_file;
use crate::locked::LockedFile;
use crate::run::Reply;

/// The largest state file that is read, in bytes. The rest of it takes less than 1 MiB.
const LARGEST_FILE: u64 = seen::LARGEST + (1 << 20);
/// The version of the format of the file.
const VERSION: u32 = 1;

/// The contents of the file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct State {
    version: u32,
    /// The part of a log that is printed. It is the same in each run.
    log: Part,
    /// The beginning of the log, as the first run sent it.
    from: Option<String>,
    seen: Seen,
}

/// A part of an audit log.
#[derive(Clone, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
struct Part {
    organization: String,
    action: Option<String>,
    cluster_id: Option<String>,
    actor: Option<String>,
}

/// The events of `log` that no run with the file at `path` has printed. The file is locked until the end.
///
/// # Errors
/// Those of the requests, a file that can't be locked, read or replaced, and a usage error for the file of another log.
pub(super) async fn reply(mut log: Log, path: &Path, cx: &Context) -> Result<Reply> {
    let file = LockedFile::open(path, cx.term())?;
    let part = Part::of(&log);
    let mut state = match State::read(file.path())? {
        Some(state) => {
            state.log.check(&part, path)?;
            state
        }
        None => {
            let from = log.parameter("from").map(str::to_owned);
            State { version: VERSION, log: part, from, seen: Seen::default() }
        }
    };
    log.query.retain(|(name, _)| *name != "from");
    log.query.extend(state.from.clone().map(|from| ("from", from)));
    let backlog = state.seen.read_new(&log, usize::MAX, Timestamp::now()).await?;
    let pages = try_unfold(backlog, |mut backlog| async move { Ok(backlog.pop()?.map(|page| (page, backlog))) });
    Ok(Reply::pages(pages).then(async move { file.replace(&serde_json::to_string(&state)?) }))
}

impl Part {
    fn of(log: &Log) -> Self {
        let parameter = |name| log.parameter(name).map(str::to_owned);
        Self {
            organization: log.organization.clone(),
            action: parameter("action"),
            cluster_id: parameter("cluster_id"),
            actor: log.actor.clone(),
        }
    }

    /// Checks that the command reads this part, which the file at `path` is for.
    ///
    /// # Errors
    /// A usage error if the command reads another part.
    fn check(&self, used: &Self, path: &Path) -> Result<(), Failure> {
        let options = self.options().into_iter().zip(used.options());
        let differences = options.filter(|(before, now)| before != now).map(|((option, before), (_, now))| {
            let show = |value: Option<&str>| value.map_or("not given".to_owned(), |value| format!("`{value}`"));
            format!("\n{option} was {} and is {}.", show(before), show(now))
        });
        let differences: String = differences.collect();
        if differences.is_empty() {
            return Ok(());
        }
        let path = path.display();
        let message = format!("`{path}` belongs to other events. Use one file for each organization and filter.");
        Err(Failure::usage(format!("{message}{differences}")))
    }

    /// The options that select the part.
    fn options(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("--org-id", Some(&self.organization)),
            ("--action", self.action.as_deref()),
            ("--cluster-id", self.cluster_id.as_deref()),
            ("--actor", self.actor.as_deref()),
        ]
    }
}

impl State {
    /// The state in a file. `None` if the file does not exist or is empty.
    fn read(path: &Path) -> Result<Option<Self>> {
        let text = match read_file(path, LARGEST_FILE) {
            Ok(text) if text.is_empty() => return Ok(None),
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(Failure::failed(format!("`{}` can't be read: {error}", path.display())).into());
            }
        };
        let state = serde_json::from_str(&text).ok().filter(|state: &Self| state.version == VERSION);
        let invalid = || {
            let message = format!("`{}` is not a file that --resume of this version has written.", path.display());
            Failure::usage(format!("{message}\nTo print all events again, pass the name of a new file."))
        };
        Ok(Some(state.ok_or_else(invalid)?))
    }
}
