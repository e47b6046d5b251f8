//! Prepares what a run needs besides its plan: the engine, cirun's own image, the gateway and the backends.

mod containers;
mod gateway;
mod host;

use std::{sync::Arc, time::Duration};

use cirun_diagnostics::Failure;
use cirun_docker_executor::{DockerBackend, Engine};
use cirun_engine::{Inventory, Owner, ServiceRules, Workspaces};
use cirun_plan::{Action, steps_here};
use cirun_project::{
    Compiled, Context,
    settings::{AwsMode, EngineChoice},
};
use cirun_terminal_text::human_count;

use self::{containers::ContainerInputs, gateway::GatewayInputs};
use crate::{
    Backends, OwnImage, RunOptions, engine,
    gateway::{
        LocalRegistry, MachineRegistry,
        on_machine::{Alone, of_the_gateway},
    },
    local_store::LocalStore,
    record::Record,
    services,
};

/// How long a step may take to end after SIGTERM. CI waits 30 s (flow.stop). Here a person waits, often for a shell, which
/// ignores SIGTERM as the first process of its container.
pub(crate) const GRACE: Duration = Duration::from_secs(3);

/// What a run needs besides its plan.
#[derive(Debug)]
pub struct Setup {
    /// The backends that run the steps.
    pub backends: Arc<Backends>,
    /// A description of the engine; `None` if no step needs one.
    pub engine: Option<String>,
    /// How steps and services meet.
    pub(crate) services: ServiceRules,
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

/// Sets up one run.
#[derive(Clone, Copy)]
pub struct RunSetup<'a> {
    /// The pipeline to run.
    pub compiled: &'a Compiled,
    /// The options.
    pub options: &'a RunOptions,
    /// The environment and the person.
    pub context: Context<'a>,
    /// The run's record.
    pub record: &'a Record,
    /// The run's id.
    pub run: &'a str,
    /// The clean workspace of each stage; empty without `--clean-clone`.
    pub workspaces: &'a Workspaces,
}

impl RunSetup<'_> {
    /// Finds the engine if a step needs one, removes what killed runs left, and starts what the steps need.
    ///
    /// # Errors
    /// There is no engine, cirun's own image cannot be made, or settings contradict each other.
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
            return Ok(Setup { backends, services, engine: None, record, machine_registry: None, alone });
        }
        let engine = engine::find(self.context.environment, &self.compiled.paths).await?;
        let owner = Owner::current();
        let reaped = engine.reap_dead_runs(&owner).await?;
        if !reaped.removed.is_empty() {
            let count = human_count(reaped.removed.len(), "object");
            self.context.person.say(&format!("removed {count} that a killed run left"));
        }
        let own = OwnImage::of(&self.context.environment.program)?;
        let forwarding = self.forwarding()?;
        let name = self.compiled.settings.registry.value.clone();
        let registry = Arc::new(MachineRegistry::new(engine.clone(), own.clone(), name));
        let socket = self.engine_socket(&engine, &registry)?;
        let parts = GatewayInputs { engine: &engine, own: &own, registry: &registry, forwarding: forwarding.as_ref() };
        let gateway = self.gateway(parts).await?;
        let config = self.run_config(ContainerInputs {
            owner,
            own: &own,
            local_plugin: store.image(&own),
            gateway,
            registry: &registry,
            engine_socket: socket,
            forwarding: forwarding.as_ref(),
        })?;
        let info = engine.info().await?;
        self.warn_of_emulation(&engine);
        let shown = format!("{} {} ({})", info.operating_system, info.version, info.address);
        let containers = DockerBackend::new(engine, config);
        let gateway = match self.host_steps_call_aws() {
            true => Some(of_the_gateway(&containers).await.map_err(|error| Failure::io("cannot listen", error))?),
            false => None,
        };
        let host = self.host(gateway.as_deref())?;
        let backends = Arc::new(Backends { containers: Some(containers), host, local_plugin });
        Ok(Setup { backends, services, engine: Some(shown), record, machine_registry: Some(registry), alone: None })
    }

    /// Whether host steps need the emulated AWS, which they cannot find by the run's name server.
    fn host_steps_call_aws(self) -> bool {
        let mut steps = steps_here(&self.compiled.plan().stages);
        self.compiled.settings.aws.value == AwsMode::Emulated
            && steps.any(|step| matches!(step.action, Action::Host(_)))
    }

    fn warn_of_emulation(self, engine: &Engine) {
        let here = engine.platform();
        if let Some(wanted) = self.options.platform.as_ref().filter(|wanted| !here.starts_with(wanted.as_str())) {
            self.context.person.say(&format!(
                "warning: the engine is {here}, so `{wanted}` is emulated: slower, and only where the engine's machine has an emulator (binfmt)"
            ));
        }
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
