//! How an `Artifactory` connector signs in: `PLUGIN_URL`, and user and password unless it is anonymous
//! (stores.artifactory-login).

use cirun_parser::model::{ArtifactoryAuth, ArtifactoryConnector};

use super::{
    Named,
    credentials::{Credentials, Fields},
};
use crate::scope::{Ctx, given};

/// The variables of an `Artifactory` connector; checks its required fields.
pub(crate) fn variables(ctx: &Ctx<'_>, named: &Named<'_>, connector: &ArtifactoryConnector) -> Credentials {
    let mut credentials = Credentials::default();
    let (fields, env) = (Fields { ctx, named, rule: "stores.artifactory-login" }, &mut credentials.after);
    let lacks = |field: &str| {
        ctx.lacks(named, field, "an Artifactory connector needs it (connectors.artifactory)", connector.span);
    };
    // For a connector without credentials the service sets no variables at all, not even the address.
    match &connector.auth {
        Some(ArtifactoryAuth::UsernamePassword { username, username_ref, password_ref }) => {
            match given(connector.url.as_ref()) {
                Some(url) => fields.text(env, "PLUGIN_URL", "artifactoryServerUrl", url),
                None => lacks("artifactoryServerUrl"),
            }
            match (given(username.as_ref()), given(username_ref.as_ref())) {
                (Some(field), _) => fields.text(env, "PLUGIN_USERNAME", "auth.spec.username", field),
                (None, Some(field)) => fields.secret(env, "PLUGIN_USERNAME", "auth.spec.usernameRef", field),
                (None, None) => lacks("username` or `usernameRef"),
            }
            match given(password_ref.as_ref()) {
                Some(field) => fields.secret(env, "PLUGIN_PASSWORD", "auth.spec.passwordRef", field),
                None => lacks("passwordRef"),
            }
        }
        Some(ArtifactoryAuth::Anonymous | ArtifactoryAuth::Oidc) => {}
        None => lacks("auth"),
    }
    credentials
}
