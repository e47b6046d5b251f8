//! Additions that make a step work on a user's machine as in CI, each with its reason and a parity diagnostic.

use cirun_diagnostics::codes::plan as codes;
use cirun_plan::{Cause, Origin, Profile};

use super::{BuildCtx, plugins::Builder, registry::Registry};
use crate::{
    connectors::credentials::Credentials,
    env::Env,
    inputs::{Inputs, MachineDaemon, PushMode},
    lower::aws_identity::{Signing, identity},
};

/// Additions to a build-and-push step.
#[derive(Default)]
pub(crate) struct Local {
    pub(crate) env: Env,
    /// Why the plugin starts a daemon of its own.
    pub(crate) privileged: Option<Origin>,
}

const BUILDKIT: &str = "BuildKit pushes from its own container, past the proxy of the machine's socket";
const NO_DAEMON: &str = "buildx starts its own daemon if there is no socket (ecr.own-daemon)";

/// Decides the additions.
pub(crate) fn variables(build: &BuildCtx<'_, '_>, registry: &Registry, credentials: &Credentials) -> Local {
    let mut local = Local::default();
    push(build, &mut local);
    if build.at.ctx.inputs.aws.create_repository && registry.ecr.is_some() {
        let cause = Cause::Setting("--create-repository".to_owned());
        local.env.known("PLUGIN_CREATE_REPOSITORY", "true", cause);
    }
    let region = registry.ecr.as_ref().map(|ecr| ecr.region.clone());
    identity(&Signing { at: build.at, ecr: registry.ecr.as_ref(), region }, &credentials.need, &mut local.env);
    local
}

/// Keeps the image where `--push` requires it.
fn push(build: &BuildCtx<'_, '_>, local: &mut Local) {
    let ctx = &build.at.ctx;
    let own_daemon = match (build.builder, build.at.profile()) {
        (Builder::Kaniko, _) => None,
        (Builder::Buildx | Builder::Docker, Profile::Kubernetes) => Some(NO_DAEMON),
        (builder, Profile::Vm | Profile::Cloud | Profile::Docker) => {
            not_the_machines(ctx.inputs, builder).inspect(|why| {
                ctx.notes.report(
                    codes::OWN_DAEMON
                        .says(format!("`{}` starts a daemon of its own: CI uses the machine's", build.at.place.id))
                        .at(build.at.step.identifier.span, *why),
                );
                local.env.known("PLUGIN_DAEMON_OFF", "false", Cause::Local(why));
            })
        }
    };
    local.privileged = own_daemon.map(|why| Origin::new(Cause::Local(why)));
    if ctx.inputs.push == PushMode::None {
        let flags: &[&str] = match build.builder {
            Builder::Kaniko => &["PLUGIN_NO_PUSH"],
            Builder::Buildx => &["PLUGIN_NO_PUSH", "PLUGIN_DRY_RUN"],
            Builder::Docker => &["PLUGIN_DRY_RUN"],
        };
        for flag in flags {
            local.env.known(*flag, "true", Cause::Setting("--push none".to_owned()));
        }
    }
}

/// Why the machine's daemon, which CI uses on machines (ecr.daemon-off), is not used while pushes stay here.
fn not_the_machines(inputs: &Inputs<'_>, builder: Builder) -> Option<&'static str> {
    match (inputs.push, inputs.daemon, builder) {
        (PushMode::Real | PushMode::None, _, _) => None,
        (PushMode::Local, MachineDaemon::Unusable(why), _) => Some(why),
        (PushMode::Local, MachineDaemon::Proxied, Builder::Buildx) => Some(BUILDKIT),
        (PushMode::Local, MachineDaemon::Proxied, Builder::Docker | Builder::Kaniko) => None,
    }
}
