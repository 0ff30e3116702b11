//! An endpoint, and a credential with the only endpoint it may be sent to.
//!
//! Credentials are passed as a [`BoundCredential`]. Its endpoint can't be replaced, so code that would send or store a
//! credential for another endpoint does not compile.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::error::Failure;
use crate::secret::Secret;

/// The origin of an API: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint(Url);

impl Endpoint {
    /// Parses an endpoint from an option, the environment or the configuration.
    ///
    /// # Errors
    /// A usage error for text that is not a URL, for a scheme other than `https` (`http` on loopback
    /// is fine), and for a URL with a username, a password, a path, a query or a fragment.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let invalid = || {
            // The text before an `@` may be a password, so it is not repeated.
            let problem = match text.contains('@') {
                true => "An endpoint must not contain a username or a password".to_owned(),
                false => format!("`{text}` is not a valid endpoint"),
            };
            Failure::usage(format!("{problem}: use https://HOST[:PORT]."))
        };
        let url = Url::parse(text).map_err(|_| invalid())?;
        let is_origin = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        if !is_origin || !matches!(url.scheme(), "https" | "http") {
            return Err(invalid());
        }
        require_secure(&url)?;
        Ok(Self(url))
    }

    /// The endpoint as a URL without a path.
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// Whether `url` has this endpoint's scheme, host and port.
    pub(crate) fn is_origin_of(&self, url: &Url) -> bool {
        self.0.origin() == url.origin()
    }
}

/// `https://host` or `https://host:port`, without a final slash.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

/// How a request is authenticated.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// A session token, sent as a cookie.
    Token(Secret),
    /// An API key, sent as HTTP basic auth.
    Key {
        /// The public part.
        key: String,
        /// The secret part.
        secret: Secret,
    },
}

/// A credential and the endpoint it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct BoundCredential {
    endpoint: Endpoint,
    credential: Credential,
}

impl BoundCredential {
    /// Binds a credential to the endpoint that it is for.
    pub(crate) fn new(endpoint: Endpoint, credential: Credential) -> Self {
        Self { endpoint, credential }
    }

    /// The endpoint that the credential belongs to.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The credential, to be sent to or stored for [`BoundCredential::endpoint`].
    pub(crate) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// A token that the same endpoint issued in place of the old one.
    pub(crate) fn renewed(&self, token: Secret) -> Self {
        Self { endpoint: self.endpoint.clone(), credential: Credential::Token(token) }
    }
}

/// Refuses a URL to which credentials or data would be sent unencrypted over a network.
///
/// # Errors
/// A usage error: `http` beyond loopback, or a scheme other than `http` and `https`.
pub(crate) fn require_secure(url: &Url) -> Result<(), Failure> {
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err(Failure::usage(format!(
            "`{}` is not allowed: http:// is for loopback only. Use https://.",
            url.origin().ascii_serialization()
        ))),
        scheme => Err(Failure::usage(format!("The scheme `{scheme}` is not supported: use https://."))),
    }
}

/// Refuses a URL that a server named, if it is not secure. A server elsewhere must not name a service of this
/// machine.
///
/// # Errors
/// The URL is not secure.
pub(crate) fn require_secure_at(endpoint: &Endpoint, url: &Url) -> Result<(), Failure> {
    // The server chose the URL, so it is not a usage error.
    require_secure(url).map_err(|failure| Failure::failed(failure.message))?;
    match is_this_machine(url) && !is_loopback(endpoint.url()) {
        true => {
            let origin = url.origin().ascii_serialization();
            Err(Failure::failed(format!("The server named `{origin}`, which is not allowed: it is this machine.")))
        }
        false => Ok(()),
    }
}

/// Whether a connection to the host of `url` stays on this machine because its name is `localhost` or its address is
/// one of loopback.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match address(url) {
        Some(address) => address.is_loopback(),
        None => url.host_str() == Some("localhost"),
    }
}

/// Whether the host of `url` is this machine, also in a spelling that [`is_loopback`] does not accept.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    match address(url).map(|address| address.to_canonical()) {
        Some(address) => address.is_loopback() || address.is_unspecified(),
        None => {
            let name = url.host_str().unwrap_or_default().trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// The address that is the host of `url`, if the host is not a name.
fn address(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_origin() {
        for (text, shown) in [
            ("https://a.example", "https://a.example"),
            ("https://a.example/", "https://a.example"),
            ("https://a.example:443", "https://a.example"),
            ("https://A.Example:8443/", "https://a.example:8443"),
            ("https://консоль.example", "https://xn--j1acfdbr3f.example"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("http://127.0.0.2", "http://127.0.0.2"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(
                Endpoint::parse(text).map(|endpoint| endpoint.to_string()).ok().as_deref(),
                Some(shown),
                "{text}"
            );
        }
    }

    #[test]
    fn a_remote_server_can_not_name_an_address_of_this_machine() {
        for (endpoint, url, is_allowed) in [
            ("https://a.example", "https://s3.example/put", true),
            ("https://a.example", "http://127.0.0.1:8080/put", false),
            ("https://a.example", "http://localhost/put", false),
            ("https://a.example", "https://localhost:8443/put", false),
            ("https://a.example", "https://LOCALHOST./put", false),
            ("https://a.example", "https://x.localhost/put", false),
            ("https://a.example", "https://127.1.2.3/put", false),
            ("https://a.example", "https://0/put", false),
            ("https://a.example", "https://2130706433/put", false),
            ("https://a.example", "https://[::1]/put", false),
            ("https://a.example", "https://[::]/put", false),
            ("https://a.example", "https://[::ffff:127.0.0.1]/put", false),
            ("https://a.example", "https://localhost.example/put", true),
            ("https://a.example", "http://s3.example/put", false),
            ("https://a.example", "ftp://s3.example/put", false),
            ("http://localhost:8080", "http://127.0.0.1:9000/put", true),
            ("http://localhost:8080", "http://s3.example/put", false),
            ("https://127.0.0.1:8443", "http://127.0.0.1:9000/put", true),
        ] {
            let endpoint = Endpoint::parse(endpoint).unwrap();
            let allowed = require_secure_at(&endpoint, &Url::parse(url).unwrap());
            assert_eq!(allowed.is_ok(), is_allowed, "{url} at {endpoint}");
        }
    }

    #[test]
    fn an_endpoint_that_is_not_an_origin_is_refused() {
        for (text, message) in [
            ("a.example", "`a.example` is not a valid endpoint: use https://HOST[:PORT]."),
            ("", "`` is not a valid endpoint: use https://HOST[:PORT]."),
            ("ftp://a.example", "`ftp://a.example` is not a valid endpoint: use https://HOST[:PORT]."),
            ("https://a.example/api", "`https://a.example/api` is not a valid endpoint: use https://HOST[:PORT]."),
            ("https://a.example?x", "`https://a.example?x` is not a valid endpoint: use https://HOST[:PORT]."),
            ("https://a.example#x", "`https://a.example#x` is not a valid endpoint: use https://HOST[:PORT]."),
            (
                "https://me:pw@a.example",
                "An endpoint must not contain a username or a password: use https://HOST[:PORT].",
            ),
            ("https://me@a.example", "An endpoint must not contain a username or a password: use https://HOST[:PORT]."),
            ("javascript:alert(1)", "`javascript:alert(1)` is not a valid endpoint: use https://HOST[:PORT]."),
            ("http://a.example", "`http://a.example` is not allowed: http:// is for loopback only. Use https://."),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap_err().message, message, "{text}");
        }
    }
}
