//! Additions that make a step work on a user's machine as in CI, each with its reason and a parity diagnostic.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_image_ref::EcrRegistry;
use cirun_plan::{Cause, Origin, Profile, Text, Traced};

use super::{
    BuildCtx,
    auth::Credentials,
    aws_auth::{LocalNeed, NoKeys},
    plugins::Builder,
    registry::Registry,
};
use crate::{
    env::Env,
    inputs::{AwsMode, Inputs, MachineDaemon, PushMode, WebIdentity},
    lower::StepCtx,
    scope::Ctx,
};

/// Additions to a build-and-push step.
#[derive(Default)]
pub(crate) struct Local {
    pub(crate) env: Env,
    /// Why the plugin starts a daemon of its own.
    pub(crate) privileged: Option<Origin>,
}

const BUILDKIT: &str = "BuildKit pushes from its own container, past the guard of the machine's socket";
const NO_DAEMON: &str = "buildx starts its own daemon if there is no socket (ecr.own-daemon)";
const DELEGATE: &str = "takes the place of the delegate's identity, which exists only in CI";
const POD: &str = "takes the place of the pod's service account, which exists only in CI";
const SESSION_TOKEN: &str = "temporary keys do not work without it; CI drops it (ecr.session-token)";

const NO_KEYS: &str = "this connector holds no credentials of its own";
const NO_FILE: &str = "this connector is in no file";
const IGNORED_KEYS: &str = "the plugin does not use this connector's keys";

/// Decides the additions.
pub(crate) fn variables(build: &BuildCtx<'_, '_>, registry: &Registry, credentials: &Credentials) -> Local {
    let mut local = Local::default();
    push(build, &mut local);
    if build.at.ctx.inputs.aws.create_repository && registry.ecr.is_some() {
        let cause = Cause::Setting("--create-repository".to_owned());
        local.env.known("PLUGIN_CREATE_REPOSITORY", "true", cause);
    }
    let region = registry.ecr.as_ref().map(|ecr| ecr.region.clone());
    identity(&Signing { at: build.at, ecr: registry.ecr.as_ref(), region }, &credentials.need, &mut local.env);
    local
}

/// A step whose plugin signs requests to AWS.
pub(crate) struct Signing<'a, 'b> {
    pub(crate) at: &'b StepCtx<'a>,
    /// The registry that it pushes to, if it is an ECR registry.
    pub(crate) ecr: Option<&'b EcrRegistry>,
    /// The region that it calls.
    pub(crate) region: Option<String>,
}

/// Keeps the image where `--push` requires it.
fn push(build: &BuildCtx<'_, '_>, local: &mut Local) {
    let ctx = &build.at.ctx;
    let own_daemon = match (build.builder, build.at.profile()) {
        (Builder::Kaniko, _) => None,
        (Builder::Buildx | Builder::Docker, Profile::Kubernetes) => Some(NO_DAEMON),
        (builder, Profile::Vm | Profile::Cloud | Profile::Docker) => {
            not_the_machines(ctx.inputs, builder).inspect(|why| {
                ctx.notes.report(
                    codes::OWN_DAEMON
                        .says(format!("`{}` starts a daemon of its own: CI uses the machine's", build.at.place.id))
                        .at(build.at.step.identifier.span, *why),
                );
                local.env.known("PLUGIN_DAEMON_OFF", "false", Cause::Local(why));
            })
        }
    };
    local.privileged = own_daemon.map(|why| Origin::new(Cause::Local(why)));
    if ctx.inputs.push == PushMode::None {
        let flags: &[&str] = match build.builder {
            Builder::Kaniko => &["PLUGIN_NO_PUSH"],
            Builder::Buildx => &["PLUGIN_NO_PUSH", "PLUGIN_DRY_RUN"],
            Builder::Docker => &["PLUGIN_DRY_RUN"],
        };
        for flag in flags {
            local.env.known(*flag, "true", Cause::Setting("--push none".to_owned()));
        }
    }
}

/// Why the machine's daemon, which CI uses on machines (ecr.daemon-off), is not used while pushes stay here.
fn not_the_machines(inputs: &Inputs<'_>, builder: Builder) -> Option<&'static str> {
    match (inputs.push, inputs.daemon, builder) {
        (PushMode::Real | PushMode::None, _, _) => None,
        (PushMode::Local, MachineDaemon::Unusable(why), _) => Some(why),
        (PushMode::Local, MachineDaemon::Guarded, Builder::Buildx) => Some(BUILDKIT),
        (PushMode::Local, MachineDaemon::Guarded, Builder::Docker | Builder::Kaniko) => None,
    }
}

/// Gives the plugin an identity, if CI's machine has one.
pub(crate) fn identity(signing: &Signing<'_, '_>, need: &LocalNeed, env: &mut Env) {
    let ctx = &signing.at.ctx;
    match need {
        LocalNeed::Nothing => {}
        LocalNeed::SessionToken { token, span } => {
            ctx.notes.report(
                codes::SESSION_TOKEN_DROPPED
                    .says("CI drops the session token of these keys")
                    .at(*span, "no variable is made of it (ecr.session-token)")
                    .help("in CI temporary keys fail here: use long-lived keys, a role or OIDC"),
            );
            if !ctx.inputs.strict_parity {
                let origin = token.origin.clone().then(Cause::Local(SESSION_TOKEN));
                env.set("AWS_SESSION_TOKEN", Traced::new(Text::Secret(token.value.clone()), origin));
            }
        }
        LocalNeed::Delegate { why, span } => {
            if *why == NoKeys::Ignored {
                report_keys_ignored(ctx, *span);
            }
            let pod = ctx.inputs.aws.web_identity.as_ref().filter(|_| *why == NoKeys::WebIdentity);
            if let (Some(pod), Some(ecr)) = (pod, signing.ecr) {
                irsa(signing.at, pod, ecr, *span, env);
            } else if ctx.inputs.aws.mode != AwsMode::Off {
                delegate(signing, (*span, *why), env);
            }
        }
    }
}

/// The variables that EKS sets in a pod whose service account has a role (ecr.pod-identity).
fn irsa(at: &StepCtx<'_>, pod: &WebIdentity, ecr: &EcrRegistry, span: Span, env: &mut Env) {
    let ctx = &at.ctx;
    let role = format!("arn:aws:iam::{}:role/{}", ecr.account, pod.role);
    report_delegate(at, &format!("{role}, by {}", pod.given_by), (span, NO_KEYS));
    if ctx.inputs.strict_parity {
        return;
    }
    for (name, value) in
        [("AWS_WEB_IDENTITY_TOKEN_FILE", &pod.token_file), ("AWS_ROLE_ARN", &role), ("AWS_REGION", &ecr.region)]
    {
        let origin = Origin::new(Cause::Setting(pod.given_by.clone())).then(Cause::Local(POD));
        env.set(name, Traced::new(Text::Known(value.clone()), origin));
    }
}

fn report_delegate(at: &StepCtx<'_>, signer: &str, (span, why): (Span, &str)) {
    let message = format!("`{}` signs as {signer}, in CI as the delegate or the pod", at.place.id);
    at.ctx.notes.report(codes::DELEGATE_IDENTITY.says(message).at(span, why));
}

fn delegate(signing: &Signing<'_, '_>, (span, why): (Span, NoKeys), env: &mut Env) {
    let ctx = &signing.at.ctx;
    let reason = match why {
        NoKeys::Inherited | NoKeys::WebIdentity => NO_KEYS,
        NoKeys::Ignored => IGNORED_KEYS,
        NoKeys::Assumed => NO_FILE,
    };
    let Some(identity) = &ctx.inputs.aws.delegate else {
        ctx.notes.report(
            codes::MISSING_AWS_IDENTITY
                .says("there is no AWS identity in place of the delegate's")
                .at(span, reason)
                .help(
                    "sign in to AWS (`aws sso login`, or name a profile with `--aws-profile`), or use `--aws emulated`",
                ),
        );
        return;
    };
    if why != NoKeys::Assumed {
        report_delegate(signing.at, &identity.given_by, (span, reason));
    }
    if ctx.inputs.strict_parity {
        return;
    }
    let origin = || Origin::new(Cause::Setting(identity.given_by.clone())).then(Cause::Local(DELEGATE));
    env.set("AWS_ACCESS_KEY_ID", Traced::new(Text::Known(identity.access_key.clone()), origin()));
    for (name, secret) in
        [("AWS_SECRET_ACCESS_KEY", Some(&identity.secret_key)), ("AWS_SESSION_TOKEN", identity.session_token.as_ref())]
    {
        if let Some(secret) = secret {
            ctx.notes.secret(secret);
            env.set(name, Traced::new(Text::Secret(secret.clone()), origin()));
        }
    }
    let region = signing.region.clone().or_else(|| identity.region.clone());
    if let Some(region) = region {
        env.set("AWS_REGION", Traced::new(Text::Known(region), origin()));
    }
}

fn report_keys_ignored(ctx: &Ctx<'_>, span: Span) {
    ctx.notes.report(
        codes::KEYS_IGNORED
            .says("kaniko-ecr ignores the connector's keys once a role is set")
            .at(span, "PLUGIN_ASSUME_ROLE with keys fails with NoCredentialProviders (ecr.kaniko-role)")
            .help("in CI the pod's own identity must be able to assume the role; or use OIDC"),
    );
}
