//! Private ECR registries, by their host names.

use crate::{
    account::is_account,
    aws_host, host_and_port,
    region::{partition_name, partition_of},
};

/// The account and region of a private ECR registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EcrRegistry {
    /// The account's id, 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
}

impl EcrRegistry {
    /// The registry of an account in a region.
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// The invalid account in a host that otherwise is an ECR registry: for instance one with the wrong number of
    /// digits. `None` for every other host, and for a valid account.
    pub fn mistaken_account(host: &str) -> Option<&str> {
        let (account, rest) = host.split_once('.')?;
        let is_ecr = Self::parse(&format!("{}.{rest}", "0".repeat(12))).is_some();
        (is_ecr && !account.is_empty() && Self::parse(host).is_none()).then_some(account)
    }

    /// Whether a host is meant as a private ECR registry, even if its account is mistaken.
    pub fn is_meant(host: &str) -> bool {
        Self::parse(host).is_some() || Self::mistaken_account(host).is_some()
    }

    /// Parses a registry's host in any form, including FIPS and dual-stack ones, in any case, with or without a port;
    /// `None` if the account or the region does not exist in AWS.
    pub fn parse(host: &str) -> Option<Self> {
        let (name, _) = host_and_port(host);
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let (account, rest) = name.split_once('.')?;
        let (rest, is_dual_stack) = match (rest.strip_prefix("dkr.ecr"), rest.strip_prefix("dkr-ecr")) {
            (Some(rest), _) => (rest, false),
            (None, Some(rest)) => (rest, true),
            (None, None) => return None,
        };
        let rest = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
        let (region, suffix) = rest.split_once('.')?;
        let partition = partition_of(region)?;
        // Harness builds `….REGION.amazonaws.com` for every region, in China too (ecr.registry).
        let is_suffix = match is_dual_stack {
            true => suffix == partition.dual_stack,
            false => suffix == partition.suffix || suffix == "amazonaws.com",
        };
        (is_suffix && is_account(account)).then(|| Self::new(account, region))
    }

    /// The registry's ECR host name.
    pub fn host(&self) -> String {
        aws_host(&format!("{}.dkr.ecr", self.account), &self.region)
    }

    /// The ARN of one of its repositories.
    pub fn repository_arn(&self, repository: &str) -> String {
        format!("arn:{}:ecr:{}:{}:repository/{repository}", partition_name(&self.region), self.region, self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling() {
        let shop = Some(EcrRegistry::new("123456789012", "us-east-1"));
        for host in [
            "123456789012.dkr.ecr.us-east-1.amazonaws.com",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com:443",
            "123456789012.DKR.ecr-fips.us-east-1.amazonaws.com.",
            "123456789012.dkr-ecr.us-east-1.on.aws",
            "123456789012.dkr-ecr-fips.us-east-1.on.aws",
        ] {
            assert_eq!(EcrRegistry::parse(host), shop, "{host}");
        }
        let china = EcrRegistry::new("123456789012", "cn-north-1");
        assert_eq!(EcrRegistry::parse(&china.host()).as_ref(), Some(&china));
        assert_eq!(china.host(), "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn");
        assert_eq!(EcrRegistry::parse("123456789012.dkr.ecr.cn-north-1.amazonaws.com"), Some(china));
    }

    #[test]
    fn hosts_of_ecr_with_another_account() {
        for (host, account) in [
            ("40000005317.dkr.ecr.us-east-1.amazonaws.com", Some("40000005317")),
            ("ACCOUNT.dkr.ecr.us-east-1.amazonaws.com", Some("ACCOUNT")),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", None),
            (".dkr.ecr.us-east-1.amazonaws.com", None),
            ("40000005317.dkr.ecr.mars-1.amazonaws.com", None),
            ("api.ecr.us-east-1.amazonaws.com", None),
        ] {
            assert_eq!(EcrRegistry::mistaken_account(host), account, "{host}");
        }
    }

    #[test]
    fn other_names() {
        for host in [
            "12345.dkr.ecr.us-east-1.amazonaws.com",
            "123456789012.dkr.ecr.mars-1.amazonaws.com",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.example",
            "123456789012.dkr.ecr.us-east-1.evil.example",
            "123456789012.dkr.ecrx.us-east-1.amazonaws.com",
            "api.ecr.us-east-1.amazonaws.com",
            "docker.io",
            "",
        ] {
            assert_eq!(EcrRegistry::parse(host), None, "{host}");
        }
    }
}
