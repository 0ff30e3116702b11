//! `api-keys`: keys with which scripts act as the current user.
//!
//! Only the reply that creates a key contains its secret.

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::context::Context;
use crate::output::{Cell, Column};
use crate::run::{Listing, Record, Reply, Run, Verb, noun};

noun! {
    /// Manage your API keys
    ApiKeys {
        verbs {
            List(Listing<Verb<List>>),
            Create(Record<Verb<Create>>),
            Delete(Verb<Delete>),
            Edit(Record<Verb<Edit>>),
        }
    }
}

const COLUMNS: &[Column] =
    &[Column::new("user_id"), Column::new("key"), Column::new("active"), Column::new("last_used")];
// The API is known to send two shapes: `{user_id, key, active, secret}` and `{key: {user_id, key, active}, secret}`.
const CREATED: &[Column] = &[
    Column::new("user_id").or("key.user_id"),
    Column::new("key").show(key),
    Column::new("active").or("key.active"),
    Column::new("secret").or("key.secret"),
];
const EDITED: &[Column] = &[Column::new("key"), Column::new("active")];

/// List your API keys
#[derive(Args)]
#[command(after_help = "Example:\n  croud api-keys list")]
pub(crate) struct List {}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let keys = cx.api()?.get(&["users", "me", "api-keys"]).await?;
        Ok(Reply::of(keys))
    }
}

/// Create an API key with your permissions
///
/// The secret is shown only once.
#[derive(Args)]
#[command(after_help = "Example:\n  croud api-keys create -o json")]
pub(crate) struct Create {}

impl Run for Create {
    const COLUMNS: &'static [Column] = CREATED;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let created = cx.api()?.post_nothing(&["users", "me", "api-keys"]).await?;
        let value = created.as_ref().and_then(|created| created.value().ok()).unwrap_or_default();
        let name = value.get("key").and_then(|key| key.get("key").or(Some(key)));
        let name = name.and_then(Value::as_str).unwrap_or("KEY");
        let delete = cx.suggest(&["api-keys", "delete", "--api-key", name]);
        let if_lost = format!("The API key was created, but its secret was not shown. Delete it with {delete}.");
        Ok(Reply::of(created).if_lost(if_lost))
    }
}

/// Delete an API key
#[derive(Args)]
#[command(after_help = "Example:\n  croud api-keys delete --api-key sandbox-key-admin")]
pub(crate) struct Delete {
    /// The key itself, as `croud api-keys list` shows it
    #[arg(long)]
    api_key: String,
}

impl Run for Delete {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let gone = cx.api()?.delete(&["users", "me", "api-keys", &self.api_key]).await?;
        Ok(Reply::of(gone).done(format!("API key deleted.\nKey: {}", self.api_key)))
    }
}

/// Enable or disable an API key
#[derive(Args)]
#[command(after_help = "Example:\n  croud api-keys edit --api-key sandbox-key-admin --active false")]
pub(crate) struct Edit {
    /// The key itself, as `croud api-keys list` shows it
    #[arg(long)]
    api_key: String,

    /// Whether the key can be used
    #[arg(long, action = clap::ArgAction::Set)]
    active: bool,
}

impl Run for Edit {
    const COLUMNS: &'static [Column] = EDITED;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let body = json!({"active": self.active});
        let key = cx.api()?.patch(&["users", "me", "api-keys", &self.api_key], &body).await?;
        Ok(Reply::of(key).done("API key edited."))
    }
}

/// The key itself. One of the two shapes has it one level deeper.
fn key(key: Option<&Value>) -> Cell<'_> {
    Cell::of(key.map(|key| key.get("key").unwrap_or(key)))
}
