//! TLS: rustls with `ring` and the system's certificates.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{ErrorKind, load_certs_from_paths, load_native_certs};

use crate::environment::Network;
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
/// There are no certificates, or those that the environment names can't be loaded.
pub(super) fn config(load_roots: bool, network: &Network) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    if load_roots {
        match network.certificate_file.is_none() && network.certificate_folders.is_empty() {
            true => _ = roots.add_parsable_certificates(system_certificates()?),
            false => add_named_certificates(network, &mut roots)?,
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.context("TLS is not available")?.with_root_certificates(roots).with_no_client_auth())
}

/// Adds the certificates in the file and the folders that the environment names.
///
/// # Errors
/// The file can't be read or is not valid, or there are no certificates at all.
fn add_named_certificates(network: &Network, roots: &mut RootCertStore) -> Result<(), Failure> {
    let unusable = |name: &str, path: &Path, reason: &str| {
        Failure::failed(format!("{name} names `{}`, which can't be used: {reason}.", path.display()))
    };
    if let Some(file) = &network.certificate_file {
        let found = load_certs_from_paths(Some(file), None);
        if let Some(error) = found.errors.first() {
            return Err(unusable("SSL_CERT_FILE", file, &reason(error)));
        }
        if roots.add_parsable_certificates(found.certs).0 == 0 {
            return Err(unusable("SSL_CERT_FILE", file, "it has no certificate in PEM format"));
        }
    }
    for folder in &network.certificate_folders {
        let found = load_certs_from_paths(None, Some(folder));
        // A folder may also have files that are not certificates.
        if let Some(error) = found.errors.first().filter(|_| found.certs.is_empty()) {
            return Err(unusable("SSL_CERT_DIR", folder, &reason(error)));
        }
        roots.add_parsable_certificates(found.certs);
    }
    match roots.is_empty() {
        true => Err(Failure::failed("The folders in SSL_CERT_DIR have no certificates.")),
        false => Ok(()),
    }
}

/// What is wrong with a file, without its path.
fn reason(error: &rustls_native_certs::Error) -> String {
    match &error.kind {
        ErrorKind::Io { inner, .. } => inner.to_string(),
        ErrorKind::Pem(_) => "it is not valid PEM".to_owned(),
        _ => error.to_string(),
    }
}

/// The certificates that this system trusts. On Linux, one file has all of them. Reading the folder that has the same
/// certificates as separate files would take most of a command's time.
///
/// # Errors
/// There are none.
fn system_certificates() -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bundle = BUNDLES.iter().map(Path::new).find(|bundle| cfg!(target_os = "linux") && bundle.is_file());
    let found = bundle.map(|bundle| load_certs_from_paths(Some(bundle), None)).filter(|found| !found.certs.is_empty());
    let found = found.unwrap_or_else(load_native_certs);
    if found.certs.is_empty() {
        let reason = found.errors.first().map_or_else(|| "there are none".to_owned(), ToString::to_string);
        return Err(Failure::failed(format!("The system's certificates could not be loaded: {reason}"))
            .info("Install them (Debian: `ca-certificates`), or name a file in SSL_CERT_FILE."));
    }
    Ok(found.certs)
}
