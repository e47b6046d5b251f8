//! How an `Azure` connector signs in: the variables of each flow (push.azure-secret, push.azure-oidc, push.azure-inherit).

use cirun_parser::model::{AzureAuth, AzureConnector, AzureCredential};
use cirun_plan::Cause;

use super::{
    Named,
    credentials::{Credentials, Fields, Required, no_delegate},
};
use crate::{
    env::Env,
    scope::{Ctx, given},
};

const MANUAL: &str = "push.azure-secret";
const OIDC: &str = "push.azure-oidc";
const INHERIT: &str = "`InheritFromDelegate` signs as the delegate (push.azure-inherit)";
/// The default audience of federated tokens, as Microsoft recommends (push.azure-oidc).
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The variables of an `Azure` connector; checks its required fields.
pub(crate) fn variables(ctx: &Ctx<'_>, named: &Named<'_>, azure: &AzureConnector) -> Credentials {
    let mut credentials = Credentials::default();
    let owner = azure.span;
    match &azure.credential {
        AzureCredential::Manual { client_id, tenant_id, auth } => {
            let because = "`ManualConfig` needs it (push.azure-secret)";
            let (fields, env) = (Fields { ctx, named, rule: MANUAL }, &mut credentials.after);
            fields.required_text(env, "CLIENT_ID", &Required::of(owner, "clientId", client_id, because));
            fields.required_text(env, "TENANT_ID", &Required::of(owner, "tenantId", tenant_id, because));
            match auth {
                Some(AzureAuth::Secret(secret)) => {
                    let because = "a secret needs it (push.azure-secret)";
                    fields.required_secret(env, "CLIENT_SECRET", &Required::of(owner, "secretRef", secret, because));
                }
                Some(AzureAuth::Certificate(secret)) => {
                    let because = "a certificate needs it (push.azure-secret)";
                    fields.required_secret(
                        env,
                        "CLIENT_CERTIFICATE",
                        &Required::of(owner, "certificateRef", secret, because),
                    );
                }
                Some(AzureAuth::SystemAssigned | AzureAuth::UserAssigned(_)) | None => {
                    ctx.lacks(named, "auth.spec.secretRef` or `auth.spec.certificateRef", because, azure.span);
                }
            }
        }
        AzureCredential::Oidc { client_id, tenant_id, audience } => {
            let because = "OIDC needs it (push.azure-oidc)";
            let (fields, env) = (Fields { ctx, named, rule: OIDC }, &mut credentials.before);
            fields.required_text(env, "AZURE_CLIENT_ID", &Required::of(owner, "clientId", client_id, because));
            fields.required_text(env, "AZURE_TENANT_ID", &Required::of(owner, "tenantId", tenant_id, because));
            match given(audience.as_ref()) {
                Some(field) => fields.text(env, "AZURE_AUDIENCE", "credential.spec.audience", field),
                None => env.known("AZURE_AUDIENCE", AUDIENCE, Cause::Default { rule: OIDC }),
            }
            fields.oidc_token(env);
        }
        AzureCredential::InheritFromDelegate { auth } => {
            match auth {
                None => {
                    let rule = "`InheritFromDelegate` needs it (push.azure-inherit)";
                    ctx.lacks(named, "auth", rule, azure.span);
                }
                Some(AzureAuth::UserAssigned(client)) if given(client.as_ref()).is_none() => {
                    let rule = "an identity that the user assigned needs it (push.azure-inherit)";
                    ctx.lacks(named, "auth.spec.clientId", rule, azure.span);
                }
                Some(_) => {}
            }
            no_delegate(ctx, named, INHERIT);
        }
    }
    credentials
}

/// A service principal, in place of a connector that is in no file; the local sign-in accepts any.
pub(crate) fn stand_in(env: &mut Env) {
    const WHY: &str = "the plugin requires a service principal, and the local registry accepts any";
    for (variable, value) in [("CLIENT_ID", "cirun"), ("TENANT_ID", "cirun"), ("CLIENT_SECRET", "not-a-secret")] {
        env.known(variable, value, Cause::Local(WHY));
    }
}
