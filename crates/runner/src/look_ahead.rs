//! How far steps are prepared ahead of their turn.

use cirun_docker_executor::EngineInfo;
use cirun_engine::LookAhead;

/// The numbers of steps that are prepared at least and at most.
const STEPS: (usize, usize) = (4, 16);

/// How far steps are prepared ahead of their turn on this engine.
pub(crate) fn on(engine: &EngineInfo) -> LookAhead {
    within(engine.cpus, engine.memory_bytes)
}

/// Two steps for each processor of the engine's machine, as far as their memory limits fit into its memory.
fn within(cpus: u64, memory: u64) -> LookAhead {
    let steps = usize::try_from(cpus).unwrap_or(usize::MAX).saturating_mul(2);
    LookAhead { steps: steps.clamp(STEPS.0, STEPS.1), memory }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_memory() {
        let steps = |cpus| within(cpus, 7);
        assert_eq!([1, 3, 64].map(|cpus| steps(cpus).steps), [4, 6, 16]);
        assert_eq!(steps(1).memory, 7);
    }
}
