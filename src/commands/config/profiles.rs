//! `config profiles`: endpoints with their credentials, in croud.yaml.
//!
//! None of these commands sends a request.

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::config::StoredFormat;
use crate::context::Context;
use crate::endpoint::Endpoint;
use crate::error::Failure;
use crate::identity::SANDBOX;
use crate::options::{Values, non_empty};
use crate::output::{Cell, Column};
use crate::run::{Listing, LocalVerb, Record, Reply, Run, noun};

use super::require_text;

noun! {
    /// Manage profiles: endpoints with their credentials
    Profiles {
        verbs {
            List(Listing<LocalVerb<List>>),
            Current(Record<LocalVerb<Current>>),
            Use(LocalVerb<Use>),
            Add(Add),
            Remove(Remove),
        }
    }
}

const COLUMNS: &[Column] = &[
    Column::new("current").show(mark),
    Column::new("name"),
    Column::new("endpoint"),
    Column::new("format"),
    Column::new("region"),
    Column::new("organization_id"),
];

/// List the profiles
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles list")]
pub(crate) struct List {}

impl Run for List {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, cx: &Context) -> Result<Reply> {
        let (config, current) = (cx.config()?, cx.profile_name()?);
        let rows = cx.profile_names()?.map(|name| {
            let profile = config.profile(name);
            json!({
                "name": name,
                "current": name == current,
                "endpoint": profile.map(|profile| profile.endpoint()),
                "format": config.format_of(profile).name(),
                "region": profile.and_then(|profile| profile.region()),
                "organization_id": profile.and_then(|profile| profile.organization_id()),
            })
        });
        Ok(Reply::of(Some(rows.collect::<Value>())))
    }
}

/// A mark for the current profile, and an empty cell for the others.
fn mark(is_current: Option<&Value>) -> Cell<'_> {
    match is_current {
        Some(Value::Bool(true)) => Cell::Text("*".into()),
        _ => Cell::Missing,
    }
}

/// Show the current profile
///
/// It is the one that --profile names, or else CROUD_PROFILE, or else the one that `config profiles use` chose.
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles current")]
pub(crate) struct Current {}

impl Run for Current {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let config = cx.config()?;
        let name = cx.profile_name()?;
        let profile = config.profile(name);
        let endpoint = profile.map(|profile| profile.endpoint());
        Ok(Reply::of(Some(json!({"name": name, "endpoint": endpoint, "format": config.format_of(profile).name()}))))
    }
}

/// Make a profile the current one
///
/// --profile and CROUD_PROFILE take precedence over it.
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles use prod")]
pub(crate) struct Use {
    /// Name of the profile [default: prompt for it]
    #[arg(value_name = "PROFILE", add = Values::Profile)]
    name: Option<String>,
}

impl Run for Use {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let name = match self.name {
            Some(name) => name,
            None => {
                let mut names: Vec<String> = cx.config()?.profile_names().map(str::to_owned).collect();
                let chosen = cx.choose("Profile", &names)?;
                let chosen = chosen.ok_or_else(|| Failure::usage("The name of a profile is required."))?;
                names.swap_remove(chosen)
            }
        };
        cx.config()?.update(|document| {
            if document["profiles"].get(&name).is_none() {
                let failure = Failure::failed(format!("Failed to switch to profile '{name}'."));
                return Err(match cfg!(feature = "sandbox") && name == SANDBOX {
                    true => failure.info(
                        "The built-in profile is chosen for one command with `--profile sandbox`, or for a whole script with CROUD_PROFILE=sandbox.",
                    ),
                    false => failure.info("Make sure the profile exists."),
                }
                .into());
            }
            document.insert("current-profile".to_owned(), name.as_str().into());
            Ok(())
        })?;
        let mut message = format!("Switched to profile '{name}'.");
        if let Some(other) = cx.environment().profile.as_deref().filter(|other| *other != name) {
            message +=
                &format!("\nCROUD_PROFILE takes precedence, so `{other}` stays in use until you unset that variable.");
        }
        Ok(Reply::info(message))
    }
}

/// Add a profile
#[derive(Args)]
#[command(after_help = "Example:\n  croud config profiles add staging --endpoint https://console.cratedb.cloud")]
pub(crate) struct Add {
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    name: String,

    /// Endpoint of the API: https://HOST[:PORT]
    #[arg(long, value_name = "URL")]
    endpoint: String,

    /// Output format of this profile
    #[arg(long, value_name = "FMT")]
    format: Option<StoredFormat>,

    /// Region of this profile
    #[arg(long, add = Values::Region)]
    region: Option<String>,
}

impl Run for Add {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let name = self.name;
        require_text("PROFILE", &name)?;
        if cfg!(feature = "sandbox") && name == SANDBOX {
            return Err(Failure::usage("The profile `sandbox` is built in. Choose another name.").into());
        }
        Endpoint::parse(&self.endpoint)?;
        let region = non_empty(self.region);
        region.as_deref().map_or(Ok(()), |region| require_text("--region", region))?;
        let mut profile = Map::new();
        profile.insert("auth-token".to_owned(), Value::Null);
        profile.insert("endpoint".to_owned(), self.endpoint.into());
        profile.extend(self.format.map(|format| ("format".to_owned(), format.name().into())));
        profile.extend(region.map(|region| ("region".to_owned(), region.into())));
        cx.config()?.update(|document| {
            let is_taken = document["profiles"].get(&name).is_some();
            match document["profiles"].as_object_mut() {
                Some(profiles) if !is_taken => {
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
    #[arg(value_name = "PROFILE", add = Values::Profile)]
    name: String,
}

impl Run for Remove {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let name = self.name;
        cx.config()?.update(|document| {
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
