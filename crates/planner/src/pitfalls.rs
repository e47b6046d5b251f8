//! Slips that CI does not report and that change what a stage does (issue 3, item 6; corpus/STATS.md).

use cirun_parser::{Diagnostic, ParameterField, Span, Text, model::BackgroundSpec};
use cirun_plan::{Action, Environment, Node, PlannedStage, PlannedStep, Profile, Role, Text as PlanText};

use crate::{
    lower::StepCtx,
    notes::Notes,
    place::StagePlace,
    resolve::{Ctx, given},
};

/// Variables that documentation names and no plugin reads (harness-runtime.md 6.9), with what to do instead.
const UNREAD: [(&str, &str); 2] = [
    (
        "PLUGIN_USER_ROLE_ARN",
        "name the role in the connector: `crossAccountAccess.crossAccountRoleArn` or `iamRoleArn`",
    ),
    ("PLUGIN_SKIP_TLS_VERIFY", "use `PLUGIN_SKIP_TLS_VERIFY_PULL`, or give the plugin the registry's certificate"),
];

/// Reports a script that ends before its output variables are written (harness-runtime.md 3).
pub(crate) fn exit_before_outputs(ctx: &Ctx<'_>, command: Option<&Text>) {
    let Some(field) = given(command) else { return };
    let source = match &field.value {
        ParameterField::Literal(text) => text.as_str(),
        ParameterField::Expression(template) => template.source(),
    };
    if source.lines().any(|line| matches!(line.split_whitespace().collect::<Vec<_>>()[..], ["exit", "0" | "0;"])) {
        ctx.notes.report(
            Diagnostic::warning(
                "exit-loses-outputs",
                "`exit 0` ends the script before its output variables are written",
            )
            .at(field.span, "harness-runtime.md 3: the export is appended to the script, and the step fails without it")
            .help("let the script run to its end, or put what may exit early in a subshell: `( … )`"),
        );
    }
}

/// Reports an operand of `||` or `&&` that is a bare text, which is always true.
pub(crate) fn constant_operand(ctx: &Ctx<'_>, condition: &str, span: Span) {
    let operands = condition.split("||").flat_map(|part| part.split("&&")).map(str::trim);
    if operands.clone().count() < 2 {
        return;
    }
    for operand in operands {
        let bare = ['"', '\''].into_iter().find_map(|quote| operand.strip_prefix(quote)?.strip_suffix(quote));
        if let Some(text) = bare
            && !text.contains(['"', '\''])
        {
            ctx.notes.report(
                Diagnostic::warning("constant-operand", format!("`{operand}` is true whatever happens"))
                    .at(span, "a text that is neither empty nor `false` counts as true")
                    .help("compare again: `<+a> == \"x\" || <+a> == \"y\"`"),
            );
        }
    }
}

/// Reports a Docker-in-Docker service that lacks the privilege it needs (corpus/STATS.md, item 5).
pub(crate) fn unprivileged_dind(ctx: &Ctx<'_>, spec: &BackgroundSpec, image: &Text) {
    let ParameterField::Literal(reference) = &image.value else { return };
    let privileged = spec.privileged.as_ref().is_some_and(|flag| flag.value != ParameterField::Literal(false));
    if !privileged && runs_dockerd(spec, reference) {
        ctx.notes.report(
            Diagnostic::warning("unprivileged-dind", format!("`{reference}` cannot start its daemon unprivileged"))
                .at(image.span, "harness-runtime.md 9: DinD needs `privileged: true`")
                .help("add `privileged: true`"),
        );
    }
}

/// Whether a service is a Docker daemon: by its image's name, or by what it starts.
fn runs_dockerd(spec: &BackgroundSpec, reference: &str) -> bool {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let starts = |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == "dockerd");
    let entrypoint = match spec.entrypoint.as_ref().map(|list| &list.value) {
        Some(ParameterField::Literal(words)) => words.first().is_some_and(|word| match &word.value {
            ParameterField::Literal(word) => word.rsplit('/').next().is_some_and(|name| name.starts_with("dockerd")),
            ParameterField::Expression(_) => false,
        }),
        Some(ParameterField::Expression(_)) | None => false,
    };
    let command = match spec.command.as_ref().map(|text| &text.value) {
        Some(ParameterField::Literal(script)) => spec.entrypoint.is_none() && starts(script),
        Some(ParameterField::Expression(_)) | None => false,
    };
    !reference.contains("rootless") && (name.contains("dind") || entrypoint || command)
}

/// Reports variables of a build that nobody reads.
pub(crate) fn unread_variables(at: &StepCtx<'_>, env: &Environment) {
    for (name, instead) in UNREAD.into_iter().filter(|(name, _)| env.contains_key(name)) {
        at.ctx.notes.report(
            Diagnostic::warning("unread-variable", format!("no plugin reads `{name}`"))
                .at(at.step.identifier.span, "harness-runtime.md 6.9")
                .help(instead),
        );
    }
}

/// Reports steps on Kubernetes that reach a service by its id, which no pod resolves (harness-runtime.md 1.9).
pub(crate) fn service_names(
    stage: &StagePlace,
    planned: &PlannedStage,
    place: &dyn Fn(&PlannedStep) -> Option<Span>,
    notes: &Notes,
) {
    if planned.profile.value != Profile::Kubernetes {
        return;
    }
    // Seed 003 has the services of containerised groups answer to `STEPGROUPID_BACKGROUNDSTEPID`.
    let in_pod_of_stage = |step: &PlannedStep| planned.containerised_around(&step.path).is_none();
    let services: Vec<&str> = planned
        .services()
        .filter(|service| in_pod_of_stage(service))
        .map(|service| service.id.as_str())
        .filter(|id| !stage.host_names.iter().any(|name| name == id))
        .collect();
    if services.is_empty() {
        return;
    }
    let mut steps = Vec::new();
    foreground(&planned.execution, &mut steps);
    for step in steps.into_iter().filter(|step| in_pod_of_stage(step)) {
        for id in services.iter().filter(|id| texts(step).iter().any(|text| names_host(text, id))) {
            let mut diagnostic = Diagnostic::parity(
                "service-host-name",
                format!("`{}` reaches `{id}` by its id: in CI no pod resolves it", step.path),
            );
            if let Some(span) = place(step) {
                diagnostic = diagnostic.at(span, "harness-runtime.md 1.9: on Kubernetes a service is on `localhost`");
            }
            notes.report(diagnostic.help(format!(
                "use `localhost`, or add `{id}` to the infrastructure's `spec.hostNames`; locally the id resolves as help"
            )));
        }
    }
}

fn foreground<'p>(nodes: &'p [Node], steps: &mut Vec<&'p PlannedStep>) {
    for node in nodes {
        match node {
            Node::Step(step) if step.role == Role::Foreground => steps.push(step),
            Node::Step(_) => {}
            Node::Group(group) => foreground(&group.steps, steps),
            Node::Parallel(nodes) => foreground(nodes, steps),
        }
    }
}

/// The texts of a step in which a host may be named: its script and what the document sets.
fn texts(step: &PlannedStep) -> Vec<String> {
    let Action::Container(container) = &step.action else { return Vec::new() };
    let written = container.env.iter().filter(|(_, var)| !matches!(var.value.value, PlanText::Secret(_)));
    container
        .script
        .iter()
        .map(|script| script.value.shown())
        .chain(written.map(|(_, var)| var.value.value.shown()))
        .collect()
}

/// Whether `text` has `id` where a host stands: `id:6379`, `//id/`, `user@id`.
fn names_host(text: &str, id: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.match_indices(id).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + id.len()..];
        let port = after.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let alone = !before.ends_with(is_name) && (port || !after.starts_with(is_name));
        alone && (port || before.ends_with("//") || before.ends_with('@'))
    })
}

#[cfg(test)]
mod tests {
    use super::names_host;

    #[test]
    fn hosts_in_texts() {
        for (text, host) in [
            ("redis-cli -u redis://redis:6379", true),
            ("curl http://redis/x", true),
            ("psql postgres://me@redis", true),
            ("REDIS=redis:6379", true),
            ("docker pull redis:alpine", false),
            ("my-redis:6379", false),
            ("http://redis.example.com", false),
            ("redis", false),
        ] {
            assert_eq!(names_host(text, "redis"), host, "{text}");
        }
    }
}
