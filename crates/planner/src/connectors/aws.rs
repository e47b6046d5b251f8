//! How an `Aws` connector signs in: the variables of each flow.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{
    Text,
    model::{AwsConnector, AwsCredential},
};
use cirun_plan::{Secret, Traced};

use super::{
    Named,
    credentials::{Credentials, Fields, selectors},
};
use crate::{
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

/// The keys of `ManualConfig`.
struct Keys<'f> {
    access_key: Option<&'f Text>,
    access_key_ref: Option<&'f Text>,
    secret_key_ref: Option<&'f Text>,
}

/// The variables of the plugins.
pub(crate) const ACCESS_KEY: &str = "PLUGIN_ACCESS_KEY";
pub(crate) const SECRET_KEY: &str = "PLUGIN_SECRET_KEY";
pub(crate) const ROLE: &str = "PLUGIN_ASSUME_ROLE";
pub(crate) const EXTERNAL_ID: &str = "PLUGIN_EXTERNAL_ID";

const MANUAL: &str = "ecr.keys";
const OIDC: &str = "ecr.oidc";
const OVERLAY: &str = "ecr.cross-account";

/// The variables of an AWS connector, and how it signs in.
pub(crate) struct Variables {
    pub(crate) credentials: Credentials,
    pub(crate) flow: Flow,
    /// Whether the connector assumes a role of another account.
    pub(crate) overlay: bool,
    /// The session token of the connector's keys, and the place of its reference.
    pub(crate) session_token: Option<(Traced<Secret>, Span)>,
}

impl Variables {
    /// All variables, in the order in which they override each other.
    pub(crate) fn env(&self) -> Env {
        let mut env = self.credentials.before.clone();
        env.over(&self.credentials.after);
        env
    }
}

/// The variables of an AWS connector; checks the required fields.
pub(crate) fn variables(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector) -> Variables {
    let mut credentials = Credentials::default();
    let mut session_token = None;
    let flow = match &aws.credential {
        AwsCredential::Manual { access_key, access_key_ref, secret_key_ref, session_token_ref } => {
            let keys = Keys {
                access_key: access_key.as_ref(),
                access_key_ref: access_key_ref.as_ref(),
                secret_key_ref: secret_key_ref.as_ref(),
            };
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
            selectors(ctx, named, aws.delegate_selectors.as_ref(), aws.span, rule);
            Flow::InheritFromDelegate
        }
        AwsCredential::Irsa => {
            let rule = "`Irsa` needs it (connectors.aws-selectors)";
            selectors(ctx, named, aws.delegate_selectors.as_ref(), aws.span, rule);
            Flow::Irsa
        }
    };
    let overlay = overlay(ctx, named, aws, flow, &mut credentials);
    Variables { credentials, flow, overlay, session_token }
}

/// `PLUGIN_ACCESS_KEY` and `PLUGIN_SECRET_KEY`.
fn manual(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, keys: Keys<'_>, env: &mut Env) {
    let fields = Fields { ctx, named, rule: MANUAL };
    match (given(keys.access_key), given(keys.access_key_ref)) {
        (Some(field), _) => fields.text(env, ACCESS_KEY, "credential.spec.accessKey", field),
        (None, Some(field)) => fields.secret(env, ACCESS_KEY, "credential.spec.accessKeyRef", field),
        (None, None) => {
            let because = "`ManualConfig` needs one of the two (connectors.aws-access-key)";
            ctx.lacks(named, "accessKey` or `accessKeyRef", because, aws.span);
        }
    }
    match given(keys.secret_key_ref) {
        Some(field) => fields.secret(env, SECRET_KEY, "credential.spec.secretKeyRef", field),
        None => {
            let because = "`ManualConfig` needs it (connectors.aws-secret-key)";
            ctx.lacks(named, "secretKeyRef", because, aws.span);
        }
    }
}

/// `PLUGIN_ASSUME_ROLE` and `PLUGIN_OIDC_TOKEN_ID`.
fn oidc(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, role: Option<&Text>, env: &mut Env) {
    let fields = Fields { ctx, named, rule: OIDC };
    match given(role) {
        Some(field) => fields.text(env, ROLE, "credential.spec.iamRoleArn", field),
        None => {
            let because = "`OidcAuthentication` needs it (connectors.aws-oidc-role)";
            ctx.lacks(named, "iamRoleArn", because, aws.span);
        }
    }
    fields.oidc_token(env);
}

/// `PLUGIN_ASSUME_ROLE` and `PLUGIN_EXTERNAL_ID`, which override the flow's own; returns whether there is an overlay.
fn overlay(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector, flow: Flow, credentials: &mut Credentials) -> bool {
    let Some(cross) = &aws.cross_account else { return false };
    let Some(role) = given(cross.role_arn.as_ref()) else {
        let because = "`crossAccountAccess` needs it (connectors.aws-cross-account-role)";
        ctx.lacks(named, "crossAccountRoleArn", because, cross.span);
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
    let (fields, env) = (Fields { ctx, named, rule: OVERLAY }, &mut credentials.after);
    fields.text(env, ROLE, "credential.crossAccountAccess.crossAccountRoleArn", role);
    if let Some(id) = given(cross.external_id.as_ref()) {
        fields.text(env, EXTERNAL_ID, "credential.crossAccountAccess.externalId", id);
    }
    true
}
