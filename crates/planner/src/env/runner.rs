//! What the runner adds to steps: the position in a loop, the certificates, and where these variables come from.

use std::sync::Arc;

use cirun_plan::{Cause, EnvVars, Origin, Text, Traced};

use super::Env;

/// The variables that name the certificate bundle, each for clients that read no other.
const TRUST: [&str; 6] =
    ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO"];

/// The loop position of a step that is not in a loop.
pub(super) const UNLOOPED: (usize, usize) = (0, 1);

/// The certificate bundle under each of its names, if there is a bundle.
pub(super) fn trust_layer(bundle: Option<&str>) -> Arc<EnvVars> {
    let Some(bundle) = bundle else { return Arc::default() };
    let origin = Origin::new(Cause::Local("the emulator's certificates are signed by this run's CA"));
    let mut env = Env::default();
    for name in TRUST {
        env.set(name, Traced::new(Text::Known(bundle.to_owned()), origin.clone()));
    }
    env.into_shared()
}

/// `*_INDEX` and `*_TOTAL` of the step's loop.
pub(super) fn instance((index, total): (usize, usize), origins: &RunnerOrigins) -> Arc<EnvVars> {
    let mut env = Env::default();
    for (name, number) in [
        ("HARNESS_STEP_INDEX", index),
        ("HARNESS_STEP_TOTAL", total),
        ("HARNESS_NODE_INDEX", index),
        ("HARNESS_NODE_TOTAL", total),
    ] {
        env.set(name, Traced::new(Text::Known(number.to_string()), origins.instance.clone()));
    }
    env.into_shared()
}

/// The rule of the variables that name files.
pub(super) const FILES: &str = "environment.files";

/// The origins of the variables that the runner sets for each step; the same for all of them.
#[derive(Debug, Clone)]
pub(crate) struct RunnerOrigins {
    pub(super) instance: Origin,
    pub(super) step: Origin,
    pub(super) files: Origin,
    pub(super) artifact_on_kubernetes: Origin,
}

impl Default for RunnerOrigins {
    fn default() -> Self {
        let service = |rule| Origin::new(Cause::Service { rule });
        Self {
            instance: service("environment.places"),
            step: service("environment.step-identity"),
            files: service(FILES),
            artifact_on_kubernetes: Origin::new(Cause::Local(
                "CI writes /addon/tmp/.plugin/artifact, which is one file for all steps",
            )),
        }
    }
}
