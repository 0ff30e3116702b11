//! Finds the organization, the file or the secret that an option names.

use anyhow::Result;

use crate::api;
use crate::error::{Failure, FailureKind};
use crate::options::{FileReference, Organization, SecretReference, non_empty};
use crate::record;

use super::Context;

impl Context {
    /// The ID of the organization of a command: that of the option, or else the default.
    ///
    /// # Errors
    /// Those of [`Context::given_organization`] and [`Context::default_organization`].
    pub(crate) async fn organization(&self, option: &Organization) -> Result<String> {
        match self.given_organization(option).await? {
            Some(id) => Ok(id),
            None => self.default_organization(),
        }
    }

    /// The ID of the organization that an option names, if one is given.
    ///
    /// # Errors
    /// A name that belongs to no organization or to several, and those of a request for the list.
    pub(crate) async fn given_organization(&self, option: &Organization) -> Result<Option<String>> {
        match (non_empty(option.org_id.clone()), non_empty(option.org.clone())) {
            (Some(id), _) => Ok(Some(id)),
            (None, Some(name)) => {
                let list = ["organizations", "list"];
                self.named("organization", &["organizations"], &name, &list).await.map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    /// The organization of the environment or of the profile. With `--sudo`, there is no default.
    ///
    /// # Errors
    /// A usage error if there is none, and those of [`Context::target`].
    pub(crate) fn default_organization(&self) -> Result<String> {
        let default = if self.shared.sudo { None } else { self.target()?.organization_id.clone() };
        Ok(default.ok_or_else(|| {
            let mut message = "An organization ID is required. Please pass --org-id.".to_owned();
            if self.shared.sudo {
                message.push_str("\n--sudo ignores the organization of the profile and of the environment.");
            }
            Failure::usage(message)
        })?)
    }

    /// The ID of the file that an option names.
    ///
    /// # Errors
    /// A name that belongs to no file or to several, and those of a request for the list.
    pub(crate) async fn file(&self, organization: &str, option: FileReference) -> Result<String> {
        match option.file {
            Some(name) => {
                let list = ["organizations", "files", "list", "--org-id", organization];
                self.named("file", &["organizations", organization, "files"], &name, &list).await
            }
            None => Ok(option.file_id.unwrap_or_default()),
        }
    }

    /// The ID of the secret that an option names.
    ///
    /// # Errors
    /// A name that belongs to no secret or to several, and those of a request for the list.
    pub(crate) async fn secret_id(&self, organization: &str, option: SecretReference) -> Result<String> {
        match option.secret {
            Some(name) => {
                let list = ["organizations", "secrets", "list", "--org-id", organization];
                self.named("secret", &["organizations", organization, "secrets"], &name, &list).await
            }
            None => Ok(option.secret_id.unwrap_or_default()),
        }
    }

    /// The ID of the record that `name` means, in the list of a `noun` at `path`. A complete ID is not looked up. An
    /// error suggests the command with the words `list`.
    ///
    /// # Errors
    /// Those of [`record::find`] and of the request.
    async fn named(&self, noun: &str, path: &[&str], name: &str, list: &[&str]) -> Result<String> {
        if record::is_complete_id(name) {
            return Ok(name.to_owned());
        }
        let records = api::value(self.api()?.get(path).await?)?;
        let found = record::find(&records, noun, name).map_err(|mut failure| {
            if failure.kind != FailureKind::Usage {
                failure.add_line(&format!("{} shows the IDs that exist.", self.suggest_request(list)));
            }
            failure
        })?;
        Ok(record::id(found).ok_or_else(|| Failure::failed(format!("The {noun} `{name}` has no ID.")))?)
    }
}
