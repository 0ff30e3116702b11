//! `organizations secrets`: credentials that import jobs use, kept by the organization.
//!
//! What a secret holds goes one way: it is never shown again, and never here.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Failure;
use crate::output::Column;
use crate::run::{Reply, Run, Verb, given, noun};

noun! {
    /// Manage the secrets of an organization
    Secrets {
        List(Verb<List>),
        Create(Verb<Create>),
        Delete(Verb<Delete>),
    }
}

const COLUMNS: &[Column] = &[Column::new("id"), Column::new("type"), Column::new("name"), Column::new("description")];

/// List secrets
#[derive(Args)]
#[command(after_help = "Example:\n  croud organizations secrets list")]
pub(crate) struct List {
    /// Organization ID [default: the profile's]
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for List {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let org = cx.org(self.org_id).await?;
        let secrets = cx.api().await?.get(&["organizations", &org, "secrets"]).await?;
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
/// AWS takes an access key and a secret key, AZURE a connection string. MONGODB takes a connection string, and with it a username and a password, or a certificate.
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations secrets create --name mysecret --type AWS --access-key AKIAUVOXAVYAPIBHQK7I --secret-key mysecretkey"
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
    access_key: Option<String>,

    /// Secret key (AWS)
    #[arg(long)]
    secret_key: Option<String>,

    /// Connection string or URL that grants access (AZURE, MONGODB)
    #[arg(long)]
    connection_string: Option<String>,

    /// Username (MONGODB)
    #[arg(long)]
    username: Option<String>,

    /// Password (MONGODB)
    #[arg(long)]
    password: Option<String>,

    /// Certificate (MONGODB)
    #[arg(long)]
    certificate: Option<String>,

    /// Organization ID [default: the profile's]
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for Create {
    async fn run(mut self, cx: &mut Context) -> Result<Reply> {
        let org = cx.org(self.org_id.take()).await?;
        let name = std::mem::take(&mut self.name);
        let kind = self.kind.to_possible_value().map(|kind| kind.get_name().to_owned());
        let body = json!({"name": name, "type": kind, "data": self.data()?});
        let secret = cx.api().await?.post(&["organizations", &org, "secrets"], &body).await?;
        Ok(Reply::of(secret).columns(COLUMNS).done("Secret created."))
    }
}

impl Create {
    /// What the secret holds, nested under the name that the API has for its type.
    fn data(self) -> Result<Value, Failure> {
        let connection_string = given(self.connection_string);
        match self.kind {
            Type::Aws => {
                let (Some(access_key), Some(secret_key)) = (given(self.access_key), given(self.secret_key)) else {
                    return Err(Failure::usage("Both access_key and secret_key are required for secret type AWS."));
                };
                Ok(json!({"aws_secret": {"access_key": access_key, "secret_key": secret_key}}))
            }
            Type::Azure => {
                let connection_string = connection_string
                    .ok_or_else(|| Failure::usage("Argument connection-string is required for secret type Azure."))?;
                Ok(json!({"azure_secret": {"connection_string": connection_string}}))
            }
            Type::Mongodb => {
                let connection_string = connection_string
                    .ok_or_else(|| Failure::usage("Argument connection-string is required for secret type MongoDB."))?;
                let mut data = json!({"connection_string": connection_string});
                match (given(self.username), given(self.password), given(self.certificate)) {
                    (None, None, None) => {}
                    (Some(username), Some(password), None) => {
                        data["username"] = username.into();
                        data["password"] = password.into();
                    }
                    (None, None, Some(certificate)) => data["certificate"] = certificate.into(),
                    (_, _, None) => {
                        return Err(Failure::usage(
                            "A username and a password belong together for secret type MongoDB.",
                        ));
                    }
                    (_, _, Some(_)) => {
                        return Err(Failure::usage(
                            "Secret type MongoDB takes either a username and a password or a certificate, not both.",
                        ));
                    }
                }
                Ok(json!({"mongodb_secret": data}))
            }
        }
    }
}

/// Delete a secret
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud organizations secrets delete --secret-id e9068b31-14f5-4629-b585-70b3b8ae73bf"
)]
pub(crate) struct Delete {
    /// Secret ID
    #[arg(long)]
    secret_id: String,

    /// Organization ID [default: the profile's]
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for Delete {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let org = cx.org(self.org_id).await?;
        let gone = cx.api().await?.delete(&["organizations", &org, "secrets", &self.secret_id]).await?;
        Ok(Reply::of(gone).done("Secret deleted."))
    }
}
