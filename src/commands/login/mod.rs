//! `login`: stores a session token or an API key in the profile.
//!
//! Nothing is stored before the API has accepted the credential and the user was shown.

use std::borrow::Cow;
use std::io::{self, BufRead, IsTerminal, Read};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::Value;

use crate::api;
use crate::callback::{Callback, Page};
use crate::context::Context;
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::error::Failure;
use crate::output::printable;
use crate::record::text;
use crate::run::{Reply, Run};
use crate::secret::{LONGEST_SECRET, Secret};

mod browser;

use browser::Idp;

/// The longest name or address of a user that is shown, in characters.
const LONGEST_NAME: usize = 100;

/// Log in to CrateDB Cloud, with a browser or an API key
///
/// Without --api-key, the command prints and opens the address of the login page, and waits until you have logged in
/// there.
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
        if cx.is_sandbox() {
            return Ok(Reply::info("The built-in profile always acts as the sandbox's admin: no login is needed."));
        }
        let endpoint = cx.login_endpoint()?;
        let accepted = match self.api_key {
            true => with_api_key(cx, endpoint.clone()).await?,
            false => browser::sign_in(cx, &endpoint, self.idp, Duration::from_secs(self.wait)).await?,
        };
        let organization_id = text(&accepted.user, "organization_id");
        let stored = cx.store_login(&accepted.login, organization_id);
        if let Some((page, callback)) = accepted.browser {
            match &stored {
                Ok(()) => page.welcome(&name(&accepted.user)),
                Err(error) => page.refuse(&format!("The login could not be stored: {error:#}.")),
            }
            callback.close().await;
        }
        stored?;
        cx.info("Login successful.");
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
    browser: Option<(Page, Callback)>,
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

/// Requests the user of a credential. Also returns the credential, because the server may have renewed its token.
async fn current_user(cx: &Context, login: BoundCredential, source: &str) -> Result<(Value, BoundCredential)> {
    let api = cx.api_for(login, source)?;
    let user = api::value(api.get(&["users", "me"]).await?)?;
    if user.get("email").or(user.get("uid")).is_none() {
        return Err(Failure::failed("The reply is unusable: it names no user.").into());
    }
    Ok((user, api.login()))
}

/// A user's email address and name. The address comes first, so that a long name can't hide it.
fn name(user: &Value) -> String {
    let name = text(user, "name").or(text(user, "username")).map(short);
    match (text(user, "email").map(short), name) {
        (Some(email), Some(name)) => format!("{email} ({name})"),
        (Some(email), None) => email.into_owned(),
        (None, Some(name)) => name.into_owned(),
        (None, None) => text(user, "uid").map(short).unwrap_or_default().into_owned(),
    }
}

/// The beginning of a text from a server, with control characters escaped.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_NAME) {
        None => printable(text),
        Some((end, _)) => format!("{}...", printable(&text[..end])).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_shown_by_address_and_name() {
        let long = "x".repeat(10_000);
        for (user, shown) in [
            (json!({"email": "a@b.c", "name": "Ada"}), "a@b.c (Ada)".to_owned()),
            (json!({"email": "a@b.c", "username": "ada"}), "a@b.c (ada)".to_owned()),
            (json!({"email": "a@b.c"}), "a@b.c".to_owned()),
            (json!({"name": "Ada"}), "Ada".to_owned()),
            (json!({"uid": "u-1"}), "u-1".to_owned()),
            (json!({"email": "a@b.c", "name": "\u{202e}x"}), "a@b.c (\\u202ex)".to_owned()),
            (json!({"email": "a@b.c", "name": long}), format!("a@b.c ({}...)", &long[..LONGEST_NAME])),
        ] {
            assert_eq!(name(&user), shown, "{user}");
        }
    }
}
