//! `regions`: the regions in which clusters can run.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::options::{Organization, Values};
use crate::output::Column;
use crate::run::{Listing, Reply, Run, Verb, noun};

noun! {
    /// List regions
    Regions {
        verbs {
            List(Listing<Verb<List>>),
        }
    }
}

// A public region has no organization.
const COLUMNS: &[Column] =
    &[Column::new("name"), Column::new("description"), Column::new("organization_id").without_null()];

/// List regions
#[derive(Args)]
#[command(after_help = "Example:\n  croud regions list")]
pub(crate) struct List {
    /// Only regions that the organization with this ID can use
    #[arg(long, alias = "or", add = Values::Organization)]
    org_id: Option<String>,

    /// Only regions that this organization can use: its name or ID, or the first 6 or more characters of the ID
    #[arg(long, value_name = "NAME", conflicts_with = "org_id", add = Values::OrganizationName)]
    org: Option<String>,
}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let api = cx.api()?;
        let organization = Organization { org_id: self.org_id, org: self.org };
        let regions = match cx.given_organization(&organization).await? {
            Some(org) => api.get(&["organizations", &org, "regions"]).await?,
            None => api.get(&["regions"]).await?,
        };
        Ok(Reply::of(regions))
    }
}
