//! YAML in, a compact plan out: the one door through which these tests reach the planner.

use std::sync::Arc;

use cirun_parser::{
    Diagnostic, DocumentKind, Severity, Sources, lower_connector, lower_pipeline,
    model::{Connector, Pipeline},
    parse_documents,
};
use cirun_plan::{
    Action, Cause, Condition, Environment, FailureStrategy, Node, PlannedStage, PlannedStep, Profile, PullPolicy,
    RegistryAuth, Role, Secret, SkipReason, StageStatus, Text,
};
use cirun_planner::{DelegateIdentity, Inputs, Planned, SecretStore, Setting};
use indexmap::IndexMap;

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

/// A pipeline document around `steps`, with the connectors that the tests name.
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

const CONNECTORS: &str = "---
connector:
  identifier: google
  name: google
  type: Gcp
  spec:
    credential: {type: ManualConfig, spec: {secretKeyRef: google_key}}
---
connector:
  identifier: google_oidc
  name: google_oidc
  type: Gcp
  spec:
    credential:
      type: OidcAuthentication
      spec: {workloadPoolId: pool, providerId: harness, gcpProjectId: \"12\", serviceAccountEmail: ci@p.iam.gserviceaccount.com}
---
connector:
  identifier: google_delegate
  name: google_delegate
  type: Gcp
  spec:
    credential: {type: InheritFromDelegate}
---
connector:
  identifier: azure
  name: azure
  type: Azure
  spec:
    credential:
      type: ManualConfig
      spec: {applicationId: app, tenantId: tenant, auth: {type: Secret, spec: {secretRef: azure_secret}}}
---
connector:
  identifier: azure_certificate
  name: azure_certificate
  type: Azure
  spec:
    credential:
      type: ManualConfig
      spec: {clientId: app, tenantId: tenant, auth: {type: Certificate, spec: {certificateRef: azure_certificate}}}
---
connector:
  identifier: azure_oidc
  name: azure_oidc
  type: Azure
  spec:
    credential: {type: OidcAuthentication, spec: {clientId: app, tenantId: tenant}}
---
connector:
  identifier: azure_delegate
  name: azure_delegate
  type: Azure
  spec:
    credential: {type: InheritFromDelegate, spec: {auth: {type: UserAssignedManagedIdentity}}}
---
connector:
  identifier: github
  name: github
  type: Github
  spec:
    url: https://github.com/acme
    type: Account
    authentication: {type: Http, spec: {type: UsernameToken, spec: {username: robot, tokenRef: github_token}}}
---
connector:
  identifier: hub
  name: hub
  type: DockerRegistry
  spec:
    dockerRegistryUrl: https://index.docker.io/v2/
    providerType: DockerHub
    auth: {type: Anonymous}
---
connector:
  identifier: quay
  name: quay
  type: DockerRegistry
  spec:
    dockerRegistryUrl: https://quay.io
    providerType: Quay
    auth: {type: UsernamePassword, spec: {username: robot, passwordRef: quay_password}}
---
connector:
  identifier: role_with_id
  name: role_with_id
  type: Aws
  spec:
    credential:
      type: ManualConfig
      spec: {accessKey: AKIAKEY, secretKeyRef: aws_secret}
      crossAccountAccess: {crossAccountRoleArn: \"arn:aws:iam::1:role/ci\", externalId: id}
---
connector:
  identifier: aws_oidc
  name: aws_oidc
  type: Aws
  spec:
    credential: {type: OidcAuthentication, spec: {iamRoleArn: \"arn:aws:iam::1:role/ci\"}}
---
connector:
  identifier: aws_delegate
  name: aws_delegate
  type: Aws
  spec:
    credential: {type: InheritFromDelegate}
    delegateSelectors: [ci]
---
connector:
  identifier: jfrog
  name: jfrog
  type: Artifactory
  spec:
    artifactoryServerUrl: https://jfrog.example.com/artifactory
    auth: {type: UsernamePassword, spec: {username: ci, passwordRef: jfrog_password}}
---
connector:
  identifier: jfrog_anonymous
  name: jfrog_anonymous
  type: Artifactory
  spec:
    artifactoryServerUrl: https://jfrog.example.com/artifactory
    auth: {type: Anonymous}
---
connector:
  identifier: keys
  name: keys
  type: Aws
  spec:
    credential: {type: ManualConfig, spec: {accessKey: AKIAKEY, secretKeyRef: aws_secret}}
";

/// Renders what the planner decided for each step: everything but what every step of a stage has.
pub(crate) fn steps(profile: Profile, steps: &str) -> String {
    render(&plan_steps(profile, steps, |_| {}))
}

/// Renders the plan and the diagnostics.
pub(crate) fn render(outcome: &Outcome) -> String {
    let mut text = String::new();
    for stage in &outcome.planned.plan.stages {
        render_nodes(&mut text, 0, &stage.execution);
    }
    text + &diagnostics(outcome)
}

/// Renders the diagnostics, a line each.
pub(crate) fn diagnostics(outcome: &Outcome) -> String {
    let all = outcome.planned.diagnostics.iter().chain(&outcome.planned.parity);
    all.map(|diagnostic| line(diagnostic, &outcome.sources)).collect()
}

fn line(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let severity = match diagnostic.severity {
        Severity::Note => "note",
        Severity::Parity => "parity",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = format!("{severity}[{}] {}", diagnostic.code, diagnostic.message);
    if let Some(label) = diagnostic.labels.first() {
        let excerpt =
            sources.get(label.span.source).text[label.span.range()].lines().next().unwrap_or_default().to_owned();
        text.push_str(&format!("\n  at `{excerpt}`: {}", label.text));
    }
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\n  help: {help}"));
    }
    text + "\n"
}

fn render_nodes(text: &mut String, depth: usize, nodes: &[Node]) {
    let indent = "  ".repeat(depth);
    for node in nodes {
        match node {
            Node::Step(step) => render_step(text, &indent, step),
            Node::Group(group) => {
                text.push_str(&format!("{indent}{:?} {} (at most {})\n", group.kind, group.id, group.max_concurrency));
                render_nodes(text, depth + 1, &group.steps);
            }
            Node::Parallel(nodes) => {
                text.push_str(&format!("{indent}parallel\n"));
                render_nodes(text, depth + 1, nodes);
            }
        }
    }
}

fn render_auth(auth: &RegistryAuth) -> String {
    match auth {
        RegistryAuth::Password(given) => format!("{} at {}", given.username, given.registry),
        RegistryAuth::Aws(login) => {
            let key = login.keys.as_ref().map(|keys| {
                let token = keys.session_token.as_ref().map_or("", |_| " with a session token");
                format!(", key {}{token}", keys.access_key)
            });
            let role = login.role.as_ref().map(|role| format!(", role {role}"));
            let id = login.external_id.as_ref().map(|id| format!(" ({id})"));
            let token = login.oidc_token.as_ref().map(|_| ", OIDC token".to_owned());
            let parts: String = [key, role, id, token].into_iter().flatten().collect();
            format!("ECR by {}{parts}", login.connector)
        }
    }
}

fn render_step(text: &mut String, indent: &str, step: &PlannedStep) {
    let role = match step.role {
        Role::Foreground => "",
        Role::Service => "service ",
    };
    text.push_str(&format!("{indent}{role}{} {}\n", step.path, step.step_type));
    let mut put =
        |name: &str, value: String| text.push_str(&format!("{indent}  {name}: {}\n", value.replace('\n', "⏎")));
    match &step.action {
        Action::Container(container) => {
            put("image", container.image.value.shown());
            if let Some(stand_in) = &container.stand_in {
                let host = if stand_in.value.on_host { ", also on the host" } else { "" };
                put("played", format!("{}{host}", stand_in.value.words.join(" ")));
            }
            if container.pull.value != PullPolicy::IfNotPresent {
                put("pull", format!("{:?}", container.pull.value));
            }
            if let Some(auth) = &container.registry_auth {
                put("auth", render_auth(auth));
            }
            for (name, argv) in [("entrypoint", &container.entrypoint), ("command", &container.command)] {
                if let Some(argv) = argv {
                    put(name, argv.value.iter().map(Text::shown).collect::<Vec<_>>().join(" | "));
                }
            }
            if !container.aliases.is_empty() {
                put("aliases", container.aliases.iter().map(|a| a.value.clone()).collect::<Vec<_>>().join(", "));
            }
            for port in &container.ports {
                put("port", format!("{} → {}", port.value.host, port.value.container));
            }
            if container.privileged.value {
                put("privileged", container.privileged.origin.to_string());
            }
            if let Some(user) = &container.user {
                put("user", user.value.shown());
            }
            if let (Some(cpu), Some(memory)) = (&container.nano_cpus, &container.memory_bytes)
                && (cpu.value, memory.value) != (400_000_000, 524_288_000)
            {
                put("limits", format!("{} nano-CPUs, {} bytes", cpu.value, memory.value));
            }
            env(&mut put, &container.env);
        }
        Action::Host(host) => {
            put("host", host.argv.iter().map(Text::shown).collect::<Vec<_>>().join(" | "));
            for port in &host.ports {
                put("port", format!("{} → {}", port.value.host, port.value.container));
            }
            env(&mut put, &host.env);
        }
        Action::Wait(duration) => put("wait", format!("{:?}", duration.value)),
        Action::Skip(SkipReason::NotRunLocally { why }) => put("skipped", why.clone()),
        Action::Skip(SkipReason::NotSelected) => put("skipped", "not selected".to_owned()),
    }
    flow(&mut put, step);
}

fn flow(put: &mut impl FnMut(&str, String), step: &PlannedStep) {
    match (&step.when.status, &step.when.condition) {
        (StageStatus::Success, None) => {}
        (status, None) => put("when", format!("{status:?}")),
        (status, Some(condition)) => match &condition.value {
            Condition::Known { holds, source } => put("when", format!("{status:?} && {} = {holds}", source.source())),
            Condition::Null { source } => put("when", format!("{status:?} && {} is null", source.source())),
            Condition::Deferred(pieces) => put("when", format!("{status:?} && {} later", pieces.shown())),
        },
    }
    for FailureStrategy { errors, action } in &step.failure_strategies {
        put("on failure", format!("{} → {:?}", errors.join(", "), action.value));
    }
    if step.timeout.value.as_secs() != 36_000 {
        put("timeout", format!("{:?}", step.timeout.value));
    }
    for output in &step.outputs {
        put("output", format!("{}{}", output.name, if output.secret { " (secret)" } else { "" }));
    }
    for report in &step.reports {
        put("report", report.value.shown());
    }
    if step.image_from_run {
        put("image from run", "yes".to_owned());
    }
}

/// The variables that are this step's own: not those that the service gives to all steps.
fn env(put: &mut impl FnMut(&str, String), vars: &Environment) {
    for (name, var) in vars {
        let common = match var.value.origin.causes().first() {
            Some(Cause::Service { rule }) => rule.starts_with("harness-runtime.md 2."),
            Some(Cause::Codebase(_)) => true,
            _ => false,
        };
        let plugin =
            name.starts_with("PLUGIN_") && !matches!(name.as_str(), "PLUGIN_ARTIFACT_FILE" | "PLUGIN_PIPELINE");
        if plugin || !(common || name == "PLUGIN_ARTIFACT_FILE") {
            put("env", format!("{name}={}", var.value.value.shown()));
        }
    }
}

/// One variable with its whole story.
pub(crate) fn explain(outcome: &Outcome, variable: &str) -> String {
    stages(outcome)
        .flat_map(|stage| stage.steps())
        .filter_map(|step| {
            let vars = match &step.action {
                Action::Container(container) => &container.env,
                Action::Host(host) => &host.env,
                Action::Wait(_) | Action::Skip(_) => return None,
            };
            let var = vars.get(variable)?;
            Some(format!("{}: {} ← {}\n", step.path, var.value.value.shown(), var.value.origin))
        })
        .collect()
}

fn stages(outcome: &Outcome) -> impl Iterator<Item = &PlannedStage> {
    outcome.planned.plan.stages.iter()
}

/// An identity that plays the delegate's.
pub(crate) fn delegate() -> DelegateIdentity {
    DelegateIdentity {
        access_key: "AKIADELEGATE".to_owned(),
        secret_key: Secret::new("delegate-secret"),
        session_token: Some(Secret::new("delegate-token")),
        region: None,
        given_by: "profile dev".to_owned(),
    }
}

/// Renders `yaml` in every profile; profiles that agree share a heading.
pub(crate) fn by_profile(yaml: &str) -> String {
    by_profile_with(yaml, |_| {})
}

/// The same with other inputs.
pub(crate) fn by_profile_with(yaml: &str, adjust: impl Fn(&mut Inputs<'_>)) -> String {
    grouped(|profile| render(&plan_steps(profile, yaml, &adjust)))
}

/// What `yaml` renders to beyond `baseline`, in every profile: new lines with `+`, lost ones with `-`.
pub(crate) fn difference(baseline: &str, yaml: &str, adjust: impl Fn(&mut Inputs<'_>)) -> String {
    grouped(|profile| {
        let before = render(&plan_steps(profile, baseline, &adjust));
        let after = render(&plan_steps(profile, yaml, &adjust));
        let lost = before.lines().filter(|line| !after.lines().any(|other| other == *line));
        let new = after.lines().filter(|line| !before.lines().any(|other| other == *line));
        lost.map(|line| format!("- {}\n", line.trim())).chain(new.map(|line| format!("+ {}\n", line.trim()))).collect()
    })
}

/// Profiles that agree share a heading; a profile's own name in a message is `PROFILE`.
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
