//! Passwords of registries that must be requested.

use std::fmt;

use cirun_plan::{AwsLogin, RegistryPassword};
use futures_util::future::BoxFuture;

/// Returns passwords for identities; called only when an image is about to be pulled.
pub trait Passwords: fmt::Debug + Send + Sync {
    /// The registry's password for this identity, or why there is none, as text to print.
    fn ask<'a>(&'a self, login: &'a AwsLogin, registry: &'a str) -> BoxFuture<'a, Result<RegistryPassword, String>>;

    /// Whether images of a registry may be pulled at all, by whatever login; otherwise why not, as text to print. It is asked
    /// for each image, also for those whose name only the run decides.
    fn permit(&self, registry: &str) -> Result<(), String>;
}
