//! `--trace FILE`: where the time of a command goes, in Chrome's trace format.

use std::{fs::File, path::Path};

use cirun_diagnostics::Failure;
use tracing::Metadata;
use tracing_chrome::{ChromeLayerBuilder, FlushGuard, TraceStyle};
use tracing_subscriber::{Layer as _, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _};

/// Writes cirun's spans to `file` until the guard is dropped. Spans have names and ids, never values of a pipeline.
///
/// # Errors
/// The file cannot be written.
pub fn start(file: &Path) -> Result<FlushGuard, Failure> {
    let name = file.display();
    let writer = File::create(file).map_err(|error| Failure::io(format!("cannot write the trace {name}"), error))?;
    let builder = ChromeLayerBuilder::new().writer(writer).trace_style(TraceStyle::Async).include_args(true);
    let (layer, guard) = builder.include_locations(false).build();
    tracing_subscriber::registry().with(layer.with_filter(filter_fn(is_ours))).init();
    Ok(guard)
}

/// Libraries have spans of their own, whose fields may be values.
fn is_ours(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("cirun")
}
