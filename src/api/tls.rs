//! TLS: rustls with `ring` and the system's certificates.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{CertificateResult, load_certs_from_paths, load_native_certs};

use crate::error::Failure;

/// The files in which Linux distributions keep all certificates.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The TLS configuration. Without `load_roots` it trusts no certificate: that is for plain HTTP, where
/// loading the certificates would take most of a command's time.
///
/// # Errors
/// There are no certificates.
pub(super) fn config(load_roots: bool) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if load_roots {
        let found = system_roots();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let reason = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
            return Err(Failure::failed(format!("The system's certificates could not be loaded: {reason}"))
                .info("Install them (Debian: `ca-certificates`), or name a file in SSL_CERT_FILE.")
                .into());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.context("TLS is not available")?.with_root_certificates(roots).with_no_client_auth())
}

/// The certificates that this system trusts. On Linux one file has all of them. The folder beside it has
/// them again, and reading it would take most of a command's time.
fn system_roots() -> CertificateResult {
    let is_named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().any(|name| std::env::var_os(name).is_some());
    let bundle = BUNDLES.iter().map(Path::new).find(|bundle| cfg!(target_os = "linux") && bundle.is_file());
    match bundle.filter(|_| !is_named) {
        Some(bundle) => {
            let found = load_certs_from_paths(Some(bundle), None);
            if found.certs.is_empty() { load_native_certs() } else { found }
        }
        None => load_native_certs(),
    }
}
