//! The guards of a stage, from the start of each to its end.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    io::AsyncWriteExt,
    net::unix::OwnedWriteHalf,
    process::Child,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{paths::HostPaths, protocol::Order};

/// A running stage.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) paths: HostPaths,
    /// Fires when the stage is being removed.
    pub(crate) ending: CancellationToken,
    kill: CancellationToken,
    keepers: TaskTracker,
    running: Arc<Mutex<BTreeMap<u32, String>>>,
}

/// A guard and the line to it.
pub(crate) struct Guarded {
    /// The step, for people.
    pub(crate) step: String,
    pub(crate) child: Child,
    pub(crate) orders: OwnedWriteHalf,
}

impl Stage {
    pub(crate) fn new(paths: HostPaths) -> Self {
        Self {
            paths,
            ending: CancellationToken::new(),
            kill: CancellationToken::new(),
            keepers: TaskTracker::new(),
            running: Arc::default(),
        }
    }

    /// Keeps a guard until it ends. The tokens ask it to terminate and to kill its step.
    pub(crate) fn keep(&self, guarded: Guarded) -> (CancellationToken, CancellationToken) {
        let (terminate, kill) = (self.ending.child_token(), self.kill.child_token());
        let (running, tokens) = (Arc::clone(&self.running), (terminate.clone(), kill.clone()));
        self.keepers.spawn(async move {
            let pid = guarded.child.id().unwrap_or(0);
            lock(&running).insert(pid, guarded.step.clone());
            watch(guarded, &tokens.0, &tokens.1).await;
            lock(&running).remove(&pid);
        });
        (terminate, kill)
    }

    /// Ends everything: asks, waits for `grace`, kills. Returns the steps of which something is left at the deadline.
    pub(crate) async fn destroy(&self, grace: Duration, deadline: Duration) -> Vec<String> {
        let deadline = Instant::now() + deadline;
        self.keepers.close();
        self.ending.cancel();
        if timeout_at((Instant::now() + grace).min(deadline), self.keepers.wait()).await.is_ok() {
            return Vec::new();
        }
        self.kill.cancel();
        // Killing takes a moment even when the grace has used up the whole time.
        let deadline = deadline.max(Instant::now() + Duration::from_millis(500));
        match timeout_at(deadline, self.keepers.wait()).await {
            Ok(()) => Vec::new(),
            Err(_) => {
                let left = |(pid, step): (&u32, &String)| format!("processes of the step `{step}` (guard {pid})");
                lock(&self.running).iter().map(left).collect()
            }
        }
    }
}

/// Passes orders on until the guard has ended. A guard that cannot be told has ended.
async fn watch(mut guarded: Guarded, terminate: &CancellationToken, kill: &CancellationToken) {
    let order = |order: Order| [order.encode()];
    tokio::select! {
        biased;
        _ = guarded.child.wait() => return,
        () = kill.cancelled() => {}
        () = terminate.cancelled() => {
            drop(guarded.orders.write_all(&order(Order::Terminate)).await);
            tokio::select! {
                biased;
                _ = guarded.child.wait() => return,
                () = kill.cancelled() => {}
            }
        }
    }
    drop(guarded.orders.write_all(&order(Order::Kill)).await);
    drop(guarded.child.wait().await);
}

fn lock(running: &Mutex<BTreeMap<u32, String>>) -> MutexGuard<'_, BTreeMap<u32, String>> {
    // Each change is a single insertion or removal.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}
