//! The supervisors of a stage, from the start of each to its end.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use cirun_plan::StepPath;
use tokio::{
    io::AsyncWriteExt,
    net::unix::OwnedWriteHalf,
    process::Child,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{exports::Exports, paths::HostPaths, protocol::Order};

/// Killing takes a moment even if the grace period used up the whole time.
const KILLING: Duration = Duration::from_millis(500);

/// A running stage.
#[derive(Debug)]
pub(crate) struct HostStage {
    pub(crate) paths: HostPaths,
    /// The variables that its steps exported to later ones.
    pub(crate) exports: Exports,
    /// Fires when the stage is being removed.
    pub(crate) ending: CancellationToken,
    kill: CancellationToken,
    keepers: TaskTracker,
    running: Running,
}

/// The supervisors that have not ended, by process id.
type Running = Arc<Mutex<BTreeMap<u32, Kept>>>;

/// A registered supervisor, with the tokens that end its step.
#[derive(Debug, Clone)]
struct Kept {
    step: StepPath,
    terminate: CancellationToken,
    kill: CancellationToken,
    ended: CancellationToken,
}

/// A supervisor and the connection to it.
pub(crate) struct Supervised {
    /// The step, as text to print.
    pub(crate) step: StepPath,
    pub(crate) child: Child,
    pub(crate) orders: OwnedWriteHalf,
}

impl HostStage {
    pub(crate) fn new(paths: HostPaths) -> Self {
        Self {
            paths,
            exports: Exports::default(),
            ending: CancellationToken::new(),
            kill: CancellationToken::new(),
            keepers: TaskTracker::new(),
            running: Arc::default(),
        }
    }

    /// Registers a supervisor until it ends. The tokens ask it to terminate and to kill its step.
    pub(crate) fn keep(&self, supervised: Supervised) -> (CancellationToken, CancellationToken) {
        let (terminate, kill) = (self.ending.child_token(), self.kill.child_token());
        let kept = Kept {
            step: supervised.step.clone(),
            terminate: terminate.clone(),
            kill: kill.clone(),
            ended: CancellationToken::new(),
        };
        let running = Arc::clone(&self.running);
        // Registered before the task runs, so that the end of a group never misses it.
        let pid = supervised.child.id().unwrap_or(0);
        lock(&running).insert(pid, kept.clone());
        self.keepers.spawn(async move {
            watch(supervised, &kept.terminate, &kept.kill).await;
            lock(&running).remove(&pid);
            kept.ended.cancel();
        });
        (terminate, kill)
    }

    /// The supervisor of a running step, and a token that fires when nothing of the step is left.
    pub(crate) fn supervisor_of(&self, step: &StepPath) -> Option<(u32, CancellationToken)> {
        let running = lock(&self.running);
        running.iter().find(|(_, kept)| kept.step == *step).map(|(pid, kept)| (*pid, kept.ended.clone()))
    }

    /// Ends what the steps of a group have left running: asks, waits for `grace`, kills. Returns the steps with
    /// processes left at the deadline.
    pub(crate) async fn end_group(&self, group: &StepPath, grace: Duration, deadline: Duration) -> Vec<String> {
        let deadline = Instant::now() + deadline;
        let kept: Vec<(u32, Kept)> = lock(&self.running)
            .iter()
            .filter(|(_, kept)| kept.step.is_within(group))
            .map(|(pid, kept)| (*pid, kept.clone()))
            .collect();
        let ended = || async {
            for (_, kept) in &kept {
                kept.ended.cancelled().await;
            }
        };
        kept.iter().for_each(|(_, kept)| kept.terminate.cancel());
        if timeout_at((Instant::now() + grace).min(deadline), ended()).await.is_ok() {
            return Vec::new();
        }
        kept.iter().for_each(|(_, kept)| kept.kill.cancel());
        let deadline = deadline.max(Instant::now() + KILLING);
        match timeout_at(deadline, ended()).await {
            Ok(()) => Vec::new(),
            Err(_) => {
                kept.iter().filter(|(_, kept)| !kept.ended.is_cancelled()).map(|(pid, kept)| left(*pid, kept)).collect()
            }
        }
    }

    /// Ends everything: asks, waits for `grace`, kills. Returns the steps with processes left at the deadline.
    pub(crate) async fn destroy(&self, grace: Duration, deadline: Duration) -> Vec<String> {
        let deadline = Instant::now() + deadline;
        self.keepers.close();
        self.ending.cancel();
        if timeout_at((Instant::now() + grace).min(deadline), self.keepers.wait()).await.is_ok() {
            return Vec::new();
        }
        self.kill.cancel();
        let deadline = deadline.max(Instant::now() + KILLING);
        match timeout_at(deadline, self.keepers.wait()).await {
            Ok(()) => Vec::new(),
            Err(_) => lock(&self.running).iter().map(|(pid, kept)| left(*pid, kept)).collect(),
        }
    }
}

/// Forwards orders until the supervisor has ended. A supervisor that cannot be reached has ended.
async fn watch(mut supervised: Supervised, terminate: &CancellationToken, kill: &CancellationToken) {
    let order = |order: Order| [order.encode()];
    tokio::select! {
        biased;
        _ = supervised.child.wait() => return,
        () = kill.cancelled() => {}
        () = terminate.cancelled() => {
            drop(supervised.orders.write_all(&order(Order::Terminate)).await);
            tokio::select! {
                biased;
                _ = supervised.child.wait() => return,
                () = kill.cancelled() => {}
            }
        }
    }
    drop(supervised.orders.write_all(&order(Order::Kill)).await);
    drop(supervised.child.wait().await);
}

fn left(supervisor: u32, kept: &Kept) -> String {
    format!("processes of the step `{}` (supervisor {supervisor})", kept.step)
}

fn lock(running: &Mutex<BTreeMap<u32, Kept>>) -> MutexGuard<'_, BTreeMap<u32, Kept>> {
    // Each change is a single insertion or removal.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
