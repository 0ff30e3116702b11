//! `organizations secrets rotate`: replaces a secret with a new one.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::COLUMNS;
use super::contents::{Contents, Type};
use crate::api;
use crate::context::Context;
use crate::error::{Failure, with_info};
use crate::options::{Organization, Values, non_empty};
use crate::output::Column;
use crate::record;
use crate::run::{Reply, Run};

/// Replace a secret with a new one
///
/// This creates the new secret first, and then deletes the old one. The new one has the same type, the same name and
/// another ID.
///
/// Keep secrets off the command line: `@FILE` reads a value from a file (`@@` is a literal `@`), `-` reads it from stdin, and on a terminal a missing value is prompted for.
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations secrets rotate --secret s3-imports \\\n      --access-key AKIAUVOXAVYAPIBHQK7I --secret-key @secret-key"
)]
pub(crate) struct Rotate {
    /// Name or ID of the old secret
    #[arg(long, add = Values::SecretName)]
    secret: String,

    /// Name of the new secret [default: the old name]
    #[arg(long)]
    name: Option<String>,

    #[command(flatten)]
    contents: Contents,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Rotate {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let api = cx.api()?;
        let secrets = api::value(api.get(&["organizations", &org, "secrets"]).await?)?;
        let list = || format!("See {}.", cx.suggest(&["organizations", "secrets", "list", "--org-id", &org]));
        let old = record::find(&secrets, "secret", &self.secret).map_err(|failure| failure.info(list()))?;
        let (old_id, old_name, kind) = parts(old)?;
        let name = non_empty(self.name).unwrap_or_else(|| old_name.to_owned());
        let body = json!({"name": name, "type": kind.name(), "data": self.contents.data(kind, cx)?});
        // After a signal, the error still says that the old secret may exist.
        let hold = cx.hold();
        let new = api.post(&["organizations", &org, "secrets"], &body).await?;
        let path = ["organizations", &org, "secrets", &old_id];
        let deleted = tokio::select! {
            biased;
            failure = hold.stopped() => Err(failure.into()),
            deleted = api.delete_if_present(&path) => deleted,
        };
        deleted.map_err(|error| {
            let new_id = new.as_ref().and_then(|new| record::id(&new.value().ok()?)).unwrap_or_default();
            let words = ["organizations", "secrets", "delete", "--org-id", &org, "--secret-id", &old_id];
            let text = format!("The new secret is `{new_id}`. The old secret `{old_id}` may still exist.");
            with_info(error, format!("{text}\nDelete it with {}.", cx.suggest(&words)))
        })?;
        Ok(Reply::of(new).done(format!("Secret rotated.\nDeleted the old secret: {old_id}")))
    }
}

/// The ID, the name and the type of a secret.
///
/// # Errors
/// One of them is missing, or the type is unknown.
fn parts(secret: &Value) -> Result<(String, &str, Type), Failure> {
    let kind = record::text(secret, "type");
    let Some(known) = kind.and_then(|kind| Type::from_str(kind, false).ok()) else {
        let kind = kind.unwrap_or_default();
        return Err(Failure::failed(format!("A secret of type `{kind}` cannot be rotated by this program.")));
    };
    let incomplete = || Failure::failed("The reply is unusable: the secret has no `id` or no `name`.");
    Ok((record::id(secret).ok_or_else(incomplete)?, record::text(secret, "name").ok_or_else(incomplete)?, known))
}
