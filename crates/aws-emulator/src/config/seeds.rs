//! Seeds from a TOML file: repositories, identities and roles that exist from the start.

use std::{ops::Range, time::Duration};

use cirun_image_ref::{is_account, partition_of};
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use super::{Identity, OidcTrust, Role, Seeds};
use crate::{EcrRegistry, InvalidName};

/// A seeds file that cannot be used.
#[derive(Debug, Error)]
pub enum InvalidSeeds {
    /// It is not TOML, or does not have this structure.
    #[error(transparent)]
    Syntax(#[from] toml::de::Error),
    /// An invalid value; the text has its place.
    #[error("{0}")]
    Value(String),
}

impl InvalidSeeds {
    /// Formats an invalid value like TOML's own errors.
    fn value(text: &str, span: Range<usize>, problem: &str) -> Self {
        let start = text.get(..span.start).map_or(0, |before| before.rfind('\n').map_or(0, |end| end + 1));
        let line = text[..start].matches('\n').count() + 1;
        let column = text[start..span.start].chars().count();
        let source = text[start..].lines().next().unwrap_or_default();
        let margin = " ".repeat(line.to_string().len());
        let mark = format!("{}{}", " ".repeat(column), "^".repeat(text[span].chars().count().max(1)));
        let place = format!("TOML value error at line {line}, column {}", column + 1);
        Self::Value(format!("{place}\n{margin} |\n{line} | {source}\n{margin} | {mark}\n{problem}\n"))
    }
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
    name: Spanned<String>,
    account: Option<Spanned<String>>,
    region: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityTable {
    access_key_id: String,
    secret_access_key: String,
    account: Option<Spanned<String>>,
    user: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    arn: Spanned<String>,
    external_id: Option<String>,
    #[serde(default)]
    trusted: Vec<String>,
    /// Seconds; IAM's own default is one hour.
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
    /// Reads a seeds file; missing accounts and regions get the defaults.
    ///
    /// # Errors
    /// The text is not TOML, or has an unknown key, or a name that AWS would refuse.
    pub fn from_toml(text: &str, default_account: &str, default_region: &str) -> Result<Self, InvalidSeeds> {
        let file: File = toml::from_str(text)?;
        let wrong = |value: &Spanned<String>, problem: &str| InvalidSeeds::value(text, value.span(), problem);
        let account = |given: Option<Spanned<String>>| match given {
            None => Ok(default_account.to_owned()),
            Some(id) if is_account(id.get_ref()) => Ok(id.into_inner()),
            Some(id) => Err(wrong(&id, &format!("`{}` is not an account id of 12 digits", id.get_ref()))),
        };
        let mut seeds = Self::default();
        for table in file.repository {
            let region = match table.region {
                None => default_region.to_owned(),
                Some(region) if partition_of(region.get_ref()).is_some() => region.into_inner(),
                Some(region) => return Err(wrong(&region, &format!("`{}` is not a region", region.get_ref()))),
            };
            let name = table.name.get_ref().parse();
            let name = name.map_err(|e: InvalidName| wrong(&table.name, &e.to_string()))?;
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
        for table in file.role {
            if !is_role(table.arn.get_ref()) {
                let problem =
                    format!("`{}` is not a role's ARN: arn:aws:iam::<account>:role/<name>", table.arn.get_ref());
                return Err(wrong(&table.arn, &problem));
            }
            seeds.roles.push(table.into_role());
        }
        Ok(seeds)
    }
}

fn is_role(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", account, name]
        if is_account(account) && name.strip_prefix("role/").is_some_and(|name| !name.is_empty()))
}

impl RoleTable {
    fn into_role(self) -> Role {
        Role {
            arn: self.arn.into_inner(),
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
        assert_snapshot!(read("[[repository]]\nname = 'Shop'"), @"
        TOML value error at line 2, column 8
          |
        2 | name = 'Shop'
          |        ^^^^^^
        `Shop` is not a valid repository name
        ");
        assert_snapshot!(read("[[repository]]\nname = 'shop'\naccount = '12'"), @"
        TOML value error at line 3, column 11
          |
        3 | account = '12'
          |           ^^^^
        `12` is not an account id of 12 digits
        ");
        assert_snapshot!(read("[[repository]]\nname = 'shop'\nregion = 'é'"), @"
        TOML value error at line 3, column 10
          |
        3 | region = 'é'
          |          ^^^
        `é` is not a region
        ");
        assert_snapshot!(read("[[role]]\narn = 'deploy'"), @"
        TOML value error at line 2, column 7
          |
        2 | arn = 'deploy'
          |       ^^^^^^^^
        `deploy` is not a role's ARN: arn:aws:iam::<account>:role/<name>
        ");
        assert_snapshot!(read("[[roles]]\narn = 'x'"), @r"
        TOML parse error at line 1, column 3
          |
        1 | [[roles]]
          |   ^^^^^
        unknown field `roles`, expected one of `repository`, `identity`, `role`
        ");
    }
}
