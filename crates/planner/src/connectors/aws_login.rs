//! How a step signs in to AWS, by the variables that its plugin reads. The delegate pulls images with the same ones
//! (images.aws-login).

use cirun_parser::model::AwsConnector;
use cirun_plan::{AwsKeys, AwsLogin, Cause, EnvVar, Secret, Text, Traced};

use super::{
    Named,
    aws::{self, ACCESS_KEY, EXTERNAL_ID, ROLE, SECRET_KEY},
    credentials::OIDC_TOKEN,
};
use crate::scope::Ctx;

/// The variables of the AWS SDKs.
const AMBIENT_KEYS: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
const SESSION_TOKEN: &str = "AWS_SESSION_TOKEN";

/// The login of a plugin with these variables; `None` if a part of it is decided while the run goes on.
pub(crate) fn of_variables<'e>(
    connector: Option<&str>,
    variable: impl Fn(&str) -> Option<&'e EnvVar>,
) -> Option<AwsLogin> {
    let value = |name: &str| match variable(name).map(|var| &var.value.value) {
        None => Some(None),
        Some(Text::Known(text)) => Some(Some(text.clone())),
        Some(Text::Secret(secret)) => Some(Some(secret.expose().to_owned())),
        Some(Text::Deferred(_)) => None,
    };
    let pair = |[id, secret]: [&str; 2]| Some(value(id)?.zip(value(secret)?));
    let session_token = value(SESSION_TOKEN)?.map(Secret::new);
    // Where the plugin ignores the connector's keys, the ambient ones have been added.
    let keys = match pair(AMBIENT_KEYS)? {
        Some(ambient) => Some(ambient),
        None => pair([ACCESS_KEY, SECRET_KEY])?,
    };
    Some(AwsLogin {
        connector: connector.unwrap_or_default().to_owned(),
        keys: keys.map(|(access_key, secret)| AwsKeys { access_key, secret_key: Secret::new(secret), session_token }),
        role: value(ROLE)?,
        external_id: value(EXTERNAL_ID)?,
        oidc_token: value(OIDC_TOKEN)?.map(Secret::new),
    })
}

/// The login of the connector; `None` if a part of it is not decided, or is missing, which is reported.
pub(crate) fn of_connector(ctx: &Ctx<'_>, named: &Named<'_>, aws: &AwsConnector) -> Option<AwsLogin> {
    let sent = aws::variables(ctx, named, aws);
    let mut env = sent.env();
    if let Some((token, _)) = sent.session_token {
        let origin = token.origin.then(Cause::Local("temporary keys do not work without it"));
        env.set(SESSION_TOKEN, Traced::new(Text::Secret(token.value), origin));
    }
    of_variables(Some(&named.id.value), |name| env.get(name))
}

/// The login for a connector that is in no file: the user's own identity signs in, in place of the delegate.
pub(crate) fn of_delegate(connector: &str) -> AwsLogin {
    AwsLogin { connector: connector.to_owned(), keys: None, role: None, external_id: None, oidc_token: None }
}
