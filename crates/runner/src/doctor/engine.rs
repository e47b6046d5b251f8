//! Checks the container engine.

use cirun_project::{Compiled, Context, settings::EngineChoice};

use super::Finding;
use crate::engines;

/// The checks without which no container can run.
pub(super) const IS_NEEDED: [&str; 2] = ["engine", "containers"];

/// Checks the engine. Returns a single finding if there is none.
pub(super) async fn look(context: Context<'_>, pipeline: impl FnOnce() -> Option<Compiled>) -> Vec<Finding> {
    match engines::find(EngineChoice::Auto, context.environment, context.paths).await {
        Ok(engine) => engine.examine(context, Box::new(pipeline)).await,
        Err(error) => {
            let remedy = error.remedies().first().map_or("start one", String::as_str);
            vec![Finding::bad("engine", error.to_string(), remedy)]
        }
    }
}
