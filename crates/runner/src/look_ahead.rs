//! How far steps are prepared ahead of their turn.

use cirun_docker_executor::{Engine, Room};
use cirun_engine::LookAhead;

/// The numbers of steps that are prepared at least and at most.
const STEPS: (usize, usize) = (4, 16);

/// Two steps for each processor of the engine's machine, as far as their memory limits fit into its memory.
fn of(room: Room) -> LookAhead {
    LookAhead { steps: room.cpus.saturating_mul(2).clamp(STEPS.0, STEPS.1), memory: room.memory }
}

/// How far steps are prepared ahead of their turn on this engine.
pub(crate) async fn on(engine: &Engine) -> LookAhead {
    // An engine that does not respond is found when the stage starts.
    engine.room().await.map_or(LookAhead { steps: STEPS.0, memory: u64::MAX }, of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_memory() {
        let steps = |cpus| of(Room { cpus, memory: 7 });
        assert_eq!([1, 3, 64].map(|cpus| steps(cpus).steps), [4, 6, 16]);
        assert_eq!(steps(1).memory, 7);
    }
}
