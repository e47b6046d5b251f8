//! Finds the place in the documents where a failing part of a run is written, for messages.

use cirun_plan::{Action, Origin, Place, PlannedStep};

/// The place where the started program is written: the step's script, entrypoint or image, or else the step itself.
pub(crate) fn program(step: &PlannedStep) -> &Place {
    let own = match &step.action {
        Action::Container(container) => {
            let parts = [
                container.script.as_ref().map(|script| &script.origin),
                container.entrypoint.as_ref().map(|entrypoint| &entrypoint.origin),
                container.command.as_ref().map(|command| &command.origin),
                Some(&container.image.origin),
            ];
            parts.into_iter().flatten().find_map(Origin::place)
        }
        Action::Host(host) => host.script.as_ref().and_then(|script| script.origin.place()),
        Action::Wait(_) | Action::Skip(_) => None,
    };
    own.unwrap_or(&step.place)
}

/// The message for a step whose program did not start.
pub(crate) fn not_started(step: &PlannedStep, reason: &str) -> String {
    format!("it could not be started: {reason} ({})", program(step))
}
