//! The configuration of host steps.

use std::{collections::BTreeMap, path::PathBuf};

use cirun_diagnostics::Failure;
use cirun_host_executor::{HostBackend, HostConfig};
use cirun_project::{BUILDKIT_FILE, POD_TOKEN_FILE, TRUST_BUNDLE_FILE};

use super::{GRACE, RunSetup};
use crate::host_steps;

impl RunSetup<'_> {
    /// The files in [`cirun_project::PRIVATE_DIR`] that plans refer to, and where this run has written them.
    pub(super) fn own_files(self) -> Result<BTreeMap<String, Option<PathBuf>>, Failure> {
        let names = [TRUST_BUNDLE_FILE, BUILDKIT_FILE, POD_TOKEN_FILE];
        Ok(host_steps::own_files(&names, &self.record.private()?))
    }

    /// The backend for host steps. `gateway` is the URL of the emulated AWS for them.
    pub(super) fn host(self, gateway: Option<&str>) -> Result<HostBackend, Failure> {
        let program = self.context.environment.program.clone();
        let environment: BTreeMap<_, _> =
            self.context.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(HostBackend::new(HostConfig {
            supervisor: vec![program.into(), "__inside".into(), "supervisor".into()],
            workspace: self.compiled.workspace.clone(),
            workspaces: self.workspaces.clone(),
            run_dir: self.record.steps(),
            environment,
            given: host_steps::given(self.compiled, gateway),
            homes: self.record.homes(),
            own_files: self.own_files()?,
            stop_grace: GRACE,
        }))
    }
}
