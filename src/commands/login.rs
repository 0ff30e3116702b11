//! `login`: who you are from now on, by a browser or by an API key.
//!
//! Nothing is stored before it is known, and shown, whose credential it is.

use std::io::{self, BufRead, IsTerminal};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::api::Credential;
use crate::callback::{Arrival, Callback, PORT};
use crate::context::Context;
use crate::error::{Failure, Kind, Level};
use crate::run::{Reply, Run};
use crate::secret::Secret;

/// Who vouches for you.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "lower")]
enum Idp {
    Cognito,
    AzureAd,
    GitHub,
    Google,
}

impl Idp {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Log in to CrateDB Cloud, in a browser or with an API key
///
/// In a browser: the page's address is printed and opened, and the command waits until you have signed in there.
///
/// With --api-key: key and secret come from CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET, else from stdin, a line each, else you are asked.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud login --idp github\n  croud login --api-key\n  printf '%s\\n' \"$KEY\" \"$SECRET\" | croud login --api-key"
)]
pub(crate) struct Login {
    /// Identity provider to sign in with [default: you are asked]
    #[arg(long)]
    idp: Option<Idp>,

    /// Sign in with an API key, and keep it
    #[arg(long, conflicts_with_all = ["idp", "wait"])]
    api_key: bool,

    /// Seconds to wait for the sign-in in the browser
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    wait: u64,
}

impl Run for Login {
    async fn run(self, cx: &mut Context) -> Result<Reply> {
        let endpoint = cx.own_endpoint().await?;
        let keep = match self.api_key {
            true => by_api_key(cx, &endpoint).await?,
            false => in_browser(cx, &endpoint, self.idp, Duration::from_secs(self.wait)).await?,
        };
        let organization_id = text(&keep.user, "organization_id");
        let values: Vec<(&str, Option<&str>)> = match &keep.credential {
            Credential::Token(token) => {
                vec![("auth-token", Some(token.reveal())), ("organization-id", organization_id)]
            }
            Credential::Key { key, secret } => vec![
                // A token would win.
                ("auth-token", None),
                ("key", Some(key)),
                ("secret", Some(secret.reveal())),
                ("organization-id", organization_id),
            ],
            Credential::None => Vec::new(),
        };
        let stored = cx.set_in_profile(&values);
        if let Some((arrival, callback)) = keep.door {
            match &stored {
                Ok(()) => arrival.welcome(&name(&keep.user)),
                Err(error) => arrival.turn_away(&format!("It could not be stored: {error:#}.")),
            }
            callback.close().await;
        }
        stored?;
        cx.info("Login successful.");
        if cx.is_sandbox() {
            return Ok(Reply::info("The sandbox's profile acts as its admin whoever logs in: nothing was stored."));
        }
        cx.info(&format!("Current profile: {}", cx.profile_name()?));
        cx.info(&format!("API endpoint   : {endpoint}"));
        Ok(Reply::info(format!("Organization ID: {}", organization_id.unwrap_or("None"))))
    }
}

/// A credential, and the user it is for.
struct Keep {
    credential: Credential,
    user: Value,
    /// The browser that waits for its page.
    door: Option<(Arrival, Callback)>,
}

async fn by_api_key(cx: &mut Context, endpoint: &str) -> Result<Keep> {
    let (key, secret) = api_key(cx).await?;
    let credential = Credential::Key { key, secret };
    let (user, _) = who(cx, endpoint, credential.clone(), "the API key that was given").await?;
    cx.info(&format!("The key is {}'s.", name(&user)));
    Ok(Keep { credential, user, door: None })
}

/// Key and secret: from the environment, from stdin, or from somebody who is asked.
async fn api_key(cx: &mut Context) -> Result<(String, Secret)> {
    if let Some(Credential::Key { key, secret }) = cx.key_of_environment()? {
        return Ok((key, secret));
    }
    let missing = || {
        Failure::usage(
            "An API key is needed: set CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET, or give key and secret on stdin, a line each.",
        )
    };
    if !io::stdin().is_terminal() {
        let lines = tokio::task::spawn_blocking(|| {
            let lines: io::Result<Vec<String>> = io::stdin().lock().lines().take(2).collect();
            lines
        });
        let lines = lines.await?.context("could not read stdin")?;
        return match lines.as_slice() {
            [key, secret] if !key.trim().is_empty() && !secret.trim().is_empty() => {
                Ok((key.trim().to_owned(), Secret::from(secret.trim())))
            }
            _ => Err(missing().into()),
        };
    }
    let key = cx.secret(None, "API key").await?.filter(|key| !key.reveal().is_empty()).ok_or_else(missing)?;
    let secret = cx.secret(None, "API secret").await?.filter(|secret| !secret.reveal().is_empty());
    Ok((key.reveal().to_owned(), secret.ok_or_else(missing)?))
}

async fn in_browser(cx: &mut Context, endpoint: &str, idp: Option<Idp>, wait: Duration) -> Result<Keep> {
    let idp = match idp {
        Some(idp) => idp,
        None => {
            let idps = Idp::value_variants();
            let names = idps.iter().map(|idp| idp.name()).collect();
            let chosen = cx.choose("Identity provider", names).await?;
            *chosen
                .and_then(|chosen| idps.get(chosen))
                .ok_or_else(|| Failure::usage("Pass --idp: cognito, azuread, github or google."))?
        }
    };
    if cx.profile_has_key() {
        cx.term().say(
            Level::Warning,
            "Looks like you have an API key and secret set in this profile. They will be ignored if you log in successfully.",
        );
    }
    let mut callback = Callback::open().await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::failed(format!(
            "Port {PORT} is taken, and a sign-in ends there. Is another `croud login` waiting? End it, or use `croud login --api-key`."
        )),
        _ => Failure::failed(format!("Nothing can listen on port {PORT}, where a sign-in ends: {error}")),
    })?;
    let url = format!("{}/oauth2/{}/login?cli=true", endpoint.trim_end_matches('/'), idp.name());
    cx.info(&format!("Sign in here: {url}"));
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("SSH_CONNECTION") || set("SSH_TTY") {
        cx.info(&format!(
            "Over SSH, forward the port to your own machine first: `ssh -L {PORT}:localhost:{PORT} HOST`."
        ));
    }
    // Some browsers only come back when they are closed.
    let mut opening = tokio::task::spawn_blocking(move || {
        let quiet = webbrowser::BrowserOptions::new().with_suppress_output(true).clone();
        webbrowser::open_browser_with_options(webbrowser::Browser::Default, &url, &quiet)
    });
    let hold = cx.hold();
    let signed_in = async {
        let mut is_opening = true;
        loop {
            let arrival = tokio::select! {
                arrival = callback.arrival() => arrival,
                opened = &mut opening, if is_opening => {
                    is_opening = false;
                    match opened {
                        Ok(Ok(())) => cx.info("A browser tab has been launched for you to login."),
                        _ => cx.info("No browser could be started: open the page yourself."),
                    }
                    continue;
                }
            };
            let credential = Credential::Token(arrival.token.clone());
            match who(cx, endpoint, credential, "the token that the sign-in brought").await {
                Ok((user, newest)) => return (newest.unwrap_or_else(|| arrival.token.clone()), user, arrival),
                Err(error) => {
                    let why = error.to_string();
                    let why = why.lines().next().unwrap_or_default();
                    arrival.turn_away(why);
                    cx.term().say(Level::Warning, &format!("A sign-in was turned away: {why} Still waiting."));
                }
            }
        }
    };
    let done: Result<_> = tokio::select! {
        done = signed_in => Ok(done),
        kind = hold.asked() => Err(Failure::new(kind, "Login cancelled.").into()),
        () = tokio::time::sleep(wait) => Err(Failure::new(
            Kind::Failed,
            format!("Nobody signed in within {} seconds. Try again, or use `croud login --api-key`.", wait.as_secs()),
        )
        .into()),
    };
    let (token, user, arrival) = done?;
    cx.info(&format!("Signed in as {}.", name(&user)));
    Ok(Keep { credential: Credential::Token(token), user, door: Some((arrival, callback)) })
}

/// The user that a credential is for, and the newest token where it is one.
async fn who(cx: &Context, endpoint: &str, credential: Credential, source: &str) -> Result<(Value, Option<Secret>)> {
    let api = cx.api_as(endpoint, credential, source)?;
    let user = api.get(&["users", "me"]).await?;
    let user = user.filter(|user| user.get("email").or(user.get("uid")).is_some());
    Ok((user.ok_or_else(|| Failure::failed("The reply is unusable: it names no user."))?, api.token()))
}

/// A user's name and address, as far as they are known.
fn name(user: &Value) -> String {
    match (text(user, "name").or(text(user, "username")), text(user, "email")) {
        (Some(name), Some(email)) => format!("{name} <{email}>"),
        (Some(name), None) => name.to_owned(),
        (None, Some(email)) => email.to_owned(),
        (None, None) => text(user, "uid").unwrap_or("somebody").to_owned(),
    }
}

fn text<'v>(user: &'v Value, key: &str) -> Option<&'v str> {
    user.get(key)?.as_str().filter(|text| !text.is_empty())
}
