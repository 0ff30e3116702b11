//! `sandbox snapshot` and `sandbox restore`: states of the sandbox with a name.

use anyhow::Result;
use clap::Args;

use super::controlled::Controlled;
use crate::context::Context;
use crate::options::Values;
use crate::output::{Cell, Column};
use crate::run::{Reply, Run};
use crate::sandbox::{Control, SnapshotName};
use crate::units::file_size;

const COLUMNS: &[Column] = &[
    Column::new("name"),
    Column::new("created"),
    Column::new("size").show(|size| match size.and_then(file_size) {
        Some(size) => Cell::Text(size.into()),
        None => Cell::of(size),
    }),
];

/// Save everything in the sandbox under a name, or list what was saved
///
/// A running sandbox without `--state` keeps its snapshots until it ends. Without a running sandbox, the sandbox of the profile `sandbox` is saved.
#[derive(Args)]
#[command(after_help = "Examples:\n  croud sandbox snapshot before-test\n  croud sandbox snapshot")]
pub(crate) struct Snapshot {
    #[command(flatten)]
    controlled: Controlled,

    /// Name for the snapshot; without it, the snapshots are listed
    #[arg(add = Values::Snapshot)]
    name: Option<SnapshotName>,

    /// Replace a snapshot of the same name
    #[arg(long, requires = "name")]
    overwrite: bool,

    /// Delete the snapshot
    #[arg(long, requires = "name", conflicts_with = "overwrite")]
    delete: bool,
}

impl Run for Snapshot {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let Some(name) = self.name else {
            return Ok(Reply::of(Some(self.controlled.run(cx, Control::ListSnapshots).await?)));
        };
        if self.delete {
            self.controlled.run(cx, Control::DeleteSnapshot(name)).await?;
            return Ok(Reply::nothing().done("Snapshot deleted."));
        }
        let row = self.controlled.run(cx, Control::SaveSnapshot { name, overwrite: self.overwrite }).await?;
        Ok(Reply::of(Some(row)).done("Snapshot saved."))
    }
}

/// Replace everything in the sandbox with a snapshot
///
/// The snapshot stays. Without a running sandbox, the sandbox of the profile `sandbox` is restored.
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox snapshot before-test && croud sandbox restore before-test")]
pub(crate) struct Restore {
    #[command(flatten)]
    controlled: Controlled,

    /// Name of the snapshot
    #[arg(add = Values::Snapshot)]
    name: SnapshotName,
}

impl Run for Restore {
    async fn run(self, cx: &Context) -> Result<Reply> {
        self.controlled.run(cx, Control::RestoreSnapshot(self.name)).await?;
        Ok(Reply::nothing().done("Snapshot restored."))
    }
}
