//! How an `Azure` connector signs in: the variables of each flow (push.azure-secret, push.azure-oidc, push.azure-inherit).

use cirun_diagnostics::Span;
use cirun_parser::{
    Text,
    model::{AzureAuth, AzureConnector, AzureCredential},
};
use cirun_plan::Cause;

use super::auth::{Credentials, no_delegate, set, set_oidc_token, set_secret};
use crate::{
    connectors::Named,
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
    match &azure.credential {
        AzureCredential::Manual { client_id, tenant_id, auth } => {
            let rule = "`ManualConfig` needs it (push.azure-secret)";
            let env = &mut credentials.after;
            text(ctx, named, env, "CLIENT_ID", ("clientId", client_id.as_ref(), azure.span), (MANUAL, rule));
            text(ctx, named, env, "TENANT_ID", ("tenantId", tenant_id.as_ref(), azure.span), (MANUAL, rule));
            match auth {
                Some(AzureAuth::Secret(secret)) => {
                    let rule = "a secret needs it (push.azure-secret)";
                    secret_text(ctx, named, env, "CLIENT_SECRET", ("secretRef", secret.as_ref(), azure.span), rule);
                }
                Some(AzureAuth::Certificate(secret)) => {
                    let rule = "a certificate needs it (push.azure-secret)";
                    let field = ("certificateRef", secret.as_ref(), azure.span);
                    secret_text(ctx, named, env, "CLIENT_CERTIFICATE", field, rule);
                }
                Some(AzureAuth::SystemAssigned | AzureAuth::UserAssigned(_)) | None => {
                    ctx.lacks(named, "auth.spec.secretRef` or `auth.spec.certificateRef", rule, azure.span);
                }
            }
        }
        AzureCredential::Oidc { client_id, tenant_id, audience } => {
            let rule = "OIDC needs it (push.azure-oidc)";
            let env = &mut credentials.before;
            text(ctx, named, env, "AZURE_CLIENT_ID", ("clientId", client_id.as_ref(), azure.span), (OIDC, rule));
            text(ctx, named, env, "AZURE_TENANT_ID", ("tenantId", tenant_id.as_ref(), azure.span), (OIDC, rule));
            match given(audience.as_ref()) {
                Some(field) => {
                    let value = ctx.text(field).value;
                    set(ctx, named, env, "AZURE_AUDIENCE", ("credential.spec.audience", field.span), value, OIDC);
                }
                None => env.known("AZURE_AUDIENCE", AUDIENCE, Cause::Default { rule: OIDC }),
            }
            set_oidc_token(ctx, named, env, OIDC);
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

/// Sets a variable to a required field: its name, its value, and the place of the credential.
fn text(
    ctx: &Ctx<'_>,
    named: &Named<'_>,
    env: &mut Env,
    variable: &str,
    (name, value, span): (&'static str, Option<&Text>, Span),
    (rule, required): (&'static str, &str),
) {
    match given(value) {
        Some(field) => set(ctx, named, env, variable, (name, field.span), ctx.text(field).value, rule),
        None => ctx.lacks(named, name, required, span),
    }
}

fn secret_text(
    ctx: &Ctx<'_>,
    named: &Named<'_>,
    env: &mut Env,
    variable: &str,
    (name, value, span): (&'static str, Option<&Text>, Span),
    required: &str,
) {
    match given(value) {
        Some(field) => set_secret(ctx, named, env, variable, (name, field.span), field, MANUAL),
        None => ctx.lacks(named, name, required, span),
    }
}
