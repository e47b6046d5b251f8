//! How a `Gcp` connector signs in: the variables of each flow (push.gcp-key, push.gcp-oidc, push.gcp-inherit).

use cirun_parser::model::{GcpConnector, GcpCredential};
use cirun_plan::Cause;

use super::{
    Named,
    credentials::{Credentials, Fields, Required, no_delegate, selectors},
};
use crate::{
    env::Env,
    scope::{Ctx, given},
};

const MANUAL: &str = "push.gcp-key";
const OIDC: &str = "push.gcp-oidc";
const INHERIT: &str = "`InheritFromDelegate` signs as the delegate (push.gcp-inherit)";

/// The fields of the OIDC flow: in the connector, their variables, and the lines that require them.
const OIDC_FIELDS: [(&str, &str, &str); 4] = [
    ("gcpProjectId", "PLUGIN_PROJECT_NUMBER", "OIDC needs it (push.gcp-oidc)"),
    ("providerId", "PLUGIN_PROVIDER_ID", "OIDC needs it (push.gcp-oidc)"),
    ("workloadPoolId", "PLUGIN_POOL_ID", "OIDC needs it (push.gcp-oidc)"),
    ("serviceAccountEmail", "PLUGIN_SERVICE_ACCOUNT_EMAIL", "OIDC needs it (push.gcp-oidc)"),
];

/// The variables of a `Gcp` connector; checks its required fields.
pub(crate) fn variables(ctx: &Ctx<'_>, named: &Named<'_>, gcp: &GcpConnector) -> Credentials {
    let mut credentials = Credentials::default();
    match &gcp.credential {
        GcpCredential::Manual { secret_key_ref } => match given(secret_key_ref.as_ref()) {
            Some(field) => {
                let fields = Fields { ctx, named, rule: MANUAL };
                fields.secret(&mut credentials.after, "PLUGIN_JSON_KEY", "credential.spec.secretKeyRef", field);
            }
            None => {
                let rule = "`ManualConfig` needs it (push.gcp-key)";
                ctx.lacks(named, "secretKeyRef", rule, gcp.span);
            }
        },
        GcpCredential::Oidc { pool, provider, project, service_account } => {
            let fields = Fields { ctx, named, rule: OIDC };
            for ((name, variable, because), field) in
                OIDC_FIELDS.into_iter().zip([project, provider, pool, service_account])
            {
                let required = Required::of(gcp.span, name, field, because);
                fields.required_text(&mut credentials.before, variable, &required);
            }
            fields.oidc_token(&mut credentials.before);
        }
        GcpCredential::InheritFromDelegate => {
            selectors(ctx, named, gcp.delegate_selectors.as_ref(), gcp.span, INHERIT);
            no_delegate(ctx, named, INHERIT);
        }
    }
    credentials
}

/// A federated identity, in place of a connector that is in no file; the local sign-in accepts any.
pub(crate) fn stand_in(env: &mut Env) {
    const WHY: &str = "the plugin requires an identity, and the local registry accepts any";
    for (_, variable, _) in OIDC_FIELDS {
        let value =
            if variable == "PLUGIN_SERVICE_ACCOUNT_EMAIL" { "cirun@cirun.iam.gserviceaccount.com" } else { "1" };
        env.known(variable, value, Cause::Local(WHY));
    }
    env.known("PLUGIN_OIDC_TOKEN_ID", "not-a-secret", Cause::Local(WHY));
}
