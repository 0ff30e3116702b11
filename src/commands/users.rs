//! `users`: the roles of users, which are the same in every organization.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::output::Column;
use crate::run::{Listing, Reply, Run, Verb, noun};

noun! {
    /// List user roles
    Users {
        verbs {}
        nouns {
            Roles(Roles),
        }
    }
}

noun! {
    /// List user roles
    Roles {
        verbs {
            List(Listing<Verb<List>>),
        }
    }
}

const COLUMNS: &[Column] = &[Column::new("id"), Column::new("name")];

/// List the roles that a user can have
#[derive(Args)]
#[command(after_help = "Example:\n  croud users roles list")]
pub(crate) struct List {}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        Ok(Reply::of(cx.api()?.get(&["roles"]).await?))
    }
}
