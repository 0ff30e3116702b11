//! `login`: stores a session token or an API key in the profile.
//!
//! Nothing is stored before the API has accepted the credential and the user was shown.

use std::io::{self, BufRead, IsTerminal, Read};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::callback::{Arrival, Callback, PORT};
use crate::context::Context;
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::error::{Failure, FailureKind};
use crate::run::{Reply, Run};
use crate::secret::{LONGEST_SECRET, Secret};

/// The identity providers.
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

/// Log in to CrateDB Cloud, with a browser or an API key
///
/// Without --api-key, the command prints and opens the address of the login page, and waits until you have logged in there.
///
/// With --api-key, the key and its secret are taken from CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET, or else read from stdin (one line each), or else prompted for.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud login --idp github\n  croud login --api-key\n  printf '%s\\n' \"$KEY\" \"$SECRET\" | croud login --api-key"
)]
pub(crate) struct Login {
    /// Identity provider [default: prompt for it]
    #[arg(long)]
    idp: Option<Idp>,

    /// Log in with an API key and store it in the profile
    #[arg(long, conflicts_with_all = ["idp", "wait"])]
    api_key: bool,

    /// Seconds to wait for the login in the browser
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    wait: u64,
}

impl Run for Login {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let endpoint = cx.login_endpoint()?;
        let accepted = match self.api_key {
            true => with_api_key(cx, endpoint.clone()).await?,
            false => in_browser(cx, endpoint.clone(), self.idp, Duration::from_secs(self.wait)).await?,
        };
        let organization_id = text(&accepted.user, "organization_id");
        let stored = cx.store_login(&accepted.login, organization_id);
        if let Some((arrival, callback)) = accepted.browser {
            match &stored {
                Ok(()) => arrival.welcome(&name(&accepted.user)),
                Err(error) => arrival.turn_away(&format!("It could not be stored: {error:#}.")),
            }
            callback.close().await;
        }
        stored?;
        cx.info("Login successful.");
        if cx.is_sandbox() {
            return Ok(Reply::info("The built-in profile always acts as the sandbox's admin: nothing was stored."));
        }
        cx.info(&format!("Current profile: {}", cx.profile_name()?));
        cx.info(&format!("API endpoint   : {endpoint}"));
        Ok(Reply::info(format!("Organization ID: {}", organization_id.unwrap_or("None"))))
    }
}

/// A credential that the API has accepted.
struct Accepted {
    login: BoundCredential,
    user: Value,
    /// The browser that waits for the last page.
    browser: Option<(Arrival, Callback)>,
}

async fn with_api_key(cx: &Context, endpoint: Endpoint) -> Result<Accepted> {
    let login = BoundCredential::new(endpoint, api_key(cx)?);
    let (user, _) = current_user(cx, login.clone(), "the API key that was given").await?;
    cx.info(&format!("The key belongs to {}.", name(&user)));
    Ok(Accepted { login, user, browser: None })
}

/// Key and secret: from the environment, from stdin, or from a prompt.
fn api_key(cx: &Context) -> Result<Credential> {
    if let Some(key) = cx.login_key()? {
        return Ok(key);
    }
    let missing = || {
        Failure::usage(
            "An API key is required: set CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET, or pass key and secret on stdin, one per line.",
        )
    };
    if !io::stdin().is_terminal() {
        let stdin = io::stdin().lock().take(LONGEST_SECRET);
        let lines: io::Result<Vec<String>> = stdin.lines().take(2).collect();
        return match lines.context("could not read stdin")?.as_slice() {
            [key, secret] if !key.trim().is_empty() && !secret.trim().is_empty() => {
                Ok(Credential::Key { key: key.trim().to_owned(), secret: Secret::from(secret.trim()) })
            }
            _ => Err(missing().into()),
        };
    }
    let key = cx.secret(None, "API key")?.ok_or_else(missing)?;
    let secret = cx.secret(None, "API secret")?.ok_or_else(missing)?;
    Ok(Credential::Key { key: key.reveal().to_owned(), secret })
}

async fn in_browser(cx: &Context, endpoint: Endpoint, idp: Option<Idp>, wait: Duration) -> Result<Accepted> {
    let idp = match idp {
        Some(idp) => idp,
        None => {
            let idps = Idp::value_variants();
            let names: Vec<String> = idps.iter().map(|idp| idp.name()).collect();
            let chosen = cx.choose("Identity provider", &names)?;
            *chosen
                .and_then(|chosen| idps.get(chosen))
                .ok_or_else(|| Failure::usage("Pass --idp: cognito, azuread, github or google."))?
        }
    };
    if cx.profile_has_key() {
        cx.warn("Looks like you have an API key and secret set in this profile. They will be ignored if you log in successfully.");
    }
    let mut callback = Callback::open().await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::failed(format!(
            "Port {PORT} is taken, and a sign-in ends there. Is another `croud login` waiting? End it, or use `croud login --api-key`."
        )),
        _ => Failure::failed(format!("Nothing can listen on port {PORT}, where a sign-in ends: {error}")),
    })?;
    let url = format!("{}/oauth2/{}/login?cli=true", endpoint, idp.name());
    cx.info(&format!("Sign in here: {url}"));
    if cx.environment().is_ssh {
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
            let login = BoundCredential::new(endpoint.clone(), Credential::Token(arrival.token.clone()));
            match current_user(cx, login, "the token of the sign-in").await {
                Ok((user, login)) => return (login, user, arrival),
                Err(error) => {
                    let why = error.to_string();
                    let why = why.lines().next().unwrap_or_default();
                    arrival.turn_away(why);
                    cx.warn(&format!("A sign-in was refused: {why} Still waiting."));
                }
            }
        }
    };
    let done: Result<_> = tokio::select! {
        done = signed_in => Ok(done),
        kind = hold.signal() => Err(Failure::new(kind, "Login cancelled.").into()),
        () = tokio::time::sleep(wait) => Err(Failure::new(
            FailureKind::Failed,
            format!("Nobody signed in within {} seconds. Try again, or use `croud login --api-key`.", wait.as_secs()),
        )
        .into()),
    };
    let (login, user, arrival) = done?;
    cx.info(&format!("Signed in as {}.", name(&user)));
    Ok(Accepted { login, user, browser: Some((arrival, callback)) })
}

/// The user of a credential, and the credential, whose token the server may have renewed.
async fn current_user(cx: &Context, login: BoundCredential, source: &str) -> Result<(Value, BoundCredential)> {
    let api = cx.api_for(login, source)?;
    let user = api.get(&["users", "me"]).await?;
    let user = user.filter(|user| user.get("email").or(user.get("uid")).is_some());
    let user = user.ok_or_else(|| Failure::failed("The reply is unusable: it names no user."))?;
    Ok((user, api.login()))
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
