//! `logout`: ends the session and removes it from the profile.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::error::first_line;
use crate::run::{Reply, Run};

/// Log out of CrateDB Cloud
///
/// An API key stays in the profile, unless --all is given.
#[derive(Args)]
#[command(after_help = "Example:\n  croud logout")]
pub(crate) struct Logout {
    /// Remove the API key of the profile, too
    #[arg(long)]
    all: bool,
}

impl Run for Logout {
    async fn run(self, cx: &Context) -> Result<Reply> {
        // Without a readable configuration, nothing can be removed.
        cx.profile_name()?;
        // The session is removed from the profile even if the server can't be reached.
        let ended = match cx.api() {
            Ok(api) => api.logout().await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            cx.warn(&format!("The session may still be valid on the server: {}", first_line(&error)));
        }
        let mut removed = vec![("auth-token", None), ("organization-id", None)];
        if self.all {
            removed.extend([("key", None), ("secret", None)]);
        }
        cx.set_in_profile(&removed)?;
        let key_stays = !self.all && cx.profile_has_key();
        let mut message = "You have been logged out.".to_owned();
        if key_stays {
            let command = cx.suggest(&["logout", "--all"]);
            message.push_str(&format!("\nThe API key stays in the profile. Remove it with {command}."));
        }
        if cx.is_sandbox() {
            message.push_str("\nThe built-in profile has no session to end: it still acts as the sandbox's admin.");
        }
        Ok(Reply::info(message))
    }
}
