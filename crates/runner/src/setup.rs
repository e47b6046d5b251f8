//! Prepares what a run needs besides its plan: the engine, cirun's own image, the gateway and the backends.

mod containers;
mod gateway;
mod host;
mod run_setup;

use std::sync::Arc;

use cirun_diagnostics::Failure;
use cirun_engine::{LookAhead, ServiceRules};
use cirun_plan::{Action, steps_here};
use cirun_project::settings::{AwsMode, EngineChoice};

pub use self::run_setup::RunSetup;
pub(crate) use self::{containers::ContainerInputs, gateway::GatewayInputs, run_setup::GRACE};
use crate::{
    Backends, engines,
    gateway::{LocalRegistry, MachineRegistry, on_machine::Alone},
    local_store::LocalStore,
    record::Record,
    services,
};

/// What a run needs besides its plan.
#[derive(Debug)]
pub struct Setup {
    /// The backends that run the steps.
    pub backends: Arc<Backends>,
    /// A description of the engine; `None` if no step needs one.
    pub engine: Option<String>,
    /// How steps and services meet.
    pub(crate) services: ServiceRules,
    /// How far steps are prepared ahead of their turn.
    pub(crate) look_ahead: LookAhead,
    /// The run's record.
    pub record: Record,
    /// The registry that keeps pushed images; `None` if no step needs an engine.
    pub machine_registry: Option<Arc<MachineRegistry>>,
    /// The emulated AWS that this process serves if the run has no engine.
    pub(crate) alone: Option<Alone>,
}

impl Setup {
    /// The registry that keeps pushed images, if the run has started it.
    pub fn registry(&self) -> Option<&LocalRegistry> {
        self.machine_registry.as_ref().and_then(|registry| registry.running())
    }
}

impl RunSetup<'_> {
    /// Finds the engine if a step needs one, removes what killed runs left, and starts what the steps need.
    ///
    /// # Errors
    /// There is no engine, cirun's own image cannot be made, or settings contradict each other.
    #[tracing::instrument(name = "set up", level = "debug", skip_all)]
    pub async fn set_up(self) -> Result<Setup, Failure> {
        let services = services::rules(self.compiled, self.options)?;
        let store = LocalStore::of(&self.compiled.paths, &self.compiled.project, self.record);
        store.make(self.compiled.plan(), self.context.person)?;
        let local_plugin = store.on_host(&self.context.environment.program);
        let record = self.record.clone();
        if !self.needs_containers()? {
            let alone = self.serve_alone().await?;
            let host = self.host(alone.as_ref().map(Alone::url).as_deref())?;
            let backends = Arc::new(Backends { containers: None, host, local_plugin });
            let look_ahead = LookAhead { steps: 0, memory: 0 };
            return Ok(Setup { backends, services, look_ahead, engine: None, record, machine_registry: None, alone });
        }
        let engine =
            engines::find(self.compiled.settings.engine.value, self.context.environment, &self.compiled.paths).await?;
        let containers = engine.set_up(self, &store).await?;
        let host = self.host(containers.aws_for_host.as_deref())?;
        let backends = Arc::new(Backends { containers: Some(containers.backend), host, local_plugin });
        Ok(Setup {
            backends,
            services,
            look_ahead: containers.look_ahead,
            engine: Some(containers.engine),
            record,
            machine_registry: Some(containers.machine_registry),
            alone: None,
        })
    }

    /// Whether host steps need the emulated AWS, which they cannot find by the run's name server.
    pub(crate) fn host_steps_call_aws(self) -> bool {
        let mut steps = steps_here(&self.compiled.plan().stages);
        self.compiled.settings.aws.value == AwsMode::Emulated
            && steps.any(|step| matches!(step.action, Action::Host(_)))
    }

    fn needs_containers(self) -> Result<bool, Failure> {
        let step = steps_here(&self.compiled.plan().stages).find(|step| step.needs_container());
        match step {
            Some(step) if self.compiled.settings.engine.value == EngineChoice::Host => {
                Err(Failure::usage(format!("`--engine host` runs no containers, and step `{}` needs one", step.path))
                    .help("omit the option, or select host steps with `--step`"))
            }
            found => Ok(found.is_some()),
        }
    }
}
