//! The local OIDC issuer: takes the place of the CI's, and publishes its key.

mod documents;
mod issuer;

pub(crate) use self::documents::{answer, token_account};
pub use self::issuer::{Audience, OidcError, OidcIssuer, OidcKey, Workload};
