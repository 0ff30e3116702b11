//! Connections, and what goes wrong with them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Result;
use reqwest::{Client, Url};

use super::tls;
use crate::endpoint::is_loopback;
use crate::error::Failure;

/// How long it may take to open a connection.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The addresses of `localhost`, whatever a resolver says (RFC 6761). The port is that of the URL.
const LOOPBACK: [SocketAddr; 2] =
    [SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0), SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0)];

/// A client for the origin of `url`. Certificates are loaded only for HTTPS. An address on loopback is not
/// looked up, and it is not reached through a proxy.
///
/// # Errors
/// The certificates can't be loaded.
pub(super) fn new(url: &Url) -> Result<Client> {
    let mut builder = Client::builder()
        .user_agent(concat!("croud/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_LIMIT)
        .tls_backend_preconfigured(tls::config(url.scheme() == "https")?);
    if is_loopback(url) {
        builder = builder.no_proxy().resolve_to_addrs("localhost", &LOOPBACK);
    }
    Ok(builder.build()?)
}

/// The error of a request without a complete reply.
pub(super) fn transport_failure(url: &Url, error: &reqwest::Error) -> Failure {
    let cause = cause(error);
    Failure::failed(format!("Failed to perform request on '{url}'. Original error was: '{cause}'"))
}

/// What went wrong with a connection: the chain of causes, without reqwest's own text, which repeats the URL.
pub(super) fn cause(error: &reqwest::Error) -> String {
    let mut chain = Vec::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let words = cause.to_string();
        if chain.last() != Some(&words) {
            chain.push(words);
        }
        source = cause.source();
    }
    if error.is_timeout() {
        chain.insert(0, "no answer in time".to_owned());
    }
    if chain.is_empty() { error.to_string() } else { chain.join(": ") }
}
