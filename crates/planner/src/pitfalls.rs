//! Slips that CI does not report and that change what a stage does (issue 3, item 6; corpus/STATS.md).

use cirun_parser::{Diagnostic, ParameterField, Span, Text, model::BackgroundSpec};
use cirun_plan::{Action, Cause, Node, PlannedStage, PlannedStep, Profile, Role, Text as PlanText};

use crate::{
    notes::Notes,
    place::StagePlace,
    resolve::{Ctx, given},
};

/// Reports a script that ends before its output variables are written (harness-runtime.md 3).
pub(crate) fn exit_before_outputs(ctx: &Ctx<'_>, command: Option<&Text>) {
    let Some(field) = given(command) else { return };
    let source = match &field.value {
        ParameterField::Literal(text) => text.as_str(),
        ParameterField::Expression(template) => template.source(),
    };
    if source.contains("exit") && exits_well(source) {
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

/// Whether a command of the script itself ends it with success: not one in quotes, in parentheses or in a comment.
fn exits_well(script: &str) -> bool {
    let is_exit = |command: &str| {
        let words = command.split_whitespace().skip_while(|word| matches!(*word, "then" | "else" | "do" | "{"));
        matches!(words.collect::<Vec<_>>()[..], ["exit"] | ["exit", "0"])
    };
    bare(script).split(['\n', ';', '&', '|', '}']).any(is_exit)
}

/// A script without what stands in quotes, parentheses and comments.
fn bare(script: &str) -> String {
    let (mut bare, mut quote, mut depth, mut comment) = (String::new(), None, 0_usize, false);
    let mut before = '\n';
    for c in script.chars() {
        match (comment, quote, c) {
            (true, _, '\n') => comment = false,
            (true, ..) => {}
            (_, Some(open), _) if open == c => quote = None,
            (_, Some(_), _) => {}
            (_, _, '"' | '\'') => quote = Some(c),
            (_, _, '#') if before.is_whitespace() => comment = true,
            (_, _, '(') => depth += 1,
            (_, _, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !comment && quote.is_none() && depth == 0 && !matches!(c, '"' | '\'' | ')') {
            bare.push(c);
        }
        before = c;
    }
    bare
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
    let starts =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == "dockerd");
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

/// Reports steps that reach a service by an id that does not resolve in CI: on Kubernetes by any (harness-runtime.md
/// 1.9), elsewhere by one without its step group's (harness-runtime.md 8.5).
pub(crate) fn service_names(
    stage: &StagePlace,
    planned: &PlannedStage,
    place: &dyn Fn(&PlannedStep) -> Option<Span>,
    notes: &Notes,
) {
    // Seed 003 has the services of containerised groups answer to `STEPGROUPID_BACKGROUNDSTEPID`.
    let is_of_stage = |step: &PlannedStep| planned.containerised_around(&step.path).is_none();
    let own = planned.services().filter(|service| is_of_stage(service));
    let services: Vec<Unreachable<'_>> = own.flat_map(|service| unreachable(stage, service)).collect();
    if services.is_empty() {
        return;
    }
    let mut steps = Vec::new();
    foreground(&planned.execution, &mut steps);
    for step in steps.into_iter().filter(|step| is_of_stage(step)) {
        let texts = texts(step);
        for service in services.iter().filter(|service| texts.iter().any(|text| names_host(text, service.id))) {
            let id = service.id;
            let (mut diagnostic, rule, help) = match service.name {
                None => (
                    Diagnostic::parity(
                        "service-host-name",
                        format!("`{}` reaches `{id}` by its id: in CI no pod resolves it", step.path),
                    ),
                    "harness-runtime.md 1.9: on Kubernetes a service is on `localhost`",
                    format!(
                        "use `localhost`, or add `{id}` to the infrastructure's `spec.hostNames`; locally the id resolves \
                         as help"
                    ),
                ),
                Some(name) => (
                    Diagnostic::warning(
                        "service-in-group",
                        format!("`{}` reaches `{id}` by its id, which resolves to nothing", step.path),
                    ),
                    "harness-runtime.md 8.5: a service in a step group is known as `GROUP_ID`",
                    format!("use `{name}`, or give the service `networkAliases: [{id}]`"),
                ),
            };
            if let Some(span) = place(step) {
                diagnostic = diagnostic.at(span, rule);
            }
            notes.report(diagnostic.help(help));
        }
    }
}

/// A service whose id alone does not resolve.
struct Unreachable<'p> {
    id: &'p str,
    /// What does, where there is a name.
    name: Option<&'p str>,
}

fn unreachable<'p>(stage: &'p StagePlace, service: &'p PlannedStep) -> Vec<Unreachable<'p>> {
    let id = service.id.as_str();
    let Action::Container(container) = &service.action else { return Vec::new() };
    let aliases = || container.aliases.iter().map(|alias| alias.value.as_str());
    match stage.column.profile() {
        Profile::Kubernetes => {
            let names = std::iter::once(id).chain(aliases().filter(|alias| *alias != id));
            let known = |name: &&str| stage.host_names.iter().any(|host| host == name);
            names.filter(|name| !known(name)).map(|id| Unreachable { id, name: None }).collect()
        }
        Profile::Vm | Profile::Cloud | Profile::Docker => {
            let name = aliases().next().filter(|_| aliases().all(|alias| alias != id));
            name.map(|name| Unreachable { id, name: Some(name) }).into_iter().collect()
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

/// The texts of a step in which a host may be named: its script and what the document sets, variables with their names.
fn texts(step: &PlannedStep) -> Vec<String> {
    let Action::Container(container) = &step.action else { return Vec::new() };
    let written = container.env.iter().filter(|(_, var)| {
        let secret = matches!(var.value.value, PlanText::Secret(_));
        let causes = var.value.origin.causes();
        !secret && causes.iter().any(|cause| matches!(cause, Cause::Yaml(_) | Cause::InputSet(_) | Cause::Setting(_)))
    });
    container
        .script
        .iter()
        .map(|script| script.value.shown())
        .chain(written.map(|(name, var)| format!("{name}={}", var.value.value.shown())))
        .collect()
}

/// Whether `text` has `id` where a host stands: `id:6379`, `//id/`, `user@id`, `nc id 6379`, `-h id`, `DB_HOST=id`.
fn names_host(text: &str, id: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let digit = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit());
    text.match_indices(id).any(|(at, _)| {
        let before = &text[..at];
        let after = &text[at + id.len()..];
        let port = after.strip_prefix(':').is_some_and(digit);
        if before.ends_with(is_name) || !port && after.starts_with(is_name) {
            return false;
        }
        let address = port || before.ends_with("//") || before.ends_with('@');
        address || after.strip_prefix(' ').is_some_and(digit) || is_host_option(before.trim_end_matches(['"', '\'']))
    })
}

/// Whether a text ends with something that takes a host: `-h `, `--host=`, `DB_HOST=`.
fn is_host_option(before: &str) -> bool {
    let option = before.strip_suffix(['=', ' ']).unwrap_or_default();
    let word = option.rsplit([' ', '\n', '\t', ';']).next().unwrap_or_default();
    word == "-h" || word.to_ascii_uppercase().ends_with("HOST")
}

#[cfg(test)]
mod tests {
    use super::{exits_well, names_host};

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
            ("nc -z redis 6379", true),
            ("redis-cli -h redis ping", true),
            ("psql --host=redis", true),
            ("CACHE_HOST=redis", true),
            ("CACHE_HOST=\"redis\"", true),
            ("CACHE_USER=redis", false),
            ("apt-get install redis", false),
        ] {
            assert_eq!(names_host(text, "redis"), host, "{text}");
        }
    }

    #[test]
    fn exits_of_scripts() {
        for (script, exits) in [
            ("A=1\nexit 0\n", true),
            ("exit 0;", true),
            ("[ \"$A\" = x ] && exit 0", true),
            ("if true; then exit; fi", true),
            ("done || { exit 0; }", true),
            ("exit 1", false),
            ("echo exit 0", false),
            ("(cd x; exit 0)\nmake", false),
            ("bash -c 'exit 0'", false),
            ("# don't exit 0\nmake", false),
        ] {
            assert_eq!(exits_well(script), exits, "{script}");
        }
    }
}
