//! Connections to one server, and their errors.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use reqwest::{Proxy, Url};
use rustls::CertificateError;
use rustls::pki_types::UnixTime;

use super::debug::without_secrets;
use super::tls;
use crate::endpoint::is_this_machine;
use crate::environment::Network;
use crate::error::Failure;

/// How long it may take to open a connection.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// The addresses of `localhost`, which is never looked up (RFC 6761). The port of the URL replaces 0.
const LOOPBACK: [SocketAddr; 2] =
    [SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0), SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0)];

/// A client for one server.
pub(super) struct Client {
    http: reqwest::Client,
    /// The proxy that requests go through, without credentials.
    proxy: Option<String>,
    /// The file in `SSL_CERT_FILE`, if its certificates are used.
    certificate_file: Option<PathBuf>,
}

impl Client {
    /// A client for the API at `url`. It decodes compressed replies.
    ///
    /// # Errors
    /// A usage error for a proxy that is not valid, and certificates that can't be loaded.
    pub(super) fn for_api(url: &Url, network: &Network) -> Result<Self> {
        Self::new(url, network, reqwest::Client::builder())
    }

    /// A client for a file at `url`. It decodes nothing.
    ///
    /// # Errors
    /// Those of [`Client::for_api`].
    pub(super) fn for_file(url: &Url, network: &Network) -> Result<Self> {
        Self::new(url, network, reqwest::Client::builder().no_gzip())
    }

    /// Certificates are loaded only for HTTPS.
    fn new(url: &Url, network: &Network, builder: reqwest::ClientBuilder) -> Result<Self> {
        let is_https = url.scheme() == "https";
        let mut builder = builder
            .user_agent(concat!("croud/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_LIMIT)
            .no_proxy()
            .resolve_to_addrs("localhost", &LOOPBACK)
            .tls_backend_preconfigured(tls::config(is_https, network)?);
        let mut proxy = None;
        if let Some(used) = proxy_for(url, network)? {
            let mut all = Proxy::all(used.uri().to_string())?;
            if let Some(header) = used.basic_auth() {
                all = all.custom_http_auth(header.clone());
            }
            builder = builder.proxy(all);
            proxy = Some(used.uri().to_string().trim_end_matches('/').to_owned());
        }
        let certificate_file = network.certificate_file.clone().filter(|_| is_https);
        Ok(Self { http: builder.build()?, proxy, certificate_file })
    }

    /// The client that sends requests.
    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// The error of a request without a complete reply. The message shows `url` without what may be a secret.
    pub(super) fn failure(&self, url: &Url, error: &reqwest::Error) -> Failure {
        let url = without_secrets(url);
        let mut failure =
            Failure::failed(format!("Failed to perform request on '{url}'. Original error was: '{}'", cause(error)));
        if let Some(proxy) = &self.proxy {
            failure.add_line(&format!("The request went through the proxy {proxy}."));
        }
        let is_untrusted = certificate_problem(error).as_ref().is_some_and(is_untrusted);
        if let Some(file) = self.certificate_file.as_ref().filter(|_| is_untrusted) {
            failure.add_line(&format!("The trusted authorities are those in `{}` (SSL_CERT_FILE).", file.display()));
        }
        failure
    }
}

/// The proxy for `url`: that of the environment, or else that of the system. This machine is reached without one.
///
/// # Errors
/// Those of [`check_proxy`].
fn proxy_for(url: &Url, network: &Network) -> Result<Option<Intercept>, Failure> {
    if is_this_machine(url) {
        return Ok(None);
    }
    check_proxy(network)?;
    // The library would read the variables itself, but it ignores them in a CGI program.
    let matcher = match &network.proxy {
        Some((_, value)) => Matcher::builder().https(value.as_str()).no(network.no_proxy.as_str()).build(),
        None => Matcher::from_system(),
    };
    Ok(url.as_str().parse().ok().and_then(|uri| matcher.intercept(&uri)))
}

/// Checks the variable that names the proxy. The library would ignore a value that is not valid, and connect
/// without a proxy. It would take the text after the first `@` for the host.
///
/// # Errors
/// A usage error: the value is not the URL of an HTTP proxy.
fn check_proxy(network: &Network) -> Result<(), Failure> {
    let Some((name, value)) = &network.proxy else { return Ok(()) };
    let has_scheme = value.contains("://");
    let url = if has_scheme { Url::parse(value) } else { Url::parse(&format!("http://{value}")) };
    let is_valid = url.is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.as_str().parse::<hyper::Uri>().is_ok()
    }) && value.parse::<hyper::Uri>().is_ok()
        && value.is_ascii()
        && value.matches('@').count() <= 1;
    match is_valid {
        true => Ok(()),
        // The value may have a password, so it is not repeated.
        false => Err(Failure::usage(format!(
            "{name} is not a valid proxy: use http://HOST:PORT, and percent-encode a password."
        ))),
    }
}

/// The cause of a connection error in a few words. The errors of the libraries are nested, and the innermost one has
/// the cause.
pub(super) fn cause(error: &reqwest::Error) -> String {
    if let Some(problem) = certificate_problem(error) {
        return describe_certificate_problem(&problem);
    }
    if error.is_timeout() {
        let what = if error.is_connect() { "connection" } else { "reply" };
        return format!("no {what} in time (--timeout sets the limit)");
    }
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let is_end = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
    // An error of the request can be the end of a file that is uploaded.
    let is_closed = innermost.downcast_ref().is_some_and(hyper::Error::is_incomplete_message)
        || (!error.is_request() && innermost.downcast_ref().is_some_and(is_end));
    match is_closed {
        true => "the server closed the connection before the end of its reply".to_owned(),
        false => innermost.to_string(),
    }
}

/// Why the certificate of the server was refused.
fn certificate_problem(error: &reqwest::Error) -> Option<CertificateError> {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(rustls::Error::InvalidCertificate(problem)) = cause.downcast_ref() {
            return Some(problem.clone());
        }
        // `source` of an I/O error skips the error that it contains.
        let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        source = match inner {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    None
}

/// Whether no trusted authority signed a certificate. The signature is wrong if the issuer has only the name of one.
fn is_untrusted(problem: &CertificateError) -> bool {
    matches!(problem, CertificateError::UnknownIssuer | CertificateError::BadSignature)
}

fn describe_certificate_problem(problem: &CertificateError) -> String {
    match problem {
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the certificate of the server expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the certificate of the server is not valid before {}", date(*not_before))
        }
        problem if is_untrusted(problem) => "no trusted authority has signed the certificate of the server".to_owned(),
        other => format!("the certificate of the server is not valid: {other}"),
    }
}

/// A date such as `2024-01-31`, in UTC.
fn date(time: UnixTime) -> String {
    let timestamp = i64::try_from(time.as_secs()).ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    timestamp.map_or_else(|| "a date beyond the calendar".to_owned(), |timestamp| timestamp.strftime("%F").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_used_except_for_this_machine_and_the_hosts_of_no_proxy() {
        for (no_proxy, url, is_used) in [
            ("", "https://a.example", true),
            ("*", "https://a.example", false),
            ("A.Example", "https://a.example", false),
            ("example", "https://a.example", false),
            ("b.example , .example", "https://a.example", false),
            (".a.example", "https://b.a.example", false),
            ("xample", "https://a.example", true),
            ("b.a.example", "https://a.example", true),
            ("192.0.2.0/24", "https://192.0.2.9", false),
            ("192.0.2.0/29", "https://192.0.2.9", true),
            ("2001:db8::/32", "https://[2001:db8::1]", false),
            ("", "http://localhost", false),
            ("", "https://127.0.0.2", false),
            ("", "https://[::1]", false),
            ("", "https://localhost.", false),
            ("", "https://[::ffff:127.0.0.1]", false),
            ("", "https://0", false),
        ] {
            let proxy = Some(("HTTPS_PROXY", "http://proxy.example:3128".to_owned()));
            let network = Network { proxy, no_proxy: no_proxy.to_owned(), ..Network::default() };
            let used = proxy_for(&Url::parse(url).unwrap(), &network).unwrap();
            assert_eq!(used.is_some(), is_used, "{url} with {no_proxy:?}");
        }
    }
}
