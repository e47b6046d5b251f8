//! Reads events from the event stream, as `wire` writes it and the record of a run keeps it.

use std::time::Duration;

use cirun_diagnostics::Severity;
use cirun_engine::{Event, EventKind, ImageState, MaskedLine, MaskedLines, Outcome, Stream, TestSummary};
use cirun_plan::{Profile, StageId, StepPath};
use serde_json::Value;

/// The event of one line; `None` for a type that this version does not know.
///
/// # Errors
/// A line that is not JSON, or a known event that lacks a required field.
pub fn read_event(line: &str) -> Result<Option<Event>, ReadEventError> {
    let json: Value = serde_json::from_str(line).map_err(|error| ReadEventError(error.to_string()))?;
    let event = Fields(&json);
    let Some(kind) = kind(&event)? else { return Ok(None) };
    let at = event.text("time")?;
    let at = at.parse().map_err(|_| ReadEventError(format!("`{at}` is not a time")))?;
    Ok(Some(Event { at, kind }))
}

/// A line of the event stream that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReadEventError(String);

/// The fields of an event.
struct Fields<'a>(&'a Value);

fn kind(event: &Fields<'_>) -> Result<Option<EventKind>, ReadEventError> {
    Ok(Some(match event.text("type")? {
        "run_started" => EventKind::RunStarted {
            run: event.owned("run")?,
            pipeline: event.owned("pipeline")?,
            version: event.owned("version")?,
            profile: profile(event.text("profile")?)?,
            stages: event.list("stages").iter().map(stage).collect::<Result<_, _>>()?,
        },
        "diagnostic" => EventKind::Diagnostic {
            code: event.owned("code")?,
            severity: severity(event.text("severity")?),
            message: event.owned("message")?,
            step: event.optional("step").map(path),
        },
        "image_pull" => EventKind::ImagePull { image: event.owned("image")?, state: image_state(event)? },
        "stage_started" => EventKind::StageStarted { stage: StageId(event.owned("stage")?) },
        "service_started" => {
            EventKind::ServiceStarted { step: event.step()?, addresses: event.texts("addresses").collect() }
        }
        "service_ready" => EventKind::ServiceReady { step: event.step()?, after: event.millis("after_ms") },
        "service_exited" => EventKind::ServiceExited {
            step: event.step()?,
            exit_code: event.number("exit_code").unwrap_or_default(),
            reason: event.optional("reason").map(str::to_owned),
            tail: event.texts("tail").map(MaskedLine::from_masked).collect(),
        },
        "step_started" => EventKind::StepStarted {
            step: event.step()?,
            step_type: event.owned("step_type")?,
            attempt: event.number("attempt").and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or(1),
        },
        "step_output" => EventKind::StepOutput {
            step: event.step()?,
            stream: if event.text("stream")? == "stderr" { Stream::Stderr } else { Stream::Stdout },
            lines: MaskedLines::from_masked([event.text("line")?]),
        },
        "step_finished" => step_finished(event)?,
        "stage_finished" => EventKind::StageFinished {
            stage: StageId(event.owned("stage")?),
            outcome: outcome(event.text("outcome")?)?,
            elapsed: event.millis("elapsed_ms"),
        },
        "run_finished" => EventKind::RunFinished {
            outcome: outcome(event.text("outcome")?)?,
            exit_code: event.number("exit_code").and_then(|code| u8::try_from(code).ok()).unwrap_or_default(),
            elapsed: event.millis("elapsed_ms"),
        },
        _ => return Ok(None),
    }))
}

fn step_finished(event: &Fields<'_>) -> Result<EventKind, ReadEventError> {
    let outputs = event.0["outputs"].as_object().into_iter().flatten();
    Ok(EventKind::StepFinished {
        step: event.step()?,
        outcome: outcome(event.text("outcome")?)?,
        exit_code: event.number("exit_code"),
        reason: event.optional("reason").map(str::to_owned),
        elapsed: event.millis("elapsed_ms"),
        outputs: outputs.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect(),
        tests: event.0.get("tests").filter(|tests| !tests.is_null()).map(|tests| test_summary(&Fields(tests))),
        tail: event.texts("tail").map(MaskedLine::from_masked).collect(),
    })
}

fn stage(json: &Value) -> Result<(StageId, usize), ReadEventError> {
    let stage = Fields(json);
    let steps = stage.number("steps").and_then(|steps| usize::try_from(steps).ok()).unwrap_or_default();
    Ok((StageId(stage.owned("stage")?), steps))
}

fn test_summary(tests: &Fields<'_>) -> TestSummary {
    let count = |name: &str| tests.number(name).and_then(|count| u32::try_from(count).ok()).unwrap_or_default();
    let failure = |json: &Value| {
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        (text("case"), text("message"))
    };
    TestSummary {
        total: count("total"),
        passed: count("passed"),
        failed: count("failed"),
        skipped: count("skipped"),
        duration: tests.millis("duration_ms"),
        failures: tests.list("failures").iter().map(failure).collect(),
    }
}

fn image_state(event: &Fields<'_>) -> Result<ImageState, ReadEventError> {
    let bytes = |name: &str| event.number(name).and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default();
    Ok(match event.text("state")? {
        "present" => ImageState::Present,
        "started" => ImageState::Started,
        "progress" => ImageState::Progress { current: bytes("current"), total: bytes("total") },
        "done" => ImageState::Done,
        "failed" => ImageState::Failed { reason: event.optional("reason").unwrap_or_default().to_owned() },
        other => return Err(ReadEventError(format!("`{other}` is not a state of an image"))),
    })
}

fn outcome(word: &str) -> Result<Outcome, ReadEventError> {
    let all =
        [Outcome::Succeeded, Outcome::Failed, Outcome::Skipped, Outcome::Ignored, Outcome::TimedOut, Outcome::Aborted];
    let found = all.into_iter().find(|outcome| outcome.as_str() == word);
    found.ok_or_else(|| ReadEventError(format!("`{word}` is not an outcome")))
}

fn profile(word: &str) -> Result<Profile, ReadEventError> {
    let found = Profile::ALL.into_iter().find(|profile| profile.as_str() == word);
    found.ok_or_else(|| ReadEventError(format!("`{word}` is not an infrastructure profile")))
}

fn severity(word: &str) -> Severity {
    Severity::ALL.into_iter().find(|severity| severity.as_str() == word).unwrap_or(Severity::Note)
}

/// A full path: identifiers have no dots.
fn path(text: &str) -> StepPath {
    let (stage, ids) = text.split_once('.').unwrap_or(("", text));
    StepPath::new(stage, ids.split('.'))
}

impl<'a> Fields<'a> {
    fn text(&self, name: &str) -> Result<&'a str, ReadEventError> {
        self.optional(name).ok_or_else(|| ReadEventError(format!("an event has no `{name}`")))
    }

    fn owned(&self, name: &str) -> Result<String, ReadEventError> {
        self.text(name).map(str::to_owned)
    }

    fn optional(&self, name: &str) -> Option<&'a str> {
        self.0.get(name)?.as_str()
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    fn millis(&self, name: &str) -> Duration {
        Duration::from_millis(self.0.get(name).and_then(Value::as_u64).unwrap_or_default())
    }

    fn list(&self, name: &str) -> &'a [Value] {
        self.0.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    fn texts(&self, name: &str) -> impl Iterator<Item = String> + 'a {
        self.list(name).iter().filter_map(Value::as_str).map(str::to_owned)
    }

    fn step(&self) -> Result<StepPath, ReadEventError> {
        self.text("step").map(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_are_passed_over_and_broken_lines_are_not() {
        assert!(read_event(r#"{"type":"from_the_future","time":"2026-01-01T00:00:00Z"}"#).unwrap().is_none());
        assert_eq!(read_event(r#"{"type":"stage_started"}"#).unwrap_err().to_string(), "an event has no `stage`");
        assert!(read_event(r#"{"type":"stage_started","stage":"b","time":"now"}"#).is_err());
        assert!(read_event("{\"type\":\"step_out").is_err());
    }
}
