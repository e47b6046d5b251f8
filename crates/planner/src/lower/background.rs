//! Background steps (the reference's page background).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{ParameterField, TextList, TextMap, model::BackgroundSpec};
use cirun_plan::{Action, Cause, HostAction, Origin, PortBinding, Profile, Role, StepFiles, Text as PlanText, Traced};

use super::{
    ContainerFields, Lowered, StepCtx, image,
    image::ImageFields,
    retry,
    run::{host, shell_entrypoint, shell_of},
    shell,
    shell::ScriptOf,
};
use crate::{
    applicability::{
        background::{BACKGROUND, CI_ONLY, CONTAINER_ONLY},
        has_effect,
    },
    env::step::OwnLayers,
    lints,
    scope::given,
};

/// Lowers a Background step.
pub(crate) fn lower(at: &StepCtx<'_>, spec: &BackgroundSpec) -> Lowered {
    at.check(BACKGROUND.iter(), spec);
    if at.stage.is_ci() && !at.stage.containerised {
        at.check(CI_ONLY.iter(), spec);
    }
    let ctx = &at.ctx;
    let shell = shell_of(ctx, spec.shell.as_ref());
    report_entrypoint_in_one(at, spec.entrypoint.as_ref());
    let entrypoint = at.argv(spec.entrypoint.as_ref());
    let args = at.argv(spec.args.as_ref());
    let script = ctx.given_text(spec.command.as_ref());
    if entrypoint.is_some()
        && let Some(command) = given(spec.command.as_ref())
    {
        report_command_dropped(at, command.span, spec.entrypoint.as_ref());
    }
    let composed = script.as_ref().map(|script| {
        let file = StepFiles::of(&at.place.path).output;
        let text = shell::compose(shell, at.profile(), ScriptOf::Background, script.value.clone(), &[], &file);
        Traced::new(text, script.origin.clone().then(Cause::Service { rule: shell::RULE }))
    });
    let own = OwnLayers { user: at.user_layer(spec.env_variables.as_ref()), ..OwnLayers::default() };
    let env = at.env(own);
    let action = match given(spec.image.as_ref()) {
        Some(image) => {
            lints::unprivileged_dind(ctx, spec, image);
            let image = image::of_step(
                at,
                &ImageFields {
                    image,
                    connector_ref: spec.connector_ref.as_ref(),
                    registries: &spec.registries,
                    policy: spec.image_pull_policy.as_ref(),
                },
            );
            let fields = ContainerFields {
                resources: spec.resources.as_ref(),
                privileged: spec.privileged.as_ref(),
                run_as_user: spec.run_as_user.as_ref(),
            };
            let mut container = at.container(image, env, &fields);
            match (entrypoint, composed) {
                (Some(entrypoint), _) => {
                    container.entrypoint = Some(entrypoint);
                    container.command = args;
                }
                (None, Some(composed)) => {
                    container.entrypoint = Some(shell_entrypoint(shell));
                    container.command = Some(composed.map(|text| vec![text]));
                    container.script = script;
                }
                (None, None) => container.command = args,
            }
            container.aliases = aliases(at, spec.network_aliases.as_ref());
            container.ports = ports(at, spec);
            Action::Container(Box::new(container))
        }
        None => match at.profile() {
            Profile::Vm | Profile::Cloud => {
                at.check(CONTAINER_ONLY.iter(), spec);
                let ports = ports(at, spec);
                match (entrypoint, composed) {
                    (Some(entrypoint), _) => {
                        Action::Host(Box::new(HostAction { argv: entrypoint.value, script: None, env, ports }))
                    }
                    (None, Some(composed)) => {
                        Action::Host(Box::new(HostAction { ports, ..host(shell, composed, script, env) }))
                    }
                    (None, None) => {
                        report_nothing_to_run(at);
                        return service(Lowered::impossible("it has nothing to run"));
                    }
                }
            }
            Profile::Kubernetes | Profile::Docker => return service(Lowered::impossible("it has no image")),
        },
    };
    Lowered {
        role: Role::Service,
        action,
        outputs: Vec::new(),
        reports: at.reports(spec.reports.as_ref()),
        retry: Some(retry::of_service(at, spec.retry.as_ref())),
    }
}

fn service(lowered: Lowered) -> Lowered {
    Lowered { role: Role::Service, ..lowered }
}

/// The names of the service: `<nearest group>_<id>` or its id, then its aliases. In a pod of a stage its own id is also
/// one of them: in CI it does not resolve there, but here it resolves to `localhost`, to help users.
fn aliases(at: &StepCtx<'_>, more: Option<&TextList>) -> Vec<Traced<String>> {
    let name = match &at.place.group {
        Some(group) => format!("{group}_{}", at.place.id),
        None => at.place.id.clone(),
    };
    let cause = match at.profile() {
        Profile::Kubernetes if at.stage.containerised => Cause::Service { rule: "network.group-id" },
        Profile::Kubernetes => Cause::Local("on Kubernetes no name resolves to a service: use localhost"),
        Profile::Vm | Profile::Cloud | Profile::Docker => Cause::Service { rule: "network.by-id" },
    };
    let own_id = at.place.group.as_ref().filter(|_| at.profile() == Profile::Kubernetes && !at.stage.containerised);
    let own_id = own_id.map(|_| Traced::new(at.place.id.clone(), Origin::new(cause.clone())));
    let mut aliases = vec![Traced::new(name, Origin::new(cause))];
    aliases.extend(own_id);
    if let Some(more) = more
        && has_effect(BACKGROUND, "networkAliases", at.stage.infrastructure)
    {
        for alias in at.ctx.list(more) {
            match alias.value {
                PlanText::Known(name) if name.contains(|c: char| c.is_whitespace() || c.is_control()) => {
                    report_bad_alias(at, &name, more.span);
                }
                PlanText::Known(name) if !name.is_empty() => aliases.push(Traced::new(name, alias.origin)),
                PlanText::Known(_) => {}
                waiting @ (PlanText::Secret(_) | PlanText::Deferred(_)) => at.ctx.notes.report(
                    codes::DECIDED_TOO_LATE
                        .says(format!("`{}` cannot be an alias", waiting.shown()))
                        .at(more.span, "an alias must be known before the stage begins"),
                ),
            }
        }
    }
    aliases
}

/// `portBindings` (host → container) and the undocumented `ports` (`host:container`), each once.
fn ports(at: &StepCtx<'_>, spec: &BackgroundSpec) -> Vec<Traced<PortBinding>> {
    let mut ports = Vec::new();
    if let Some(bindings) = &spec.port_bindings
        && has_effect(BACKGROUND, "portBindings", at.stage.infrastructure)
    {
        ports.extend(port_bindings(at, bindings));
    }
    if let Some(list) = &spec.ports
        && has_effect(BACKGROUND, "ports", at.stage.infrastructure)
    {
        for item in at.ctx.list(list) {
            let Some(text) = known_port(at, &item.value, list.span) else { continue };
            let (host, container) = text.split_once(':').unwrap_or((&text, &text));
            let Some(port) = binding(at, host, container, list.span) else { continue };
            if ports.iter().all(|other: &Traced<PortBinding>| other.value != port) {
                ports.push(Traced::new(port, item.origin.clone()));
            }
        }
    }
    ports
}

fn port_bindings(at: &StepCtx<'_>, bindings: &TextMap) -> Vec<Traced<PortBinding>> {
    at.ctx
        .map(bindings)
        .into_iter()
        .filter_map(|(host, span, container)| {
            let port = binding(at, &host, &known_port(at, &container.value, span)?, span)?;
            Some(Traced::new(port, container.origin))
        })
        .collect()
}

/// The text of a port: it is bound when the container is created, before any expression of its stage has a value.
fn known_port(at: &StepCtx<'_>, text: &PlanText, span: Span) -> Option<String> {
    match text {
        PlanText::Known(text) => Some(text.clone()),
        PlanText::Secret(secret) => Some(secret.expose().to_owned()),
        PlanText::Deferred(pieces) => {
            at.ctx.deferred_too_late("a port binding", pieces, span);
            None
        }
    }
}

fn binding(at: &StepCtx<'_>, host: &str, container: &str, span: Span) -> Option<PortBinding> {
    let parse = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port != 0);
    match (parse(host), parse(container)) {
        (Some(host), Some(container)) => Some(PortBinding { host, container }),
        (None, _) | (_, None) => {
            at.ctx.notes.report(
                codes::BAD_PORT
                    .says(format!("`{host}` → `{container}` are not two ports"))
                    .at(span, "a port is a whole number from 1 to 65535")
                    .help("write `\"HOST\": \"CONTAINER\"`, such as `\"8080\": \"80\"`"),
            );
            None
        }
    }
}

fn report_nothing_to_run(at: &StepCtx<'_>) {
    let id = &at.step.identifier;
    at.ctx.notes.report(
        codes::MISSING_REQUIRED_INPUT
            .says(format!("`Background` step `{}` has nothing to run", id.value))
            .at(id.span, "without an image it runs on the machine itself (background.on-machine)")
            .help("set `image`, or a `command` or `entrypoint` that the machine runs"),
    );
}

fn report_bad_alias(at: &StepCtx<'_>, name: &str, span: Span) {
    at.ctx.notes.report(
        codes::BAD_HOST_NAME
            .says(format!("`{name}` cannot be a host name"))
            .at(span, "a list of names in Docker's network (background.network-aliases)")
            .help("write each name as an item of its own, without spaces: no program can resolve this one"),
    );
}

/// Reports an entrypoint that is a single text: the service reads it as a list of one argument, the program.
fn report_entrypoint_in_one(at: &StepCtx<'_>, entrypoint: Option<&TextList>) {
    let Some(field) = entrypoint else { return };
    let ParameterField::Literal(items) = &field.value else { return };
    let [only] = &items[..] else { return };
    let ParameterField::Literal(text) = &only.value else { return };
    // An item of a list has a place of its own.
    if only.span != field.span {
        return;
    }
    let words = text.split_whitespace().collect::<Vec<_>>();
    at.ctx.notes.report(
        codes::ENTRYPOINT_IN_ONE
            .says(format!("`entrypoint` is a list: `{text}` is the name of one program"))
            .at(field.span, "a list of arguments is needed here (background.entrypoint)")
            .help(format!("write `entrypoint: [{}]`", words.join(", "))),
    );
}

fn report_command_dropped(at: &StepCtx<'_>, span: Span, entrypoint: Option<&TextList>) {
    let mut diagnostic = codes::IGNORED_INPUT
        .says("`command` has no effect beside `entrypoint`")
        .at(span, "the entrypoint takes its place (background.entrypoint)")
        .help("remove one of the two");
    if let Some(entrypoint) = entrypoint {
        diagnostic = diagnostic.at(entrypoint.span, "this runs");
    }
    at.ctx.notes.report(diagnostic);
}
