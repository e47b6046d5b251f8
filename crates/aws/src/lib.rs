//! The AWS side of a run: who the run is, and which certificates it trusts.
//!
//! It knows the real AWS through the SDK's own credential chain; the emulated one is `cirun-aws-emulator`.

mod authority;
mod identity;
mod preflight;
mod private_file;
mod registry_login;
mod sign_in;

pub use authority::{Authority, AuthorityError, Scope, ServerCertificate};
pub use identity::{Caller, Identity, IdentityOptions, resolve_identity};
pub use preflight::{Passed, PreflightError, Repository, preflight};
pub use registry_login::{RegistryLoginError, RegistryPassword, registry_password};
pub use sign_in::{Login, SignInError};
