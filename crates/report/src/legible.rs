//! Makes events safe to display: escape sequences and the like are written out in all of their texts. The lines of
//! steps, the values of outputs and failed test cases are the output of programs, and have rules of their own
//! (`clean`).

use std::borrow::Cow;

use cirun_engine::{Event, EventKind, ImageState};
use cirun_plan::{StageId, StepPath};
use cirun_terminal_text::{is_written_out, legible};

/// The event with safe texts.
pub(crate) fn legible_event(event: &Event) -> Cow<'_, Event> {
    match &event.kind {
        EventKind::StepOutput { step, .. } if !step.full().contains(is_written_out) => Cow::Borrowed(event),
        kind => Cow::Owned(Event { at: event.at, kind: legible_kind(kind.clone()) }),
    }
}

fn legible_kind(mut kind: EventKind) -> EventKind {
    match &mut kind {
        EventKind::RunStarted { run, pipeline, version, profile: _, stages } => {
            [run, pipeline, version].into_iter().for_each(text);
            stages.iter_mut().for_each(|(stage, _)| stage_id(stage));
        }
        EventKind::Diagnostic { code, severity: _, message, step } => {
            [code, message].into_iter().for_each(text);
            step.iter_mut().for_each(path);
        }
        EventKind::ImagePull { image, state } => {
            text(image);
            match state {
                ImageState::Failed { reason } => text(reason),
                ImageState::Present | ImageState::Started | ImageState::Progress { .. } | ImageState::Done => {}
            }
        }
        EventKind::ServiceStarted { step, addresses } => {
            path(step);
            addresses.iter_mut().for_each(text);
        }
        EventKind::ServiceExited { step, exit_code: _, reason, tail: _ } => {
            path(step);
            reason.iter_mut().for_each(text);
        }
        EventKind::StepStarted { step, step_type, attempt: _ } => {
            path(step);
            text(step_type);
        }
        EventKind::StepFinished {
            step,
            outcome: _,
            exit_code: _,
            reason,
            elapsed: _,
            outputs: _,
            tests: _,
            tail: _,
        } => {
            path(step);
            reason.iter_mut().for_each(text);
        }
        EventKind::StepOutput { step, .. } | EventKind::ServiceReady { step, .. } => path(step),
        EventKind::StageStarted { stage } | EventKind::StageFinished { stage, .. } => stage_id(stage),
        EventKind::RunFinished { .. } => {}
    }
    kind
}

fn text(text: &mut String) {
    if let Cow::Owned(shown) = legible(text) {
        *text = shown;
    }
}

fn stage_id(stage: &mut StageId) {
    text(&mut stage.0);
}

fn path(path: &mut StepPath) {
    let shown = match legible(path.full()) {
        Cow::Owned(shown) => shown,
        Cow::Borrowed(_) => return,
    };
    // Stage ids have no dots, and writing out a character never adds one.
    let (stage, ids) = shown.split_once('.').unwrap_or(("", shown.as_str()));
    *path = StepPath::new(stage, ids.split('.'));
}
