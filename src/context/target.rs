//! The endpoint, the credential and the defaults of options, and the API client for them.

use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;

use crate::api::{Api, Identity, KeepToken, RetryPolicy};
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::error::Failure;
use crate::identity::{self, ChosenProfile, Target};
use crate::options::{non_empty, seconds};

use super::Context;
use super::profile::is_built_in;

/// The default for `--timeout`.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The default for `CROUD_RETRIES`.
const RETRIES: u32 = 3;

impl Context {
    /// The endpoint, the credential and the defaults, which are decided at the first call.
    ///
    /// # Errors
    /// Those of [`identity::decide`], and a sandbox that can't be started.
    pub(crate) fn target(&self) -> Result<&Target> {
        if let Some(target) = self.target.get() {
            return Ok(target);
        }
        let target = match self.chosen()? {
            Some(chosen) => {
                if is_built_in(chosen.name) {
                    self.warn(
                        "The profile `sandbox` of croud.yaml is used, not the embedded cloud. Rename it to reach both.",
                    );
                }
                identity::decide(chosen, &self.environment)?
            }
            None => self.sandbox_target()?,
        };
        Ok(self.target.get_or_init(|| target))
    }

    /// The client of the endpoint.
    ///
    /// # Errors
    /// Those of [`Context::target`] and [`Context::retry_policy`].
    pub(crate) fn api(&self) -> Result<&Rc<Api>> {
        if let Some(api) = self.api.get() {
            return Ok(api);
        }
        let target = self.target()?;
        let identity = Identity {
            login: target.login.clone(),
            source: target.source.clone(),
            profile: self.global.profile.clone(),
            region: non_empty(self.shared.region.clone()).or_else(|| target.region.clone()),
            sudo: self.shared.sudo,
        };
        if target.has_unused_key {
            self.warn("You have both a token and a key/secret set in your profile. Only the token will be used.");
        }
        let keep_token: KeepToken = match self.chosen()? {
            // The sandbox keeps its sessions itself.
            None => Box::new(|_| Ok(())),
            Some(chosen) => {
                let (config, profile) = (self.config()?.clone(), chosen.name.to_owned());
                Box::new(move |login| config.store_login(&profile, login, None))
            }
        };
        let api = self.client(identity, keep_token)?;
        Ok(self.api.get_or_init(|| Rc::new(api)))
    }

    /// A client with another credential. A token that it renews is not stored.
    ///
    /// # Errors
    /// Those of [`Context::retry_policy`].
    pub(crate) fn api_for(&self, login: BoundCredential, source: &str) -> Result<Api> {
        let (source, profile) = (source.to_owned(), self.global.profile.clone());
        let identity = Identity { login, source, profile, region: None, sudo: false };
        self.client(identity, Box::new(|_| Ok(())))
    }

    fn client(&self, identity: Identity, keep_token: KeepToken) -> Result<Api> {
        let (term, stop) = (Rc::clone(&self.term), self.stop.clone());
        Ok(Api::new(identity, term, stop, self.retry_policy()?, &self.environment, keep_token))
    }

    /// How long a call may take, and how often it is retried.
    ///
    /// # Errors
    /// Those of [`retry_policy`].
    pub(super) fn retry_policy(&self) -> Result<RetryPolicy, Failure> {
        let environment = &self.environment;
        retry_policy(self.global.timeout, environment.timeout.as_deref(), environment.retries.as_deref())
    }

    /// The endpoint to log in to: the profile's. The environment does not change it.
    ///
    /// # Errors
    /// Those of [`Context::target`].
    pub(crate) fn login_endpoint(&self) -> Result<Endpoint> {
        match self.chosen()? {
            Some(chosen) => Ok(Endpoint::parse(chosen.profile.endpoint())?),
            None => Ok(self.target()?.login.endpoint().clone()),
        }
    }

    /// The API key in the environment, for a login to the profile's endpoint.
    ///
    /// # Errors
    /// A usage error for a key without a secret or a secret without a key, and for a key of another endpoint.
    pub(crate) fn login_key(&self) -> Result<Option<Credential>> {
        let Some(key) = identity::environment_key(&self.environment)? else { return Ok(None) };
        if let Some(chosen) = self.chosen()? {
            // The key is stored in this profile, so the profile counts as named.
            identity::key_endpoint(ChosenProfile { is_named: true, ..chosen }, &self.environment)?;
        }
        Ok(Some(key))
    }

    /// Stores a credential and the organization of its user in the profile that was chosen. The built-in profile
    /// stores nothing.
    ///
    /// # Errors
    /// Those of [`Config::store_login`].
    pub(crate) fn store_login(&self, login: &BoundCredential, organization_id: Option<&str>) -> Result<()> {
        match self.chosen()? {
            Some(chosen) => self.config()?.store_login(chosen.name, login, Some(organization_id)),
            None => Ok(()),
        }
    }
}

/// How long a call may take, and how often it is retried: by `--timeout`, `CROUD_TIMEOUT` and `CROUD_RETRIES`, or by
/// default. A time of 0 is no limit.
///
/// # Errors
/// A usage error for a variable that is not a number.
fn retry_policy(
    option: Option<Duration>,
    timeout: Option<&str>,
    retries: Option<&str>,
) -> Result<RetryPolicy, Failure> {
    let timeout = match (option, timeout) {
        (Some(timeout), _) => timeout,
        (None, None) => TIMEOUT,
        (None, Some(text)) => {
            seconds(text).map_err(|problem| Failure::usage(format!("CROUD_TIMEOUT is `{text}`: {problem}.")))?
        }
    };
    let retries = match retries {
        None => RETRIES,
        Some(text) => text.parse().map_err(|_| {
            Failure::usage(format!("CROUD_RETRIES is `{text}`: expected a number of retries, such as 3."))
        })?,
    };
    Ok(RetryPolicy { retries, timeout: (!timeout.is_zero()).then_some(timeout) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_may_take_a_minute_and_is_retried_three_times_by_default() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for (option, timeout, retries, expected) in [
            (None, None, None, (seconds(60), 3)),
            (None, Some("5"), Some("0"), (seconds(5), 0)),
            (seconds(7), Some("5"), None, (seconds(7), 3)),
            (seconds(0), Some("5"), None, (None, 3)),
            (None, Some("0"), Some("9"), (None, 9)),
        ] {
            let policy = retry_policy(option, timeout, retries).expect("valid settings");
            assert_eq!((policy.timeout, policy.retries), expected, "{option:?} {timeout:?} {retries:?}");
        }
    }
}
