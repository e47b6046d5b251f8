//! The machine's certificate authority, which the emulator's certificates come from.
//!
//! Steps trust it beside the public roots; nothing outside cirun's containers ever does.

use std::{fs, io, path::Path};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use crate::private_file;

/// The machine's certificate authority: one file, made at first use.
#[derive(Debug)]
pub struct Authority {
    certificate_pem: String,
    key_pem: String,
}

/// A server's certificate and key.
#[derive(Debug, Clone)]
pub struct ServerCertificate {
    /// The certificate and the authority's, PEM.
    pub chain_pem: String,
    /// The private key, PKCS #8 PEM.
    pub key_pem: String,
}

/// Why there is no authority or certificate.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// Its file cannot be read or written.
    #[error("cannot keep the certificate authority in {path}")]
    Io {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Its file holds something else.
    #[error("{path} does not hold a certificate authority: delete it, a new one is made at the next run")]
    Damaged {
        /// The file.
        path: String,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
}

impl Authority {
    /// Loads the authority from `directory`, or makes it there (`ca.pem`, mode 0600: certificate and key).
    pub fn load_or_create(directory: &Path) -> Result<Self, AuthorityError> {
        let path = directory.join("ca.pem");
        let io = |source| AuthorityError::Io { path: path.display().to_string(), source };
        if !path.exists() {
            private_file::create(&path, &generate()?).map_err(io)?;
        }
        let text = fs::read_to_string(&path).map_err(io)?;
        split(&text).ok_or_else(|| AuthorityError::Damaged { path: path.display().to_string() })
    }

    /// The authority's certificate, PEM.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// The public roots (Mozilla's) and the authority, PEM: what a step trusts.
    pub fn bundle_pem(&self) -> String {
        let mut bundle = self.certificate_pem.clone();
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            push_pem(&mut bundle, root);
        }
        bundle
    }

    /// Issues a certificate for the DNS `names`.
    pub fn issue(&self, names: &[String]) -> Result<ServerCertificate, AuthorityError> {
        let issuer = Issuer::from_ca_cert_pem(&self.certificate_pem, KeyPair::from_pem(&self.key_pem)?)?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names)?;
        params.distinguished_name.push(DnType::CommonName, "cirun emulated AWS");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?;
        Ok(ServerCertificate {
            chain_pem: format!("{}{}", certificate.pem(), self.certificate_pem),
            key_pem: key.serialize_pem(),
        })
    }
}

fn generate() -> Result<String, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "cirun local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

fn split(text: &str) -> Option<Authority> {
    let end = "-----END CERTIFICATE-----";
    let middle = text.find(end)? + end.len();
    let (certificate, key) = text.split_at(middle);
    KeyPair::from_pem(key.trim_start()).ok()?;
    Some(Authority { certificate_pem: format!("{certificate}\n"), key_pem: key.trim_start().to_owned() })
}

fn push_pem(bundle: &mut String, der: &[u8]) {
    bundle.push_str("-----BEGIN CERTIFICATE-----\n");
    let text = BASE64_STANDARD.encode(der);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        bundle.push_str(line);
        bundle.push('\n');
        rest = tail;
    }
    bundle.push_str("-----END CERTIFICATE-----\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_at_the_next_run() {
        let directory = tempfile::tempdir().unwrap();
        let first = Authority::load_or_create(directory.path()).unwrap();
        let second = Authority::load_or_create(directory.path()).unwrap();
        assert_eq!(first.certificate_pem(), second.certificate_pem());
    }

    #[test]
    fn names_a_damaged_file() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ca.pem"), "nonsense").unwrap();
        let error = Authority::load_or_create(directory.path()).unwrap_err().to_string();
        assert!(error.contains("ca.pem does not hold"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn keeps_its_key_to_the_owner() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        Authority::load_or_create(directory.path()).unwrap();
        let mode = fs::metadata(directory.path().join("ca.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn issues_for_the_names_asked_for() {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::load_or_create(directory.path()).unwrap();
        let issued = authority.issue(&["sts.amazonaws.com".to_owned()]).unwrap();
        assert_eq!(issued.chain_pem.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(issued.chain_pem.ends_with(authority.certificate_pem()));
    }

    #[test]
    fn bundles_the_public_roots() {
        let directory = tempfile::tempdir().unwrap();
        let authority = Authority::load_or_create(directory.path()).unwrap();
        let bundle = authority.bundle_pem();
        assert!(bundle.starts_with(authority.certificate_pem()));
        assert_eq!(bundle.matches("BEGIN CERTIFICATE").count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() + 1);
    }
}
