//! `organizations secrets`: credentials that an organization stores for import jobs.
//!
//! The API never returns the contents of a secret, and this program never prints them.

use anyhow::Result;
use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::options::{Organization, SecretReference};
use crate::output::Column;
use crate::run::{Listing, Record, Reply, Run, Verb, noun};

mod contents;
mod rotate;

use contents::{Contents, Type};
use rotate::Rotate;

noun! {
    /// Manage the secrets of an organization
    Secrets {
        verbs {
            List(Listing<Verb<List>>),
            Create(Record<Verb<Create>>),
            Delete(Verb<Delete>),
            Rotate(Record<Verb<Rotate>>),
        }
    }
}

const COLUMNS: &[Column] = &[Column::new("id"), Column::new("type"), Column::new("name"), Column::new("description")];

/// List secrets
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations secrets list")]
pub(crate) struct List {
    #[command(flatten)]
    organization: Organization,
}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let secrets = cx.api()?.get(&["organizations", &org, "secrets"]).await?;
        Ok(Reply::of(secrets))
    }
}

/// Create a secret
///
/// AWS needs an access key and a secret key, AZURE a connection string. MONGODB needs a connection string, and either a username and a password, or a certificate.
///
/// Keep secrets off the command line: `@FILE` reads a value from a file (`@@` is a literal `@`), `-` reads it from stdin, and on a terminal a missing value is prompted for.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud organizations secrets create --name mysecret --type AWS \\\n      --access-key AKIAUVOXAVYAPIBHQK7I --secret-key @secret-key\n  croud organizations secrets create --name azure --type AZURE \\\n      --connection-string - < connection-string"
)]
pub(crate) struct Create {
    /// Name of the secret
    #[arg(long)]
    name: String,

    /// Type of the secret
    #[arg(long = "type", value_name = "TYPE")]
    kind: Type,

    #[command(flatten)]
    contents: Contents,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Create {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let data = self.contents.data(self.kind, cx)?;
        let body = json!({"name": self.name, "type": self.kind.name(), "data": data});
        let secret = cx.api()?.post(&["organizations", &org, "secrets"], &body).await?;
        Ok(Reply::of(secret).done("Secret created."))
    }
}

/// Delete a secret
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations secrets delete --secret-id 71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5"
)]
pub(crate) struct Delete {
    #[command(flatten)]
    secret: SecretReference,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Delete {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization).await?;
        let id = cx.secret_id(&org, self.secret).await?;
        let gone = cx.api()?.delete(&["organizations", &org, "secrets", &id]).await?;
        Ok(Reply::of(gone).done(format!("Secret deleted.\nID: {id}")))
    }
}
