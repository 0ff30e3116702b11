//! `config`: the configuration file, shown and changed. Nothing here talks to the cloud.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::cli::Output;
use crate::context::{Context, SANDBOX, endpoint_of};
use crate::error::{Failure, Level};
use crate::output::{Cell, Column, Format, printable};
use crate::run::{Reply, Run, given, noun};

noun! {
    /// Manage the configuration
    Config {
        Show(Show),
        Get(Get),
        Set(Set),
        Unset(Unset),
        Path(Path);
        Profiles(Profiles),
    }
}

noun! {
    /// Manage profiles: endpoints with their credentials
    Profiles {
        List(List),
        Current(Current),
        Use(Use),
        Add(Add),
        Remove(Remove),
    }
}

/// Show the configuration, secrets masked
#[derive(Args)]
#[command(after_help = "Example:\n  croud config show")]
pub(crate) struct Show {}

impl Run for Show {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        cx.info(&format!("Configuration file {}", cx.config().path().display()));
        let document = masked(cx.config().document());
        Ok(Reply::of(Some(document)).format(Format::Yaml))
    }
}

/// Print the path of the configuration file
#[derive(Args)]
#[command(after_help = "Example:\n  croud config path")]
pub(crate) struct Path {}

impl Run for Path {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        Ok(Reply::text(format!("{}\n", cx.config().path().display())))
    }
}

/// What can be set without editing the file.
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

    /// Set it in the document, or take it out; all but the default format are the profile's.
    fn put(self, document: &mut Map<String, Value>, profile: &str, value: Option<&str>) {
        let is_default = self == Key::DefaultFormat;
        let place = if is_default { Some(document) } else { document["profiles"][profile].as_object_mut() };
        let Some(place) = place else { return };
        match value {
            Some(value) => _ = place.insert(self.name().to_owned(), value.into()),
            None => _ = place.shift_remove(self.name()),
        }
    }
}

/// Print a value of the configuration
///
/// All but default-format are those of the current profile, or of --profile.
#[derive(Args)]
#[command(after_help = "Example:\n  croud config get region")]
pub(crate) struct Get {
    /// What to print
    key: Key,
}

impl Run for Get {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let (document, name) = (cx.config().document(), cx.profile_name()?);
        let value = match self.key {
            Key::DefaultFormat => document.get(self.key.name()),
            key => document["profiles"].get(name).and_then(|profile| profile.get(key.name())),
        };
        match value.and_then(Value::as_str) {
            Some(value) => Ok(Reply::text(format!("{}\n", printable(value)))),
            None => Err(Failure::failed(format!("`{}` is not set.", self.key.name())).into()),
        }
    }
}

/// Set a value of the configuration
///
/// All but default-format are those of the current profile, or of --profile. A region and an organization are looked up in the cloud, if it can be reached.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud config set region eks1.eu-west-1.aws\n  croud --profile prod config set format json"
)]
pub(crate) struct Set {
    /// What to set
    key: Key,

    /// Value to set it to
    value: String,
}

impl Run for Set {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let name = own_profile(cx)?;
        let value = self.value;
        match self.key {
            Key::DefaultFormat | Key::Format => {
                let known = || Failure::usage(format!("`{value}` is no format: it is table, wide, json or yaml."));
                Format::from_name(&value).ok_or_else(known)?;
            }
            Key::Endpoint => _ = endpoint_of(&value)?,
            Key::Region => {
                let exists = region_exists(cx, &value).await;
                check(cx, &value, exists)?;
            }
            Key::OrganizationId => {
                let exists = organization_exists(cx, &value).await;
                check(cx, &value, exists)?;
            }
        }
        cx.config().update(|document| {
            self.key.put(document, &name, Some(&value));
            Ok(())
        })?;
        Ok(Reply::info(format!("`{}` is `{value}` now.", self.key.name())))
    }
}

/// Remove a value from the configuration
#[derive(Args)]
#[command(after_help = "Example:\n  croud config unset organization-id")]
pub(crate) struct Unset {
    /// What to remove
    key: Key,
}

impl Run for Unset {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let name = own_profile(cx)?;
        let value = match self.key {
            Key::Endpoint => return Err(Failure::usage("A profile needs an endpoint: set another one.").into()),
            // The Python program needs it to be there.
            Key::DefaultFormat => Some("table"),
            _ => None,
        };
        cx.config().update(|document| {
            self.key.put(document, &name, value);
            Ok(())
        })?;
        Ok(Reply::info(format!("`{}` is not set any more.", self.key.name())))
    }
}

/// The profile that is to be changed.
fn own_profile(cx: &Context) -> Result<String> {
    match cx.is_sandbox() {
        true => Err(Failure::usage("The sandbox's profile is built in: there is nothing to set.").into()),
        false => Ok(cx.profile_name()?.to_owned()),
    }
}

/// Refuse a value that the cloud does not know; warn of one that could not be looked up.
fn check(cx: &Context, value: &str, exists: Result<bool>) -> Result<()> {
    match exists {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::failed(format!("The cloud knows no `{value}`. Nothing was changed.")).into()),
        Err(error) => {
            let why = error.to_string();
            let why = why.lines().next().unwrap_or_default();
            cx.term().say(Level::Warning, &format!("`{value}` could not be looked up: {why}"));
            Ok(())
        }
    }
}

async fn region_exists(cx: &mut Context, region: &str) -> Result<bool> {
    let regions = cx.api().await?.get(&["regions"]).await?;
    let rows = regions.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(region == "_any_" || rows.iter().any(|row| row.get("name").is_some_and(|name| name == region)))
}

async fn organization_exists(cx: &mut Context, id: &str) -> Result<bool> {
    let organizations = cx.api().await?.get(&["organizations"]).await?;
    let rows = organizations.as_ref().and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(rows.iter().any(|row| row.get("id").is_some_and(|known| known == id)))
}

/// List the profiles
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles list")]
pub(crate) struct List {
    #[command(flatten)]
    output: Output,
}

const PROFILES: &[Column] = &[
    Column::new("current").show(mark),
    Column::new("name"),
    Column::new("endpoint"),
    Column::new("format"),
    Column::new("region"),
    Column::new("organization_id"),
];

impl Run for List {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let config = cx.config();
        let rows = config.profile_names().filter_map(|name| {
            let profile = config.profile(name)?;
            Some(json!({
                "name": name,
                "current": name == config.current_profile(),
                "endpoint": profile.endpoint(),
                "format": profile.format().unwrap_or_else(|| config.default_format()).name(),
                "region": profile.region(),
                "organization_id": profile.organization_id(),
            }))
        });
        let rows = rows.collect();
        cx.share_output(self.output);
        Ok(Reply::of(Some(rows)).columns(PROFILES))
    }
}

/// A mark for the current profile, and nothing for the others.
fn mark(is_current: Option<&Value>) -> Cell<'_> {
    match is_current {
        Some(Value::Bool(true)) => Cell::Text("*".into()),
        _ => Cell::Missing,
    }
}

/// Show the current profile
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles current")]
pub(crate) struct Current {
    #[command(flatten)]
    output: Output,
}

impl Run for Current {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let config = cx.config();
        let name = config.current_profile();
        let profile = config.profile(name);
        let format = profile.and_then(|profile| profile.format()).unwrap_or_else(|| config.default_format());
        let endpoint = profile.map(|profile| profile.endpoint());
        let reply = json!({"name": name, "endpoint": endpoint, "format": format.name()});
        cx.share_output(self.output);
        Ok(Reply::of(Some(reply)))
    }
}

/// Make a profile the current one
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles use prod")]
pub(crate) struct Use {
    /// Name of the profile [default: you are asked]
    #[arg(value_name = "PROFILE")]
    name: Option<String>,

    #[command(flatten)]
    output: Output,
}

impl Run for Use {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let name = match self.name {
            Some(name) => name,
            None => {
                let names: Vec<String> = cx.config().profile_names().map(str::to_owned).collect();
                let chosen = cx.choose("Profile", names.clone()).await?;
                let nobody = || Failure::usage("The name of a profile is needed.");
                chosen.and_then(|chosen| names.into_iter().nth(chosen)).ok_or_else(nobody)?
            }
        };
        cx.share_output(self.output);
        cx.config().update(|document| {
            if document["profiles"].get(&name).is_none() {
                let failure = Failure::failed(format!("Failed to switch to profile '{name}'."));
                return Err(match cfg!(feature = "sandbox") && name == SANDBOX {
                    true => failure.info("The sandbox is for rehearsals: choose it with `--profile sandbox`, or with CROUD_PROFILE=sandbox for a whole script."),
                    false => failure.info("Make sure the profile exists."),
                }
                .into());
            }
            document.insert("current-profile".to_owned(), name.as_str().into());
            Ok(())
        })?;
        Ok(Reply::info(format!("Switched to profile '{name}'.")))
    }
}

/// Add a profile
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles add prod --endpoint https://console.cratedb.cloud")]
pub(crate) struct Add {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    name: String,

    /// Endpoint of the API
    #[arg(long, value_name = "URL")]
    endpoint: String,

    /// Format of the output with this profile
    #[arg(long, value_name = "FMT")]
    format: Option<Format>,

    /// Region to use with this profile
    #[arg(long)]
    region: Option<String>,
}

impl Run for Add {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        endpoint_of(&self.endpoint)?;
        let name = self.name;
        let mut profile = Map::new();
        profile.insert("auth-token".to_owned(), Value::Null);
        profile.insert("endpoint".to_owned(), self.endpoint.into());
        profile.extend(self.format.map(|format| ("format".to_owned(), format.name().into())));
        profile.extend(given(self.region).map(|region| ("region".to_owned(), region.into())));
        cx.config().update(|document| {
            let taken = document["profiles"].get(&name).is_some();
            match document["profiles"].as_object_mut() {
                Some(profiles) if !taken => {
                    profiles.insert(name.clone(), profile.into());
                    Ok(())
                }
                _ => Err(Failure::failed(format!("Failed to add profile '{name}'.")).into()),
            }
        })?;
        Ok(Reply::info(format!("Added profile '{name}'.")))
    }
}

/// Remove a profile
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles remove prod")]
pub(crate) struct Remove {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    name: String,
}

impl Run for Remove {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let name = self.name;
        cx.config().update(|document| {
            let is_current = document["current-profile"] == name.as_str();
            let profiles = document["profiles"].as_object_mut().filter(|_| !is_current);
            match profiles.and_then(|profiles| profiles.shift_remove(&name)) {
                Some(_) => Ok(()),
                None => Err(Failure::failed(format!("Failed to remove profile '{name}'."))
                    .info("Make sure the profile exists and it is not the current profile.")
                    .into()),
            }
        })?;
        Ok(Reply::info(format!("Removed profile '{name}'.")))
    }
}

/// The document with sorted keys, the values of secret ones masked.
fn masked(document: &Map<String, Value>) -> Value {
    let mut keys: Vec<_> = document.keys().collect();
    keys.sort();
    let entries = keys.into_iter().map(|key| {
        let value = &document[key];
        let name = key.to_lowercase();
        let shown = match value {
            _ if ["pass", "secret", "token"].iter().any(|word| name.contains(word)) => "xxxxxxxxxx".into(),
            Value::Object(below) => masked(below),
            other => other.clone(),
        };
        (key.clone(), shown)
    });
    Value::Object(entries.collect())
}
