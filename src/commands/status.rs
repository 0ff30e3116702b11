//! `status`: the current user, endpoint and credential.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::api;
use crate::context::Context;
use crate::endpoint::Credential;
use crate::output::Column;
use crate::run::{Reply, Run};

const COLUMNS: &[Column] = &[
    Column::new("profile"),
    Column::new("endpoint"),
    Column::new("user"),
    Column::new("credential"),
    Column::new("source"),
    Column::new("organization_id"),
    Column::new("region"),
];

/// Show the current user, endpoint and credential
///
/// The exit code is 4 if the API does not accept the credential.
#[derive(Args)]
#[command(after_help = "Example:\n  croud status")]
pub(crate) struct Status {}

impl Run for Status {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let config = crate::config::path(cx.environment())?.display().to_string();
        let profile = cx.profile_name()?.to_owned();
        let target = cx.target()?;
        let credential = match target.login.credential() {
            Credential::None => None,
            Credential::Token(_) => Some("session token"),
            Credential::Key { .. } => Some("API key"),
        };
        let mut status = json!({
            "profile": profile,
            "endpoint": target.login.endpoint().to_string(),
            "config": config,
            "credential": credential,
            "source": target.source,
            "organization_id": target.organization_id,
            "region": target.region,
            "user": null,
            "accepted": false,
        });
        match cx.api()?.get(&["users", "me"]).await {
            Ok(user) => {
                status["accepted"] = true.into();
                status["user"] = api::value(user)?.get("email").cloned().unwrap_or_default();
                Ok(Reply::of(Some(status)))
            }
            // The status is shown before the error.
            Err(error) => Ok(Reply::of(Some(status)).fail(error)),
        }
    }
}
