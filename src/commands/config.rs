//! `config`: the configuration file, shown and changed. Nothing here talks to the cloud.

use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::cli::Output;
use crate::context::{Context, SANDBOX};
use crate::error::Failure;
use crate::output::Format;
use crate::run::{Reply, Run, given, noun};

noun! {
    /// Manage the configuration
    Config {
        Show(Show);
        Profiles(Profiles),
    }
}

noun! {
    /// Manage profiles: endpoints with their credentials
    Profiles {
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
    /// Name of the profile
    #[arg(value_name = "PROFILE")]
    name: String,

    #[command(flatten)]
    output: Output,
}

impl Run for Use {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let name = self.name;
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
