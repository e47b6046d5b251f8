//! Real clients against `cirun aws serve`: they are told what it prints, or find it by the AWS names.
//!
//! They come from their packages, as in `cirun-aws-emulator`'s tests, and are installed when they are missing.

mod aws_cli;
mod boto3;
mod buildah;
mod docker;
#[path = "../../../aws-emulator/tests/clients/image.rs"]
mod image;
#[path = "../../../aws-emulator/tests/clients/other.rs"]
pub(super) mod other;
mod served;
mod skopeo;
#[path = "../../../aws-emulator/tests/clients/tools.rs"]
pub(super) mod tools;

use super::support::free_port;
