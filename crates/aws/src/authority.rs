//! Certificate authorities: one for each run, and one of this machine for `cirun aws serve`.
//!
//! Each can only issue certificates for the names in its [`Scope`], for at most a year. The key of a run's authority is
//! in the memory of cirun and in that run's gateway, and is lost with them. Steps trust their run's authority in
//! addition to the public roots.

mod scope;

use std::{
    fs, io,
    path::Path,
    time::{Duration, SystemTime},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

pub use self::scope::Scope;
use crate::private_file;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// The validity of a run's authority; `--keep` may keep its containers for some time.
const OF_A_RUN: Duration = Duration::from_secs(30 * 24 * 3600);
/// The validity of the machine's authority.
const OF_THE_MACHINE: Duration = Duration::from_secs(365 * 24 * 3600);
/// The machine's authority is renewed this long before its expiry.
const RENEWED_BEFORE: Duration = Duration::from_secs(30 * 24 * 3600);
/// Certificates are valid from this long ago: the clock of the engine's machine may be behind.
const BACKDATED: Duration = DAY;

/// A certificate authority.
#[derive(Clone)]
pub struct Authority {
    certificate_pem: String,
    key_pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("key_pem", &"[secret]").finish_non_exhaustive()
    }
}

/// A server's certificate and key.
#[derive(Debug, Clone)]
pub struct ServerCertificate {
    /// The certificate, and the authority's, as PEM.
    pub chain_pem: String,
    /// The private key, as PKCS #8 PEM.
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
    /// Its file has other content.
    #[error("{path} does not hold a certificate authority: delete it, and the next run creates a new one")]
    Damaged {
        /// The file.
        path: String,
    },
    /// A certificate could not be created.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
}

impl Authority {
    /// Creates the authority of one run.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`] if a name of the scope is not allowed in a certificate.
    pub fn of_run(scope: &Scope) -> Result<Self, AuthorityError> {
        Ok(generate("cirun run authority", scope, OF_A_RUN)?)
    }

    /// Loads the machine's authority from `directory` (`ca.pem`, mode 0600: certificate and key), or creates it there.
    /// It is replaced if it is about to expire, is valid for too long, or is not limited to a part of what `scope`
    /// needs.
    ///
    /// # Errors
    /// [`AuthorityError::Io`] and [`AuthorityError::Damaged`] for its file.
    pub fn load_or_create(directory: &Path, scope: &Scope) -> Result<Self, AuthorityError> {
        let path = directory.join("ca.pem");
        let io = |source| AuthorityError::Io { path: path.display().to_string(), source };
        fs::create_dir_all(directory).map_err(io)?;
        // Two processes that find it missing or old must not create one each.
        let lock = fs::File::create(directory.join("ca.lock")).map_err(io)?;
        lock.lock().map_err(io)?;
        match fs::read_to_string(&path) {
            Ok(text) => {
                let damaged = || AuthorityError::Damaged { path: path.display().to_string() };
                let known = Self::from_pem(&text).ok_or_else(damaged)?;
                if known.is_good(scope, SystemTime::now()) {
                    return Ok(known);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
        let made = generate("cirun local authority", scope, OF_THE_MACHINE)?;
        private_file::replace(&path, &made.to_pem()).map_err(io)?;
        Ok(made)
    }

    /// Reads the certificate and the key from one text.
    pub fn from_pem(text: &str) -> Option<Self> {
        let end = "-----END CERTIFICATE-----";
        let middle = text.find(end)? + end.len();
        let (certificate, key) = text.split_at(middle);
        KeyPair::from_pem(key.trim_start()).ok()?;
        Some(Self { certificate_pem: format!("{certificate}\n"), key_pem: key.trim_start().to_owned() })
    }

    /// The certificate and the key as one text: a secret.
    pub fn to_pem(&self) -> String {
        format!("{}{}", self.certificate_pem, self.key_pem)
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

    /// Issues a certificate for the DNS `names` and addresses, valid as long as the authority itself. Clients refuse it
    /// for names outside the authority's scope.
    ///
    /// # Errors
    /// [`AuthorityError::Certificate`] if a name is not allowed in a certificate.
    pub fn issue(&self, names: &[String]) -> Result<ServerCertificate, AuthorityError> {
        let issuer = Issuer::from_ca_cert_pem(&self.certificate_pem, KeyPair::from_pem(&self.key_pem)?)?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(names)?;
        (params.not_before, params.not_after) = match scope::validity(&self.certificate_pem) {
            Some((from, until)) => (from.into(), until.into()),
            None => lasting(OF_A_RUN),
        };
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

    /// Whether it can still be used: limited, covering `scope`, with a valid duration, and not about to expire.
    fn is_good(&self, scope: &Scope, now: SystemTime) -> bool {
        let Some((from, until)) = scope::validity(&self.certificate_pem) else { return false };
        let longest = OF_THE_MACHINE + 2 * BACKDATED;
        from <= now
            && until >= now + RENEWED_BEFORE
            && until.duration_since(from).is_ok_and(|lasts| lasts <= longest)
            && scope.is_within(&self.certificate_pem)
    }
}

fn generate(name: &str, scope: &Scope, valid: Duration) -> Result<Authority, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints = Some(scope.constraints());
    (params.not_before, params.not_after) = lasting(valid);
    let certificate = params.self_signed(&key)?;
    Ok(Authority { certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
}

/// From a little before now, for the duration of `valid`.
fn lasting<T: From<SystemTime>>(valid: Duration) -> (T, T) {
    let from = SystemTime::now() - BACKDATED;
    (from.into(), (from + valid).into())
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

    fn scope() -> Scope {
        Scope::new(["amazonaws.com".to_owned(), "localhost".to_owned()], [[127, 0, 0, 1].into()])
    }

    #[test]
    fn is_the_same_at_the_next_run() {
        let directory = tempfile::tempdir().unwrap();
        let first = Authority::load_or_create(directory.path(), &scope()).unwrap();
        let second = Authority::load_or_create(directory.path(), &scope()).unwrap();
        assert_eq!(first.certificate_pem(), second.certificate_pem());
    }

    #[test]
    fn names_a_damaged_file() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("ca.pem"), "nonsense").unwrap();
        let error = Authority::load_or_create(directory.path(), &scope()).unwrap_err().to_string();
        assert!(error.contains("ca.pem does not hold"), "{error}");
    }

    /// An authority of earlier versions: from 1975 to 4096, for every name.
    #[test]
    fn one_without_limits_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let old = format!("{}{}", params.self_signed(&key).unwrap().pem(), key.serialize_pem());
        fs::write(directory.path().join("ca.pem"), &old).unwrap();
        let new = Authority::load_or_create(directory.path(), &scope()).unwrap();
        assert!(!old.contains(new.certificate_pem()));
        assert_eq!(fs::read_to_string(directory.path().join("ca.pem")).unwrap(), new.to_pem());
    }

    #[test]
    fn one_that_is_about_to_end_or_covers_too_little_is_not_good() {
        let authority = generate("test", &scope(), OF_THE_MACHINE).unwrap();
        let now = SystemTime::now();
        assert!(authority.is_good(&scope(), now));
        assert!(!authority.is_good(&scope(), now + OF_THE_MACHINE - RENEWED_BEFORE));
        assert!(!authority.is_good(&scope(), now - 2 * DAY));
        assert!(!authority.is_good(&Scope::new(["quay.io".to_owned()], []), now));
        let longer = generate("test", &scope(), 2 * OF_THE_MACHINE).unwrap();
        assert!(!longer.is_good(&scope(), now));
    }

    #[test]
    fn lasts_a_year_at_most() {
        let year = Duration::from_secs(366 * 24 * 3600);
        let directory = tempfile::tempdir().unwrap();
        for authority in
            [Authority::of_run(&scope()).unwrap(), Authority::load_or_create(directory.path(), &scope()).unwrap()]
        {
            let issued = authority.issue(&["sts.amazonaws.com".to_owned()]).unwrap();
            for pem in [authority.certificate_pem(), &issued.chain_pem] {
                let (from, until) = scope::validity(pem).unwrap();
                assert!(until.duration_since(from).unwrap() <= year);
                assert!(from < SystemTime::now() && SystemTime::now() < until);
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn keeps_its_key_to_the_owner() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        Authority::load_or_create(directory.path(), &scope()).unwrap();
        let mode = fs::metadata(directory.path().join("ca.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn does_not_show_its_key() {
        assert!(!format!("{:?}", Authority::of_run(&scope()).unwrap()).contains("PRIVATE"));
    }

    #[test]
    fn issues_for_the_requested_names() {
        let authority = Authority::of_run(&scope()).unwrap();
        let issued = authority.issue(&["sts.amazonaws.com".to_owned()]).unwrap();
        assert_eq!(issued.chain_pem.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(issued.chain_pem.ends_with(authority.certificate_pem()));
        let again = Authority::from_pem(&authority.to_pem()).unwrap();
        assert_eq!(again.certificate_pem(), authority.certificate_pem());
    }

    #[test]
    fn bundles_the_public_roots() {
        let authority = Authority::of_run(&scope()).unwrap();
        let bundle = authority.bundle_pem();
        assert!(bundle.starts_with(authority.certificate_pem()));
        assert_eq!(bundle.matches("BEGIN CERTIFICATE").count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() + 1);
    }
}
