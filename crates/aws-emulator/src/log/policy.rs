//! The minimal IAM policy that allows the logged requests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::{EcrRegistry, LogEntry, RegistryHost, RepositoryName, Service};

/// Registry operations and the IAM actions that ECR checks for them (ECR user guide, "IAM permissions for pushing").
const REGISTRY_ACTIONS: &[(&str, &[&str])] = &[
    ("HeadBlob", &["ecr:BatchCheckLayerAvailability"]),
    ("GetBlob", &["ecr:GetDownloadUrlForLayer"]),
    ("StartUpload", &["ecr:InitiateLayerUpload"]),
    ("UploadChunk", &["ecr:UploadLayerPart"]),
    ("FinishUpload", &["ecr:UploadLayerPart", "ecr:CompleteLayerUpload"]),
    ("MountBlob", &["ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload"]),
    ("HeadManifest", &["ecr:BatchGetImage"]),
    ("GetManifest", &["ecr:BatchGetImage"]),
    ("PutManifest", &["ecr:PutImage"]),
    ("DeleteManifest", &["ecr:BatchDeleteImage"]),
    ("ListTags", &["ecr:ListImages"]),
    ("ListReferrers", &["ecr:BatchGetImage"]),
];

/// The actions of STS, other than assuming a role, that require a permission.
const STS_ACTIONS: [&str; 4] =
    ["DecodeAuthorizationMessage", "GetAccessKeyInfo", "GetFederationToken", "GetWebIdentityToken"];

/// Returns the policy document: one statement per resource, in order. Includes denied requests, because the policy
/// lacks them; excludes requests that need no permission.
pub fn least_policy<'a>(entries: impl IntoIterator<Item = &'a LogEntry>) -> Value {
    let mut needed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in entries {
        for (resource, action) in permissions(entry) {
            needed.entry(resource).or_default().insert(action);
        }
    }
    let statements: Vec<Value> = needed
        .into_iter()
        .map(|(resource, actions)| json!({ "Effect": "Allow", "Action": actions, "Resource": resource }))
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn permissions(entry: &LogEntry) -> Vec<(String, String)> {
    let action = entry.action.as_str();
    match entry.service {
        // GetCallerIdentity is always allowed; the role's trust policy allows a web identity.
        Service::Sts if action == "AssumeRole" => {
            entry.params.get("RoleArn").map(|role| (role.clone(), "sts:AssumeRole".to_owned())).into_iter().collect()
        }
        Service::Sts if STS_ACTIONS.contains(&action) => vec![("*".to_owned(), format!("sts:{action}"))],
        Service::Ecr => control_plane(entry),
        Service::Registry => {
            let actions = REGISTRY_ACTIONS.iter().find(|(operation, _)| *operation == action);
            let resource = repository_arn(entry);
            let (Some((_, actions)), Some(resource)) = (actions, resource) else { return Vec::new() };
            actions.iter().map(|action| (resource.clone(), (*action).to_owned())).collect()
        }
        Service::Sts | Service::Oidc | Service::Google | Service::Azure | Service::S3 | Service::Unknown => Vec::new(),
    }
}

fn control_plane(entry: &LogEntry) -> Vec<(String, String)> {
    let action = format!("ecr:{}", entry.action);
    let principal_account = || entry.principal.as_deref()?.split(':').nth(4);
    let account = entry.params.get("registryId").map(String::as_str).or_else(principal_account);
    let (Some(account), Some(region), Some(names)) =
        (account, entry.params.get("region"), entry.params.get("repository"))
    else {
        // GetAuthorizationToken and lists of the whole registry have no repository.
        return vec![("*".to_owned(), action)];
    };
    let registry = EcrRegistry::new(account, region);
    let names = names.split(',').filter_map(|name| name.parse::<RepositoryName>().ok());
    names.map(|name| (registry.repository_arn(name.as_str()), action.clone())).collect()
}

fn repository_arn(entry: &LogEntry) -> Option<String> {
    let registry: RegistryHost = entry.params.get("registry")?.parse().ok()?;
    Some(registry.ecr()?.repository_arn(entry.params.get("repository")?.parse::<RepositoryName>().ok()?.as_str()))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn entry(service: Service, action: &str, params: &[(&str, &str)]) -> LogEntry {
        let mut entry = LogEntry::begin("2026-01-01T00:00:00Z".parse().unwrap(), "host".to_owned());
        entry.service = service;
        entry.action = action.to_owned();
        entry.principal = Some("arn:aws:iam::123456789012:user/ci".to_owned());
        for (name, value) in params {
            entry.param(name, value);
        }
        entry
    }

    #[test]
    fn a_push_through_a_role() {
        let shop = [("registry", "123456789012.dkr.ecr.us-east-1.amazonaws.com"), ("repository", "team/shop")];
        let entries = [
            entry(Service::Sts, "GetCallerIdentity", &[]),
            entry(Service::Sts, "AssumeRole", &[("RoleArn", "arn:aws:iam::123456789012:role/deploy")]),
            entry(Service::Ecr, "GetAuthorizationToken", &[("region", "us-east-1")]),
            entry(Service::Ecr, "CreateRepository", &[("region", "us-east-1"), ("repository", "team/shop")]),
            entry(Service::Registry, "Ping", &[]),
            entry(Service::Registry, "HeadBlob", &shop),
            entry(Service::Registry, "StartUpload", &shop),
            entry(Service::Registry, "FinishUpload", &shop),
            entry(Service::Registry, "PutManifest", &shop),
        ];
        let policy = serde_json::to_string_pretty(&least_policy(&entries)).unwrap();
        assert_snapshot!(policy, @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Action": [
                "ecr:GetAuthorizationToken"
              ],
              "Resource": "*"
            },
            {
              "Effect": "Allow",
              "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:CompleteLayerUpload",
                "ecr:CreateRepository",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart"
              ],
              "Resource": "arn:aws:ecr:us-east-1:123456789012:repository/team/shop"
            },
            {
              "Effect": "Allow",
              "Action": [
                "sts:AssumeRole"
              ],
              "Resource": "arn:aws:iam::123456789012:role/deploy"
            }
          ]
        }
        "#);
    }
}
