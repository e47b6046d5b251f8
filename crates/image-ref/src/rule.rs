//! Rules for valid names of accounts, regions, repositories and tags.

use thiserror::Error;

use crate::{EcrRegistry, account::is_account, reference::is_path_component, region::partition_of};

/// The longest tag (OCI distribution specification).
const LONGEST_TAG: usize = 128;
/// The length of an ECR repository's name (CreateRepository).
const ECR_REPOSITORY: std::ops::RangeInclusive<usize> = 2..=256;
/// The longest name of a repository, including its registry (Docker's reference grammar).
const LONGEST_REPOSITORY: usize = 255;

/// The kind of a name, which has a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameRule {
    /// The id of an AWS account.
    Account,
    /// An AWS region.
    Region,
    /// The host of a private ECR registry.
    EcrRegistry,
    /// An ECR repository.
    EcrRepository,
    /// A repository of any registry.
    Repository,
    /// A tag.
    Tag,
}

/// A name that violates its rule; the text is the rule, and does not contain the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{}", .0.rule())]
pub struct BrokenRule(pub NameRule);

impl NameRule {
    /// The kind of a valid name: "the id of an AWS account".
    pub fn what(self) -> &'static str {
        match self {
            Self::Account => "the id of an AWS account",
            Self::Region => "a region of AWS",
            Self::EcrRegistry => "a registry of ECR",
            Self::EcrRepository => "the name of an ECR repository",
            Self::Repository => "the name of a repository",
            Self::Tag => "a tag",
        }
    }

    /// The rule, in one sentence.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Account => "an account's id is 12 digits, without separators",
            Self::Region => "a region is named `AREA-DIRECTION-NUMBER`, such as `us-east-1` or `eu-central-1`",
            Self::EcrRegistry => "a registry of ECR is named `ACCOUNT.dkr.ecr.REGION.amazonaws.com`",
            Self::EcrRepository => {
                "a repository's name has 2 to 256 lower-case letters and digits, with a single `.`, `_`, `-` or `/` between them"
            }
            Self::Repository => {
                "a repository's name has at most 255 lower-case letters and digits, with `/`, `.`, `_`, `__` or `-` between them"
            }
            Self::Tag => "a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and begins with neither `.` nor `-`",
        }
    }

    /// Whether a name follows the rule.
    pub fn holds(self, name: &str) -> bool {
        match self {
            Self::Account => is_account(name),
            Self::Region => partition_of(name).is_some(),
            Self::EcrRegistry => EcrRegistry::parse(name).is_some(),
            Self::EcrRepository => ECR_REPOSITORY.contains(&name.len()) && name.split('/').all(is_ecr_component),
            Self::Repository => name.len() <= LONGEST_REPOSITORY && name.split('/').all(is_path_component),
            Self::Tag => is_tag(name),
        }
    }

    /// Checks a name.
    ///
    /// # Errors
    /// The rule, if the name violates it.
    pub fn check(self, name: &str) -> Result<(), BrokenRule> {
        if self.holds(name) { Ok(()) } else { Err(BrokenRule(self)) }
    }
}

/// `[a-z0-9]+(?:[._-][a-z0-9]+)*`, of CreateRepository's pattern.
fn is_ecr_component(component: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    component.split(['.', '_', '-']).all(is_word)
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= LONGEST_TAG
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|b| is_word(b) || matches!(b, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn table() {
        let long = "a".repeat(256);
        let longer = "a".repeat(257);
        let cases: [(NameRule, &[&str], &[&str]); 5] = [
            (
                NameRule::Account,
                &["123456789012", "000000000000"],
                &["21098765432", "0123-4567-8901", "null", "", "1234567890123", "12345678901２", " 123456789012"],
            ),
            (NameRule::Region, &["us-east-1", "eu-north-1"], &["mars-1", "", "null", "us-east-1\n"]),
            (
                NameRule::EcrRepository,
                &["shop", "team/shop", "a-b_c.d/e1", "a1", "1a", &long],
                &["Growth_Links!", "APP", "a b", "a", "", "/a", "a/", "a//b", "a--b", "-a", "a:1", "a@b", &longer],
            ),
            (
                NameRule::Repository,
                &["shop", "team/shop", "a__b", "a--b/c.d_e", "0"],
                &["", "/", "a/", "../x", "a/../b", "A", "_repository", "a._b", "a//b", ".", "a b", &long],
            ),
            (
                NameRule::Tag,
                &["latest", "1.0", "V1_a-b", "_x", &long[..128]],
                &["", "bad tag", ".a", "-a", "a/b", "a:b", "é", "a,b", &long[..129]],
            ),
        ];
        for (rule, good, bad) in cases {
            for name in good {
                assert_eq!(rule.check(name), Ok(()), "{rule:?} {name}");
            }
            for name in bad {
                assert_eq!(rule.check(name), Err(BrokenRule(rule)), "{rule:?} {name}");
            }
        }
    }

    proptest! {
        /// Every registry's grammar accepts what ECR accepts, except for the longest names.
        #[test]
        fn ecr_is_the_stricter_one(name in "[a-z0-9._/-]{2,255}") {
            prop_assert!(!NameRule::EcrRepository.holds(&name) || NameRule::Repository.holds(&name));
        }
    }
}
