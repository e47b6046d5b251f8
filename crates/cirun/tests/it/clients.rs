//! Real clients with `cirun aws serve`: they use its printed variables, or the AWS names.
//!
//! They come from packages, as in `cirun-aws-emulator`'s tests, and are installed if they are missing.

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
