//! The contents of a secret: the options of each type, and the JSON for the request.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::Failure;
use crate::options::{is_not_given, non_empty};
use crate::secret::{Secret, SecretSource};

/// The types of a secret, as the API names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub(super) enum Type {
    Aws,
    Azure,
    Mongodb,
}

impl Type {
    /// The API's name of the type.
    pub(super) fn name(self) -> &'static str {
        match self {
            Type::Aws => "AWS",
            Type::Azure => "AZURE",
            Type::Mongodb => "MONGODB",
        }
    }

    /// The name of the type in messages.
    fn title(self) -> &'static str {
        match self {
            Type::Aws => "AWS",
            Type::Azure => "Azure",
            Type::Mongodb => "MongoDB",
        }
    }

    /// The options that a secret of this type takes.
    fn options(self) -> &'static [&'static str] {
        match self {
            Type::Aws => &["--access-key", "--secret-key"],
            Type::Azure => &["--connection-string"],
            Type::Mongodb => &["--connection-string", "--username", "--password", "--certificate"],
        }
    }
}

// The options with the contents of a secret. (A doc comment would become the help of the command.)
#[derive(Args)]
pub(super) struct Contents {
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
}

impl Contents {
    /// The contents as JSON, below the API's key for their type. Prompts for missing values.
    ///
    /// # Errors
    /// A usage error for an option that the type does not take, for a value that is missing, and for two
    /// values that exclude each other. Those of [`Context::secret`].
    pub(super) fn data(self, kind: Type, cx: &Context) -> Result<Value> {
        self.check_options(kind)?;
        match kind {
            Type::Aws => {
                let missing = || Failure::usage("Both access_key and secret_key are required for secret type AWS.");
                let access_key = cx.secret(self.access_key, "Access key ID")?.ok_or_else(missing)?;
                let secret_key = cx.secret(self.secret_key, "Secret key")?.ok_or_else(missing)?;
                Ok(json!({"aws_secret": {"access_key": access_key.reveal(), "secret_key": secret_key.reveal()}}))
            }
            Type::Azure => {
                let connection_string = connection_string(self.connection_string, kind, cx)?;
                Ok(json!({"azure_secret": {"connection_string": connection_string.reveal()}}))
            }
            Type::Mongodb => self.mongodb(cx),
        }
    }

    /// Checks that the type takes all options that were given. An empty value counts as not given.
    fn check_options(&self, kind: Type) -> Result<(), Failure> {
        let is_given = |option: &Option<SecretSource>| option.as_ref().is_some_and(|source| !source.is_empty());
        let options = [
            ("--access-key", is_given(&self.access_key)),
            ("--secret-key", is_given(&self.secret_key)),
            ("--connection-string", is_given(&self.connection_string)),
            ("--username", !is_not_given(&self.username)),
            ("--password", is_given(&self.password)),
            ("--certificate", is_given(&self.certificate)),
        ];
        let taken = kind.options();
        match options.into_iter().find(|(option, is_given)| *is_given && !taken.contains(option)) {
            None => Ok(()),
            Some((option, _)) => {
                let taken: Vec<_> = taken.iter().map(|option| format!("`{option}`")).collect();
                Err(Failure::usage(format!(
                    "Secret type {} does not take `{option}`.\nIt takes {}.",
                    kind.title(),
                    taken.join(", ")
                )))
            }
        }
    }

    /// The contents of a MongoDB secret: the connection string, and a username and a password or a certificate.
    fn mongodb(self, cx: &Context) -> Result<Value> {
        let some = |option: Option<SecretSource>| option.filter(|source| !source.is_empty());
        let (username, password, certificate) = (non_empty(self.username), some(self.password), some(self.certificate));
        let has_login = username.is_some() || password.is_some();
        if has_login && certificate.is_some() {
            return Err(Failure::usage(
                "Secret type MongoDB takes either a username and a password or a certificate, not both.",
            )
            .into());
        }
        let connection_string = connection_string(self.connection_string, Type::Mongodb, cx)?;
        let certificate = match certificate {
            None if !has_login => ask_for_certificate(cx)?,
            certificate => certificate,
        };
        let mut data = json!({"connection_string": connection_string.reveal()});
        if let Some(certificate) = certificate {
            let missing = || Failure::usage("The certificate for secret type MongoDB must not be empty.");
            data["certificate"] = cx.secret(Some(certificate), "Certificate")?.ok_or_else(missing)?.reveal().into();
        } else {
            let missing = || Failure::usage("A username and a password belong together for secret type MongoDB.");
            let username = match username {
                None => cx.text("Username")?,
                username => username,
            };
            data["username"] = username.ok_or_else(missing)?.into();
            data["password"] = cx.secret(password, "Password")?.ok_or_else(missing)?.reveal().into();
        }
        Ok(json!({"mongodb_secret": data}))
    }
}

/// Asks how to log in to a MongoDB. Returns the file of the certificate, or `None` for a username and a
/// password.
///
/// # Errors
/// A usage error if there is no terminal for a prompt. The terminal can't be read.
fn ask_for_certificate(cx: &Context) -> Result<Option<SecretSource>> {
    let missing = || Failure::usage("Secret type MongoDB needs either a username and a password, or a certificate.");
    let kinds = ["Username and password".to_owned(), "Certificate".to_owned()];
    match cx.choose("Log in with", &kinds)?.ok_or_else(missing)? {
        0 => Ok(None),
        _ => {
            let path = cx.text("File of the certificate")?.ok_or_else(missing)?;
            Ok(Some(SecretSource::File(path.into())))
        }
    }
}

fn connection_string(option: Option<SecretSource>, kind: Type, cx: &Context) -> Result<Secret> {
    let missing =
        || Failure::usage(format!("Argument connection-string is required for secret type {}.", kind.title()));
    Ok(cx.secret(option, "Connection string")?.ok_or_else(missing)?)
}
