//! The sign-in in a browser, which ends at the callback.

use std::collections::HashMap;
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use crate::callback::{self, Callback, PORT, Page, Visit};
use crate::context::Context;
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::error::{Failure, first_line};

use super::{Accepted, current_user, name};

/// How many tokens are checked with the API at a time.
const CHECKS: usize = 16;
/// The variables that a browser must not inherit.
const CREDENTIALS: [&str; 3] = ["CRATEDB_CLOUD_API_KEY", "CRATEDB_CLOUD_API_SECRET", "CROUD_SANDBOX_TOKEN"];

/// An identity provider.
#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "lower")]
pub(super) enum Idp {
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

/// Opens the sign-in page and waits until the user has signed in.
///
/// # Errors
/// A usage error without an identity provider, a port that is taken, a signal, and the end of the wait.
pub(super) async fn sign_in(cx: &Context, endpoint: &Endpoint, idp: Option<Idp>, wait: Duration) -> Result<Accepted> {
    let idp = idp.map_or_else(|| choose_idp(cx), Ok)?;
    if cx.profile_has_key() {
        cx.warn(
            "Looks like you have an API key and secret set in this profile. They will be ignored if you log in successfully.",
        );
    }
    let mut callback = Callback::open().map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::failed(format!(
            "Port {PORT} is in use, and the sign-in needs it. End the other `croud login`, or use `croud login --api-key`."
        )),
        _ => Failure::failed(format!("The sign-in needs port {PORT}: {error}")),
    })?;
    let url = format!("{endpoint}/oauth2/{}/login?cli=true", idp.name());
    cx.info(&format!("Sign in here: {url}"));
    if cx.environment().is_ssh {
        cx.info(&format!(
            "Over SSH, first forward the port from your own machine: `ssh -L {PORT}:localhost:{PORT} HOST`."
        ));
    }
    let hold = cx.hold();
    let (login, user, page) = tokio::select! {
        accepted = wait_for_user(cx, endpoint, &mut callback, url) => accepted?,
        kind = hold.signal() => return Err(Failure::new(kind, "Login cancelled.").into()),
        () = tokio::time::sleep(wait) => {
            let seconds = wait.as_secs();
            return Err(Failure::failed(format!(
                "Nobody signed in within {seconds} seconds. Try again, or use `croud login --api-key`."
            ))
            .into());
        }
    };
    cx.info(&format!("Signed in as {}.", name(&user)));
    Ok(Accepted { login, user, browser: Some((page, callback)) })
}

fn choose_idp(cx: &Context) -> Result<Idp> {
    let idps = Idp::value_variants();
    let names: Vec<String> = idps.iter().map(|idp| idp.name()).collect();
    let chosen = cx.choose("Identity provider", &names)?.and_then(|chosen| idps.get(chosen));
    Ok(*chosen.ok_or_else(|| Failure::usage("Pass --idp: cognito, azuread, github or google."))?)
}

/// Opens the page, checks each token with the API, and asks the user of a browser to confirm.
async fn wait_for_user(
    cx: &Context,
    endpoint: &Endpoint,
    callback: &mut Callback,
    url: String,
) -> Result<(BoundCredential, Value, Page)> {
    let browser = cx.environment().browser.clone();
    // Some browsers block until they are closed.
    let mut opening = tokio::task::spawn_blocking(move || open(browser, &url));
    let mut is_opening = true;
    let mut checks = FuturesUnordered::new();
    let mut unconfirmed = HashMap::new();
    loop {
        tokio::select! {
            opened = &mut opening, if is_opening => {
                is_opening = false;
                match opened {
                    Ok(true) => cx.info("A browser tab has been launched for you to login."),
                    _ => cx.info("No browser could be started: open the page yourself."),
                }
            }
            visit = callback.visit(), if checks.len() < CHECKS => match visit {
                Visit::Token { token, from_browser, page } => {
                    let login = BoundCredential::new(endpoint.clone(), Credential::Token(token));
                    checks.push(async move {
                        (current_user(cx, login, "the token of the sign-in").await, from_browser, page)
                    });
                }
                Visit::Confirmation { nonce, page } => match unconfirmed.remove(&nonce) {
                    Some((login, user)) => return Ok((login, user, page)),
                    None => page.refuse("This confirmation has expired."),
                },
            },
            Some((checked, from_browser, page)) = checks.next() => match checked {
                Ok((user, login)) if from_browser => {
                    let nonce = callback::nonce()?;
                    let who = name(&user);
                    cx.info(&format!("Confirm in the browser that you are {who}."));
                    page.ask(&who, &nonce);
                    unconfirmed.insert(nonce, (login, user));
                }
                Ok((user, login)) => return Ok((login, user, page)),
                Err(error) => {
                    let problem = first_line(&error);
                    page.refuse(&problem);
                    cx.warn(&format!("A sign-in was refused: {problem} Still waiting."));
                }
            },
        }
    }
}

/// Opens a page in the user's browser: in the one that `BROWSER` names, or in the system's. Returns whether
/// one was started.
fn open(browser: Option<String>, url: &str) -> bool {
    let commands = match browser {
        Some(browser) => {
            let mut command = Command::new(browser);
            command.arg(url);
            vec![command]
        }
        None => open::commands(url),
    };
    commands.into_iter().any(|mut command| {
        CREDENTIALS.iter().for_each(|name| _ = command.env_remove(name));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}
