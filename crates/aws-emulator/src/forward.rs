//! Forwarding: STS and ECR calls go to LocalStack, moto or ministack, and the emulator answers what those lack.
//!
//! S3 is forwarded completely, because the emulator has no buckets. Images always stay here, so the registry, its token
//! and the image actions are never forwarded alone.

mod client;
mod ecr;
mod sts;
mod upstream;

pub use self::upstream::Upstream;
pub(crate) use self::{
    client::{Answer, UpstreamClient},
    ecr::{Part, knows_repository, part},
    sts::forward as forward_sts,
};
