//! The AWS side of a run: its identity, and the certificates that it trusts.
//!
//! It uses the real AWS with the SDK's own credential chain; `cirun-aws-emulator` is the emulated one.

mod authority;
mod error;
mod identity;
mod preflight;
mod private_file;
mod registry_login;
mod sign_in;

pub use authority::{Authority, AuthorityError, Scope, ServerCertificate};
pub use error::SignInError;
pub use identity::{Caller, Identity, IdentityOptions, resolve_identity};
pub use preflight::{Passed, PreflightError, Repository, preflight};
pub use registry_login::{RegistryLoginError, RegistryPassword, registry_password};
pub use sign_in::Login;
