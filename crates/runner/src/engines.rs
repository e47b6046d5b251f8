//! The engines that run containers: an arm of [`find`] for each. What differs between them is behind [`ContainerEngine`].

mod docker;

use std::{fmt, sync::Arc};

use cirun_diagnostics::Failure;
use cirun_engine::{AnyBackend, BackendError, Cleaned, LookAhead, OwnedObject, Owner, Selection};
use cirun_project::{Compiled, Context, Environment, Paths, settings::EngineChoice};
use futures_util::future::{BoxFuture, LocalBoxFuture};

use crate::{RunSetup, doctor::Finding, gateway::MachineRegistry, local_store::LocalStore};

/// Connects to the engine for containers that `--engine` names.
///
/// # Errors
/// It does not answer.
pub async fn find(
    choice: EngineChoice,
    environment: &Environment,
    paths: &Paths,
) -> Result<Box<dyn ContainerEngine>, Failure> {
    match choice {
        // What has made containers is asked by commands that run no steps.
        EngineChoice::Auto | EngineChoice::Docker | EngineChoice::Host => docker::connect(environment, paths).await,
    }
}

/// An engine that answers.
pub trait ContainerEngine: fmt::Debug + Send + Sync {
    /// All objects of cirun, as [`Inventory::list_owned`](cirun_engine::Inventory::list_owned).
    fn list_owned(&self) -> BoxFuture<'_, Result<Vec<OwnedObject>, BackendError>>;

    /// Removes what `selection` names, as [`Inventory::clean`](cirun_engine::Inventory::clean).
    fn clean<'a>(
        &'a self,
        selection: &'a Selection,
        me: &'a Owner,
        dry_run: bool,
    ) -> BoxFuture<'a, Result<Cleaned, BackendError>>;

    /// Checks the engine for `doctor`, and that it has the images of `pipeline`, which is made only if the engine works.
    fn examine<'a>(
        &'a self,
        context: Context<'a>,
        pipeline: Box<dyn FnOnce() -> Option<Compiled> + 'a>,
    ) -> LocalBoxFuture<'a, Vec<Finding>>;

    /// Makes the engine ready for a run: its helper containers, and the backend of the container steps.
    ///
    /// # Errors
    /// The engine fails, or settings contradict each other.
    fn set_up<'a>(
        self: Box<Self>,
        run: RunSetup<'a>,
        store: &'a LocalStore,
    ) -> LocalBoxFuture<'a, Result<Containers, Failure>>;
}

/// What a run has of its engine.
#[derive(Debug)]
pub struct Containers {
    /// Runs the container steps.
    pub(crate) backend: AnyBackend,
    /// A description of the engine, as text to print.
    pub(crate) engine: String,
    /// How far its steps are prepared ahead of their turn.
    pub(crate) look_ahead: LookAhead,
    /// The registry that keeps pushed images.
    pub(crate) machine_registry: Arc<MachineRegistry>,
    /// The URL of the emulated AWS for host steps, if they call it.
    pub(crate) aws_for_host: Option<String>,
}
