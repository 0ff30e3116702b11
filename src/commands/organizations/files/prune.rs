//! `organizations files prune`: deletes old files.

use anyhow::Result;
use clap::{Args, ValueEnum};
use futures_util::StreamExt as _;
use jiff::{Span, Timestamp, ZonedDateTime};
use serde::Serialize;
use serde_json::{Value, json};

use crate::api;
use crate::context::Context;
use crate::error::{self, Failure, Level};
use crate::options::Organization;
use crate::output::Column;
use crate::record;
use crate::run::{Reply, Run};
use crate::stop::Hold;

/// The most requests at a time.
const CONCURRENT: usize = 4;
/// The most files that are listed before the question.
const LISTED: usize = 20;

const COLUMNS: &[Column] = &[
    Column::new("id"),
    Column::new("name"),
    Column::new("status"),
    Column::new("created"),
    Column::new("outcome"),
    Column::new("message").first_line(),
];

/// The statuses of a file, as the API names them.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Status {
    Pending,
    Uploaded,
}

/// Delete old files
///
/// A file without a creation date is kept. A second run deletes only the files that are left.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud organizations files prune --older-than 90d --status PENDING --dry-run\n  croud organizations files prune --older-than 90d --status PENDING --yes"
)]
pub(crate) struct Prune {
    /// Only files that were created at least this long ago, such as 90d, 12h or 4w
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Span,

    /// Only files with this status
    #[arg(long)]
    status: Option<Status>,

    /// Show what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,

    /// Delete without asking for confirmation
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Prune {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let newest = ZonedDateTime::now().checked_sub(self.older_than);
        let newest = newest.map_err(|_| Failure::usage("`--older-than` is too long."))?.timestamp();
        let files = api::value(cx.api()?.get(&["organizations", &org, "files"]).await?)?;
        let mut old: Vec<OldFile> = record::list(&files)
            .iter()
            .filter(|file| self.status.is_none_or(|status| has_status(file, status)))
            .filter_map(|file| OldFile::new(file, newest))
            .collect();
        if old.is_empty() {
            cx.info("There is nothing to delete.");
            return Ok(reply(&old));
        }
        if self.dry_run {
            let message = Some((Level::Info, "Nothing was deleted (--dry-run).".into()));
            return Ok(Reply { message, ..reply(&old) });
        }
        let count = counted(old.len());
        if !self.yes {
            cx.info(&listed(&old));
            if !cx.confirm(&format!("Delete {count} of organization {org}?"))? {
                return Ok(Reply::info("Nothing was deleted."));
            }
        }
        let hold = cx.hold();
        let deletions = old.iter_mut().map(|file| file.delete(cx, &org));
        let stopped = tokio::select! {
            biased;
            failure = hold.stopped_with_report() => Some(failure),
            () = futures_util::stream::iter(deletions).buffer_unordered(CONCURRENT).collect::<()>() => None,
        };
        if let Some(failure) = stopped {
            return Ok(interrupted(&old, failure, hold));
        }
        let failed = old.iter().filter(|file| file.outcome == Outcome::Failed).count();
        if failed == 0 {
            return Ok(reply(&old).done(format!("{count} deleted.")));
        }
        let problem =
            format!("{failed} of {count} could not be deleted.\nRun the command again to delete what is left.");
        Ok(reply(&old).fail(Failure::failed(problem)))
    }
}

/// A file that is old enough to be deleted, as a row of the reply.
#[derive(Serialize)]
struct OldFile {
    id: String,
    name: Value,
    status: Value,
    created: String,
    outcome: Outcome,
    /// Why it could not be deleted.
    message: Option<String>,
}

/// What happened to a file.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Planned,
    Deleted,
    /// The request was sent, and a signal ended the wait for its reply.
    Unknown,
    Failed,
}

impl OldFile {
    /// The row of a file that was created at `newest` or before.
    fn new(file: &Value, newest: Timestamp) -> Option<Self> {
        let created = file.pointer("/dc/created")?.as_str()?;
        (record::timestamp(created)? <= newest).then_some(())?;
        Some(Self {
            id: record::id(file)?,
            name: file.get("name").cloned().unwrap_or_default(),
            status: file.get("status").cloned().unwrap_or_default(),
            created: created.to_owned(),
            outcome: Outcome::Planned,
            message: None,
        })
    }

    /// Deletes the file and notes the outcome. A file that is gone already counts as deleted. The outcome stays unknown
    /// if this is cancelled.
    async fn delete(&mut self, cx: &Context, org: &str) {
        self.outcome = Outcome::Unknown;
        let deleted = async { cx.api()?.delete_if_present(&["organizations", org, "files", &self.id]).await };
        match deleted.await {
            Ok(()) => self.outcome = Outcome::Deleted,
            Err(error) => {
                self.outcome = Outcome::Failed;
                self.message = Some(error::text(&error));
            }
        }
    }
}

fn reply(files: &[OldFile]) -> Reply {
    Reply::of(Some(json!(files)))
}

/// The reply after a signal. The signal ends the program when the reply is printed, and `hold` is dropped.
fn interrupted(files: &[OldFile], mut failure: Failure, hold: Hold) -> Reply {
    let count = |outcome| files.iter().filter(|file| file.outcome == outcome).count();
    failure.add_line(&format!(
        "Of the files: {} deleted, {} failed, {} possibly deleted (unknown), {} not begun (planned).",
        count(Outcome::Deleted),
        count(Outcome::Failed),
        count(Outcome::Unknown),
        count(Outcome::Planned),
    ));
    failure.add_line("Run the command again to delete what is left.");
    reply(files).finally(async move {
        drop(hold);
        Err(failure.into())
    })
}

/// The files, for the question.
fn listed(files: &[OldFile]) -> String {
    let mut text = "These files will be deleted:".to_owned();
    for file in files.iter().take(LISTED) {
        text.push_str(&format!("\n{} {}", file.id, file.name.as_str().unwrap_or_default()));
    }
    if let Some(more) = files.len().checked_sub(LISTED).filter(|more| *more > 0) {
        text.push_str(&format!("\nand {more} more (--dry-run shows all)"));
    }
    text
}

/// A number of files, such as `1 file` or `2 files`.
fn counted(files: usize) -> String {
    format!("{files} {}", if files == 1 { "file" } else { "files" })
}

fn has_status(file: &Value, status: Status) -> bool {
    status.to_possible_value().is_some_and(|status| record::text(file, "status") == Some(status.get_name()))
}

/// Reads an age, such as `90d`.
fn age(text: &str) -> Result<Span, String> {
    let age = text.parse::<Span>().ok().filter(|age| !age.is_negative());
    age.ok_or_else(|| "expected an age such as 90d, 12h or 4w".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_duration_that_is_not_negative() {
        for text in ["90d", "12h", "4w", "1mo", "0d", "1d 12h"] {
            assert!(age(text).is_ok(), "{text}");
        }
        for text in ["", "90", "d", "-90d", "90 days ago", "2024-01-01", "soon"] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_file_is_old_if_it_was_created_at_the_limit_or_before() {
        let newest = "2024-03-01T12:00:00Z".parse().unwrap();
        for (created, is_old) in [
            (json!("2024-03-01T12:00:00+00:00"), true),
            (json!("2024-03-01T12:00:01Z"), false),
            (json!("2024-03-01T13:30:00+02:00"), true),
            (json!("2024-03-01T12:00:00"), true),
            (json!("2024-03-01T12:00:00.1"), false),
            (json!("2023-01-01"), true),
            (json!("soon"), false),
            (json!(5), false),
            (Value::Null, false),
        ] {
            let file = json!({"id": "f-1", "dc": {"created": created}});
            assert_eq!(OldFile::new(&file, newest).is_some(), is_old, "{created}");
        }
        assert!(OldFile::new(&json!({"dc": {"created": "2023-01-01"}}), newest).is_none());
    }
}
