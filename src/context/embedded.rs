//! The embedded cloud of the built-in profile.

#[cfg(feature = "sandbox")]
use std::rc::Rc;

use anyhow::Result;

#[cfg(feature = "sandbox")]
use crate::api::SandboxControl;
#[cfg(feature = "sandbox")]
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::error::Failure;
use crate::identity::Target;
#[cfg(feature = "sandbox")]
use crate::secret::SecretSource;

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

    /// The control of the running sandbox at `server`, or else at the address in the environment. `None` if there is no
    /// address. The token of the environment is sent only to the address in the environment.
    ///
    /// # Errors
    /// A usage error for an address that is not valid and for a missing token, and those of [`Context::secret`].
    pub(crate) fn sandbox_control(
        &self,
        server: Option<&str>,
        token: Option<SecretSource>,
    ) -> Result<Option<SandboxControl>> {
        let from_environment = self.environment.sandbox_server.as_deref();
        let Some(server) = server.filter(|server| !server.is_empty()).or(from_environment) else { return Ok(None) };
        let endpoint = Endpoint::parse(server)?;
        let is_environments =
            from_environment.is_none_or(|known| Endpoint::parse(known).is_ok_and(|known| known == endpoint));
        let known = self.environment.sandbox_token.clone().filter(|_| is_environments && token.is_none());
        let token = match known {
            Some(token) => Some(token),
            None => self.secret(token, "Control token")?,
        };
        let token = token.ok_or_else(|| {
            let way = match is_environments {
                true => "pass --token, or set CROUD_SANDBOX_TOKEN",
                false => "pass --token, because CROUD_SANDBOX_TOKEN is that of CROUD_SANDBOX_SERVER",
            };
            Failure::usage(format!(
                "The control token of {endpoint} is missing: {way}.\nIt is `control_token` in the line that `croud sandbox serve` prints."
            ))
        })?;
        let (term, stop, timeout) = (Rc::clone(&self.term), self.stop.clone(), self.retry_policy()?.timeout);
        Ok(Some(SandboxControl::new(endpoint, &token, term, stop, timeout, &self.environment)?))
    }

    /// The snapshots of the running sandbox at `server` or at the address in the environment, or else those of the
    /// built-in profile: `[{name, created, size}]`.
    ///
    /// # Errors
    /// Those of [`Context::sandbox_control`], there are no snapshots yet, or they cannot be read.
    pub(crate) async fn sandbox_snapshots(&self, server: Option<&str>) -> Result<serde_json::Value> {
        match self.sandbox_control(server, None)? {
            Some(server) => Ok(server.call("GET", &["snapshots"], &[], None).await?.value()?),
            None => Ok(crate::sandbox::snapshots(&self.sandbox_folder()?)?),
        }
    }

    /// The folder with the state of the built-in profile: `CROUD_SANDBOX_STATE`, or one in the user's
    /// local data.
    ///
    /// # Errors
    /// Neither is known.
    pub(crate) fn sandbox_folder(&self) -> Result<std::path::PathBuf> {
        let data = dirs::data_local_dir().filter(|folder| folder.is_absolute());
        let default = || Some(data?.join("Crate").join("sandbox"));
        let folder = self.environment.sandbox_state.clone().or_else(default);
        Ok(folder.ok_or_else(|| {
            Failure::failed(
                "There is no folder for the sandbox's state: set HOME to an absolute path, or set CROUD_SANDBOX_STATE.",
            )
        })?)
    }
}

#[cfg(not(feature = "sandbox"))]
impl Context {
    pub(super) fn sandbox_target(&self) -> Result<Target> {
        Err(Failure::usage("This croud was built without the sandbox.").into())
    }
}
