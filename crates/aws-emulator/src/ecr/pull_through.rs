//! Pull through cache rules: stored. They pull nothing, because no AWS name resolves to the outside.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Call, EcrError,
    choice::Choice,
    page::{page, with_token},
    registry_settings::{parse, read, write},
    token::seconds,
};
use crate::{EcrRegistry, RepositoryName, storage::RegistryText};

/// The longest prefix.
const LONGEST_PREFIX: usize = 30;

/// The registries that ECR can pull from, by the host names in rules.
const UPSTREAMS: &[(&str, &str)] = &[
    ("public.ecr.aws", "ecr-public"),
    ("registry-1.docker.io", "docker-hub"),
    ("quay.io", "quay"),
    ("registry.k8s.io", "k8s"),
    ("ghcr.io", "github-container-registry"),
    ("registry.gitlab.com", "gitlab-container-registry"),
    ("cgr.dev", "chainguard"),
];

/// The kinds of registries in calls.
#[derive(Clone, Copy)]
struct Upstream(&'static str);

impl Choice for Upstream {
    const VALUES: &'static [(&'static str, Self)] = &[
        ("ecr", Self("ecr")),
        ("ecr-public", Self("ecr-public")),
        ("quay", Self("quay")),
        ("k8s", Self("k8s")),
        ("docker-hub", Self("docker-hub")),
        ("github-container-registry", Self("github-container-registry")),
        ("azure-container-registry", Self("azure-container-registry")),
        ("gitlab-container-registry", Self("gitlab-container-registry")),
        ("chainguard", Self("chainguard")),
    ];
}

/// A stored rule; times in seconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    upstream_registry_url: String,
    upstream_registry: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_role_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_repository_prefix: Option<String>,
    created_at: f64,
    updated_at: f64,
}

type Rules = BTreeMap<String, Rule>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    ecr_repository_prefix: String,
    upstream_registry_url: Option<String>,
    upstream_registry: Option<String>,
    credential_arn: Option<String>,
    custom_role_arn: Option<String>,
    upstream_repository_prefix: Option<String>,
}

impl Input {
    fn read(call: &Call) -> Result<(Self, EcrRegistry), EcrError> {
        let input: Self = call.input()?;
        let registry = call.registry(input.registry_id.as_deref())?;
        check_prefix("ecrRepositoryPrefix", &input.ecr_repository_prefix)?;
        if let Some(prefix) = &input.upstream_repository_prefix {
            check_prefix("upstreamRepositoryPrefix", prefix)?;
        }
        Ok((input, registry))
    }
}

fn check_prefix(parameter: &str, prefix: &str) -> Result<(), EcrError> {
    let name = prefix.strip_suffix('/').unwrap_or(prefix);
    let fits = (2..=LONGEST_PREFIX).contains(&prefix.len());
    if fits && (prefix == "ROOT" || name.parse::<RepositoryName>().is_ok()) {
        return Ok(());
    }
    let pattern = r"^([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\/?|ROOT)$";
    Err(EcrError::invalid(parameter, prefix, pattern))
}

pub(super) fn create(call: &Call) -> Result<Value, EcrError> {
    let (input, registry) = Input::read(call)?;
    let url = input.upstream_registry_url.ok_or_else(|| EcrError::missing("upstreamRegistryUrl"))?;
    let host = url.strip_prefix("https://").unwrap_or(&url);
    let given = Upstream::read_optional("upstreamRegistry", input.upstream_registry.as_deref())?.map(|kind| kind.0);
    let kind = UPSTREAMS.iter().find(|(known, _)| *known == host).map(|(_, kind)| *kind);
    let kind = kind.or_else(|| host.ends_with(".azurecr.io").then_some("azure-container-registry"));
    let kind =
        kind.or_else(|| host.parse::<crate::RegistryHost>().is_ok_and(|host| host.ecr().is_some()).then_some("ecr"));
    let upstream_registry = match (kind, given) {
        (Some(kind), None) => kind,
        (Some(kind), Some(given)) if kind == given => kind,
        (Some(_) | None, _) => {
            let message = format!("The specified upstream registry isn't supported: '{url}'");
            return Err(EcrError::Named("UnsupportedUpstreamRegistryException", message));
        }
    };
    let now = seconds(call.emulator.clock.now());
    let rule = Rule {
        upstream_registry_url: url.clone(),
        upstream_registry: upstream_registry.to_owned(),
        credential_arn: input.credential_arn,
        custom_role_arn: input.custom_role_arn,
        upstream_repository_prefix: input.upstream_repository_prefix,
        created_at: now,
        updated_at: now,
    };
    let prefix = input.ecr_repository_prefix;
    change(call, &registry, |rules| {
        if rules.contains_key(&prefix) {
            let message = format!(
                "A pull through cache rule with the prefix '{prefix}' already exists in the registry with id '{}'",
                registry.account
            );
            return Err(EcrError::Named("PullThroughCacheRuleAlreadyExistsException", message));
        }
        rules.insert(prefix.clone(), rule.clone());
        Ok(render(&registry, &prefix, &rule))
    })
}

pub(super) fn update(call: &Call) -> Result<Value, EcrError> {
    let (input, registry) = Input::read(call)?;
    let now = seconds(call.emulator.clock.now());
    change(call, &registry, |rules| {
        let prefix = &input.ecr_repository_prefix;
        let rule = rules.get_mut(prefix).ok_or_else(|| absent(&registry, prefix))?;
        rule.updated_at = now;
        rule.credential_arn = input.credential_arn.or_else(|| rule.credential_arn.take());
        rule.custom_role_arn = input.custom_role_arn.or_else(|| rule.custom_role_arn.take());
        Ok(render(&registry, prefix, rule))
    })
}

pub(super) fn delete(call: &Call) -> Result<Value, EcrError> {
    let (input, registry) = Input::read(call)?;
    change(call, &registry, |rules| {
        let prefix = &input.ecr_repository_prefix;
        let rule = rules.remove(prefix).ok_or_else(|| absent(&registry, prefix))?;
        Ok(render(&registry, prefix, &rule))
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    registry_id: Option<String>,
    ecr_repository_prefixes: Option<Vec<String>>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn describe(call: &Call) -> Result<Value, EcrError> {
    let input: Describe = call.input()?;
    let registry = call.registry(input.registry_id.as_deref())?;
    let rules = rules(call, &registry)?;
    let prefixes = input.ecr_repository_prefixes.filter(|prefixes| !prefixes.is_empty());
    let wanted: Rules = match prefixes {
        None => rules,
        Some(prefixes) => {
            let mut wanted = Rules::new();
            for prefix in prefixes {
                let rule = rules.get(&prefix).ok_or_else(|| absent(&registry, &prefix))?;
                wanted.insert(prefix, rule.clone());
            }
            wanted
        }
    };
    let items: Vec<(String, Rule)> = wanted.into_iter().collect();
    let (items, next) = page(items, |(prefix, _)| prefix.clone(), input.max_results, input.next_token.as_deref())?;
    let items: Vec<Value> = items.iter().map(|(prefix, rule)| render(&registry, prefix, rule)).collect();
    Ok(with_token(json!({ "pullThroughCacheRules": items }), next))
}

fn rules(call: &Call, registry: &EcrRegistry) -> Result<Rules, EcrError> {
    let rules = read(call, registry, RegistryText::PullThrough)?;
    rules.map_or_else(|| Ok(Rules::new()), |value| parse(&value.to_string()))
}

fn change(
    call: &Call,
    registry: &EcrRegistry,
    change: impl FnOnce(&mut Rules) -> Result<Value, EcrError>,
) -> Result<Value, EcrError> {
    write(call, registry, RegistryText::PullThrough, |text| {
        let mut rules: Rules = text.map_or_else(|| Ok(Rules::new()), |text| parse(&text))?;
        let answer = change(&mut rules)?;
        Ok((Some(json!(rules).to_string()), answer))
    })
}

fn render(registry: &EcrRegistry, prefix: &str, rule: &Rule) -> Value {
    let mut answer = json!(rule);
    answer["ecrRepositoryPrefix"] = json!(prefix);
    answer["registryId"] = json!(registry.account);
    answer
}

fn absent(registry: &EcrRegistry, prefix: &str) -> EcrError {
    let message = format!(
        "The pull through cache rule with the prefix '{prefix}' does not exist in the registry with id '{}'",
        registry.account
    );
    EcrError::Named("PullThroughCacheRuleNotFoundException", message)
}
