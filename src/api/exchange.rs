//! One request and its reply: attempts and retries, headers, the renewal of the session token.

use std::time::Duration;

use anyhow::Result;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{StatusCode, Url};

use super::answer::{NoReply, ServerReply};
use super::client::Client;
use super::failure::{add_missing_login, unusable, use_login};
use super::mask::Mask;
use super::retry::{self, Attempts};
use super::{Api, Request, RetryPolicy, cookie};
use crate::endpoint::Credential;
use crate::error::{Failure, FailureKind, Level};
use crate::secret::Secret;
use crate::stop::OUTCOME_UNKNOWN;

impl Api {
    /// Sends a request. Retries it as often as the policy allows and as it is safe.
    pub(super) async fn exchange(&self, request: &Request) -> Result<ServerReply> {
        let client = self.client(&request.url)?;
        let headers = self.headers()?;
        let mut attempts = Attempts::new(self.retry_policy());
        loop {
            let attempt = self.attempt(client, &headers, request, attempts.remaining());
            let outcome = self.term.while_waiting(attempt).await;
            if outcome.as_ref().is_ok_and(|reply| reply.status() == StatusCode::TOO_MANY_REQUESTS) {
                self.refusals.update(|count| count.saturating_add(1));
            }
            let retry = retry::reason(request, &outcome);
            let Some((wait, reason)) = retry.and_then(|(asked, reason)| Some((attempts.next_wait(asked)?, reason)))
            else {
                return outcome.map_err(|error| self.no_reply(request, client, &error).into());
            };
            self.term.say_waiting(&format!("{reason}. Trying again in {:.1} s.", wait.as_secs_f64()));
            tokio::time::sleep(wait).await;
        }
    }

    /// The limits of a call. A request without credentials is not retried, because it would most likely be refused.
    fn retry_policy(&self) -> RetryPolicy {
        let has_credentials =
            self.token.borrow().is_some() || !matches!(self.identity.login.credential(), Credential::None);
        RetryPolicy { retries: if has_credentials { self.policy.retries } else { 0 }, ..self.policy }
    }

    /// The error of a request without a complete reply.
    pub(super) fn no_reply(&self, request: &Request, client: &Client, error: &NoReply) -> Failure {
        let mut failure = match error {
            NoReply::Broken(error) => client.failure(&request.url, error),
            NoReply::TooLarge(error) => unusable(request, &error.to_string()),
        };
        if !request.is_read() && !error.is_unsent() {
            failure.add_line(OUTCOME_UNKNOWN);
        }
        add_missing_login(&mut failure, &self.identity);
        failure
    }

    /// Sends a request once, and reads its reply to the end. `limit` is the time that is left.
    async fn attempt(
        &self,
        client: &Client,
        headers: &HeaderMap,
        request: &Request,
        limit: Option<Duration>,
    ) -> Result<ServerReply, NoReply> {
        let mut builder = client.http().request(request.method.clone(), request.url.clone()).headers(headers.clone());
        if let Credential::Key { key, secret } = self.identity.login.credential() {
            builder = builder.basic_auth(key, Some(secret.reveal()));
        }
        if let Some(limit) = limit {
            builder = builder.timeout(limit);
        }
        if let Some(body) = &request.body {
            builder = builder.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
        }
        // If a signal arrives before the reply, the outcome of the write is unknown.
        let _write = (!request.is_read()).then(|| self.stop.write());
        let reply = ServerReply::read(builder.send().await?, self.replies.share()).await?;
        self.log_reply(&Mask::of_request(self, request).text(&reply.status_line()));
        Ok(reply)
    }

    /// The headers of every request to the endpoint, except for basic auth.
    fn headers(&self) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        if let Some(token) = &*self.token.borrow() {
            let mut cookie = HeaderValue::try_from(format!("session={}", token.reveal())).map_err(|_| {
                Failure::new(FailureKind::NotLoggedIn, "The session token is not valid: it has control characters.")
                    .info(use_login(&self.identity))
            })?;
            cookie.set_sensitive(true);
            headers.insert(header::COOKIE, cookie);
        }
        if let Some(region) = &self.identity.region {
            let value = HeaderValue::try_from(region.as_str())
                .map_err(|_| Failure::usage(format!("`{region}` is not a valid name of a region.")))?;
            headers.insert("X-Region", value);
        }
        if self.identity.sudo {
            headers.insert("X-Auth-Sudo", HeaderValue::from_static("1"));
        }
        Ok(headers)
    }

    /// The client for the endpoint. It is created by the first request, whose URL is `url`.
    fn client(&self, url: &Url) -> Result<&Client> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = Client::for_api(url, &self.network)?;
        Ok(self.http.get_or_init(|| client))
    }

    /// Stores the token that a reply from `url` sets, if a token was sent and the new one differs. The token of an
    /// error is ignored, except for 403, which only an authenticated user receives.
    pub(super) fn renew_token(&self, reply: &ServerReply, url: &Url) {
        if !matches!(reply.status().as_u16(), 200..400 | 403) {
            return;
        }
        let mut token = self.token.borrow_mut();
        let Some(old) = &*token else { return };
        let Some(new) = cookie::session(reply.headers(), url).filter(|new| new != old.reveal()) else { return };
        let new = Secret::from(new);
        if let Err(error) = (self.keep_token)(&self.identity.login.renewed(new.clone())) {
            self.term.say(Level::Warning, &format!("The renewed session token could not be stored: {error:#}"));
        }
        *token = Some(new);
    }
}
