//! Names of registries, repositories and tags, checked before they become paths.

use std::{fmt, str::FromStr};

use cirun_image_ref::partition_of;
use thiserror::Error;

/// A text that is not a name of its kind.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{text}` is not a valid {kind}")]
pub struct InvalidName {
    kind: &'static str,
    text: String,
}

/// The host name of a registry, in lower case and without a port: `123456789012.dkr.ecr.us-east-1.amazonaws.com`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryHost(String);

/// The account and region in an ECR host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EcrRegistry {
    /// Twelve digits.
    pub account: String,
    /// Such as `us-east-1`.
    pub region: String,
}

/// A repository's name, of one or more components: `team/shop`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(String);

/// An image tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl EcrRegistry {
    /// Returns the registry of an account in a region.
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account: account.into(), region: region.into() }
    }

    /// Returns the registry's ECR host name.
    pub fn host(&self) -> RegistryHost {
        let suffix = partition_of(&self.region).map_or("amazonaws.com", |partition| partition.suffix);
        RegistryHost(format!("{}.dkr.ecr.{}.{suffix}", self.account, self.region))
    }

    /// Returns the ARN of one of its repositories.
    pub fn repository_arn(&self, name: &RepositoryName) -> String {
        format!("arn:{}:ecr:{}:{}:repository/{name}", partition(&self.region), self.region, self.account)
    }
}

/// Returns the ARN partition of a region.
pub(crate) fn partition(region: &str) -> &'static str {
    partition_of(region).map_or("aws", |partition| partition.name)
}

/// The names of Docker Hub.
const DOCKER_HUB: [&str; 3] = ["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"];

impl RegistryHost {
    /// Returns the account and region, if this is an ECR host name (including FIPS and dual-stack names).
    pub fn ecr(&self) -> Option<EcrRegistry> {
        let (account, rest) = self.0.split_once('.')?;
        let rest = rest.strip_prefix("dkr.ecr").or_else(|| rest.strip_prefix("dkr-ecr"))?;
        let rest = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
        let region = ["amazonaws.com", "amazonaws.com.cn", "on.aws"]
            .iter()
            .find_map(|suffix| rest.strip_suffix(suffix)?.strip_suffix('.'))?;
        (is_account(account) && is_region(region)).then(|| EcrRegistry::new(account, region))
    }
}

/// Whether the text is an AWS account id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the text has the form of a region: `us-east-1`, `us-gov-west-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    matches!(parts.as_slice(), [area, .., number] if parts.len() >= 3
        && area.len() == 2
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && parts[..parts.len() - 1].iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase())))
}

impl FromStr for RegistryHost {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let lower = text.to_ascii_lowercase();
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if lower.len() > 253 || !lower.split('.').all(label) {
            return Err(InvalidName { kind: "registry host name", text: text.to_owned() });
        }
        let host = Self(lower);
        // A registry has one directory, whichever of its names is used.
        if DOCKER_HUB.contains(&host.0.as_str()) {
            return Ok(Self("docker.io".to_owned()));
        }
        Ok(host.ecr().map_or(host, |ecr| ecr.host()))
    }
}

impl FromStr for RepositoryName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.len() <= 255 && text.split('/').all(is_component) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName { kind: "repository name", text: text.to_owned() })
        }
    }
}

/// Checks a component by the OCI grammar: letters and digits, separated by `.`, `_`, `__` or any number of `-`.
fn is_component(component: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let ends = bytes.first().zip(bytes.last()).is_some_and(|(first, last)| alphanumeric(*first) && alphanumeric(*last));
    ends && bytes
        .split(|b| alphanumeric(*b))
        .all(|separator| matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-'))
}

impl FromStr for Tag {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let valid = text.len() <= 128
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|b| word(b) || b == b'.' || b == b'-');
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidName { kind: "tag", text: text.to_owned() }) }
    }
}

macro_rules! text {
    ($($name:ident)*) => {$(
        impl $name {
            /// Returns the name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

text!(RegistryHost RepositoryName Tag);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecr_host_names() {
        let ecr = |text: &str| {
            text.parse::<RegistryHost>().ok().and_then(|host| host.ecr()).map(|ecr| (ecr.account, ecr.region))
        };
        let shop = Some(("123456789012".to_owned(), "us-east-1".to_owned()));
        assert_eq!(ecr("123456789012.dkr.ecr.us-east-1.amazonaws.com"), shop);
        assert_eq!(ecr("123456789012.DKR.ecr-fips.us-east-1.amazonaws.com"), shop);
        assert_eq!(ecr("123456789012.dkr-ecr.us-east-1.on.aws"), shop);
        assert_eq!(ecr("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn").map(|e| e.1), Some("cn-north-1".to_owned()));
        for other in [
            "12345.dkr.ecr.us-east-1.amazonaws.com",
            "api.ecr.us-east-1.amazonaws.com",
            "docker.io",
            "x.dkr.ecr..amazonaws.com",
        ] {
            assert_eq!(ecr(other), None, "{other}");
        }
    }

    #[test]
    fn names_that_could_leave_the_folder_are_refused() {
        for good in ["shop", "team/shop", "a__b", "a--b/c.d_e", "0"] {
            assert!(good.parse::<RepositoryName>().is_ok(), "{good}");
        }
        for bad in ["", "/", "a/", "../x", "a/../b", "A", "_repository", "a._b", "a//b", ".", "a b"] {
            assert!(bad.parse::<RepositoryName>().is_err(), "{bad}");
        }
        for bad in ["", "..", ".a", "-a", "a/b", "é", &"a".repeat(129)] {
            assert!(bad.parse::<Tag>().is_err(), "{bad}");
        }
        for bad in ["", "..", "a/b", "-a.b", "a..b"] {
            assert!(bad.parse::<RegistryHost>().is_err(), "{bad}");
        }
    }
}
