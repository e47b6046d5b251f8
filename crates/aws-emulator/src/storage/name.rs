//! Names of registries, repositories and tags, checked before they become paths.

use std::{fmt, str::FromStr};

use cirun_image_ref::{EcrRegistry, NameRule, canonical_registry, is_host_name};
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

/// A repository's name, of one or more components: `team/shop`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(String);

/// An image tag.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl RegistryHost {
    /// Returns the account and region, if this is an ECR host name (including FIPS and dual-stack names).
    pub fn ecr(&self) -> Option<EcrRegistry> {
        EcrRegistry::parse(&self.0)
    }
}

impl From<&EcrRegistry> for RegistryHost {
    fn from(registry: &EcrRegistry) -> Self {
        Self(registry.host())
    }
}

impl FromStr for RegistryHost {
    type Err = InvalidName;

    /// A registry has one directory, whichever of its names is used.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if !is_host_name(text) {
            return Err(InvalidName { kind: "registry host name", text: text.to_owned() });
        }
        let host = Self(canonical_registry(text));
        Ok(host.ecr().map_or(host, |ecr| Self::from(&ecr)))
    }
}

impl FromStr for RepositoryName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if NameRule::Repository.holds(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName { kind: "repository name", text: text.to_owned() })
        }
    }
}

impl FromStr for Tag {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if NameRule::Tag.holds(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName { kind: "tag", text: text.to_owned() })
        }
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
