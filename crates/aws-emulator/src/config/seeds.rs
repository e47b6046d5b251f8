//! Seeds from a TOML file: repositories, identities and roles that exist from the start.

use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;

use super::{Identity, OidcTrust, Role, Seeds};
use crate::{
    EcrRegistry,
    storage::{is_account, is_region},
};

/// The seeds file cannot be used.
#[derive(Debug, Error)]
pub enum InvalidSeeds {
    /// It is not TOML, or not of this shape.
    #[error(transparent)]
    Syntax(#[from] toml::de::Error),
    /// A value is not what its name says.
    #[error("{0}")]
    Value(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    repository: Vec<RepositoryTable>,
    #[serde(default)]
    identity: Vec<IdentityTable>,
    #[serde(default)]
    role: Vec<RoleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepositoryTable {
    name: String,
    account: Option<String>,
    region: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityTable {
    access_key_id: String,
    secret_access_key: String,
    account: Option<String>,
    user: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    arn: String,
    external_id: Option<String>,
    #[serde(default)]
    trusted: Vec<String>,
    /// Seconds; IAM's own default is an hour.
    max_session_seconds: Option<u64>,
    oidc: Option<OidcTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OidcTable {
    issuer: String,
    #[serde(default)]
    audiences: Vec<String>,
    #[serde(default)]
    subjects: Vec<String>,
}

impl Seeds {
    /// Reads a seeds file; what names no account or region gets the defaults.
    ///
    /// # Errors
    /// The text is no TOML, has an unknown key, or a name that AWS would refuse.
    pub fn from_toml(text: &str, default_account: &str, default_region: &str) -> Result<Self, InvalidSeeds> {
        let file: File = toml::from_str(text)?;
        let account = |given: Option<String>| match given.unwrap_or_else(|| default_account.to_owned()) {
            id if is_account(&id) => Ok(id),
            id => Err(InvalidSeeds::Value(format!("`{id}` is not an account id of 12 digits"))),
        };
        let mut seeds = Self::default();
        for table in file.repository {
            let region = table.region.unwrap_or_else(|| default_region.to_owned());
            if !is_region(&region) {
                return Err(InvalidSeeds::Value(format!("`{region}` is not a region")));
            }
            let name = table.name.parse().map_err(|e| InvalidSeeds::Value(format!("{e}")))?;
            seeds.repositories.push((EcrRegistry::new(account(table.account)?, region), name));
        }
        for table in file.identity {
            seeds.identities.push(Identity {
                access_key_id: table.access_key_id,
                secret_access_key: table.secret_access_key,
                account: account(table.account)?,
                user: table.user,
            });
        }
        seeds.roles.extend(file.role.into_iter().map(RoleTable::into_role));
        Ok(seeds)
    }
}

impl RoleTable {
    fn into_role(self) -> Role {
        Role {
            arn: self.arn,
            external_id: self.external_id,
            trusted: self.trusted,
            oidc: self.oidc.map(|oidc| OidcTrust {
                issuer: oidc.issuer,
                audiences: oidc.audiences,
                subjects: oidc.subjects,
            }),
            max_session: Duration::from_secs(self.max_session_seconds.unwrap_or(3600)),
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn read(text: &str) -> String {
        match Seeds::from_toml(text, "123456789012", "us-east-1") {
            Ok(seeds) => {
                let repositories = seeds.repositories.iter().map(|(at, name)| format!("{}/{name}\n", at.host()));
                let identities =
                    seeds.identities.iter().map(|i| format!("{} {} {}\n", i.access_key_id, i.account, i.user));
                let roles = seeds.roles.iter().map(|role| format!("{role:?}\n"));
                repositories.chain(identities).chain(roles).collect()
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn tables() {
        let text = r#"
            [[repository]]
            name = "team/shop"
            region = "eu-west-1"
            [[identity]]
            access_key_id = "AKIA1"
            secret_access_key = "s"
            user = "ci"
            [[role]]
            arn = "arn:aws:iam::123456789012:role/deploy"
            [role.oidc]
            issuer = "https://ci"
            subjects = ["account/*"]
        "#;
        assert_snapshot!(read(text), @r#"
        123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/shop
        AKIA1 123456789012 ci
        Role { arn: "arn:aws:iam::123456789012:role/deploy", external_id: None, trusted: [], oidc: Some(OidcTrust { issuer: "https://ci", audiences: [], subjects: ["account/*"] }), max_session: 3600s }
        "#);
    }

    #[test]
    fn mistakes() {
        assert_snapshot!(read("[[repository]]\nname = 'Shop'"), @"`Shop` is not a valid repository name");
        assert_snapshot!(read("[[repository]]\nname = 'shop'\naccount = '12'"), @"`12` is not an account id of 12 digits");
        assert_snapshot!(read("[[roles]]\narn = 'x'"), @r"
        TOML parse error at line 1, column 3
          |
        1 | [[roles]]
          |   ^^^^^
        unknown field `roles`, expected one of `repository`, `identity`, `role`
        ");
    }
}
