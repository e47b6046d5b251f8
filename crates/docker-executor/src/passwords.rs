//! Passwords of registries that must be requested.

use std::fmt;

use cirun_plan::{AwsLogin, RegistryPassword};
use futures_util::future::BoxFuture;

/// Why an image cannot be pulled, as text to print.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoPassword(pub String);

/// Returns passwords for identities; called only when an image is about to be pulled.
pub trait Passwords: fmt::Debug + Send + Sync {
    /// The registry's password for this identity.
    fn ask<'a>(&'a self, login: &'a AwsLogin, registry: &'a str)
    -> BoxFuture<'a, Result<RegistryPassword, NoPassword>>;

    /// Whether images of a registry may be pulled at all, by whatever login. It is asked
    /// for each image, also for those whose name only the run decides.
    fn permit(&self, registry: &str) -> Result<(), NoPassword>;
}
