//! What a run knows about its gates.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use cirun_engine::BackendError;
use cirun_plan::StepPath;
use tokio::sync::{OnceCell, Semaphore};

use super::{link::Link, open::Opened};

/// How many gates open ahead of their steps' turns at once, in the order of the steps: with more, the first ones would
/// be ready later.
const OPEN_AT_ONCE: usize = 3;

/// What a run knows about its gates.
#[derive(Debug)]
pub(crate) struct GateState {
    /// Turns to open a gate ahead.
    pub(super) opening: Semaphore,
    /// Set once the engine has the program.
    pub(super) placed: OnceCell<()>,
    /// The containers of steps whose turn has not come.
    prepared: Mutex<HashMap<StepPath, Opened>>,
    /// Images in which the gate cannot run, with the reason.
    refused: Mutex<BTreeMap<String, String>>,
}

impl Default for GateState {
    fn default() -> Self {
        Self {
            opening: Semaphore::new(OPEN_AT_ONCE),
            placed: OnceCell::new(),
            prepared: Mutex::default(),
            refused: Mutex::default(),
        }
    }
}

impl GateState {
    pub(super) fn keep_prepared(&self, step: &StepPath, opened: Opened) {
        lock(&self.prepared).insert(step.clone(), opened);
    }

    pub(super) fn take_prepared(&self, step: &StepPath) -> Option<Opened> {
        lock(&self.prepared).remove(step)
    }

    /// Ends the gates of steps whose turn will not come; the end of the stage removes their containers.
    pub(crate) fn close(&self) {
        lock(&self.prepared).clear();
    }

    pub(super) fn refuse(&self, image: &str, reason: String) {
        lock(&self.refused).entry(image.to_owned()).or_insert(reason);
    }

    pub(super) fn is_refused(&self, image: &str) -> bool {
        lock(&self.refused).contains_key(image)
    }

    /// Why steps run without a gate: the first image, and the reason. Each reason is returned once.
    pub(crate) fn take_finding(&self) -> Option<(String, String)> {
        let mut refused = lock(&self.refused);
        let (image, reason) = refused.iter().find(|(_, reason)| !reason.is_empty())?;
        let found = (image.clone(), reason.clone());
        refused.values_mut().for_each(String::clear);
        Some(found)
    }
}

/// The container of a failed step.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) container: String,
    /// The gate in it, while it lives.
    pub(crate) link: Option<Link>,
    /// The environment of the step's command, which the container's description does not have.
    pub(crate) env: Vec<(String, String)>,
}

/// Why a gate did not open.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It cannot run there, with the reason; the step can run without it.
    Gate(String),
    /// The step cannot run either.
    Backend(BackendError),
}

impl From<BackendError> for Trouble {
    fn from(error: BackendError) -> Self {
        Self::Backend(error)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
