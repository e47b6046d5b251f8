//! The images that a lifecycle policy expires (ECR user guide, "How lifecycle policies work").
//!
//! Every rule considers all images, including those that another rule expires. An image that matches a rule's tags
//! cannot be expired by a rule with a lower priority (a higher number), and an image in a list stays as long as the
//! list.

use std::{cmp::Reverse, time::Duration};

use jiff::Timestamp;

use super::document::{Count, Policy, Selection};
use crate::{Digest, pattern::wildcard};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A candidate for expiry.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) digest: Digest,
    pub(super) tags: Vec<String>,
    pub(super) pushed_at: Timestamp,
    /// Whether it is in a list.
    pub(super) is_listed: bool,
}

/// An image that expires, and the priority of its rule.
#[derive(Debug)]
pub(super) struct Expired {
    pub(super) candidate: Candidate,
    pub(super) rule: u64,
}

/// Returns what expires at the given time, in the order of the candidates.
pub(super) fn evaluate(policy: &Policy, candidates: Vec<Candidate>, now: Timestamp) -> Vec<Expired> {
    // For each rule: the candidates that match, and those of them that are too many or too old.
    let looked_at: Vec<(u64, Vec<bool>, Vec<bool>)> = policy
        .rules
        .iter()
        .map(|rule| {
            let fits: Vec<bool> = candidates.iter().map(|candidate| rule.selection.fits(candidate)).collect();
            let over = over(rule.count, &candidates, &fits, now);
            (rule.priority, fits, over)
        })
        .collect();
    let rule_of = |index: usize| {
        // Only the first rule that an image matches can expire it.
        let (priority, _, over) = looked_at.iter().find(|(_, fits, _)| fits[index])?;
        over[index].then_some(*priority)
    };
    let rules: Vec<Option<u64>> = (0..candidates.len()).map(rule_of).collect();
    let expired = candidates.into_iter().zip(rules).filter(|(candidate, _)| !candidate.is_listed);
    expired.filter_map(|(candidate, rule)| Some(Expired { candidate, rule: rule? })).collect()
}

impl Selection {
    fn fits(&self, candidate: &Candidate) -> bool {
        let some_tag = |is: &dyn Fn(&str) -> bool| candidate.tags.iter().any(|tag| is(tag));
        match self {
            Self::Prefixes(prefixes) => prefixes.iter().all(|prefix| some_tag(&|tag| tag.starts_with(prefix.as_str()))),
            Self::Patterns(patterns) => patterns.iter().all(|pattern| some_tag(&|tag| wildcard(pattern, tag))),
            Self::Untagged => candidate.tags.is_empty(),
            Self::Any => true,
        }
    }
}

fn over(count: Count, candidates: &[Candidate], fits: &[bool], now: Timestamp) -> Vec<bool> {
    match count {
        Count::Days(days) => {
            let seconds = i64::try_from(days.saturating_mul(DAY.as_secs())).unwrap_or(i64::MAX);
            let is_old = |candidate: &Candidate| {
                now.as_second().checked_sub(candidate.pushed_at.as_second()).is_some_and(|age| age > seconds)
            };
            candidates.iter().zip(fits).map(|(candidate, fits)| *fits && is_old(candidate)).collect()
        }
        Count::MoreThan(kept) => {
            let mut youngest: Vec<usize> = (0..candidates.len()).filter(|index| fits[*index]).collect();
            youngest.sort_by_key(|index| Reverse((candidates[*index].pushed_at, &candidates[*index].digest)));
            let kept = usize::try_from(kept).unwrap_or(usize::MAX);
            let mut over = vec![false; candidates.len()];
            for index in youngest.into_iter().skip(kept) {
                over[index] = true;
            }
            over
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 100 * 86_400;

    /// An image that was pushed this number of days ago.
    fn image(name: &str, tags: &[&str], days: i64) -> Candidate {
        Candidate {
            digest: Digest::of(name.as_bytes()),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            pushed_at: Timestamp::from_second(NOW - days * 86_400).unwrap(),
            is_listed: false,
        }
    }

    fn rule(priority: u64, selection: Value) -> Value {
        json!({ "rulePriority": priority, "selection": selection, "action": { "type": "expire" } })
    }

    fn policy(rules: &[Value]) -> Policy {
        Policy::parse(&json!({ "rules": rules }).to_string()).unwrap()
    }

    /// The expired images by their tags (or `-`), with the rule.
    fn expired(rules: &[Value], candidates: &[Candidate]) -> Vec<String> {
        let now = Timestamp::from_second(NOW).unwrap();
        let shown = |expired: Expired| {
            let tags = expired.candidate.tags.join("+");
            format!("{}:{}", if tags.is_empty() { "-" } else { &tags }, expired.rule)
        };
        evaluate(&policy(rules), candidates.to_vec(), now).into_iter().map(shown).collect()
    }

    #[test]
    fn by_count_and_by_age() {
        let images = [image("a", &["v1"], 30), image("b", &["v2"], 20), image("c", &["v3"], 10), image("d", &[], 8)];
        let more = |n: u64| rule(1, json!({ "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": n }));
        assert_eq!(expired(&[more(2)], &images), ["v1:1", "v2:1"]);
        assert_eq!(expired(&[more(4)], &images), [""; 0]);
        let days = |n: u64| {
            rule(
                1,
                json!({ "tagStatus": "any", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": n }),
            )
        };
        assert_eq!(expired(&[days(10)], &images), ["v1:1", "v2:1"], "exactly ten days are not more than ten");
        assert_eq!(expired(&[days(u64::MAX)], &images), [""; 0]);
    }

    #[test]
    fn all_of_several_prefixes_or_patterns() {
        let images = [image("a", &["prod-1", "eu"], 9), image("b", &["prod-2"], 9), image("c", &["eu"], 9)];
        let select = |list: &str, values: Value| {
            let mut selection = json!({ "tagStatus": "tagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1 });
            selection[list] = values;
            [rule(1, selection)]
        };
        assert_eq!(expired(&select("tagPrefixList", json!(["prod", "eu"])), &images), ["prod-1+eu:1"]);
        assert_eq!(expired(&select("tagPrefixList", json!(["prod"])), &images), ["prod-1+eu:1", "prod-2:1"]);
        assert_eq!(expired(&select("tagPatternList", json!(["*-2"])), &images), ["prod-2:1"]);
        assert_eq!(
            expired(&select("tagPatternList", json!(["prod"])), &images),
            [""; 0],
            "a pattern is of the whole tag"
        );
    }

    /// The examples of the user guide, "filtering on multiple rules".
    #[test]
    fn the_higher_rule_keeps_its_images() {
        let images =
            [image("a", &["beta-1", "prod-1"], 10), image("b", &["beta-2", "prod-2"], 9), image("c", &["beta-3"], 8)];
        let keep_one = |priority: u64, prefix: &str| {
            rule(
                priority,
                json!({ "tagStatus": "tagged", "tagPrefixList": [prefix], "countType": "imageCountMoreThan", "countNumber": 1 }),
            )
        };
        assert_eq!(expired(&[keep_one(1, "prod"), keep_one(2, "beta")], &images), ["beta-1+prod-1:1"]);
        assert_eq!(
            expired(&[keep_one(1, "beta"), keep_one(2, "prod")], &images),
            ["beta-1+prod-1:1", "beta-2+prod-2:1"]
        );
    }

    #[test]
    fn an_image_of_a_list_stays() {
        let images = [Candidate { is_listed: true, ..image("a", &[], 50) }, image("b", &[], 50)];
        let untagged = rule(
            1,
            json!({ "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 1 }),
        );
        assert_eq!(expired(&[untagged], &images), ["-:1"]);
    }

    proptest! {
        #[test]
        fn the_requested_number_stays(ages in prop::collection::vec(0..90_i64, 0..12), kept in 1..8_u64) {
            let images: Vec<Candidate> =
                ages.iter().enumerate().map(|(index, age)| image(&index.to_string(), &[], *age)).collect();
            let rules =
                [rule(1, json!({ "tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": kept }))];
            let gone = evaluate(&policy(&rules), images.clone(), Timestamp::from_second(NOW).unwrap());
            let kept = usize::try_from(kept).unwrap();
            prop_assert_eq!(gone.len(), images.len().saturating_sub(kept));
            let youngest_gone = gone.iter().map(|expired| expired.candidate.pushed_at).max();
            let is_gone = |image: &Candidate| gone.iter().any(|expired| expired.candidate.digest == image.digest);
            let oldest_kept = images.iter().filter(|image| !is_gone(image)).map(|image| image.pushed_at).min();
            prop_assert!(youngest_gone.is_none() || oldest_kept.is_none() || youngest_gone <= oldest_kept);
        }
    }
}
