//! Plans and diagnostics as text, without what every step of a stage has.

use cirun_diagnostics::{Diagnostic, Severity, Sources};
use cirun_plan::{
    Action, Cause, Condition, Environment, FailureStrategy, Node, PlannedStage, PlannedStep, PullPolicy, RegistryAuth,
    Role, SkipReason, StageStatus, Text,
};

use super::Outcome;

/// Renders the plan and the diagnostics.
pub(crate) fn render(outcome: &Outcome) -> String {
    let mut text = String::new();
    for stage in &outcome.planned.plan.stages {
        render_nodes(&mut text, 0, &stage.execution);
    }
    text + &diagnostics(outcome)
}

/// Renders the diagnostics, one per line.
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
            if let Some(local_plugin) = &container.local_plugin {
                let host = if local_plugin.value.on_host { ", also on the host" } else { "" };
                put("emulated", format!("{}{host}", local_plugin.value.words.join(" ")));
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
    for FailureStrategy { errors, action, .. } in &step.failure_strategies {
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

/// The step's own variables, without those that the service sets for all steps.
fn env(put: &mut impl FnMut(&str, String), vars: &Environment) {
    for (name, var) in vars {
        let common = match var.value.origin.causes().first() {
            Some(Cause::Service { rule }) => rule.starts_with("environment."),
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

/// One variable with all its origins.
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
