//! Passwords of registries that somebody must be asked for.

use std::fmt;

use cirun_plan::{AwsLogin, RegistryPassword};
use futures_util::future::BoxFuture;

/// Who gets passwords for identities; asked only when an image is about to be pulled.
pub trait Passwords: fmt::Debug + Send + Sync {
    /// The password that the registry gives to this identity, or why there is none, for a person.
    fn ask<'a>(&'a self, login: &'a AwsLogin, registry: &'a str) -> BoxFuture<'a, Result<RegistryPassword, String>>;
}
