//! Docker's engine, and all that answer as it does (Podman, Colima, …).

mod examine;

use std::sync::Arc;

use cirun_diagnostics::Failure;
use cirun_docker_executor::{DockerBackend, Engine};
use cirun_engine::{AnyBackend, BackendError, Cleaned, Inventory, OwnedObject, Owner, Selection};
use cirun_project::{Compiled, Context, Environment, Paths};
use cirun_terminal_text::human_count;
use futures_util::future::{BoxFuture, LocalBoxFuture};

use super::{ContainerEngine, Containers};
use crate::{
    OwnImage, RunSetup,
    doctor::Finding,
    engine,
    gateway::{MachineRegistry, on_machine::of_the_gateway},
    local_store::LocalStore,
    look_ahead,
    setup::{ContainerInputs, GatewayInputs},
};

#[derive(Debug)]
struct Docker(Engine);

/// Connects to the engine of this environment.
pub(super) async fn connect(environment: &Environment, paths: &Paths) -> Result<Box<dyn ContainerEngine>, Failure> {
    Ok(Box::new(Docker(engine::find(environment, paths).await?)))
}

impl ContainerEngine for Docker {
    fn list_owned(&self) -> BoxFuture<'_, Result<Vec<OwnedObject>, BackendError>> {
        Box::pin(self.0.list_owned())
    }

    fn clean<'a>(
        &'a self,
        selection: &'a Selection,
        me: &'a Owner,
        dry_run: bool,
    ) -> BoxFuture<'a, Result<Cleaned, BackendError>> {
        Box::pin(self.0.clean(selection, me, dry_run))
    }

    fn examine<'a>(
        &'a self,
        context: Context<'a>,
        pipeline: Box<dyn FnOnce() -> Option<Compiled> + 'a>,
    ) -> LocalBoxFuture<'a, Vec<Finding>> {
        Box::pin(examine::examine(&self.0, context, pipeline))
    }

    fn set_up<'a>(
        self: Box<Self>,
        run: RunSetup<'a>,
        store: &'a LocalStore,
    ) -> LocalBoxFuture<'a, Result<Containers, Failure>> {
        Box::pin(set_up(self.0, run, store))
    }
}

/// Removes what killed runs left, makes the gateway, and configures the containers of a run.
async fn set_up(engine: Engine, run: RunSetup<'_>, store: &LocalStore) -> Result<Containers, Failure> {
    let owner = Owner::current();
    let reaped = engine.reap_dead_runs(&owner).await?;
    if !reaped.removed.is_empty() {
        let count = human_count(reaped.removed.len(), "object");
        run.context.person.say(&format!("removed {count} that a killed run left"));
    }
    let own = OwnImage::of(&run.context.environment.program)?;
    let forwarding = run.forwarding()?;
    let name = run.compiled.settings.registry.value.clone();
    let registry = Arc::new(MachineRegistry::new(engine.clone(), own.clone(), name));
    let socket = run.engine_socket(&engine, &registry)?;
    let parts = GatewayInputs { engine: &engine, own: &own, registry: &registry, forwarding: forwarding.as_ref() };
    let gateway = run.gateway(parts).await?;
    let config = run.run_config(ContainerInputs {
        owner,
        own: &own,
        local_plugin: store.image(&own),
        gateway,
        registry: &registry,
        engine_socket: socket,
        forwarding: forwarding.as_ref(),
    })?;
    let info = engine.info().await?;
    warn_of_emulation(run, &engine);
    let shown = format!("{} {} ({})", info.operating_system, info.version, info.address);
    let look_ahead = look_ahead::on(&info);
    let backend = DockerBackend::new(engine, config);
    let aws_for_host = match run.host_steps_call_aws() {
        true => Some(of_the_gateway(&backend).await.map_err(|error| Failure::io("cannot listen", error))?),
        false => None,
    };
    Ok(Containers {
        backend: AnyBackend::new(backend),
        engine: shown,
        look_ahead,
        machine_registry: registry,
        aws_for_host,
    })
}

fn warn_of_emulation(run: RunSetup<'_>, engine: &Engine) {
    let here = engine.platform();
    if let Some(wanted) = run.options.platform.as_ref().filter(|wanted| !here.starts_with(wanted.as_str())) {
        run.context.person.say(&format!(
            "warning: the engine is {here}, so `{wanted}` is emulated: slower, and only where the engine's machine has an emulator (binfmt)"
        ));
    }
}
