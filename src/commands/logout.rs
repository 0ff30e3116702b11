//! `logout`: forget the session, here whatever the server says.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::run::{Reply, Run};

/// Log out of CrateDB Cloud
///
/// An API key stays, unless --all is given.
#[derive(Args)]
#[command(after_help = "Example:\n  croud logout")]
pub(crate) struct Logout {
    /// Forget the profile's API key too
    #[arg(long)]
    all: bool,
}

impl Run for Logout {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let api = cx.api().await?;
        // Whoever asks to be logged out is, as far as this machine goes, with the server or without.
        let _ = api.logout().await;
        let mut forgotten = vec![("auth-token", None), ("organization-id", None)];
        if self.all {
            forgotten.extend([("key", None), ("secret", None)]);
        }
        cx.set_in_profile(&forgotten)?;
        Ok(Reply::info("You have been logged out."))
    }
}
