//! How an `Aws` connector signs in to pull an image: as the delegate does in CI (images.aws-login).

use cirun_parser::model::AwsConnector;
use cirun_plan::{AwsKeys, AwsLogin, Secret, Text};

use crate::{connectors::Named, lower::build_and_push::aws_auth, scope::Ctx};

/// The login of the connector; `None` if a part of it is not decided, or is missing, which is reported.
pub(crate) fn of(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector) -> Option<AwsLogin> {
    // The delegate signs in with the same values that a plugin gets.
    let sent = aws_auth::variables(ctx, named, aws);
    let env = sent.env();
    let value = |name: &str| match env.get(name).map(|var| &var.value.value) {
        None => Some(None),
        Some(Text::Known(text)) => Some(Some(text.clone())),
        Some(Text::Secret(secret)) => Some(Some(secret.expose().to_owned())),
        Some(Text::Deferred(_)) => None,
    };
    let keys = match (value("PLUGIN_ACCESS_KEY")?, value("PLUGIN_SECRET_KEY")?) {
        (Some(access_key), Some(secret)) => {
            let session_token = sent.session_token().cloned();
            Some(AwsKeys { access_key, secret_key: Secret::new(secret), session_token })
        }
        _ => None,
    };
    Some(AwsLogin {
        connector: named.id.value.clone(),
        keys,
        role: value("PLUGIN_ASSUME_ROLE")?,
        external_id: value("PLUGIN_EXTERNAL_ID")?,
        oidc_token: value("PLUGIN_OIDC_TOKEN_ID")?.map(Secret::new),
    })
}

/// The login for a connector that is in no file: the user's own identity signs in, in place of the delegate.
pub(crate) fn of_delegate(connector: &str) -> AwsLogin {
    AwsLogin { connector: connector.to_owned(), keys: None, role: None, external_id: None, oidc_token: None }
}
