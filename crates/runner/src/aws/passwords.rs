//! ECR passwords for pulling the images of steps. Real AWS gives them to the connector's identity.

use cirun_aws::{IdentityOptions, Login, RegistryLoginError, registry_password};
use cirun_diagnostics::with_causes;
use cirun_docker_executor::{NoPassword, Passwords};
use cirun_image_ref::{EcrRegistry, host_and_port, is_aws_name};
use cirun_plan::{AwsLogin, RegistryPassword, Secret};
use cirun_project::settings::{AwsMode, Settings};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::sync::Mutex;

use super::identity::{identity_options, sign_in_help};

/// Why an ECR image cannot be pulled if AWS is emulated.
const NOT_HERE: &str = "AWS is emulated, so cirun does not ask its real registries, and the local registry does not have the \
                        image (push it there in this run or before; an image that the engine has is used with \
                        `--pull missing`; or use `--aws real`)";

/// Asks AWS for passwords, once for each login and region.
#[derive(Debug)]
pub(crate) struct EcrPasswords {
    aws: AwsMode,
    options: IdentityOptions,
    given: Mutex<Vec<Given>>,
}

#[derive(Debug)]
struct Given {
    login: AwsLogin,
    region: String,
    username: String,
    password: Secret,
}

impl EcrPasswords {
    /// Passwords for these settings.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { aws: settings.aws.value, options: identity_options(settings), given: Mutex::default() }
    }

    async fn get(&self, login: &AwsLogin, registry: &str) -> Result<RegistryPassword, String> {
        match self.aws {
            AwsMode::Real => {}
            AwsMode::Emulated => return Err(NOT_HERE.to_owned()),
            AwsMode::Off => return Err("`--aws off`: cirun does not sign in to AWS".to_owned()),
        }
        let Some(EcrRegistry { region, .. }) = EcrRegistry::parse(registry) else {
            return Err(format!(
                "the connector `{}` pulls from ECR, and {registry} is not one of its registries",
                login.connector
            ));
        };
        let mut given = self.given.lock().await;
        let known = given.iter().find(|given| given.login == *login && given.region == region);
        let (username, password) = match known {
            Some(known) => (known.username.clone(), known.password.clone()),
            None => {
                let asked = registry_password(&self.options, &login_of(login), &region).await;
                let asked = asked.map_err(|error| reason(&error, &login.connector))?;
                let password = Secret::new(asked.password);
                let (username, login) = (asked.username, login.clone());
                given.push(Given { login, region, username: username.clone(), password: password.clone() });
                (username, password)
            }
        };
        Ok(RegistryPassword { registry: registry.to_owned(), username, password })
    }
}

impl Passwords for EcrPasswords {
    fn ask<'a>(
        &'a self,
        login: &'a AwsLogin,
        registry: &'a str,
    ) -> BoxFuture<'a, Result<RegistryPassword, NoPassword>> {
        async { self.get(login, registry).await.map_err(NoPassword) }.boxed()
    }

    fn permit(&self, registry: &str) -> Result<(), NoPassword> {
        match self.aws == AwsMode::Emulated && is_aws_name(host_and_port(registry).0) {
            true => Err(NoPassword(NOT_HERE.to_owned())),
            false => Ok(()),
        }
    }
}

/// Converts the login for `cirun-aws`.
pub(super) fn login_of(login: &AwsLogin) -> Login {
    let open = |secret: &Secret| secret.expose().to_owned();
    let keys = login.keys.as_ref();
    Login {
        keys: keys.map(|keys| (keys.access_key.clone(), open(&keys.secret_key), keys.session_token.as_ref().map(open))),
        role: login.role.clone(),
        external_id: login.external_id.clone(),
        oidc_token: login.oidc_token.as_ref().map(open),
    }
}

fn reason(error: &RegistryLoginError, connector: &str) -> String {
    let help = match error {
        RegistryLoginError::SignIn(error) => sign_in_help(error),
        RegistryLoginError::Denied(_) => "give the identity ecr:GetAuthorizationToken in its IAM policy".to_owned(),
        RegistryLoginError::NoPassword => "check `AWS_ENDPOINT_URL`".to_owned(),
    };
    format!("the connector `{connector}`: {} ({help})", with_causes(error))
}
