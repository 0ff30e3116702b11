//! `organizations secrets`: credentials that an organization stores for import jobs.
//!
//! The API never returns the contents of a secret, and this program never prints them.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Failure;
use crate::options::{Organization, Values, non_empty};
use crate::output::Column;
use crate::run::{Reply, Run, Verb, noun};
use crate::secret::{Secret, SecretSource};

noun! {
    /// Manage the secrets of an organization
    Secrets {
        verbs {
            List(Verb<List>),
            Create(Verb<Create>),
            Delete(Verb<Delete>),
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
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let secrets = cx.api()?.get(&["organizations", &org, "secrets"]).await?;
        Ok(Reply::of(secrets).columns(COLUMNS))
    }
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Type {
    Aws,
    Azure,
    Mongodb,
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

    /// Access key ID (AWS)
    #[arg(long)]
    access_key: Option<SecretSource>,

    /// Secret key (AWS)
    #[arg(long)]
    secret_key: Option<SecretSource>,

    /// Connection string or URL that grants access (AZURE, MONGODB)
    #[arg(long)]
    connection_string: Option<SecretSource>,

    /// Username (MONGODB)
    #[arg(long)]
    username: Option<String>,

    /// Password (MONGODB)
    #[arg(long)]
    password: Option<SecretSource>,

    /// Certificate (MONGODB)
    #[arg(long)]
    certificate: Option<SecretSource>,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Create {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let kind = self.kind.to_possible_value().map(|kind| kind.get_name().to_owned());
        let body = json!({"name": self.name.clone(), "type": kind, "data": self.data(cx)?});
        let secret = cx.api()?.post(&["organizations", &org, "secrets"], &body).await?;
        Ok(Reply::of(secret).columns(COLUMNS).done("Secret created."))
    }
}

impl Create {
    /// The contents of the secret, below the name that the API has for its type.
    fn data(self, cx: &Context) -> Result<Value> {
        match self.kind {
            Type::Aws => {
                let missing = || Failure::usage("Both access_key and secret_key are required for secret type AWS.");
                let access_key = cx.secret(self.access_key, "Access key ID")?.ok_or_else(missing)?;
                let secret_key = cx.secret(self.secret_key, "Secret key")?.ok_or_else(missing)?;
                Ok(json!({"aws_secret": {"access_key": access_key.reveal(), "secret_key": secret_key.reveal()}}))
            }
            Type::Azure => {
                let connection_string = connection_string(cx, self.connection_string, "Azure")?;
                Ok(json!({"azure_secret": {"connection_string": connection_string.reveal()}}))
            }
            Type::Mongodb => {
                let some = |option: Option<SecretSource>| option.filter(|given| !given.is_empty());
                let (username, password, certificate) =
                    (non_empty(self.username), some(self.password), some(self.certificate));
                let connection_string = connection_string(cx, self.connection_string, "MongoDB")?;
                let mut data = json!({"connection_string": connection_string.reveal()});
                let missing = || Failure::usage("A username and a password belong together for secret type MongoDB.");
                match (username, password, certificate) {
                    (None, None, None) => {}
                    (None, None, certificate) => {
                        let certificate = cx.secret(certificate, "Certificate")?;
                        data["certificate"] = certificate.as_ref().map(Secret::reveal).into();
                    }
                    (Some(username), password, None) => {
                        let password = cx.secret(password, "Password")?.ok_or_else(missing)?;
                        data["username"] = username.into();
                        data["password"] = password.reveal().into();
                    }
                    (None, Some(_), None) => return Err(missing().into()),
                    (_, _, Some(_)) => {
                        return Err(Failure::usage(
                            "Secret type MongoDB takes either a username and a password or a certificate, not both.",
                        )
                        .into());
                    }
                }
                Ok(json!({"mongodb_secret": data}))
            }
        }
    }
}

fn connection_string(cx: &Context, option: Option<SecretSource>, kind: &str) -> Result<Secret> {
    let missing = || Failure::usage(format!("Argument connection-string is required for secret type {kind}."));
    Ok(cx.secret(option, "Connection string")?.ok_or_else(missing)?)
}

/// Delete a secret
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations secrets delete --secret-id 71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5"
)]
pub(crate) struct Delete {
    /// Secret ID
    #[arg(long, add = Values::Secret)]
    secret_id: String,

    #[command(flatten)]
    organization: Organization,
}

impl Run for Delete {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let org = cx.organization(&self.organization)?;
        let gone = cx.api()?.delete(&["organizations", &org, "secrets", &self.secret_id]).await?;
        Ok(Reply::of(gone).done("Secret deleted."))
    }
}
