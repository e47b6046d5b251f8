//! Rules for the parameters of STS, with AWS's errors.

use std::{ops::RangeInclusive, time::Duration};

use cirun_image_ref::is_account;
use serde_json::Value;

use super::{Params, StsError};

/// The longest session policy, in characters; also the limit of the packed size with tags.
const LONGEST_POLICY: usize = 2048;
/// The maximum number of managed policies and tags in a session.
const MOST_POLICIES: usize = 10;
const MOST_TAGS: usize = 50;
/// The shortest session.
const SHORTEST_SESSION: u64 = 900;

/// Checks a name: its length, and that it has only letters, digits and `_+=,.@-` (and `others`).
pub(super) fn name(parameter: &str, value: &str, length: RangeInclusive<usize>, others: &str) -> Result<(), StsError> {
    within(parameter, value, &length)?;
    if value.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) || others.contains(c)) {
        return Ok(());
    }
    let pattern = format!("[\\w+=,.@{others}-]*");
    Err(StsError::constraint(parameter, value, &format!("Member must satisfy regular expression pattern: {pattern}")))
}

fn within(parameter: &str, value: &str, length: &RangeInclusive<usize>) -> Result<(), StsError> {
    let rule = match value.chars().count() {
        count if count < *length.start() => format!("greater than or equal to {}", length.start()),
        count if count > *length.end() => format!("less than or equal to {}", length.end()),
        _ => return Ok(()),
    };
    Err(StsError::constraint(parameter, value, &format!("Member must have length {rule}")))
}

/// Parses `DurationSeconds`: `default` if it is missing, and at most `most`.
pub(super) fn duration(params: &Params, default: Duration, most: Duration) -> Result<Duration, StsError> {
    let parameter = "DurationSeconds";
    let Some(text) = params.get(parameter) else { return Ok(default.min(most)) };
    let seconds: u64 = text.parse().map_err(|_| StsError::malformed(parameter, text))?;
    if seconds < SHORTEST_SESSION {
        let rule = format!("Member must have value greater than or equal to {SHORTEST_SESSION}");
        return Err(StsError::constraint(parameter, text, &rule));
    }
    if seconds > most.as_secs() {
        let rule = format!("Member must have value less than or equal to {}", most.as_secs());
        return Err(StsError::constraint(parameter, text, &rule));
    }
    Ok(Duration::from_secs(seconds))
}

/// Checks the restrictions of a session: `Policy`, `PolicyArns` and `Tags`. Returns how much of their size limit is
/// used, in percent.
pub(super) fn packed_policy(params: &Params) -> Result<usize, StsError> {
    let policy = params.get("Policy").unwrap_or_default();
    if !policy.is_empty() {
        within("Policy", policy, &(1..=LONGEST_POLICY))?;
        check_policy(policy)?;
    }
    let arns = params.members("PolicyArns", ".arn");
    if arns.len() > MOST_POLICIES {
        let rule = format!("Member must have length less than or equal to {MOST_POLICIES}");
        return Err(StsError::constraint("PolicyArns", &arns.join(", "), &rule));
    }
    if let Some(arn) = arns.iter().find(|arn| !is_policy_arn(arn)) {
        return Err(StsError::Validation(format!("ARN {arn} is not valid.")));
    }
    let (keys, values) = (params.members("Tags", ".Key"), params.members("Tags", ".Value"));
    if keys.len() > MOST_TAGS {
        let rule = format!("Member must have length less than or equal to {MOST_TAGS}");
        return Err(StsError::constraint("Tags", &keys.join(", "), &rule));
    }
    for (key, value) in keys.iter().zip(&values) {
        within("tags.member.key", key, &(1..=128))?;
        within("tags.member.value", value, &(0..=256))?;
    }
    let used: usize = [policy].iter().chain(&arns).chain(&keys).chain(&values).map(|text| text.len()).sum();
    let percent = used * 100 / LONGEST_POLICY;
    if percent > 100 {
        let message = format!("Packed policy consumes {percent}% of allotted space, please use smaller policy.");
        return Err(StsError::PolicyTooLarge(message));
    }
    Ok(percent)
}

fn check_policy(text: &str) -> Result<(), StsError> {
    let malformed = |reason: &str| Err(StsError::MalformedPolicy(reason.to_owned()));
    let Ok(policy) = serde_json::from_str::<Value>(text) else {
        return malformed("This policy contains invalid Json");
    };
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        Some(_) | None => return malformed("Syntax errors in policy."),
    };
    let is_statement = |statement: &Value| {
        matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"))
            && (statement.get("Action").is_some() || statement.get("NotAction").is_some())
            && (statement.get("Resource").is_some() || statement.get("NotResource").is_some())
            && statement.get("Principal").is_none()
    };
    if statements.iter().all(is_statement) { Ok(()) } else { malformed("Syntax errors in policy.") }
}

fn is_policy_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "iam", "", account, resource]
        if (is_account(account) || *account == "aws") && resource.starts_with("policy/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        Params(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn refused<T>(result: Result<T, StsError>) -> String {
        result.err().map(|error| error.message()).unwrap_or_default()
    }

    const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

    #[test]
    fn session_policies() {
        assert_eq!(packed_policy(&params(&[])).unwrap(), 0);
        assert_eq!(packed_policy(&params(&[("Policy", POLICY)])).unwrap(), 3);
        for (policy, reason) in [
            ("{", "This policy contains invalid Json"),
            ("{}", "Syntax errors in policy."),
            (r#"{"Statement":{"Effect":"Allow"}}"#, "Syntax errors in policy."),
            (
                r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}]}"#,
                "Syntax errors in policy.",
            ),
        ] {
            assert_eq!(refused(packed_policy(&params(&[("Policy", policy)]))), reason, "{policy}");
        }
        let long = format!("{POLICY}{}", " ".repeat(2048));
        let message = refused(packed_policy(&params(&[("Policy", &long)])));
        assert!(message.ends_with("Member must have length less than or equal to 2048"), "{message}");
    }

    #[test]
    fn managed_policies_and_tags() {
        let arn = ("PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/ReadOnlyAccess");
        assert!(packed_policy(&params(&[arn])).is_ok());
        let bad = params(&[("PolicyArns.member.1.arn", "ReadOnlyAccess")]);
        assert_eq!(refused(packed_policy(&bad)), "ARN ReadOnlyAccess is not valid.");
        let tag = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "a")];
        assert!(packed_policy(&params(&tag)).is_ok());
        let value = "v".repeat(257);
        let long = params(&[("Tags.member.1.Key", "team"), ("Tags.member.1.Value", &value)]);
        assert!(refused(packed_policy(&long)).ends_with("less than or equal to 256"));
        let many: Vec<(String, String)> = (1..=20)
            .flat_map(|n| {
                [(format!("Tags.member.{n}.Key"), format!("k{n}")), (format!("Tags.member.{n}.Value"), "v".repeat(200))]
            })
            .collect();
        assert!(refused(packed_policy(&Params(many))).starts_with("Packed policy consumes 1"));
    }

    #[test]
    fn names_and_durations() {
        assert!(name("RoleSessionName", "a+b=c,d.e@f-g_h", 2..=64, "").is_ok());
        assert!(refused(name("RoleSessionName", "a", 2..=64, "")).ends_with("greater than or equal to 2"));
        assert!(refused(name("RoleSessionName", &"a".repeat(65), 2..=64, "")).ends_with("less than or equal to 64"));
        assert!(refused(name("RoleSessionName", "a b", 2..=64, "")).ends_with(r"pattern: [\w+=,.@-]*"));
        assert!(name("ExternalId", "a:b/c", 2..=64, ":/").is_ok());
        let hour = Duration::from_secs(3600);
        let asked = |seconds: &str| duration(&params(&[("DurationSeconds", seconds)]), hour, 2 * hour);
        assert_eq!(asked("900").unwrap().as_secs(), 900);
        assert_eq!(duration(&params(&[]), hour, hour / 2).unwrap(), hour / 2);
        for (seconds, reason) in
            [("899", "greater than or equal to 900"), ("7201", "less than or equal to 7200"), ("soon", "Invalid value")]
        {
            assert!(refused(asked(seconds)).contains(reason), "{seconds}");
        }
    }
}
