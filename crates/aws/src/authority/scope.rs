//! The scope of an authority: its name constraints (RFC 5280, 4.2.1.10).

use std::{
    collections::BTreeSet,
    net::IpAddr,
    time::{Duration, SystemTime},
};

use rcgen::{CidrSubnet, GeneralSubtree, NameConstraints};
use x509_parser::{
    extensions::{GeneralName, ParsedExtension},
    pem::parse_x509_pem,
};

/// A name that no client uses: without a permitted name, a certificate would permit everything.
const NOTHING: &str = "cirun.invalid";

/// The names and addresses of an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// DNS names, each including all names below it.
    names: BTreeSet<String>,
    /// Addresses; a loopback one includes all loopback addresses.
    addresses: BTreeSet<IpAddr>,
}

impl Scope {
    /// A scope of these DNS names, with everything below them, and these addresses.
    pub fn new(names: impl IntoIterator<Item = String>, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut names: BTreeSet<String> = names.into_iter().map(|name| name.to_ascii_lowercase()).collect();
        if names.is_empty() {
            names.insert(NOTHING.to_owned());
        }
        Self { names, addresses: addresses.into_iter().collect() }
    }

    /// The extension with these constraints.
    pub(super) fn constraints(&self) -> NameConstraints {
        let names = self.names.iter().cloned().map(GeneralSubtree::DnsName);
        let addresses = self.addresses.iter().map(|address| GeneralSubtree::IpAddress(subnet(*address)));
        // Without a permitted address, every address is permitted.
        let excluded = match self.addresses.is_empty() {
            true => vec![CidrSubnet::V4([0; 4], [0; 4]), CidrSubnet::V6([0; 16], [0; 16])],
            false => Vec::new(),
        };
        NameConstraints {
            permitted_subtrees: names.chain(addresses).collect(),
            excluded_subtrees: excluded.into_iter().map(GeneralSubtree::IpAddress).collect(),
        }
    }

    /// Whether a certificate is limited, and its limits allow all of this.
    pub(super) fn is_within(&self, certificate_pem: &str) -> bool {
        let Ok((_, pem)) = parse_x509_pem(certificate_pem.as_bytes()) else { return false };
        let Ok(certificate) = pem.parse_x509() else { return false };
        let constraints = certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::NameConstraints(constraints) => Some(constraints),
            _ => None,
        });
        let Some(permitted) = constraints.and_then(|constraints| constraints.permitted_subtrees.as_ref()) else {
            return false;
        };
        let has_name = |name: &String| {
            permitted.iter().any(|subtree| matches!(subtree.base, GeneralName::DNSName(base) if base == name))
        };
        let has_address = |address: &IpAddr| {
            let wanted = bytes(&subnet(*address));
            permitted.iter().any(|subtree| matches!(subtree.base, GeneralName::IPAddress(base) if base == wanted))
        };
        self.names.iter().all(has_name) && self.addresses.iter().all(has_address)
    }
}

fn subnet(address: IpAddr) -> CidrSubnet {
    match address {
        IpAddr::V4(address) if address.is_loopback() => CidrSubnet::V4([127, 0, 0, 0], [255, 0, 0, 0]),
        IpAddr::V4(address) => CidrSubnet::V4(address.octets(), [255; 4]),
        IpAddr::V6(address) => CidrSubnet::V6(address.octets(), [255; 16]),
    }
}

/// The address and mask, in the form of certificates.
fn bytes(subnet: &CidrSubnet) -> Vec<u8> {
    match subnet {
        CidrSubnet::V4(address, mask) => [address.as_slice(), mask].concat(),
        CidrSubnet::V6(address, mask) => [address.as_slice(), mask].concat(),
    }
}

/// The validity of the first certificate in a text.
pub(super) fn validity(certificate_pem: &str) -> Option<(SystemTime, SystemTime)> {
    let (_, pem) = parse_x509_pem(certificate_pem.as_bytes()).ok()?;
    let certificate = pem.parse_x509().ok()?;
    let time = |seconds: i64| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?));
    let validity = certificate.validity();
    Some((time(validity.not_before.timestamp())?, time(validity.not_after.timestamp())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Authority;

    /// OpenSSL's result for a certificate that the authority has issued for a name.
    fn verdict(authority: &Authority, name: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let issued = authority.issue(&[name.to_owned()]).unwrap();
        let (ca, leaf) = (directory.path().join("ca.pem"), directory.path().join("leaf.pem"));
        std::fs::write(&ca, authority.bundle_pem()).unwrap();
        std::fs::write(&leaf, &issued.chain_pem).unwrap();
        let output = std::process::Command::new("openssl")
            .args(["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile"])
            .arg(&ca)
            .arg(&leaf)
            .output()
            .expect("openssl is installed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { "OK".to_owned() } else { said }
    }

    #[test]
    fn openssl_holds_an_authority_to_its_scope() {
        let addresses = [[127, 0, 0, 1].into(), [192, 0, 2, 7].into()];
        let with =
            Authority::of_run(&Scope::new(["amazonaws.com".to_owned(), "quay.io".to_owned()], addresses)).unwrap();
        for name in ["sts.amazonaws.com", "123456789012.dkr.ecr.us-east-1.amazonaws.com", "quay.io", "127.0.0.9"] {
            assert_eq!(verdict(&with, name), "OK", "{name}");
        }
        for name in ["example.com", "amazonaws.com.example.com", "notamazonaws.com", "10.0.0.1", "::1"] {
            assert!(verdict(&with, name).contains("permitted subtree violation"), "{name}: {}", verdict(&with, name));
        }
        let without = Authority::of_run(&Scope::new(["amazonaws.com".to_owned()], [])).unwrap();
        assert_eq!(verdict(&without, "sts.amazonaws.com"), "OK");
        for address in ["127.0.0.1", "::1"] {
            assert!(verdict(&without, address).contains("excluded subtree violation"), "{address}");
        }
        let nothing = Authority::of_run(&Scope::new([], [])).unwrap();
        assert!(verdict(&nothing, "sts.amazonaws.com").contains("permitted subtree violation"));
    }

    #[test]
    fn covers() {
        let scope = |names: &[&str], addresses: &[[u8; 4]]| {
            Scope::new(names.iter().map(|name| (*name).to_owned()), addresses.iter().map(|address| (*address).into()))
        };
        let made = Authority::of_run(&scope(&["amazonaws.com", "quay.io"], &[[127, 0, 0, 1]])).unwrap();
        for (names, addresses, expected) in [
            (&["amazonaws.com"][..], &[][..], true),
            (&["QUAY.io", "amazonaws.com"], &[[127, 0, 0, 2]], true),
            (&["ghcr.io"], &[], false),
            (&["quay.io"], &[[10, 0, 0, 1]], false),
        ] {
            assert_eq!(scope(names, addresses).is_within(made.certificate_pem()), expected, "{names:?} {addresses:?}");
        }
    }
}
