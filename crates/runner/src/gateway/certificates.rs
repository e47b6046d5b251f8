//! Issues a certificate for the name that a client asks for.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cirun_aws::{Authority, Scope};
use cirun_aws_emulator::{Certificates, Tls};
use cirun_image_ref::{AWS_SUFFIXES, is_aws_name};

/// Issues certificates when clients ask for them.
#[derive(Debug)]
pub struct OnDemand {
    authority: Authority,
    /// Whether to issue certificates for the names of AWS.
    aws: bool,
    /// The other names and addresses. A client that asks for no name gets one certificate for all of them.
    names: Vec<String>,
}

/// The scope of this machine's certificate authority: AWS's names, localhost and `addresses`.
pub fn machine_scope(addresses: impl IntoIterator<Item = IpAddr>) -> Scope {
    let names = AWS_SUFFIXES.iter().copied().chain(["localhost"]).map(str::to_owned);
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    Scope::new(names, loopback.into_iter().chain(addresses))
}

impl OnDemand {
    /// Issues certificates of `authority` for `names`, and for the names of AWS if `aws` is set.
    pub fn new(authority: Authority, aws: bool, names: Vec<String>) -> Self {
        Self { authority, aws, names }
    }

    fn covers(&self, name: &str) -> bool {
        self.aws && is_aws_name(name) || self.names.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

impl Certificates for OnDemand {
    fn of(&self, name: Option<&str>) -> Option<Tls> {
        let names = match name {
            Some(name) if self.covers(name) => vec![name.to_owned()],
            Some(_) => return None,
            None if self.names.is_empty() => vec!["sts.amazonaws.com".to_owned()],
            None => self.names.clone(),
        };
        let issued = self.authority.issue(&names).ok()?;
        Some(Tls { certificate_chain: issued.chain_pem, private_key: issued.key_pem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::scope;

    #[test]
    fn certificates_are_issued_for_names_of_the_run_only() {
        let names = vec!["quay.io".to_owned()];
        let with = |aws| OnDemand::new(Authority::of_run(&scope(&names, aws)).unwrap(), aws, names.clone());
        for (aws, name, expected) in [
            (true, Some("sts.mars-1.amazonaws.com"), true),
            (true, Some("x.lambda-url.us-east-1.on.aws"), true),
            (true, Some("quay.io"), true),
            (true, Some("ghcr.io"), false),
            (true, Some("amazonaws.com.evil.example"), false),
            (true, None, true),
            (false, Some("sts.amazonaws.com"), false),
            (false, Some("quay.io"), true),
        ] {
            assert_eq!(with(aws).of(name).is_some(), expected, "{aws} {name:?}");
        }
    }
}
