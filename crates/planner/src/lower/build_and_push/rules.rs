//! Checks whether AWS and registries accept the names that a step pushes to: by its final variables, after every
//! override; names that only a running step decides are checked during the run, by rules.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_image_ref::{NameRule, is_aws_name};
use cirun_parser::{
    ParameterField, Text as Field,
    model::{AcrTarget, BuildTarget, DockerTarget, EcrTarget, GoogleTarget},
};
use cirun_plan::{AwsNames, BrokenName, Environment, Must, Outside, Text, ValueForm, VariableRule};

use super::{BuildCtx, plugins::Builder, registry::in_registry};
use crate::{
    env::Env,
    inputs::{AwsMode, PushMode},
    scope::given,
    targets::RegistryTarget,
};

/// A value to check.
struct Judged {
    /// Its name in messages: `account`, or `PLUGIN_REGION`.
    name: &'static str,
    place: WrittenIn,
    span: Span,
    source: ValueForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WrittenIn {
    Field,
    Variable,
}

/// Reports names that cannot exist, and returns the rules for those that are not known yet.
pub(super) fn check(
    build: &BuildCtx<'_, '_>,
    derived: &Env,
    env: &Environment,
    target: &RegistryTarget,
) -> Vec<VariableRule> {
    let mut rules = Vec::new();
    let is_derived = |variable: &str| derived.get(variable).is_some() && derived.get(variable) == env.get(variable);
    for (variable, mut must) in musts(build, target) {
        let fields = if is_derived(variable) { fields(build, variable, &must) } else { Vec::new() };
        let value = env.get(variable).map(|var| &var.value.value);
        let host = match (&build.spec.target, variable) {
            (BuildTarget::Ecr(_), "PLUGIN_REPO") => target.host.as_str(),
            _ => "",
        };
        if !fields.is_empty() {
            fields.iter().for_each(|(judged, value, must)| judge(build, judged, value, host, must));
        } else if let Some(value) = value {
            judge(build, &of_variable(build, variable), value, host, &must);
        }
        if let (Must::Registry(outside), BuildTarget::Ecr(_), true) = (&must, &build.spec.target, is_derived(variable))
        {
            must = Must::Ecr(outside.clone());
        }
        if value.is_some_and(Text::is_deferred) {
            rules.push(VariableRule { variable: variable.to_owned(), must });
        }
    }
    report_no_tag(build, env);
    rules
}

/// What each variable names.
fn musts(build: &BuildCtx<'_, '_>, target: &RegistryTarget) -> Vec<(&'static str, Must)> {
    let outside = outside(build, target);
    let mut musts = match build.spec.target {
        BuildTarget::Ecr(_) => {
            let repository = match target.ecr.is_some() || target.host.is_empty() || is_aws_name(&target.host) {
                true => NameRule::EcrRepository,
                false => NameRule::Repository,
            };
            vec![
                ("PLUGIN_REGISTRY", Must::Registry(outside.clone())),
                ("PLUGIN_REGION", Must::Name(NameRule::Region)),
                ("PLUGIN_REPO", Must::Name(repository)),
            ]
        }
        BuildTarget::Gar(_) | BuildTarget::Gcr(_) => vec![
            ("PLUGIN_REGISTRY", Must::Registry(outside.clone())),
            ("PLUGIN_REPO", Must::Name(NameRule::Repository)),
        ],
        BuildTarget::Docker(_) | BuildTarget::Acr(_) => vec![
            ("PLUGIN_REGISTRY", Must::Registry(outside.clone())),
            ("PLUGIN_REPO", Must::Repository(outside.clone())),
        ],
    };
    musts.push(("PLUGIN_TAGS", Must::Tags));
    match build.builder {
        Builder::Kaniko => {}
        Builder::Buildx => musts.extend([("PLUGIN_TAG", Must::Tags), ("PLUGIN_CACHE_TO", Must::Caches(outside))]),
        Builder::Docker => musts.push(("PLUGIN_TAG", Must::Tags)),
    }
    musts
}

fn outside(build: &BuildCtx<'_, '_>, target: &RegistryTarget) -> Outside {
    let inputs = build.at.ctx.inputs;
    match inputs.push {
        PushMode::Real | PushMode::None => Outside::Allowed,
        PushMode::Local => Outside::Refused {
            services: build.at.services.borrow().clone(),
            known: target.hosts().map(str::to_owned).collect(),
            aws: match inputs.aws.mode {
                AwsMode::Emulated => AwsNames::Answered,
                AwsMode::Real | AwsMode::Off => AwsNames::Real,
            },
        },
    }
}

/// The fields that make up a variable, with their values and what they name.
fn fields(build: &BuildCtx<'_, '_>, variable: &str, must: &Must) -> Vec<(Judged, Text, Must)> {
    let ctx = &build.at.ctx;
    let one = |name: &'static str, field: &Option<Field>, must: Must| {
        given(field.as_ref()).filter(|field| !waits_for_input(&field.value)).map(|field| {
            let judged = Judged { name, place: WrittenIn::Field, span: field.span, source: source(&field.value) };
            (judged, ctx.text(field).value, must)
        })
    };
    match (&build.spec.target, variable) {
        (BuildTarget::Ecr(EcrTarget { account, region, .. }), "PLUGIN_REGISTRY") => [
            one("account", account, Must::Name(NameRule::Account)),
            one("region", region, Must::Name(NameRule::Region)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        (BuildTarget::Ecr(EcrTarget { region, .. }), "PLUGIN_REGION") => {
            one("region", region, must.clone()).into_iter().collect()
        }
        (
            BuildTarget::Ecr(EcrTarget { image_name, .. })
            | BuildTarget::Gar(GoogleTarget { image_name, .. })
            | BuildTarget::Gcr(GoogleTarget { image_name, .. }),
            "PLUGIN_REPO",
        ) => one("imageName", image_name, must.clone()).into_iter().collect(),
        (
            BuildTarget::Gar(GoogleTarget { host, .. }) | BuildTarget::Gcr(GoogleTarget { host, .. }),
            "PLUGIN_REGISTRY",
        ) => one("host", host, must.clone()).into_iter().collect(),
        (BuildTarget::Docker(DockerTarget { repo, .. }), "PLUGIN_REPO") => {
            one("repo", repo, must.clone()).into_iter().collect()
        }
        (BuildTarget::Acr(AcrTarget { repository, .. }), "PLUGIN_REPO") => {
            one("repository", repository, must.clone()).into_iter().collect()
        }
        (_, "PLUGIN_TAGS") => tags(build),
        (_, "PLUGIN_CACHE_TO") => one("cacheTo", &build.spec.cache_to, must.clone()).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Each tag of the field by itself, so that a bad one has its own place.
fn tags(build: &BuildCtx<'_, '_>) -> Vec<(Judged, Text, Must)> {
    let Some(field) = &build.spec.tags else { return Vec::new() };
    let ctx = &build.at.ctx;
    let judged = |span, source| Judged { name: "tags", place: WrittenIn::Field, span, source };
    match &field.value {
        ParameterField::Literal(items) => items
            .iter()
            .filter(|item| !waits_for_input(&item.value))
            .map(|item| tag(judged(item.span, source(&item.value)), ctx.text(item).value))
            .collect(),
        ParameterField::Expression(_) if waits_for_input(&field.value) => Vec::new(),
        ParameterField::Expression(_) => {
            ctx.list(field).into_iter().map(|item| tag(judged(field.span, ValueForm::Expression), item.value)).collect()
        }
    }
}

/// A tag, or several separated by commas; an empty one among others is ignored.
fn tag(judged: Judged, value: Text) -> (Judged, Text, Must) {
    let must = match value.exposed() {
        Some(text) if text.contains(',') => Must::Tags,
        Some(_) | None => Must::Name(NameRule::Tag),
    };
    (judged, value, must)
}

/// Whether a field is a runtime input without a value, which has its own diagnostic.
fn waits_for_input<T>(field: &ParameterField<T>) -> bool {
    match field {
        ParameterField::Literal(_) => false,
        ParameterField::Expression(template) => template.source().starts_with("<+input>"),
    }
}

fn source<T>(field: &ParameterField<T>) -> ValueForm {
    match field {
        ParameterField::Literal(_) => ValueForm::Literal,
        ParameterField::Expression(_) => ValueForm::Expression,
    }
}

/// A variable at the place where the step sets it; the step itself, if it is set elsewhere.
fn of_variable(build: &BuildCtx<'_, '_>, name: &'static str) -> Judged {
    let written = build.spec.env_variables.as_ref().and_then(|map| match &map.value {
        ParameterField::Literal(entries) => {
            entries.iter().find(|(key, _)| key.0.value == name).map(|(_, value)| (value.span, source(&value.value)))
        }
        ParameterField::Expression(_) => Some((map.span, ValueForm::Expression)),
    });
    let (span, source) = written.unwrap_or((build.at.step.identifier.span, ValueForm::Literal));
    Judged { name, place: WrittenIn::Variable, span, source }
}

/// Checks a known value, without the registry that some plugins remove from its beginning.
fn judge(build: &BuildCtx<'_, '_>, judged: &Judged, value: &Text, registry: &str, must: &Must) {
    let (value, is_secret) = match value {
        Text::Known(text) => (text.as_str(), false),
        // In a plan that is only displayed, the secret may be a substitute.
        Text::Secret(_) if build.at.ctx.inputs.secrets.stand_in().is_some() => return,
        Text::Secret(secret) => (secret.expose(), true),
        Text::Deferred(_) => return,
    };
    if let Err(broken) = must.check(in_registry(build.builder, registry, value), judged.source) {
        report(build, judged, if is_secret { broken.hidden() } else { broken });
    }
}

fn report(build: &BuildCtx<'_, '_>, judged: &Judged, broken: BrokenName) {
    let Judged { name: called, place, span, source } = judged;
    let (message, label, help) = match broken {
        BrokenName::Invalid { name, rule } => {
            let what = rule.what();
            let message = match (place, source) {
                (WrittenIn::Field, ValueForm::Literal) => format!("`{name}` is not {what}"),
                (WrittenIn::Field, ValueForm::Expression) => {
                    format!("`{called}` evaluates to `{name}`, which is not {what}")
                }
                (WrittenIn::Variable, _) => format!("`{called}` has `{name}`, which is not {what}"),
            };
            (message, rule.rule(), help(rule, &name))
        }
        BrokenName::Null => {
            (format!("`{called}` evaluates to `null`"), "the expression resolves to nothing", CORRECT.to_owned())
        }
        BrokenName::NoTag => return report_no_tags(build, *span),
        // A run needs the real value.
        BrokenName::Outside { .. } => return,
    };
    build.at.ctx.notes.report(codes::INVALID_NAME.says(message).at(*span, label).help(help));
}

const CORRECT: &str = "correct the expression, or set a value with `--var` or `--input`";

fn help(rule: NameRule, name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match rule {
        _ if name == "null" => CORRECT.to_owned(),
        NameRule::Account => "write all twelve digits, in quotes: `account: \"012345678901\"`".to_owned(),
        NameRule::Region => "write the name of a region: `aws ec2 describe-regions` lists them".to_owned(),
        NameRule::EcrRegistry => "write the account's id and the region of the registry".to_owned(),
        NameRule::EcrRepository | NameRule::Repository if rule.holds(&lower) => format!("write `{lower}`"),
        NameRule::EcrRepository | NameRule::Repository => "write a name such as `shop` or `team/shop`".to_owned(),
        NameRule::Tag => "write a tag such as `1.2` or `latest`".to_owned(),
    }
}

/// Reports a step whose plugin would choose the tag itself.
fn report_no_tag(build: &BuildCtx<'_, '_>, env: &Environment) {
    // `tags` is required: a missing one has its own diagnostic.
    let written = build.spec.tags.as_ref().map(|tags| tags.span);
    let named = |variable: &str| env.get(variable).is_some_and(|var| !crate::env::is_empty(var));
    if let Some(span) = written
        && !["PLUGIN_TAGS", "PLUGIN_TAG", "PLUGIN_AUTO_TAG"].into_iter().any(named)
    {
        report_no_tags(build, span);
    }
}

fn report_no_tags(build: &BuildCtx<'_, '_>, span: Span) {
    build.at.ctx.notes.report(
        codes::INVALID_NAME
            .says(format!("`{}` has no tag", build.at.place.path))
            .at(span, "without one the plugin pushes `latest`")
            .help("write a tag, even if it is `latest`"),
    );
}
