//! The image of a step: its reference, credentials and pull policy (images.pull-policy, images.prefix).

mod late;
mod registries;

use cirun_diagnostics::{Severity, Span, codes::plan as codes, unknown_word};
use cirun_image_ref::{EcrRegistry, NameRule, ReferenceFlaw, RegistryUrl, split_registry, split_tag};
use cirun_parser::{
    ConnectorClass, Text, connector_class,
    model::{AwsConnector, ConnectorSpec, RegistrySpec},
};
use cirun_plan::{Cause, Origin, Profile, PullPolicy, RegistryAuth, Text as PlanText, Traced};

use super::StepCtx;
use crate::{
    connectors::{Connection, Named, Need, as_docker, aws_login},
    inputs::AwsMode,
    scope::{Ctx, given},
};

/// The image settings of a step.
pub(crate) struct Image {
    pub(crate) reference: Traced<PlanText>,
    pub(crate) pull: Traced<PullPolicy>,
    pub(crate) auth: Option<RegistryAuth>,
    pub(crate) connector: Option<Traced<String>>,
}

const POLICIES: [(&str, PullPolicy); 3] =
    [("Always", PullPolicy::Always), ("IfNotPresent", PullPolicy::IfNotPresent), ("Never", PullPolicy::Never)];

/// The fields of a step that describe its image.
pub(crate) struct ImageFields<'f> {
    pub(crate) image: &'f Text,
    pub(crate) connector_ref: Option<&'f Text>,
    pub(crate) registries: &'f [RegistrySpec],
    pub(crate) policy: Option<&'f Text>,
}

/// Resolves the image that a step names, with its connector.
pub(crate) fn of_step(at: &StepCtx<'_>, fields: &ImageFields<'_>) -> Image {
    let ctx = &at.ctx;
    let mut reference = ctx.text(fields.image);
    check_reference(ctx, &reference.value, fields.image.span);
    late::report(at, &reference.value, fields.image.span);
    let is_ecr = matches!(of_ecr(&reference.value), Some(true));
    let need = if is_ecr { Need::PullFromEcr } else { Need::Pull };
    let mut auth = None;
    let named = match registries::connector(at, fields, &reference.value, need) {
        Connection::Found(named) => Some(named),
        Connection::Assumed(id) => {
            if is_ecr && ctx.inputs.aws.mode == AwsMode::Real {
                auth = Some(RegistryAuth::Aws(Box::new(aws_login::of_delegate(&id.value))));
            }
            let pull = pull_policy(ctx, fields.policy, &reference.value);
            return Image { reference, pull, auth, connector: Some(id) };
        }
        Connection::HarnessImages(_) | Connection::Absent => None,
    };
    if let Some(named) = &named {
        match (as_docker(named.connector), as_ecr(ctx, named, &reference.value)) {
            (Some(docker), _) => {
                if let Some(registry) = ctx.docker_registry(named, docker) {
                    auth = registry.auth().map(RegistryAuth::Password);
                    if at.profile() == Profile::Kubernetes {
                        reference = prefixed(ctx, named, &registry.address, registry.url_span, reference);
                    }
                }
            }
            (None, Some(aws)) => {
                auth = aws_login::of_connector(ctx, named, aws).map(|login| RegistryAuth::Aws(Box::new(login)));
            }
            (None, None) => report_unused(ctx, named),
        }
    }
    let pull = pull_policy(ctx, fields.policy, &reference.value);
    Image { reference, pull, auth, connector: named.map(|named| named.id) }
}

/// Reports an image reference that no engine accepts.
fn check_reference(ctx: &Ctx<'_>, reference: &PlanText, span: Span) {
    let PlanText::Known(text) = reference else { return };
    if let Some(flaw) = ReferenceFlaw::of(text) {
        let (what, help) = explained(text, flaw);
        ctx.notes.report(codes::BAD_IMAGE.says(format!("`{text}` is not an image")).at(span, what).help(help));
    } else if let Some(account) = split_registry(text).0.and_then(EcrRegistry::mistaken_account) {
        let mut warning = codes::INVALID_NAME
            .says(format!("`{account}` is not the id of an AWS account"))
            .at(span, NameRule::Account.rule())
            .help("this is an ECR image, and the registry does not exist: correct the account");
        warning.severity = Severity::Warning;
        ctx.notes.report(warning);
    }
}

/// The problem of a reference, and what to do about it.
fn explained(reference: &str, flaw: ReferenceFlaw<'_>) -> (&'static str, String) {
    match flaw {
        ReferenceFlaw::Scheme(bare) => ("an image has no scheme", format!("write `{bare}`")),
        ReferenceFlaw::Space => ("an image's name has no spaces", "remove them".to_owned()),
        ReferenceFlaw::Wildcard => {
            ("the name of an image has no wildcard (images.name)", "name one image, with its tag".to_owned())
        }
        ReferenceFlaw::NoPath(host) => {
            ("images of ECR and GCR name a path (images.path)", format!("write `{host}/PATH:TAG`"))
        }
        ReferenceFlaw::Digest => {
            ("this is not a digest", "write `NAME@sha256:` and the 64 digits, or a tag".to_owned())
        }
        ReferenceFlaw::Tag => (
            "this is not a tag",
            "a tag has letters, digits, `_`, `.` and `-`, at most 128, and begins with neither `.` nor `-`".to_owned(),
        ),
        ReferenceFlaw::EmptyPart => {
            ("a part of the name is missing", "write `HOST/NAME:TAG`, or `NAME:TAG`".to_owned())
        }
        ReferenceFlaw::UpperCase => {
            ("the name of an image is in lower case", format!("write `{}`", reference.to_ascii_lowercase()))
        }
        ReferenceFlaw::Path => (
            "this is not the name of an image",
            "a name has lower-case letters and digits, with `.`, `_` and `-` between them".to_owned(),
        ),
    }
}

/// The `Aws` connector for an ECR password: it is used for private ECR registries only (images.prefix).
fn as_ecr<'a>(ctx: &Ctx<'_>, named: &Named<'a>, reference: &PlanText) -> Option<&'a AwsConnector> {
    let ConnectorSpec::Aws(aws) = &named.connector.spec else { return None };
    let may_be_ecr = of_ecr(reference).unwrap_or(true);
    (may_be_ecr && ctx.inputs.aws.mode != AwsMode::Off).then_some(aws)
}

/// Whether an image is in a private ECR registry; `None` if that is not known yet.
fn of_ecr(reference: &PlanText) -> Option<bool> {
    match reference {
        PlanText::Known(image) => Some(is_of_ecr(image)),
        PlanText::Secret(image) => Some(is_of_ecr(image.expose())),
        PlanText::Deferred(_) => None,
    }
}

fn is_of_ecr(image: &str) -> bool {
    split_registry(image).0.is_some_and(EcrRegistry::is_meant)
}

/// Reports a connector that CI pulls the image with and cirun does not, or that cannot pull images at all.
fn report_unused(ctx: &Ctx<'_>, named: &Named<'_>) {
    if as_docker(named.connector).is_some() {
        return;
    }
    let (kind, id) = (named.connector.spec.word(), &named.id.value);
    let diagnostic = match connector_class(kind) {
        Some(ConnectorClass::Registry) | None => codes::CONNECTOR_NOT_READ
            .says(format!("the image is pulled with your own `docker login`, not with the `{kind}` connector `{id}`"))
            .at(named.span, "CI pulls with its credentials")
            .help("log in to the registry with `docker login`, or pull the image before the run"),
        Some(
            ConnectorClass::Git
            | ConnectorClass::Infrastructure
            | ConnectorClass::Artifacts
            | ConnectorClass::Secrets
            | ConnectorClass::Other,
        ) => codes::NOT_A_REGISTRY
            .says(format!("`{id}` is a `{kind}` connector, which cannot pull images"))
            .at(named.span, "images are pulled with Docker, GCP, AWS and Azure connectors (images.connector-types)")
            .help("name a connector of type `DockerRegistry`"),
    };
    ctx.notes.report(diagnostic);
}

fn prefixed(
    ctx: &Ctx<'_>,
    named: &Named<'_>,
    address: &RegistryUrl,
    span: Span,
    reference: Traced<PlanText>,
) -> Traced<PlanText> {
    let Some(full) = address.prefix(&reference.value.shown()) else { return reference };
    let place = ctx.place(span);
    let cause = Cause::Connector { id: named.id.value.clone(), field: "dockerRegistryUrl", place };
    let origin = reference.origin.then(cause);
    let value = match reference.value {
        PlanText::Known(_) => PlanText::Known(full),
        waiting @ (PlanText::Secret(_) | PlanText::Deferred(_)) => {
            let bare = waiting.shown();
            let prefix = full.strip_suffix(&bare).unwrap_or_default().to_owned();
            waiting.preceded_by(&prefix)
        }
    };
    Traced::new(value, origin)
}

/// The pull policy: `--pull`, then the YAML, then the runner's default.
pub(crate) fn pull_policy(ctx: &Ctx<'_>, policy: Option<&Text>, reference: &PlanText) -> Traced<PullPolicy> {
    let written = given(policy).and_then(|field| {
        let word = ctx.known(field, "`imagePullPolicy`")?;
        match POLICIES.iter().find(|(known, _)| *known == word.value) {
            Some((_, policy)) => Some(Traced::new(*policy, word.origin)),
            None => {
                unknown_policy(ctx, &word.value, field.span);
                None
            }
        }
    });
    if let Some(forced) = &ctx.inputs.pull {
        return Traced::new(forced.value, Origin::new(Cause::Setting(forced.given_by.clone())));
    }
    written.unwrap_or_else(|| {
        let policy = if is_latest(&reference.shown()) { PullPolicy::Always } else { PullPolicy::IfNotPresent };
        Traced::new(policy, Origin::rule(&Cause::Default { rule: "images.pull-default" }))
    })
}

fn unknown_policy(ctx: &Ctx<'_>, word: &str, span: Span) {
    let words = POLICIES.map(|(word, _)| word);
    ctx.notes.report(unknown_word(["pull policy", "policy"], word, span, &words));
}

/// Whether a reference has the tag `latest` or no tag.
fn is_latest(reference: &str) -> bool {
    split_tag(reference).1.is_none_or(|tag| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::is_latest;

    #[test]
    fn latest_is_the_tag_or_its_absence() {
        for (reference, latest) in [
            ("redis", true),
            ("redis:latest", true),
            ("redis:7", false),
            ("localhost:5000/redis", true),
            ("localhost:5000/redis:7", false),
            ("redis@sha256:00", false),
        ] {
            assert_eq!(is_latest(reference), latest, "{reference}");
        }
    }
}
