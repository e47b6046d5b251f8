//! Rules for variables that only a running step decides, which must be met before a step starts: as data, so that the
//! engine does not have to know which program reads them.

use cirun_image_ref::{EcrRegistry, Locality, NameRule, canonical_registry, is_aws_name, split_registry};
use thiserror::Error;

/// A rule for the final value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableRule {
    /// The variable.
    pub variable: String,
    /// The kind of name that it has.
    pub must: Must,
}

/// The kinds of names in variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Must {
    /// One name.
    Name(NameRule),
    /// One or more tags, with commas between them.
    Tags,
    /// The host of a private ECR registry.
    Ecr(Outside),
    /// A registry by its host or address, with or without a path.
    Registry(Outside),
    /// A repository with its registry; without one, on Docker Hub.
    Repository(Outside),
    /// The cache targets of a build: `type=registry,ref=REPOSITORY` or a repository, separated by semicolons.
    Caches(Outside),
}

/// Whether a registry may be one outside the stage that was not known before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outside {
    /// It may be.
    Allowed,
    /// It may not be, because nothing answers in its place (`--push local`).
    Refused {
        /// The ids and aliases of the stage's services, which are not outside it.
        services: Vec<String>,
        /// The registries of the plan, for which the run answers.
        known: Vec<String>,
        /// AWS's own registries.
        aws: AwsNames,
    },
}

/// Which AWS answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsNames {
    /// The run, for all AWS names.
    Answered,
    /// AWS itself.
    Real,
}

/// Why a value is not valid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokenName {
    /// A name that violates its rule.
    #[error("`{name}` is not {}: {}", .rule.what(), .rule.rule())]
    Invalid {
        /// The name.
        name: String,
        /// The rule.
        rule: NameRule,
    },
    /// The value, or a part of it, is the text of a null expression.
    #[error("`null` is not a name: an expression that resolves to nothing becomes `null`")]
    Null,
    /// There is no tag.
    #[error("there is no tag, and the plugin would push `latest`")]
    NoTag,
    /// A registry outside the stage that was not known when the run began.
    #[error("`{host}` was not known when the run began, so `--push local` cannot keep what is pushed there")]
    Outside {
        /// The registry's host.
        host: String,
    },
}

/// Whether a value comes from an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueForm {
    /// It is a literal.
    Literal,
    /// It comes from an expression, so `null` is not a name.
    Expression,
}

impl BrokenName {
    /// The same for a value with a secret in it, which is not shown.
    #[must_use]
    pub fn hidden(self) -> Self {
        let name = "***".to_owned();
        match self {
            Self::Invalid { rule, .. } => Self::Invalid { name, rule },
            Self::Outside { .. } => Self::Outside { host: name },
            Self::Null => Self::Null,
            Self::NoTag => Self::NoTag,
        }
    }
}

impl Must {
    /// Checks a final value.
    ///
    /// # Errors
    /// The first invalid name in it.
    pub fn check(&self, value: &str, source: ValueForm) -> Result<(), BrokenName> {
        match self {
            Self::Name(rule) => name(*rule, value, source),
            Self::Tags => tags(value, source),
            Self::Ecr(outside) => ecr(value).and_then(|()| registry(value, outside)),
            Self::Registry(_) if is_null(value, source) => Err(BrokenName::Null),
            Self::Registry(outside) => registry(&canonical_registry(value), outside),
            Self::Repository(outside) => repository(value, source, outside),
            Self::Caches(outside) => cache_repositories(value).try_for_each(|cache| repository_host(cache, outside)),
        }
    }
}

/// The repositories to which a build's cache is written, by the value of its option; other kinds of caches have none.
pub fn cache_repositories(value: &str) -> impl Iterator<Item = &str> {
    value.split(';').map(str::trim).filter(|entry| !entry.is_empty()).filter_map(|entry| {
        let mut options = entry.split(',').filter_map(|option| option.split_once('='));
        if !entry.contains('=') {
            return Some(entry);
        }
        let is_registry = options.clone().any(|option| option == ("type", "registry"));
        options.find(|(name, _)| is_registry && *name == "ref").map(|(_, reference)| reference)
    })
}

/// The tags of a list.
pub fn tag_list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim)
}

fn is_null(value: &str, source: ValueForm) -> bool {
    value == "null" && source == ValueForm::Expression
}

fn name(rule: NameRule, name: &str, source: ValueForm) -> Result<(), BrokenName> {
    if is_null(name, source) {
        return Err(BrokenName::Null);
    }
    rule.check(name).map_err(|_| BrokenName::Invalid { name: name.to_owned(), rule })
}

fn tags(value: &str, source: ValueForm) -> Result<(), BrokenName> {
    if value.trim().is_empty() {
        return Err(BrokenName::NoTag);
    }
    tag_list(value).try_for_each(|tag| name(NameRule::Tag, tag, source))
}

fn ecr(host: &str) -> Result<(), BrokenName> {
    if EcrRegistry::parse(host).is_some() {
        return Ok(());
    }
    // The part with the error is more useful than the whole value.
    if let Some((account, rest)) = host.split_once(".dkr.ecr.") {
        name(NameRule::Account, account, ValueForm::Literal)?;
        name(NameRule::Region, rest.split('.').next().unwrap_or(rest), ValueForm::Literal)?;
    }
    Err(BrokenName::Invalid { name: host.to_owned(), rule: NameRule::EcrRegistry })
}

fn registry(host: &str, outside: &Outside) -> Result<(), BrokenName> {
    if is_aws_name(host) {
        ecr(host)?;
    }
    let Outside::Refused { services, known, aws } = outside else { return Ok(()) };
    let is_answered = (is_aws_name(host) && *aws == AwsNames::Answered)
        || known.iter().any(|known| canonical_registry(known) == canonical_registry(host));
    match is_answered || Locality::of(host, services.iter().map(String::as_str)).is_local() {
        true => Ok(()),
        false => Err(BrokenName::Outside { host: host.to_owned() }),
    }
}

fn repository_host(value: &str, outside: &Outside) -> Result<(), BrokenName> {
    registry(&canonical_registry(split_registry(value).0.unwrap_or_default()), outside)
}

fn repository(value: &str, source: ValueForm, outside: &Outside) -> Result<(), BrokenName> {
    repository_host(value, outside)?;
    let (host, path) = split_registry(value);
    let rule = match host {
        Some(host) if is_aws_name(host) => NameRule::EcrRepository,
        Some(_) | None => NameRule::Repository,
    };
    name(rule, path, source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(must: &Must, value: &str) -> String {
        must.check(value, ValueForm::Expression).map_or_else(|broken| broken.to_string(), |()| "fine".to_owned())
    }

    #[test]
    fn what_breaks_a_rule_is_named_with_it() {
        let refused = |aws| Outside::Refused {
            services: vec!["registry".to_owned()],
            known: vec!["kept.example".to_owned()],
            aws,
        };
        let outside = || refused(AwsNames::Answered);
        let ecr = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
        for (must, value, expected) in [
            (Must::Name(NameRule::Region), "eu-west-1", "fine"),
            (Must::Name(NameRule::Region), "mars-1", "`mars-1` is not a region of AWS: a region is named"),
            (Must::Name(NameRule::EcrRepository), "null", "`null` is not a name"),
            (Must::Tags, "1.0,latest, x", "fine"),
            (Must::Tags, "", "there is no tag"),
            (Must::Tags, "1.0,", "`` is not a tag"),
            (Must::Tags, "1.0,null", "`null` is not a name"),
            (Must::Ecr(outside()), ecr, "fine"),
            (Must::Ecr(outside()), "12.dkr.ecr.us-east-1.amazonaws.com", "`12` is not the id of an AWS account"),
            (Must::Ecr(outside()), "123456789012.dkr.ecr.null.amazonaws.com", "`null` is not a region of AWS"),
            (Must::Ecr(outside()), "ghcr.io", "`ghcr.io` is not a registry of ECR"),
            (Must::Ecr(refused(AwsNames::Real)), ecr, "`123456789012.dkr.ecr.us-east-1.amazonaws.com` was not known"),
            (Must::Ecr(Outside::Allowed), ecr, "fine"),
            (Must::Registry(Outside::Allowed), "https://quay.io/v2/", "fine"),
            (Must::Registry(outside()), "https://quay.io/v2/", "`quay.io` was not known when the run began"),
            (Must::Registry(Outside::Allowed), "null", "`null` is not a name"),
            (Must::Registry(outside()), "registry:5000", "fine"),
            (Must::Registry(outside()), "kept.example/team", "fine"),
            (Must::Registry(outside()), "127.0.0.1:5000", "fine"),
            (Must::Registry(outside()), "registry.localhost", "`registry.localhost` was not known"),
            (Must::Registry(outside()), ecr, "fine"),
            (Must::Registry(outside()), "sts.amazonaws.com", "`sts.amazonaws.com` is not a registry of ECR"),
            (Must::Repository(Outside::Allowed), "ghcr.io/team/shop", "fine"),
            (Must::Repository(Outside::Allowed), "ghcr.io/Team/shop", "`Team/shop` is not the name of a repository"),
            (Must::Repository(outside()), "ghcr.io/team/shop", "`ghcr.io` was not known"),
            (Must::Repository(outside()), "team/shop", "`docker.io` was not known"),
            (Must::Repository(outside()), "registry:5000/shop", "fine"),
            (Must::Caches(outside()), "type=gha,scope=x;type=local,dest=/c", "fine"),
            (Must::Caches(outside()), "type=registry,ref=quay.io/a/b,mode=max", "`quay.io` was not known"),
            (Must::Caches(outside()), "quay.io/a/b", "`quay.io` was not known"),
        ] {
            let found = verdict(&must, value);
            assert!(found.starts_with(expected), "{must:?} {value}: {found}");
        }
    }

    #[test]
    fn a_literal_null_is_a_tag() {
        assert_eq!(Must::Tags.check("null", ValueForm::Literal), Ok(()));
    }

    #[test]
    fn secrets_are_not_shown() {
        let broken = Must::Name(NameRule::Account).check("hunter2", ValueForm::Literal).unwrap_err().hidden();
        assert!(!broken.to_string().contains("hunter2"), "{broken}");
    }
}
