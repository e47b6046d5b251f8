//! The values that expressions read from the run: outputs, statuses, times, published artifacts (expressions.steps).

use cirun_expressions::{Lookup, Scope, Segment, Value};
use cirun_plan::{StageId, StepPath};
use jiff::Timestamp;

use crate::{
    Outcome,
    history::{GroupHistory, RunHistory, StageHistory, StepHistory, StepState},
    status::{Tally, is_failure, is_success},
};

/// The run, as seen from one place in a stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunScope<'a> {
    pub(crate) run: &'a RunHistory,
    pub(crate) stage: &'a StageId,
    /// The step whose text is evaluated; `steps.ID` starts the search beside it. None for the stage's own conditions.
    pub(crate) step: Option<&'a StepPath>,
    /// `strategy.currentStatus`: the status of the loop around the step, or of the stage if there is none.
    pub(crate) strategy: Option<Outcome>,
    pub(crate) now: Timestamp,
}

impl Scope for RunScope<'_> {
    fn lookup(&self, path: &[Segment]) -> Lookup {
        let Some((Segment::Key(first), rest)) = path.split_first() else { return Lookup::Missing };
        let stage = self.run.stages.get(self.stage);
        match first.as_str() {
            "OnStageSuccess" => flag(stage.is_none_or(|stage| is_success(stage.current()))),
            "OnStageFailure" => flag(stage.is_some_and(|stage| is_failure(stage.current()))),
            "OnPipelineSuccess" => flag(is_success(self.run.current())),
            "OnPipelineFailure" => flag(is_failure(self.run.current())),
            "OnRollbackModeExecution" => flag(false),
            "Always" => flag(true),
            "currentStatus" => stage.map_or(Lookup::Missing, |stage| text(stage.current().status())),
            "pipeline" => self.in_pipeline(rest),
            "stages" => self.in_stages(rest),
            "stage" => stage.map_or(Lookup::Missing, |stage| self.of_stage(stage, rest)),
            "execution" => stage.map_or(Lookup::Missing, |stage| in_execution(stage, rest)),
            "steps" | "stepGroup" => stage.map_or(Lookup::Missing, |stage| self.beside(stage, first, rest)),
            "strategy" => stage.map_or(Lookup::Missing, |stage| self.in_strategy(stage, rest)),
            artifact if artifact.starts_with("artifact_") => {
                stage.map_or(Lookup::Missing, |stage| in_artifact(stage, artifact, rest))
            }
            // A stage is also known by its id alone.
            id if self.run.stages.contains_key(&StageId(id.to_owned())) => self.in_stages(path),
            _ => Lookup::Missing,
        }
    }

    /// Secrets are known when the plan is made.
    fn secret(&self, _id: &str) -> Lookup {
        Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }
}

impl RunScope<'_> {
    fn in_pipeline(&self, rest: &[Segment]) -> Lookup {
        match keys(rest).as_slice() {
            ["currentStatus" | "liveStatus" | "status"] => text(self.run.current().status()),
            ["stages", ..] => self.in_stages(&rest[1..]),
            _ => Lookup::Missing,
        }
    }

    fn in_stages(&self, rest: &[Segment]) -> Lookup {
        let Some((Segment::Key(id), rest)) = rest.split_first() else { return Lookup::Missing };
        match (self.run.stages.get(&StageId(id.clone())), keys(rest).as_slice()) {
            (Some(stage), _) => in_stage(stage, rest),
            (None, ["currentStatus" | "liveStatus" | "status"]) => self.stage_loop(id),
            (None, _) => Lookup::Missing,
        }
    }

    fn of_stage(&self, stage: &StageHistory, rest: &[Segment]) -> Lookup {
        match keys(rest).as_slice() {
            ["strategy", "currentStatus" | "liveStatus" | "status"] => self.own_loop(stage),
            _ => in_stage(stage, rest),
        }
    }

    /// The status of the loop that the stage is an instance of.
    fn own_loop(&self, stage: &StageHistory) -> Lookup {
        stage.looped.as_ref().map_or(Lookup::Missing, |looped| self.stage_loop(&looped.0))
    }

    /// The combined status of the instances of a looped stage.
    fn stage_loop(&self, id: &str) -> Lookup {
        let is_instance = |stage: &&StageHistory| stage.looped.as_ref().is_some_and(|looped| looped.0 == id);
        let mut instances = self.run.stages.values().filter(is_instance).peekable();
        if instances.peek().is_none() {
            return Lookup::Missing;
        }
        let mut tally = Tally::default();
        instances.for_each(|stage| tally.add(stage.current()));
        text(tally.combined().status())
    }

    /// `steps.ID`: the nearest group around the step that has such a step, then the next outer one. `stepGroup` is the
    /// nearest group itself.
    fn beside(&self, stage: &StageHistory, first: &str, rest: &[Segment]) -> Lookup {
        let own: Vec<&str> = self.step.map(|path| path.ids().collect()).unwrap_or_default();
        let groups = own.split_last().map_or(&[][..], |(_, groups)| groups);
        if first == "stepGroup" {
            return in_group(stage, groups.to_vec(), rest);
        }
        let found = (0..=groups.len()).rev().map(|depth| in_steps(stage, groups[..depth].to_vec(), rest));
        found.into_iter().find(|found| *found != Lookup::Missing).unwrap_or(Lookup::Missing)
    }

    fn in_strategy(&self, stage: &StageHistory, rest: &[Segment]) -> Lookup {
        match keys(rest).as_slice() {
            ["currentStatus" | "liveStatus" | "status"] => match self.strategy {
                Some(outcome) => text(outcome.status()),
                None => self.own_loop(stage),
            },
            ["node", id, "currentStatus" | "liveStatus" | "status"] => {
                match stage.groups.iter().find(|(path, _)| path.ids().last() == Some(*id)) {
                    Some((_, group)) => text(group.status()),
                    None => self.stage_loop(id),
                }
            }
            _ => Lookup::Missing,
        }
    }
}

fn in_stage(stage: &StageHistory, rest: &[Segment]) -> Lookup {
    match keys(rest).as_slice() {
        ["currentStatus" | "liveStatus" | "status"] => text(stage.current().status()),
        ["failedSteps"] => text(&failed_steps(stage)),
        ["startTs"] => stage.started.map_or(Lookup::Missing, |at| found(Value::Int(at.as_millisecond()))),
        ["endTs"] => stage.ended.map_or(Lookup::Missing, |at| found(Value::Int(at.as_millisecond()))),
        ["spec", "execution", ..] => in_execution(stage, &rest[2..]),
        _ => Lookup::Missing,
    }
}

/// The failed steps, in the service's list format; nothing if there are none (environment.status).
fn failed_steps(stage: &StageHistory) -> String {
    let failed = |step: &StepHistory| matches!(step.state, StepState::Finished { outcome, .. } if is_failure(outcome));
    let ids: Vec<&str> = stage.steps.values().filter(|step| failed(step)).map(|step| step.id.as_str()).collect();
    if ids.is_empty() { String::new() } else { format!("[{}]", ids.join(", ")) }
}

fn in_execution(stage: &StageHistory, rest: &[Segment]) -> Lookup {
    match keys(rest).first() {
        Some(&"steps") => in_steps(stage, Vec::new(), &rest[1..]),
        Some(&("currentStatus" | "liveStatus" | "status")) => text(stage.current().status()),
        Some(_) | None => Lookup::Missing,
    }
}

/// The value of the rest of a path after `steps.`, in the group `ids`.
fn in_steps<'a>(stage: &StageHistory, mut ids: Vec<&'a str>, rest: &'a [Segment]) -> Lookup {
    let Some((Segment::Key(id), rest)) = rest.split_first() else { return Lookup::Missing };
    ids.push(id);
    let path = StepPath::new(&stage.id.0, ids.iter().copied());
    match stage.steps.get(&path) {
        Some(step) => in_step(&path, step, rest),
        None => in_group(stage, ids, rest),
    }
}

fn in_group<'a>(stage: &StageHistory, ids: Vec<&'a str>, rest: &'a [Segment]) -> Lookup {
    match keys(rest).as_slice() {
        ["steps", ..] => in_steps(stage, ids, &rest[1..]),
        [field] => {
            let group = stage.groups.get(&StepPath::new(&stage.id.0, ids.iter().copied()));
            group.and_then(|group| group_field(&ids, group, field)).map_or(Lookup::Missing, found)
        }
        _ => Lookup::Missing,
    }
}

fn group_field(ids: &[&str], group: &GroupHistory, name: &str) -> Option<Value> {
    let time = |at: Timestamp| Value::Int(at.as_millisecond());
    match name {
        "identifier" => ids.last().map(|id| Value::from(*id)),
        "name" => Some(Value::from(group.name.as_str())),
        "status" | "currentStatus" | "liveStatus" => Some(Value::from(group.status())),
        "startTs" => Some(time(group.started)),
        "endTs" => group.ended.map(|(at, _)| time(at)),
        _ => None,
    }
}

fn in_step(path: &StepPath, step: &StepHistory, rest: &[Segment]) -> Lookup {
    let variables = &step.outputs.variables;
    let (value, secret, rest) = match keys(rest).as_slice() {
        ["output", "outputVariables", name, ..] => match variables.get(*name) {
            Some(variable) => (Value::String(variable.text.clone()), variable.secret, &rest[3..]),
            None => return Lookup::Missing,
        },
        ["output", "outputVariables"] => {
            let all = variables.iter().map(|(name, value)| (name.clone(), Value::String(value.text.clone())));
            (Value::Map(all.collect()), variables.values().any(|variable| variable.secret), &rest[2..])
        }
        [name, ..] if *name == artifact_name(path) => match &step.outputs.artifact {
            Some(artifact) => (artifact.clone(), false, &rest[1..]),
            None => return Lookup::Missing,
        },
        [name, ..] => match field(step, name) {
            Some(value) => (value, false, &rest[1..]),
            None => return Lookup::Missing,
        },
        [] => return Lookup::Missing,
    };
    descend(value, secret, rest)
}

/// `artifact_<group ids_><id>`.
fn artifact_name(path: &StepPath) -> String {
    format!("artifact_{}", path.ids().collect::<Vec<_>>().join("_"))
}

fn in_artifact(stage: &StageHistory, name: &str, rest: &[Segment]) -> Lookup {
    let step = stage.steps.iter().find(|(path, _)| artifact_name(path) == name);
    match step.and_then(|(_, step)| step.outputs.artifact.clone()) {
        Some(artifact) => descend(artifact, false, rest),
        None => Lookup::Missing,
    }
}

fn field(step: &StepHistory, name: &str) -> Option<Value> {
    let time = |at: Timestamp| Value::Int(at.as_millisecond());
    let word = |word: &str| Some(Value::String(word.to_owned()));
    match (name, step.state) {
        ("identifier", _) => word(&step.id),
        ("name", _) => word(&step.name),
        ("type", _) => word(&step.step_type),
        ("status" | "currentStatus" | "liveStatus", StepState::Finished { outcome, .. }) => word(outcome.status()),
        ("status" | "currentStatus" | "liveStatus", StepState::Running { .. }) => word("RUNNING"),
        ("startTs", StepState::Finished { started, .. } | StepState::Running { started, .. }) => Some(time(started)),
        ("endTs", StepState::Finished { ended, .. }) => Some(time(ended)),
        ("retryCount", StepState::Finished { attempts, .. } | StepState::Running { attempt: attempts, .. }) => {
            Some(Value::Int(i64::from(attempts.saturating_sub(1))))
        }
        _ => None,
    }
}

fn descend(value: Value, secret: bool, path: &[Segment]) -> Lookup {
    let Some((segment, rest)) = path.split_first() else { return Lookup::Found { value, secret } };
    let inner = match (value, segment) {
        (Value::Map(mut entries), Segment::Key(key)) => entries.swap_remove(key),
        (Value::List(mut items), Segment::Index(index)) if *index < items.len() => Some(items.swap_remove(*index)),
        _ => None,
    };
    inner.map_or(Lookup::Missing, |inner| descend(inner, secret, rest))
}

/// The path before its first index.
fn keys(path: &[Segment]) -> Vec<&str> {
    path.iter()
        .map_while(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
        .collect()
}

fn flag(holds: bool) -> Lookup {
    found(Value::Bool(holds))
}

fn text(text: &str) -> Lookup {
    found(Value::String(text.to_owned()))
}

fn found(value: Value) -> Lookup {
    Lookup::Found { value, secret: false }
}

#[cfg(test)]
mod tests;
