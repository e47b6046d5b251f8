//! AWS for one run: the identity, the check before real pushes, and the passwords of ECR registries.

mod identity;
mod inputs;
mod passwords;
mod preflight;
mod serve_data;

pub use identity::delegate;
pub use inputs::emulated_delegate;
pub(crate) use inputs::inputs;
pub(crate) use passwords::EcrPasswords;
pub use preflight::check as preflight;
pub use serve_data::ServeData;
