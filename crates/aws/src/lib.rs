//! The AWS side of a run: who the run is, and which certificates it trusts.
//!
//! It knows the real AWS through the SDK's own credential chain; the emulated one is `cirun-aws-emulator`.

mod authority;
mod identity;
mod preflight;
mod private_file;

pub use authority::{Authority, AuthorityError, ServerCertificate};
pub use identity::{Caller, Identity, IdentityError, IdentityOptions, resolve_identity};
pub use preflight::{Login, Passed, PreflightError, Repository, preflight};
