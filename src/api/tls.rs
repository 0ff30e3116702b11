//! TLS: rustls with `ring` and the system's certificates.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::{ClientConfig, RootCertStore};

use crate::error::Failure;

/// How connections are secured. Without `load_roots` nobody is trusted: that is for plain HTTP,
/// where loading the certificates would take most of a command's time.
pub(super) fn config(load_roots: bool) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if load_roots {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let why = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
            return Err(Failure::failed(format!("The system's certificates could not be loaded: {why}"))
                .info("Install them (Debian: `ca-certificates`), or name a file in SSL_CERT_FILE.")
                .into());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.context("TLS is not available")?.with_root_certificates(roots).with_no_client_auth())
}
