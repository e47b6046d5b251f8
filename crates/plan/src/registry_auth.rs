//! The login to the registry of a step's image.

use crate::Secret;

/// A connector's credentials for pulling an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryAuth {
    /// A password of the connector.
    Password(RegistryPassword),
    /// An identity for which AWS returns a password on request (images.aws-login: the delegate calls
    /// GetAuthorizationToken).
    Aws(Box<AwsLogin>),
}

/// A registry's user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryPassword {
    /// The registry's host.
    pub registry: String,
    /// User name.
    pub username: String,
    /// Password.
    pub password: Secret,
}

/// How an `Aws` connector signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsLogin {
    /// The connector, as text to print.
    pub connector: String,
    /// Its keys; `None` if the delegate's identity signs.
    pub keys: Option<AwsKeys>,
    /// The role to assume.
    pub role: Option<String>,
    /// The external id that the role's trust policy requires.
    pub external_id: Option<String>,
    /// The token to assume the role with, instead of a signature.
    pub oidc_token: Option<Secret>,
}

/// Keys of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: Secret,
    /// Session token of temporary keys.
    pub session_token: Option<Secret>,
}
