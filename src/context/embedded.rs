//! The embedded cloud of the built-in profile.

use anyhow::Result;

#[cfg(feature = "sandbox")]
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::error::Failure;
use crate::identity::Target;

use super::Context;

#[cfg(feature = "sandbox")]
impl Context {
    /// Starts the embedded cloud in this process. Environment variables do not change its endpoint, credential
    /// or organization, so a command on the sandbox never reaches another cloud.
    pub(super) fn sandbox_target(&self) -> Result<Target> {
        let folder = self.sandbox_folder()?;
        let sandbox = crate::sandbox::in_process(&folder).map_err(|error| {
            Failure::failed(format!(
                "The sandbox in `{}` could not start: {error}.\nSet CROUD_SANDBOX_STATE to use another folder.",
                folder.display()
            ))
        })?;
        if let Some(warning) = &sandbox.warning {
            self.warn(warning);
        }
        Ok(Target {
            login: BoundCredential::new(
                Endpoint::parse(&sandbox.endpoint)?,
                Credential::Token(sandbox.token.as_str().into()),
            ),
            source: "the session token of the sandbox's admin".to_owned(),
            has_unused_key: false,
            region: None,
            organization_id: sandbox.organization_id,
        })
    }

    /// The folder with the state of the built-in profile: `CROUD_SANDBOX_STATE`, or one in the user's
    /// local data.
    ///
    /// # Errors
    /// Neither is known.
    pub(crate) fn sandbox_folder(&self) -> Result<std::path::PathBuf> {
        let default = || Some(dirs::data_local_dir()?.join("Crate").join("sandbox"));
        let folder = self.environment.sandbox_state.clone().or_else(default);
        Ok(folder.ok_or_else(|| {
            Failure::failed("There is no folder for the sandbox's state: set HOME or CROUD_SANDBOX_STATE.")
        })?)
    }
}

#[cfg(not(feature = "sandbox"))]
impl Context {
    pub(super) fn sandbox_target(&self) -> Result<Target> {
        Err(Failure::usage("This croud was built without the sandbox.").into())
    }
}
