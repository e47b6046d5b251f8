//! Who signs requests to AWS here: CI has a delegate and pods with identities, a user's machine has neither
//! (ecr.signers).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_image_ref::EcrRegistry;
use cirun_parser::{Text as Field, model::AwsConnector};
use cirun_plan::{Cause, Origin, Text, Traced};

use super::{
    StepCtx,
    build_and_push::plugins::Builder::{self, Buildx, Docker, Kaniko},
};
use crate::{
    connectors::{
        Named,
        aws::{self, Flow},
        chained,
        credentials::{Credentials, LocalNeed, NoKeys},
    },
    env::Env,
    inputs::{AwsMode, WebIdentity},
    scope::Ctx,
};

const DELEGATE: &str = "takes the place of the delegate's identity, which exists only in CI";
const POD: &str = "takes the place of the pod's service account, which exists only in CI";
const SESSION_TOKEN: &str = "temporary keys do not work without it; CI drops it (ecr.session-token)";

const NO_KEYS: &str = "this connector holds no credentials of its own";
const NO_FILE: &str = "this connector is in no file";
const IGNORED_KEYS: &str = "the plugin does not use this connector's keys";

/// Who signs, if CI has an identity that does not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signer {
    /// The variables that CI sends are enough.
    Sent,
    /// The pod's or the delegate's identity.
    Ambient,
}

/// A row: a flow, with or without the overlay, and who signs with each plugin.
struct SignerRow {
    flow: Flow,
    overlay: bool,
    /// In the order of [`COLUMNS`].
    cells: [Signer; 3],
}

const COLUMNS: [Builder; 3] = [Kaniko, Buildx, Docker];

const fn row(flow: Flow, overlay: bool, cells: [Signer; 3]) -> SignerRow {
    SignerRow { flow, overlay, cells }
}

/// Who signs (ecr.signers).
#[rustfmt::skip]
const SIGNERS: &[SignerRow] = &[
    //                           overlay  kaniko-ecr       buildx-ecr       ecr
    row(Flow::Manual,              false, [Signer::Sent,    Signer::Sent,    Signer::Sent]),
    row(Flow::Manual,              true,  [Signer::Ambient, Signer::Sent,    Signer::Sent]),
    row(Flow::Oidc,                false, [Signer::Sent,    Signer::Sent,    Signer::Sent]),
    row(Flow::Oidc,                true,  [Signer::Sent,    Signer::Sent,    Signer::Sent]),
    row(Flow::InheritFromDelegate, false, [Signer::Ambient, Signer::Ambient, Signer::Ambient]),
    row(Flow::InheritFromDelegate, true,  [Signer::Ambient, Signer::Ambient, Signer::Ambient]),
    row(Flow::Irsa,                false, [Signer::Ambient, Signer::Ambient, Signer::Ambient]),
    row(Flow::Irsa,                true,  [Signer::Ambient, Signer::Ambient, Signer::Ambient]),
];

/// The credentials of a step whose plugin uses keys and role as the AWS SDK does, like ecr.
pub(crate) fn of_plain_plugin(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector) -> Credentials {
    credentials(ctx, named, aws, Docker)
}

/// What the plugin needs if its connector is in no file.
pub(crate) fn assumed(reference: Option<&Field>) -> LocalNeed {
    reference.map_or(LocalNeed::Nothing, |field| LocalNeed::Delegate { why: NoKeys::Assumed, span: field.span })
}

/// The credentials of a step with this plugin, and what cirun must add.
pub(crate) fn credentials(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, plugin: Builder) -> Credentials {
    let aws::Variables { mut credentials, flow, overlay, session_token } = aws::variables(ctx, named, aws);
    credentials.need = match signer(flow, overlay, plugin) {
        Signer::Ambient => LocalNeed::Delegate {
            why: match flow {
                Flow::Manual => NoKeys::Ignored,
                Flow::Irsa => NoKeys::WebIdentity,
                Flow::Oidc | Flow::InheritFromDelegate => NoKeys::Inherited,
            },
            span: named.span,
        },
        Signer::Sent => session_token.map_or(LocalNeed::Nothing, |(token, span)| {
            let origin = chained(ctx.of_connector(named, "credential.spec.sessionTokenRef", span), &token.origin);
            LocalNeed::SessionToken { token: Traced::new(token.value, origin), span }
        }),
    };
    credentials
}

fn signer(flow: Flow, overlay: bool, builder: Builder) -> Signer {
    let row = SIGNERS.iter().find(|row| row.flow == flow && row.overlay == overlay);
    let cell = row.and_then(|row| row.cells.iter().zip(COLUMNS).find(|(_, column)| *column == builder));
    *cell.expect("SIGNERS has a row for every flow and overlay: checked by a test").0
}

/// A step whose plugin signs requests to AWS.
pub(crate) struct Signing<'a, 'b> {
    pub(crate) at: &'b StepCtx<'a>,
    /// The registry that it pushes to, if it is an ECR registry.
    pub(crate) ecr: Option<&'b EcrRegistry>,
    /// The region that it calls.
    pub(crate) region: Option<String>,
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
                delegate(signing, *span, *why, env);
            }
        }
    }
}

/// The variables that EKS sets in a pod whose service account has a role (ecr.pod-identity).
fn irsa(at: &StepCtx<'_>, pod: &WebIdentity, ecr: &EcrRegistry, span: Span, env: &mut Env) {
    let ctx = &at.ctx;
    let role = format!("arn:aws:iam::{}:role/{}", ecr.account, pod.role);
    report_delegate(at, &format!("{role}, by {}", pod.given_by), span, NO_KEYS);
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

fn report_delegate(at: &StepCtx<'_>, signer: &str, span: Span, why: &str) {
    let message = format!("`{}` signs as {signer}, in CI as the delegate or the pod", at.place.id);
    at.ctx.notes.report(codes::DELEGATE_IDENTITY.says(message).at(span, why));
}

fn delegate(signing: &Signing<'_, '_>, span: Span, why: NoKeys, env: &mut Env) {
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
        report_delegate(signing.at, &identity.given_by, span, reason);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_has_one_row_without_and_one_with_the_overlay() {
        for flow in [Flow::Manual, Flow::Oidc, Flow::InheritFromDelegate, Flow::Irsa] {
            for overlay in [false, true] {
                let rows = SIGNERS.iter().filter(|row| row.flow == flow && row.overlay == overlay).count();
                assert_eq!(rows, 1, "{flow:?} {overlay}");
            }
        }
    }
}
