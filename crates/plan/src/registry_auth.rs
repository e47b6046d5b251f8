//! How the registry of a step's image is logged in to.

use crate::Secret;

/// What a connector gives for pulling an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryAuth {
    /// A password of its own.
    Password(RegistryPassword),
    /// An identity that AWS gives a password to when it is asked (images.aws-login: the delegate calls
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
    /// The connector, for people.
    pub connector: String,
    /// Its keys; none where the delegate's identity signs.
    pub keys: Option<AwsKeys>,
    /// The role that is assumed.
    pub role: Option<String>,
    /// What the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The token that the role is assumed with, in place of a signature.
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
