//! `regions`: the regions in which clusters can run.

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::context::Context;
use crate::options::{Values, non_empty};
use crate::output::{Cell, Column};
use crate::run::{Reply, Run, Verb, noun};

noun! {
    /// List regions
    Regions {
        verbs {
            List(Verb<List>),
        }
    }
}

const COLUMNS: &[Column] =
    &[Column::new("name"), Column::new("description"), Column::new("organization_id").show(organization_id)];

/// List regions
#[derive(Args)]
#[command(after_help = "Example:\n  croud regions list")]
pub(crate) struct List {
    /// Only regions that this organization can use
    #[arg(long, add = Values::Organization)]
    org_id: Option<String>,
}

impl Run for List {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let api = cx.api()?;
        let regions = match non_empty(self.org_id) {
            Some(org) => api.get(&["organizations", &org, "regions"]).await?,
            None => api.get(&["regions"]).await?,
        };
        Ok(Reply::of(regions).columns(COLUMNS))
    }
}

/// The organization of a region. The cell of a public region is empty.
fn organization_id(id: Option<&Value>) -> Cell<'_> {
    match id {
        None | Some(Value::Null) => Cell::Missing,
        id => Cell::of(id),
    }
}
