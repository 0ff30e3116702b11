//! The end of a session on the server.

use anyhow::Result;
use reqwest::{Method, Url};

use super::answer::{NoReply, ServerReply};
use super::client::{CONNECT_LIMIT, Client};
use super::mask::Mask;
use super::{Api, Request};
use crate::endpoint::require_secure_at;
use crate::error::Failure;

/// The path that ends a session. It is the only one that is not below `/api/v2/`.
const PATH: &str = "/oauth2/logout";
/// How many redirects are followed.
const MOST_REDIRECTS: usize = 10;

impl Api {
    /// Ends the session on the server. Redirects are followed, because the identity provider has a
    /// separate logout. Credentials are sent only to the endpoint.
    ///
    /// # Errors
    /// The server can't be reached, or a reply is an error.
    pub(crate) async fn logout(&self) -> Result<()> {
        let mut url = self.identity.login.endpoint().url().clone();
        url.set_path(PATH);
        let mut request = Request { method: Method::GET, segments: Vec::new(), url, body: None };
        self.log_request(&request, &[]);
        let mut reply = self.exchange(&request).await?;
        for _ in 0..MOST_REDIRECTS {
            let Some(location) = reply.location() else { break };
            request.url = request.url.join(&location)?;
            require_secure_at(self.identity.login.endpoint(), &request.url)?;
            reply = if self.identity.login.endpoint().is_origin_of(&request.url) {
                self.exchange(&request).await?
            } else {
                let client = Client::for_api(&request.url, &self.network)?;
                self.get_elsewhere(&client, &request.url)
                    .await
                    .map_err(|error| self.no_reply(&request, &client, &error))?
            };
        }
        match reply.status().as_u16() {
            400.. => Err(Failure::failed(Mask::of_request(self, &request).text(&reply.status_line())).into()),
            _ => Ok(()),
        }
    }

    /// Sends a GET without credentials.
    async fn get_elsewhere(&self, client: &Client, url: &Url) -> Result<ServerReply, NoReply> {
        let response = client.http().get(url.clone()).timeout(CONNECT_LIMIT).send().await?;
        ServerReply::read(response, self.replies.share()).await
    }
}
