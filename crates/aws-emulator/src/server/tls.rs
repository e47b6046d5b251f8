//! The TLS side: a certificate for the name in the client's request, HTTP/2 and HTTP/1.1 by ALPN.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use super::error::ServeError;
use crate::{Certificates, Tls};

/// The number of certificates in the cache.
const KEPT: usize = 512;

/// Creates the acceptor for TLS clients.
pub(super) fn acceptor(certificates: Arc<dyn Certificates>) -> Result<TlsAcceptor, ServeError> {
    let unusable = |e: &dyn fmt::Display| ServeError::Certificate(e.to_string());
    let resolver = Resolver { certificates, kept: Mutex::default() };
    // An invalid one is found now, rather than by the first client.
    if let Some(tls) = resolver.certificates.of(None) {
        certified(&tls)?;
    }
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| unusable(&e))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certified(tls: &Tls) -> Result<CertifiedKey, ServeError> {
    let unusable = |e: &dyn fmt::Display| ServeError::Certificate(e.to_string());
    let chain = CertificateDer::pem_slice_iter(tls.certificate_chain.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| unusable(&e))?;
    let key = PrivateKeyDer::from_pem_slice(tls.private_key.as_bytes()).map_err(|e| unusable(&e))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|e| unusable(&e))
}

/// Looks up certificates by name, and caches them.
struct Resolver {
    certificates: Arc<dyn Certificates>,
    kept: Mutex<HashMap<Option<String>, Arc<CertifiedKey>>>,
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver").field("certificates", &self.certificates).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().map(|name| name.trim_end_matches('.').to_ascii_lowercase());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.get(&name) {
            return Some(Arc::clone(known));
        }
        let made = certified(&self.certificates.of(name.as_deref())?).ok().map(Arc::new)?;
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(name, Arc::clone(&made));
        Some(made)
    }
}
