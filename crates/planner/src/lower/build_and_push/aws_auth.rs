//! How an `Aws` connector signs in, as tables: the variables of each flow, and what cirun must add on a user's machine.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{
    Text,
    model::{AwsConnector, AwsCredential},
};
use cirun_plan::{Secret, Traced};

use super::{
    BuildCtx,
    auth::{Credentials, selectors, set, set_oidc_token, set_secret},
    plugins::{
        Builder,
        Builder::{Buildx, Docker, Kaniko},
    },
};
use crate::{
    connectors::{Named, chained},
    env::Env,
    scope::{Ctx, given},
};

/// The flows (ecr.keys, ecr.oidc, ecr.inherit, ecr.irsa); any of them may have the overlay (ecr.cross-account).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    Manual,
    Oidc,
    InheritFromDelegate,
    Irsa,
}

/// What a flow needs on a machine without a delegate and a pod role.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum LocalNeed {
    /// Nothing: CI sends everything that the plugin reads.
    #[default]
    Nothing,
    /// The delegate's own identity in the SDK's variables.
    Delegate {
        /// The state of the connector.
        why: NoKeys,
        /// The place of the connector's name.
        span: Span,
    },
    /// The session token of the connector's temporary keys, which CI drops.
    SessionToken {
        /// The token and its origin.
        token: Traced<Secret>,
        /// The place of its reference.
        span: Span,
    },
}

/// Why the plugin signs with keys that are not from a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoKeys {
    /// The connector has no keys.
    Inherited,
    /// The plugin gets keys from the connector but does not use them.
    Ignored,
    /// It is the pod's service account, with a token in a file (IRSA).
    WebIdentity,
    /// The connector is in no file: its substitute has been reported.
    Assumed,
}

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

const MANUAL: &str = "ecr.keys";
const OIDC: &str = "ecr.oidc";
const OVERLAY: &str = "ecr.cross-account";

/// The variables of an AWS connector, and how it signs in.
pub(crate) struct Variables {
    pub(crate) credentials: Credentials,
    flow: Flow,
    overlay: bool,
    session_token: Option<(Traced<Secret>, Span)>,
}

impl Variables {
    /// All variables, in the order in which they override each other.
    pub(crate) fn env(&self) -> Env {
        let mut env = self.credentials.before.clone();
        env.over(&self.credentials.after);
        env
    }

    /// The session token of the connector's keys.
    pub(crate) fn session_token(&self) -> Option<&Secret> {
        self.session_token.as_ref().map(|(token, _)| &token.value)
    }
}

/// The variables of an AWS connector; checks the required fields.
pub(crate) fn variables(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector) -> Variables {
    let mut credentials = Credentials::default();
    let mut session_token = None;
    let selectors_place = (aws.delegate_selectors.as_ref(), aws.span);
    let flow = match &aws.credential {
        AwsCredential::Manual { access_key, access_key_ref, secret_key_ref, session_token_ref } => {
            let keys = [access_key.as_ref(), access_key_ref.as_ref(), secret_key_ref.as_ref()];
            manual(ctx, named, aws, keys, &mut credentials.after);
            session_token = given(session_token_ref.as_ref())
                .and_then(|field| ctx.secret_ref(field).map(|token| (token, field.span)));
            Flow::Manual
        }
        AwsCredential::Oidc { iam_role_arn } => {
            oidc(ctx, named, aws, iam_role_arn.as_ref(), &mut credentials.before);
            Flow::Oidc
        }
        AwsCredential::InheritFromDelegate => {
            let rule = "`InheritFromDelegate` needs it (connectors.aws-selectors)";
            selectors(ctx, named, selectors_place, rule);
            Flow::InheritFromDelegate
        }
        AwsCredential::Irsa => {
            let rule = "`Irsa` needs it (connectors.aws-selectors)";
            selectors(ctx, named, selectors_place, rule);
            Flow::Irsa
        }
    };
    let overlay = overlay(ctx, named, aws, flow, &mut credentials);
    Variables { credentials, flow, overlay, session_token }
}

/// The credentials of a build-and-push step, and what cirun must add.
pub(crate) fn of(build: &BuildCtx<'_, '_>, named: &Named<'_>, aws: &AwsConnector) -> Credentials {
    with_needs(&build.at.ctx, named, aws, build.builder)
}

/// The credentials of a step whose plugin uses keys and role as the AWS SDK does, like ecr.
pub(crate) fn of_plain_plugin(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector) -> Credentials {
    with_needs(ctx, named, aws, Docker)
}

/// What the plugin needs if its connector is in no file.
pub(crate) fn assumed(reference: Option<&Text>) -> LocalNeed {
    reference.map_or(LocalNeed::Nothing, |field| LocalNeed::Delegate { why: NoKeys::Assumed, span: field.span })
}

fn with_needs(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, plugin: Builder) -> Credentials {
    let Variables { mut credentials, flow, overlay, session_token } = variables(ctx, named, aws);
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

/// `PLUGIN_ACCESS_KEY` and `PLUGIN_SECRET_KEY`.
fn manual(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, keys: [Option<&Text>; 3], env: &mut Env) {
    let [access_key, access_key_ref, secret_key_ref] = keys;
    match (given(access_key), given(access_key_ref)) {
        (Some(field), _) => {
            let value = ctx.text(field).value;
            set(ctx, named, env, "PLUGIN_ACCESS_KEY", ("credential.spec.accessKey", field.span), value, MANUAL);
        }
        (None, Some(field)) => {
            let place = ("credential.spec.accessKeyRef", field.span);
            set_secret(ctx, named, env, "PLUGIN_ACCESS_KEY", place, field, MANUAL);
        }
        (None, None) => {
            let rule = "`ManualConfig` needs one of the two (connectors.aws-access-key)";
            ctx.lacks(named, "accessKey` or `accessKeyRef", rule, aws.span);
        }
    }
    match given(secret_key_ref) {
        Some(field) => {
            let place = ("credential.spec.secretKeyRef", field.span);
            set_secret(ctx, named, env, "PLUGIN_SECRET_KEY", place, field, MANUAL);
        }
        None => {
            let rule = "`ManualConfig` needs it (connectors.aws-secret-key)";
            ctx.lacks(named, "secretKeyRef", rule, aws.span);
        }
    }
}

/// `PLUGIN_ASSUME_ROLE` and `PLUGIN_OIDC_TOKEN_ID`.
fn oidc(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, role: Option<&Text>, env: &mut Env) {
    match given(role) {
        Some(field) => {
            let value = ctx.text(field).value;
            set(ctx, named, env, "PLUGIN_ASSUME_ROLE", ("credential.spec.iamRoleArn", field.span), value, OIDC);
        }
        None => {
            let rule = "`OidcAuthentication` needs it (connectors.aws-oidc-role)";
            ctx.lacks(named, "iamRoleArn", rule, aws.span);
        }
    }
    set_oidc_token(ctx, named, env, OIDC);
}

/// `PLUGIN_ASSUME_ROLE` and `PLUGIN_EXTERNAL_ID`, which override the flow's own; returns whether there is an overlay.
fn overlay(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, flow: Flow, credentials: &mut Credentials) -> bool {
    let Some(cross) = &aws.cross_account else { return false };
    let Some(role) = given(cross.role_arn.as_ref()) else {
        let rule = "`crossAccountAccess` needs it (connectors.aws-cross-account-role)";
        ctx.lacks(named, "crossAccountRoleArn", rule, cross.span);
        return false;
    };
    if flow == Flow::Oidc {
        ctx.notes.report(
            codes::ROLE_OVERRIDDEN
                .says("the cross-account role replaces `iamRoleArn`")
                .at(role.span, "connector secrets override the OIDC variables (environment.secrets-last)")
                .help("the token is presented to the cross-account role itself: let its trust policy accept it"),
        );
    }
    let env = &mut credentials.after;
    let place = ("credential.crossAccountAccess.crossAccountRoleArn", role.span);
    set(ctx, named, env, "PLUGIN_ASSUME_ROLE", place, ctx.text(role).value, OVERLAY);
    if let Some(id) = given(cross.external_id.as_ref()) {
        let place = ("credential.crossAccountAccess.externalId", id.span);
        set(ctx, named, env, "PLUGIN_EXTERNAL_ID", place, ctx.text(id).value, OVERLAY);
    }
    true
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
