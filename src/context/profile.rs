//! The configuration, and the profile that was chosen.

use std::rc::Rc;

use anyhow::Result;

use crate::config::{self, Config};
use crate::error::Failure;
use crate::identity::{ChosenProfile, SANDBOX};
use crate::output::Format;

use super::Context;

impl Context {
    /// The configuration, which is read at the first call.
    ///
    /// # Errors
    /// The file can't be read or is invalid.
    pub(crate) fn config(&self) -> Result<&Config> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::load(config::path(&self.environment)?, Rc::clone(&self.term))?;
        Ok(self.config.get_or_init(|| config))
    }

    /// The format of the output: the option's, the profile's, or the default.
    pub(crate) fn format(&self) -> Format {
        let configured = || {
            // An invalid file has no format. Commands that need the file report the error.
            let config = self.config().ok()?;
            let profile = self.chosen().ok().flatten().map(|chosen| chosen.profile);
            Some(Format::from(config.format_of(profile)))
        };
        self.shared.output.output_fmt.or_else(configured).unwrap_or(Format::Table)
    }

    /// How many rows of a list are needed; `None` if all of them are.
    pub(crate) fn needed_rows(&self) -> Option<usize> {
        self.shared.selection.needed_rows()
    }

    /// The profile that was chosen: by `--profile`, by `CROUD_PROFILE`, or as the current one. `None` is the
    /// built-in profile `sandbox`, unless croud.yaml has a profile of that name.
    ///
    /// # Errors
    /// Those of [`Context::config`], and a usage error for an unknown profile.
    pub(super) fn chosen(&self) -> Result<Option<ChosenProfile<'_>>> {
        let is_named = self.global.profile.is_some();
        let name = self.global.profile.as_deref().or(self.environment.profile.as_deref());
        let config = match (self.config(), name) {
            (Ok(config), _) => config,
            // The sandbox also works with an invalid file.
            (Err(_), Some(name)) if is_built_in(name) => return Ok(None),
            (Err(error), _) => return Err(error),
        };
        let name = name.unwrap_or_else(|| config.current_profile());
        match config.profile(name) {
            Some(profile) => Ok(Some(ChosenProfile { name, profile, is_named })),
            None if is_built_in(name) => Ok(None),
            None => {
                let known: Vec<_> = self.profile_names()?.collect();
                Err(Failure::usage(format!("There is no profile `{name}`."))
                    .info(format!("The profiles are: {}.", known.join(", ")))
                    .into())
            }
        }
    }

    /// The name of the profile that was chosen.
    ///
    /// # Errors
    /// Those of the configuration, and a usage error for an unknown profile.
    pub(crate) fn profile_name(&self) -> Result<&str> {
        Ok(self.chosen()?.map_or(SANDBOX, |chosen| chosen.name))
    }

    /// The profiles that can be chosen.
    ///
    /// # Errors
    /// Those of [`Context::config`].
    pub(crate) fn profile_names(&self) -> Result<impl Iterator<Item = &str>> {
        let config = self.config()?;
        let built_in = is_built_in(SANDBOX) && config.profile(SANDBOX).is_none();
        Ok(config.profile_names().chain(built_in.then_some(SANDBOX)))
    }

    /// Whether the built-in profile was chosen, whose cloud is embedded.
    pub(crate) fn is_sandbox(&self) -> bool {
        matches!(self.chosen(), Ok(None))
    }

    /// Whether the profile that was chosen has an API key.
    pub(crate) fn profile_has_key(&self) -> bool {
        matches!(self.chosen(), Ok(Some(chosen)) if chosen.profile.key().is_some())
    }

    /// Sets keys of the profile that was chosen, or clears them. The built-in profile has none.
    ///
    /// # Errors
    /// Those of [`Config::set`].
    pub(crate) fn set_in_profile(&self, values: &[(&str, Option<&str>)]) -> Result<()> {
        match self.chosen()? {
            Some(chosen) => self.config()?.set(chosen.name, values),
            None => Ok(()),
        }
    }

    /// The organization of the profile that was chosen.
    pub(crate) fn profile_organization(&self) -> Option<&str> {
        self.chosen().ok().flatten()?.profile.organization_id()
    }
}

/// Whether a profile of this name is built in.
pub(super) fn is_built_in(profile: &str) -> bool {
    cfg!(feature = "sandbox") && profile == SANDBOX
}
