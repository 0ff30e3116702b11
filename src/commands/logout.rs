//! `logout`: forget the session, here whatever the server says.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::run::{Reply, Run};

/// Log out of CrateDB Cloud
#[derive(Args)]
#[command(after_help = "Example:\n  croud logout")]
pub(crate) struct Logout {}

impl Run for Logout {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let api = cx.api().await?;
        // Whoever asks to be logged out is, as far as this machine goes, with the server or without.
        let _ = api.logout().await;
        cx.set_in_profile("auth-token", None)?;
        cx.set_in_profile("organization-id", None)?;
        Ok(Reply::info("You have been logged out."))
    }
}
