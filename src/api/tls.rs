//! TLS: rustls with `ring` and the system's certificates.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::{load_certs_from_paths, load_native_certs};

use crate::environment::Network;
use crate::error::Failure;
use crate::limit::read_to_end;

/// The files in which Linux distributions keep all certificates.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The largest file of certificates that is read, in bytes. The file of a distribution has 0.3 MB.
const LARGEST_FILE: u64 = 16 << 20;

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
        match add_file(file, roots) {
            Ok(0) => return Err(unusable("SSL_CERT_FILE", file, "it has no certificate in PEM format")),
            Ok(_) => {}
            Err(reason) => return Err(unusable("SSL_CERT_FILE", file, &reason)),
        }
    }
    for folder in &network.certificate_folders {
        add_folder(folder, roots).map_err(|reason| unusable("SSL_CERT_DIR", folder, &reason))?;
    }
    match roots.is_empty() {
        true => Err(Failure::failed("The folders in SSL_CERT_DIR have no certificates.")),
        false => Ok(()),
    }
}

/// Adds the certificates in a file. Returns how many there are.
///
/// # Errors
/// The reason why the file can't be used: it is not a regular file, it can't be read, or it is not valid PEM.
fn add_file(path: &Path, roots: &mut RootCertStore) -> Result<usize, String> {
    let failed = |error: io::Error| error.to_string();
    // Opening a FIFO would wait for its writer.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let text = read_to_end(File::open(path).map_err(failed)?, LARGEST_FILE).map_err(failed)?;
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        roots.add_parsable_certificates([certificate.map_err(|_| "it is not valid PEM")?]);
    }
    Ok(roots.len() - before)
}

/// Adds the certificates in the files of a folder.
///
/// # Errors
/// The reason why the folder can't be used: it can't be read, or a file in it can't be used and no other file has a
/// certificate. A folder may also have files that are not certificates.
fn add_folder(folder: &Path, roots: &mut RootCertStore) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    // Most files have several names, which are links. Those that lead nowhere are left out.
    let paths: BTreeSet<PathBuf> = entries.flatten().filter_map(|entry| entry.path().canonicalize().ok()).collect();
    let before = roots.len();
    let files = paths.iter().filter(|path| path.is_file());
    let problems: Vec<_> = files.filter_map(|path| add_file(path, roots).err()).collect();
    match problems.into_iter().next().filter(|_| roots.len() == before) {
        Some(problem) => Err(problem),
        None => Ok(()),
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
