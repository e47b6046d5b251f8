//! A lifecycle policy's text, parsed and checked by the ECR user guide ("Lifecycle policy properties").

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::ecr::EcrError;

/// A valid policy, with its rules in order of priority.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) rules: Vec<Rule>,
}

/// The images that a rule expires.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) priority: u64,
    pub(super) selection: Selection,
    pub(super) count: Count,
}

/// The images that a rule applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selection {
    /// Images with a tag for each of these prefixes.
    Prefixes(BTreeSet<String>),
    /// Images with a tag for each of these patterns, in which `*` is any text.
    Patterns(BTreeSet<String>),
    Untagged,
    Any,
}

/// Which of them expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// All except this number of the newest.
    MoreThan(u64),
    /// Those pushed more than this number of days ago.
    Days(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    rules: Vec<WireRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireRule {
    rule_priority: u64,
    #[serde(rename = "description")]
    _description: Option<String>,
    selection: WireSelection,
    action: WireAction,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WireSelection {
    tag_status: String,
    tag_prefix_list: Option<Vec<String>>,
    tag_pattern_list: Option<Vec<String>>,
    count_type: String,
    count_unit: Option<String>,
    count_number: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAction {
    #[serde(rename = "type")]
    kind: String,
}

/// The maximum number of `*` in a pattern.
const MOST_STARS: usize = 4;

impl Policy {
    /// Parses and checks a policy.
    pub(super) fn parse(text: &str) -> Result<Self, EcrError> {
        let wire: Wire = serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
        if wire.rules.is_empty() {
            return Err(invalid("rules must have at least 1 member"));
        }
        let mut rules = wire.rules.into_iter().map(Rule::read).collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|rule| rule.priority);
        let last = rules.last().map(|rule| rule.priority);
        for (index, rule) in rules.iter().enumerate() {
            let before = &rules[..index];
            if before.iter().any(|other| other.priority == rule.priority) {
                return Err(invalid(&format!("rulePriority {} is that of several rules", rule.priority)));
            }
            match &rule.selection {
                Selection::Any if Some(rule.priority) != last => {
                    return Err(invalid("the rule with a tagStatus of any must have the highest rulePriority"));
                }
                Selection::Untagged if before.iter().any(|other| other.selection == Selection::Untagged) => {
                    return Err(invalid("only one rule may select untagged images"));
                }
                Selection::Any | Selection::Untagged => {}
                Selection::Prefixes(_) | Selection::Patterns(_) => {
                    if before.iter().any(|other| other.selection == rule.selection) {
                        return Err(invalid("several rules have the same tag prefixes or patterns"));
                    }
                }
            }
        }
        Ok(Self { rules })
    }
}

impl Rule {
    fn read(wire: WireRule) -> Result<Self, EcrError> {
        if wire.rule_priority == 0 {
            return Err(invalid("rulePriority must be 1 or more"));
        }
        if wire.action.kind != "expire" {
            return Err(not_in("action.type", &wire.action.kind, "expire"));
        }
        let count = wire.selection.count()?;
        Ok(Self { priority: wire.rule_priority, selection: wire.selection.selection()?, count })
    }
}

impl WireSelection {
    fn count(&self) -> Result<Count, EcrError> {
        if self.count_number == 0 {
            return Err(invalid("countNumber must be 1 or more"));
        }
        match (self.count_type.as_str(), self.count_unit.as_deref()) {
            ("imageCountMoreThan", None) => Ok(Count::MoreThan(self.count_number)),
            ("imageCountMoreThan", Some(_)) => Err(invalid("imageCountMoreThan has no countUnit")),
            ("sinceImagePushed", Some("days")) => Ok(Count::Days(self.count_number)),
            ("sinceImagePushed", unit) => Err(not_in("countUnit", unit.unwrap_or("null"), "days")),
            (other, _) => Err(not_in("countType", other, "imageCountMoreThan, sinceImagePushed")),
        }
    }

    fn selection(self) -> Result<Selection, EcrError> {
        let lists = (self.tag_prefix_list, self.tag_pattern_list);
        match (self.tag_status.as_str(), lists) {
            ("untagged", (None, None)) => Ok(Selection::Untagged),
            ("any", (None, None)) => Ok(Selection::Any),
            ("untagged" | "any", _) => Err(invalid("tagPrefixList and tagPatternList are for a tagStatus of tagged")),
            ("tagged", (Some(prefixes), None)) => Ok(Selection::Prefixes(texts(prefixes, "tagPrefixList")?)),
            ("tagged", (None, Some(patterns))) => {
                if let Some(pattern) = patterns.iter().find(|pattern| pattern.matches('*').count() > MOST_STARS) {
                    return Err(invalid(&format!("tagPatternList: '{pattern}' has more than {MOST_STARS} wildcards")));
                }
                Ok(Selection::Patterns(texts(patterns, "tagPatternList")?))
            }
            ("tagged", _) => Err(invalid("a tagStatus of tagged needs either tagPrefixList or tagPatternList")),
            (other, _) => Err(not_in("tagStatus", other, "tagged, untagged, any")),
        }
    }
}

fn texts(texts: Vec<String>, name: &str) -> Result<BTreeSet<String>, EcrError> {
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(invalid(&format!("{name} must have at least 1 member, and none that is empty")));
    }
    Ok(texts.into_iter().collect())
}

fn not_in(name: &str, found: &str, values: &str) -> EcrError {
    invalid(&format!("{name}: instance value ({found}) not found in enum (possible values: {values})"))
}

fn invalid(reason: &str) -> EcrError {
    EcrError::constraint("LifecyclePolicyText", &format!("Lifecycle policy validation failure: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rule(change: &Value) -> Value {
        let mut rule = json!({
            "rulePriority": 1,
            "selection": { "tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3 },
            "action": { "type": "expire" },
        });
        for (name, value) in change.as_object().unwrap() {
            rule[name] = value.clone();
        }
        rule
    }

    fn refused(rules: &[Value]) -> Option<String> {
        let error = Policy::parse(&json!({ "rules": rules }).to_string()).err()?;
        let message = error.document()["message"].as_str().unwrap().to_owned();
        let (_, reason) = message.split_once("Lifecycle policy validation failure: ").unwrap();
        Some(reason.trim_end_matches('\'').to_owned())
    }

    #[test]
    fn good_policies() {
        let tagged = |list: &str, values: Value, priority: u64| {
            let mut selection = json!({ "tagStatus": "tagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 7 });
            selection[list] = values;
            rule(&json!({ "rulePriority": priority, "description": "old", "selection": selection }))
        };
        let rules = [
            tagged("tagPrefixList", json!(["v", "rc"]), 5),
            rule(&json!({})),
            tagged("tagPatternList", json!(["*-snapshot"]), 2),
        ];
        let policy = Policy::parse(&json!({ "rules": rules }).to_string()).unwrap();
        let priorities: Vec<u64> = policy.rules.iter().map(|rule| rule.priority).collect();
        assert_eq!(priorities, [1, 2, 5]);
        assert_eq!(policy.rules[2].count, Count::Days(7));
    }

    #[test]
    fn bad_policies() {
        let select = |change: Value| {
            let mut selection = rule(&json!({}))["selection"].clone();
            for (name, value) in change.as_object().unwrap() {
                selection[name] = value.clone();
            }
            rule(&json!({ "selection": selection }))
        };
        let second = |change: Value| {
            let mut rule = select(change);
            rule["rulePriority"] = json!(2);
            rule
        };
        let table = [
            (vec![], "rules must have at least 1 member"),
            (
                vec![rule(&json!({ "action": { "type": "keep" } }))],
                "action.type: instance value (keep) not found in enum (possible values: expire)",
            ),
            (vec![rule(&json!({ "rulePriority": 0 }))], "rulePriority must be 1 or more"),
            (vec![select(json!({ "countNumber": 0 }))], "countNumber must be 1 or more"),
            (vec![select(json!({ "countUnit": "days" }))], "imageCountMoreThan has no countUnit"),
            (
                vec![select(json!({ "countType": "sinceImagePushed" }))],
                "countUnit: instance value (null) not found in enum (possible values: days)",
            ),
            (
                vec![select(json!({ "countType": "size" }))],
                "countType: instance value (size) not found in enum (possible values: imageCountMoreThan, sinceImagePushed)",
            ),
            (
                vec![select(json!({ "tagStatus": "all" }))],
                "tagStatus: instance value (all) not found in enum (possible values: tagged, untagged, any)",
            ),
            (
                vec![select(json!({ "tagStatus": "tagged" }))],
                "a tagStatus of tagged needs either tagPrefixList or tagPatternList",
            ),
            (
                vec![select(json!({ "tagPrefixList": ["v"] }))],
                "tagPrefixList and tagPatternList are for a tagStatus of tagged",
            ),
            (
                vec![select(json!({ "tagStatus": "tagged", "tagPrefixList": [] }))],
                "tagPrefixList must have at least 1 member, and none that is empty",
            ),
            (
                vec![select(json!({ "tagStatus": "tagged", "tagPatternList": ["*a*b*c*d*"] }))],
                "tagPatternList: '*a*b*c*d*' has more than 4 wildcards",
            ),
            (vec![rule(&json!({})), rule(&json!({}))], "rulePriority 1 is that of several rules"),
            (vec![rule(&json!({})), second(json!({}))], "only one rule may select untagged images"),
            (
                vec![select(json!({ "tagStatus": "any" })), second(json!({}))],
                "the rule with a tagStatus of any must have the highest rulePriority",
            ),
            (
                vec![
                    select(json!({ "tagStatus": "tagged", "tagPrefixList": ["a", "b"] })),
                    second(json!({ "tagStatus": "tagged", "tagPrefixList": ["b", "a"] })),
                ],
                "several rules have the same tag prefixes or patterns",
            ),
        ];
        for (rules, reason) in table {
            assert_eq!(refused(&rules).as_deref(), Some(reason), "{rules:?}");
        }
        for text in ["", "[]", "{}", r#"{"rules":[],"more":1}"#, r#"{"rules":[{}]}"#] {
            assert!(Policy::parse(text).is_err(), "{text}");
        }
    }
}
