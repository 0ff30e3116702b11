//! The configuration: the profiles in `croud.yaml`.
//!
//! The Python program of the same name uses the same file. It refuses a file with a key or a value that it
//! does not know, so only what fits its schema is written. Unknown keys in the file are kept.

mod file;
mod schema;
mod yaml;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::environment::Environment;
use crate::error::{Failure, Level};
use crate::secret::Secret;
use crate::term::Term;

pub(crate) use schema::StoredFormat;

/// The configuration as it was read.
#[derive(Clone)]
pub(crate) struct Config {
    path: PathBuf,
    document: Map<String, Value>,
    term: Rc<Term>,
}

/// A profile of the configuration.
#[derive(Clone, Copy)]
pub(crate) struct Profile<'c>(&'c Map<String, Value>);

impl Config {
    /// Reads the file at `path`. Without a file, the configuration is the default one. Warns on `term` if other
    /// users can read the file.
    ///
    /// # Errors
    /// The file can't be read, or it is not a valid configuration.
    pub(crate) fn load(path: PathBuf, term: Rc<Term>) -> Result<Self> {
        let document = file::read(&path)?.document;
        if let Some(warning) = file::access_warning(&path) {
            term.say(Level::Warning, &warning);
        }
        Ok(Self { path, document, term })
    }

    /// The path of the file, which may not exist.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole document, unknown keys included.
    pub(crate) fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    /// The name of the current profile.
    pub(crate) fn current_profile(&self) -> &str {
        self.document["current-profile"].as_str().unwrap_or_default()
    }

    /// The format of a profile: its own, or the default. `None` is the built-in profile.
    pub(crate) fn format_of(&self, profile: Option<Profile<'_>>) -> StoredFormat {
        let default = || StoredFormat::parse(self.document["default-format"].as_str()?).ok();
        profile.and_then(Profile::format).or_else(default).unwrap_or(StoredFormat::Table)
    }

    /// The profile of this name.
    pub(crate) fn profile(&self, name: &str) -> Option<Profile<'_>> {
        self.document["profiles"].get(name)?.as_object().map(Profile::new)
    }

    /// The names of the profiles, in the order of the file.
    pub(crate) fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.document["profiles"].as_object().into_iter().flat_map(|profiles| profiles.keys().map(String::as_str))
    }

    /// Changes the file. `change` gets the current document of the file while the file is locked. Warns if the change
    /// removes comments.
    ///
    /// # Errors
    /// Those of `change`, a result that does not fit the schema, and a file that can't be locked, read or
    /// written. The file is then unchanged.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Map<String, Value>) -> Result<T>) -> Result<T> {
        let file = file::lock(&self.path, &self.term)?;
        let before = file::read(file.path())?;
        let mut document = before.document.clone();
        let done = change(&mut document)?;
        if document != before.document || !file.path().exists() {
            file::replace(&file, &document)?;
            if before.has_comment {
                self.term.say(Level::Warning, &format!("The comments in `{}` were removed.", self.path.display()));
            }
        }
        Ok(done)
    }

    /// Sets keys of a profile. `None` stores null.
    ///
    /// # Errors
    /// Those of [`Config::update`], and a profile that another process has removed.
    pub(crate) fn set(&self, profile: &str, values: &[(&str, Option<&str>)]) -> Result<()> {
        self.update(|document| {
            let profile = profile_mut(document, profile)?;
            profile.extend(values.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())));
            Ok(())
        })
    }

    /// Stores a credential in a profile. Stores the organization of its user, too, if `organization_id` is
    /// given.
    ///
    /// # Errors
    /// Those of [`Config::set`], and a profile whose endpoint is not the credential's, because another
    /// process has changed it.
    pub(crate) fn store_login(
        &self,
        profile: &str,
        login: &BoundCredential,
        organization_id: Option<Option<&str>>,
    ) -> Result<()> {
        self.update(|document| {
            let values = profile_mut(document, profile)?;
            let endpoint = values.get("endpoint").and_then(Value::as_str).unwrap_or_default();
            if !Endpoint::parse(endpoint).is_ok_and(|endpoint| endpoint.is_origin_of(login.endpoint().url())) {
                let problem =
                    format!("Another process changed the endpoint of profile `{profile}`. Nothing was stored.");
                return Err(Failure::failed(problem).into());
            }
            let mut set = |key: &str, value: Option<&str>| _ = values.insert(key.to_owned(), value.into());
            match login.credential() {
                Credential::None => {}
                Credential::Token(token) => set("auth-token", Some(token.reveal())),
                Credential::Key { key, secret } => {
                    // A token would take precedence over the key.
                    set("auth-token", None);
                    set("key", Some(key));
                    set("secret", Some(secret.reveal()));
                }
            }
            if let Some(organization_id) = organization_id {
                set("organization-id", organization_id);
            }
            Ok(())
        })
    }
}

/// The values of a profile, to be changed.
///
/// # Errors
/// Another process has removed the profile.
pub(crate) fn profile_mut<'d>(document: &'d mut Map<String, Value>, name: &str) -> Result<&'d mut Map<String, Value>> {
    let profile = document.get_mut("profiles").and_then(|profiles| profiles.get_mut(name));
    let gone = || Failure::failed(format!("The profile `{name}` no longer exists. Nothing was changed."));
    Ok(profile.and_then(Value::as_object_mut).ok_or_else(gone)?)
}

impl<'c> Profile<'c> {
    /// The profile with these values.
    pub(crate) fn new(values: &'c Map<String, Value>) -> Self {
        Self(values)
    }

    /// The endpoint, unchecked.
    pub(crate) fn endpoint(self) -> &'c str {
        self.text("endpoint").unwrap_or_default()
    }

    /// The session token.
    pub(crate) fn token(self) -> Option<Secret> {
        self.text("auth-token").map(Secret::from)
    }

    /// The API key and its secret, if the profile has both.
    pub(crate) fn key(self) -> Option<(String, Secret)> {
        Some((self.text("key")?.to_owned(), self.text("secret")?.into()))
    }

    /// The default for `--region`.
    pub(crate) fn region(self) -> Option<&'c str> {
        self.text("region")
    }

    /// The default for `--output-fmt`.
    pub(crate) fn format(self) -> Option<StoredFormat> {
        StoredFormat::parse(self.text("format")?).ok()
    }

    /// The default for `--org-id`.
    pub(crate) fn organization_id(self) -> Option<&'c str> {
        self.text("organization-id")
    }

    /// A value that is neither missing nor empty.
    fn text(self, key: &str) -> Option<&'c str> {
        self.0.get(key)?.as_str().filter(|text| !text.is_empty())
    }
}

/// The path of croud.yaml: `CROUD_CONFIG`, or `Crate/croud.yaml` in the user's configuration folder.
///
/// # Errors
/// There is no such folder.
pub(crate) fn path(environment: &Environment) -> Result<PathBuf> {
    if let Some(file) = &environment.config_file {
        return Ok(file.clone());
    }
    // XDG_CONFIG_HOME also applies on macOS, where `dirs` ignores it.
    let folder = environment.config_home.clone().or_else(dirs::config_local_dir);
    let folder = folder.filter(|folder| folder.is_absolute()).ok_or_else(|| {
        Failure::failed(
            "There is no folder for the configuration: set HOME to an absolute path, or name the file in CROUD_CONFIG.",
        )
    })?;
    // On Windows, the Python program's folder is named after the author and the application.
    let folder = if cfg!(windows) { folder.join("Crate").join("Crate") } else { folder.join("Crate") };
    Ok(folder.join("croud.yaml"))
}
