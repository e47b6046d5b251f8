//! Policies of repositories and registries: only their form is checked. They do not allow or refuse calls.

use serde_json::{Map, Value};

use super::EcrError;

/// The resource of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Repository,
    /// A registry; its policy may only contain these actions, or all of ECR's.
    Registry {
        actions: Option<&'static [&'static str]>,
    },
}

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Registry { .. } => "registry",
        }
    }
}

/// Checks a policy.
pub(super) fn check(text: &str, scope: Scope) -> Result<(), EcrError> {
    let policy: Option<Value> = serde_json::from_str(text).ok();
    if policy.as_ref().and_then(Value::as_object).is_some_and(|policy| is_policy(policy, scope)) {
        return Ok(());
    }
    Err(EcrError::constraint("PolicyText", &format!("Invalid {} policy provided", scope.name())))
}

fn is_policy(policy: &Map<String, Value>, scope: Scope) -> bool {
    let is_version = |version: &Value| matches!(version.as_str(), Some("2012-10-17" | "2008-10-17"));
    let statements = match policy.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        Some(_) | None => return false,
    };
    policy.get("Version").is_none_or(is_version)
        && !statements.is_empty()
        && statements.iter().all(|statement| statement.as_object().is_some_and(|s| is_statement(s, scope)))
}

fn is_statement(statement: &Map<String, Value>, scope: Scope) -> bool {
    let has_effect = matches!(statement.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny"));
    let one_of = |name: &str| {
        let (is, is_not) = (statement.get(name), statement.get(&format!("Not{name}")));
        is.xor(is_not)
    };
    let action = one_of("Action").and_then(texts);
    let (Some(actions), Some(principal)) = (action, one_of("Principal")) else { return false };
    let is_principal = match principal {
        Value::String(all) => all == "*",
        Value::Object(kinds) => !kinds.is_empty() && kinds.values().all(|value| texts(value).is_some()),
        _ => false,
    };
    let is_of_scope = match scope {
        Scope::Repository => true,
        Scope::Registry { actions: allowed } => {
            let fits = |action: &&str| allowed.is_none_or(|allowed| allowed.contains(action));
            one_of("Resource").is_some_and(|resource| texts(resource).is_some()) && actions.iter().all(fits)
        }
    };
    has_effect
        && is_principal
        && is_of_scope
        && actions.iter().all(|action| *action == "*" || action.starts_with("ecr:"))
}

/// Returns a text or a list of texts.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(many) if !many.is_empty() => many.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const REGISTRY: Scope = Scope::Registry { actions: Some(&["ecr:CreateRepository"]) };

    #[test]
    fn forms() {
        let statement = |change: Value| {
            let mut statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "ecr:PutImage" });
            for (name, value) in change.as_object().unwrap() {
                statement[name] = value.clone();
            }
            json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
        };
        for change in [
            json!({}),
            json!({ "Principal": { "AWS": ["111111111111"] } }),
            json!({ "Action": ["ecr:PutImage", "*"] }),
            json!({ "Effect": "Deny", "Condition": {} }),
        ] {
            assert!(check(&statement(change.clone()), Scope::Repository).is_ok(), "{change}");
        }
        for change in [
            json!({ "Effect": "Perhaps" }),
            json!({ "Principal": "me" }),
            json!({ "Principal": {} }),
            json!({ "Action": [] }),
            json!({ "Action": "s3:GetObject" }),
            json!({ "NotAction": "ecr:PutImage" }),
        ] {
            assert!(check(&statement(change.clone()), Scope::Repository).is_err(), "{change}");
        }
        for text in ["", "[]", "{}", r#"{"Statement":[]}"#, r#"{"Version":"1","Statement":[]}"#, r#"{"Statement":[1]}"#]
        {
            assert!(check(text, Scope::Repository).is_err(), "{text}");
        }
    }

    #[test]
    fn a_registrys_policy_is_about_few_actions_and_some_resource() {
        let policy = |action: &str, resource: Value| {
            let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": resource });
            json!({ "Statement": statement }).to_string()
        };
        assert!(check(&policy("ecr:CreateRepository", json!("*")), REGISTRY).is_ok());
        assert!(check(&policy("ecr:CreateRepository", json!([])), REGISTRY).is_err());
        assert!(check(&policy("ecr:DescribeImages", json!("*")), REGISTRY).is_err());
        assert!(check(&policy("ecr:DescribeImages", json!("*")), Scope::Registry { actions: None }).is_ok());
    }
}
