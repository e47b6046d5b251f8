//! YAML in, a compact plan out: how these tests use the planner.

mod render;

use std::sync::Arc;

use cirun_diagnostics::{Diagnostic, Severity, Sources};
use cirun_parser::{
    DocumentKind, lower_connector, lower_pipeline,
    model::{Connector, Pipeline},
    parse_documents,
};
use cirun_plan::{Profile, Secret};
use cirun_planner::{DelegateIdentity, Inputs, Planned, SecretStore, Setting};
use indexmap::IndexMap;

pub(crate) use self::render::{diagnostics, explain, render};

/// A test's secrets: every identifier that does not begin with `no_` has a value.
#[derive(Debug)]
struct Secrets;

impl SecretStore for Secrets {
    fn get(&self, id: &str) -> Option<Setting<Secret>> {
        (!id.starts_with("no_") && !id.contains('.'))
            .then(|| Setting { value: Secret::new(format!("value-of-{id}")), given_by: "test".to_owned() })
    }
}

/// A planned pipeline with its texts.
pub(crate) struct Outcome {
    pub(crate) sources: Sources,
    pub(crate) planned: Planned,
}

/// Plans a pipeline document.
pub(crate) fn plan_document(text: &str, adjust: impl FnOnce(&mut Inputs<'_>)) -> Outcome {
    let mut sources = Sources::default();
    let id = sources.add("pipeline.yaml", text);
    let parsed = parse_documents(&sources, id);
    let mut diagnostics = parsed.diagnostics;
    let mut connectors: IndexMap<String, Connector> = IndexMap::new();
    let mut pipeline: Option<Pipeline> = None;
    for document in &parsed.tree {
        match (document.kind, document.body()) {
            (DocumentKind::Connector, Some(body)) => {
                let parsed = lower_connector(body);
                diagnostics.extend(parsed.diagnostics);
                if let Some(connector) = parsed.tree {
                    connectors.insert(connector.identifier.value.clone(), connector);
                }
            }
            (DocumentKind::Pipeline, Some(body)) => {
                let parsed = lower_pipeline(body);
                diagnostics.extend(parsed.diagnostics);
                pipeline = parsed.tree;
            }
            _ => {}
        }
    }
    let errors: Vec<&Diagnostic> = diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "the parser objects: {errors:#?}");
    let pipeline = pipeline.expect("a pipeline document");
    let mut inputs = Inputs { secrets: Arc::new(Secrets), connectors, ..Inputs::new(&sources) };
    adjust(&mut inputs);
    let planned = cirun_planner::plan(&pipeline, &inputs);
    Outcome { sources: sources.clone(), planned }
}

/// Plans one stage with these `steps` in a profile.
pub(crate) fn plan_steps(profile: Profile, steps: &str, adjust: impl FnOnce(&mut Inputs<'_>)) -> Outcome {
    plan_document(&document(profile, steps), adjust)
}

/// A pipeline document around `steps`, with the connectors of the tests.
pub(crate) fn document(profile: Profile, steps: &str) -> String {
    let infrastructure = match profile {
        Profile::Kubernetes => "infrastructure: {type: KubernetesDirect, spec: {connectorRef: k8s, namespace: ci}}",
        Profile::Vm => "infrastructure: {type: VM, spec: {type: Pool, spec: {poolName: pool}}}",
        Profile::Cloud => "runtime: {type: Cloud, spec: {}}",
        Profile::Docker => "runtime: {type: Docker, spec: {}}",
    };
    let steps: String = steps.trim_matches('\n').lines().map(|line| format!("            {line}\n")).collect();
    format!(
        "pipeline:\n  identifier: p\n  name: p\n  stages:\n    - stage:\n        identifier: build\n        name: build\n        type: CI\n        spec:\n          cloneCodebase: true\n          {infrastructure}\n          execution:\n            steps:\n{steps}{CONNECTORS}"
    )
}

const CONNECTORS: &str = include_str!("harness/connectors.yaml");

/// Renders the plan of each step, without what every step of a stage has.
pub(crate) fn steps(profile: Profile, steps: &str) -> String {
    render(&plan_steps(profile, steps, |_| {}))
}

/// An identity in place of the delegate's.
pub(crate) fn delegate() -> DelegateIdentity {
    DelegateIdentity {
        access_key: "AKIADELEGATE".to_owned(),
        secret_key: Secret::new("delegate-secret"),
        session_token: Some(Secret::new("delegate-token")),
        region: None,
        given_by: "profile dev".to_owned(),
    }
}

/// Renders `yaml` in every profile; profiles with the same result share a heading.
pub(crate) fn by_profile(yaml: &str) -> String {
    by_profile_with(yaml, |_| {})
}

/// The same with other inputs.
pub(crate) fn by_profile_with(yaml: &str, adjust: impl Fn(&mut Inputs<'_>)) -> String {
    grouped(|profile| render(&plan_steps(profile, yaml, &adjust)))
}

/// The differences between `yaml` and `baseline`, in every profile: new lines with `+`, lost ones with `-`.
pub(crate) fn difference(baseline: &str, yaml: &str, adjust: impl Fn(&mut Inputs<'_>)) -> String {
    grouped(|profile| {
        let before = render(&plan_steps(profile, baseline, &adjust));
        let after = render(&plan_steps(profile, yaml, &adjust));
        let lost = before.lines().filter(|line| !after.lines().any(|other| other == *line));
        let new = after.lines().filter(|line| !before.lines().any(|other| other == *line));
        lost.map(|line| format!("- {}\n", line.trim())).chain(new.map(|line| format!("+ {}\n", line.trim()))).collect()
    })
}

/// Profiles with the same result share a heading; a profile's own name in a message is `PROFILE`.
fn grouped(render: impl Fn(Profile) -> String) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for profile in Profile::ALL {
        let rendered = render(profile).replace(&format!("on {profile}"), "on PROFILE");
        match groups.iter_mut().find(|(text, _)| *text == rendered) {
            Some((_, profiles)) => profiles.push(profile.as_str()),
            None => groups.push((rendered, vec![profile.as_str()])),
        }
    }
    groups.iter().map(|(text, profiles)| format!("== {}\n{text}", profiles.join(", "))).collect()
}
