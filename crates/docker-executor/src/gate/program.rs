//! The gate's program, as the executor gets it.

use std::fmt;

use sha2::{Digest, Sha256};

/// The gate's program: a static program for Linux.
#[derive(Clone)]
pub struct GateProgram {
    bytes: &'static [u8],
    hash: String,
}

impl GateProgram {
    /// Wraps the program.
    pub fn new(bytes: &'static [u8]) -> Self {
        let hash = hex::encode(Sha256::digest(bytes))[..16].to_owned();
        Self { bytes, hash }
    }

    pub(super) fn bytes(&self) -> &'static [u8] {
        self.bytes
    }

    /// The volume that holds it on an engine: another program is another volume.
    pub(super) fn volume(&self) -> String {
        format!("cirun-gate-{}", self.hash)
    }
}

impl fmt::Debug for GateProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateProgram").field("hash", &self.hash).finish_non_exhaustive()
    }
}
