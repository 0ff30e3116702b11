//! `config`: shows and changes croud.yaml.
//!
//! `set` sends a request for a region and for an organization, to look them up. The other verbs send none.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use crate::api;
use crate::config::{StoredFormat, profile_mut};
use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::{Failure, first_line};
use crate::output::{Format, printable};
use crate::record;
use crate::run::{Reply, Run, noun};
use crate::secret::is_secret_name;

mod profiles;

noun! {
    /// Manage the configuration
    Config {
        verbs {
            Show(Show),
            Get(Get),
            Set(Set),
            Unset(Unset),
            Path(Path),
        }
        nouns {
            Profiles(profiles::Profiles),
        }
    }
}

/// Show the configuration with secrets masked
#[derive(Args)]
#[command(after_help = "Example:\n  croud config show")]
pub(crate) struct Show {}

impl Run for Show {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let config = cx.config()?;
        cx.info(&format!("Configuration file {}", config.path().display()));
        match cx.profile_name() {
            Ok(_) if cx.is_sandbox() => {
                cx.info("The profile in use is the built-in `sandbox`, which is not in this file.")
            }
            Ok(name) if name != config.current_profile() => {
                cx.info(&format!("The profile in use is `{name}`, which `--profile` or CROUD_PROFILE names."))
            }
            Ok(_) => {}
            Err(error) => cx.warn(&first_line(&error)),
        }
        Ok(Reply::of(Some(masked(config.document()))).format(Format::Yaml))
    }
}

/// Print the path of the configuration file
#[derive(Args)]
#[command(after_help = "Example:\n  croud config path")]
pub(crate) struct Path {}

impl Run for Path {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let path = crate::config::path(cx.environment())?;
        Ok(Reply::text(format!("{}\n", printable(&path.to_string_lossy()))))
    }
}

/// The values that `get`, `set` and `unset` know.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Key {
    DefaultFormat,
    Format,
    Region,
    OrganizationId,
    Endpoint,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Key::DefaultFormat => "default-format",
            Key::Format => "format",
            Key::Region => "region",
            Key::OrganizationId => "organization-id",
            Key::Endpoint => "endpoint",
        }
    }

    /// The name of the profile in croud.yaml that holds the value. `None` for `default-format`, which is not in a profile.
    ///
    /// # Errors
    /// A usage error for the built-in profile, which is not in the file, and those of [`Context::profile_name`].
    fn profile(self, cx: &Context) -> Result<Option<String>> {
        match self {
            Key::DefaultFormat => Ok(None),
            _ if cx.is_sandbox() => Err(Failure::usage(
                "The profile `sandbox` is built in: it has no configuration.\nUse `--profile NAME` to choose a profile of croud.yaml.",
            )
            .into()),
            _ => Ok(Some(cx.profile_name()?.to_owned())),
        }
    }
}

/// Print a value of the configuration
///
/// All values but default-format belong to the current profile, or to the one that --profile names.
#[derive(Args)]
#[command(after_help = "Example:\n  croud config get organization-id")]
pub(crate) struct Get {
    /// Name of the value
    key: Key,
}

impl Run for Get {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let document = cx.config()?.document();
        let name = self.key.name();
        let value = match self.key.profile(cx)? {
            Some(profile) => document["profiles"].get(profile).and_then(|profile| profile.get(name)),
            None => document.get(name),
        };
        match value.and_then(Value::as_str) {
            Some(value) => Ok(Reply::text(format!("{}\n", printable(value)))),
            None => Err(Failure::failed(format!("`{name}` is not set.")).into()),
        }
    }
}

/// Set a value of the configuration
///
/// All values but default-format belong to the current profile, or to the one that --profile names. A region and an organization are looked up in the cloud, if it can be reached. Changing the endpoint to another server removes the credentials of the profile.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud config set format json\n  croud --profile prod config set default-format wide"
)]
pub(crate) struct Set {
    /// Name of the value
    key: Key,

    /// New value
    value: String,
}

impl Run for Set {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let (key, value) = (self.key, self.value);
        let profile = key.profile(cx)?;
        require_text(key.name(), &value)?;
        match key {
            Key::DefaultFormat | Key::Format => {
                let unknown = |expected| Failure::usage(format!("Unknown format `{value}`: {expected}."));
                StoredFormat::parse(&value).map_err(unknown)?;
            }
            Key::Endpoint => _ = Endpoint::parse(&value)?,
            Key::Region if value == "_any_" => {}
            Key::Region => check(cx, &value, "region", "regions list", exists(cx, "regions", "name", &value).await)?,
            Key::OrganizationId => {
                let exists = exists(cx, "organizations", "id", &value).await;
                check(cx, &value, "organization", "organizations list", exists)?;
            }
        }
        let mut message = format!("`{}` is `{value}` now.", key.name());
        cx.config()?.update(|document| {
            let map = map_of(document, profile.as_deref())?;
            let old = map.insert(key.name().to_owned(), value.as_str().into());
            if let (Key::Endpoint, Some(profile)) = (key, &profile)
                && remove_foreign_credentials(map, old.as_ref(), &value)
            {
                message.push_str(&format!(
                    "\nThe credentials of profile `{profile}` belonged to the old endpoint and were removed. Use {} to log in.",
                    cx.suggest(&["login"])
                ));
            }
            Ok(())
        })?;
        Ok(Reply::info(message))
    }
}

/// Remove a value from the configuration
///
/// The default format is reset to `table`.
#[derive(Args)]
#[command(after_help = "Example:\n  croud config unset organization-id")]
pub(crate) struct Unset {
    /// Name of the value
    key: Key,
}

impl Run for Unset {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let (key, profile) = (self.key, self.key.profile(cx)?);
        if key == Key::Endpoint {
            return Err(Failure::usage("A profile needs an endpoint. Use `croud config set endpoint`.").into());
        }
        cx.config()?.update(|document| {
            let map = map_of(document, profile.as_deref())?;
            match key {
                // The Python program needs this key.
                Key::DefaultFormat => _ = map.insert(key.name().to_owned(), "table".into()),
                _ => _ = map.shift_remove(key.name()),
            }
            Ok(())
        })?;
        Ok(Reply::info(match key {
            Key::DefaultFormat => "`default-format` is `table` again.".to_owned(),
            key => format!("`{}` was removed.", key.name()),
        }))
    }
}

/// The map that holds a value: that of the profile, or else the document.
///
/// # Errors
/// The profile no longer exists.
fn map_of<'d>(document: &'d mut Map<String, Value>, profile: Option<&str>) -> Result<&'d mut Map<String, Value>> {
    match profile {
        Some(profile) => profile_mut(document, profile),
        None => Ok(document),
    }
}

/// Refuses text that can't be a name or a value in croud.yaml.
///
/// # Errors
/// A usage error: the text is empty, or has a control character.
fn require_text(what: &str, text: &str) -> Result<(), Failure> {
    match text {
        "" => Err(Failure::usage(format!("`{what}` must not be empty."))),
        text if text.chars().any(char::is_control) => {
            Err(Failure::usage(format!("`{what}` must not contain control characters.")))
        }
        _ => Ok(()),
    }
}

/// Removes the credentials of a profile whose endpoint changed to another origin. Returns whether there were any.
fn remove_foreign_credentials(profile: &mut Map<String, Value>, old: Option<&Value>, new: &str) -> bool {
    let old = old.and_then(Value::as_str).and_then(|old| Endpoint::parse(old).ok());
    if let (Some(old), Ok(new)) = (old, Endpoint::parse(new))
        && new.is_origin_of(old.url())
    {
        return false;
    }
    let mut removed = false;
    for key in ["auth-token", "key", "secret"] {
        if let Some(value) = profile.get_mut(key).filter(|value| !value.is_null()) {
            *value = Value::Null;
            removed = true;
        }
    }
    removed
}

/// Refuses a value that does not exist in the cloud. Warns if the lookup failed.
fn check(cx: &Context, value: &str, what: &str, list: &str, exists: Result<bool>) -> Result<()> {
    match exists {
        Ok(true) => Ok(()),
        Ok(false) => {
            let list = cx.suggest(&list.split(' ').collect::<Vec<_>>());
            Err(Failure::failed(format!("Unknown {what} `{value}` (see {list}). Nothing was changed.")).into())
        }
        Err(error) => {
            cx.warn(&format!("`{value}` could not be looked up: {}", first_line(&error)));
            Ok(())
        }
    }
}

/// Whether the list at `path` has a row whose `key` is `value`.
async fn exists(cx: &Context, path: &str, key: &str, value: &str) -> Result<bool> {
    let reply = api::value(cx.api()?.get(&[path]).await?)?;
    Ok(record::list(&reply).iter().any(|row| row.get(key).is_some_and(|known| known == value)))
}

/// The document with sorted keys and masked secrets.
fn masked(document: &Map<String, Value>) -> Value {
    let mut entries: Vec<_> = document.iter().map(|(key, value)| (key.clone(), masked_value(key, value))).collect();
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    Value::Object(entries.into_iter().collect())
}

/// The value of `key`, or of an item of the list `key`.
fn masked_value(key: &str, value: &Value) -> Value {
    match value {
        _ if is_secret_name(key) => "xxxxxxxxxx".into(),
        Value::Object(below) => masked(below),
        Value::Array(items) => items.iter().map(|item| masked_value(key, item)).collect(),
        scalar => scalar.clone(),
    }
}
