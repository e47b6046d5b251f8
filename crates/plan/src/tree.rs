//! The plan as a tree for users.

use std::fmt::Write;

use crate::{
    Action, Condition, GroupKind, NetworkModel, Node, Plan, PlannedStage, PlannedStep, Role, SkipReason, StageStatus,
    StepPath, When, quantity,
};

/// The stages of a pipeline as they are written: more than those that run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageRow {
    /// A stage of the plan; if it is looped, all of its instances.
    Planned(String),
    /// A stage that is not in the plan.
    LeftOut {
        /// Its identifier.
        stage: String,
        /// Why, for a person.
        why: String,
    },
    /// Stages that run together in CI.
    Parallel(Vec<StageRow>),
}

/// Renders every stage of `rows`: services and steps with what runs, in order.
pub fn render_tree(plan: &Plan, rows: &[StageRow]) -> String {
    let mut text = format!("{}\n", plan.pipeline);
    render_rows(&mut text, "", plan, rows);
    text
}

fn render_rows(text: &mut String, prefix: &str, plan: &Plan, rows: &[StageRow]) {
    for (index, row) in rows.iter().enumerate() {
        let last_row = index + 1 == rows.len();
        match row {
            StageRow::Planned(id) => {
                let stages: Vec<_> = plan.stages.iter().filter(|stage| stage.is_of(id)).collect();
                for (at, stage) in stages.iter().enumerate() {
                    let last = last_row && at + 1 == stages.len();
                    push(text, prefix, last, &describe_stage(stage));
                    render_nodes(text, &indent(prefix, last), stage, &mut Vec::new(), &stage.execution);
                }
            }
            StageRow::LeftOut { stage, why } => {
                push(text, prefix, last_row, &format!("stage {stage}  left out: {why}"));
            }
            StageRow::Parallel(rows) => {
                push(text, prefix, last_row, "parallel stages");
                render_rows(text, &indent(prefix, last_row), plan, rows);
            }
        }
    }
}

fn describe_stage(stage: &PlannedStage) -> String {
    let mut line = format!("stage {} ({})", stage.id, stage.profile.value);
    append(&mut line, "not run here: ", stage.not_here.clone());
    let undecided = Some(stage.undecided.join(", ")).filter(|what| !what.is_empty());
    append(&mut line, "decided when the stage begins: ", undecided);
    append(&mut line, "", condition(&stage.when));
    line
}

/// When something runs, where that is not the default.
fn condition(when: &When) -> Option<String> {
    let status = match when.status {
        StageStatus::Success => None,
        StageStatus::Failure => Some("when something failed".to_owned()),
        StageStatus::All => Some("whatever failed".to_owned()),
    };
    let condition = when.condition.as_ref().map(|condition| match &condition.value {
        Condition::Known { holds, source } => format!("if {} (it is {holds})", source.source()),
        Condition::Null { source } => format!("if {} (it is null)", source.source()),
        Condition::Deferred(pieces) => format!("if {}", pieces.shown()),
    });
    let parts: Vec<String> = status.into_iter().chain(condition).collect();
    // A condition may be written over several lines.
    let line = parts.join(", ").split_whitespace().collect::<Vec<_>>().join(" ");
    Some(line).filter(|line| !line.is_empty())
}

/// Renders the nodes in the groups `around`.
fn render_nodes<'p>(
    text: &mut String,
    prefix: &str,
    stage: &'p PlannedStage,
    around: &mut Vec<&'p str>,
    nodes: &'p [Node],
) {
    for (index, node) in nodes.iter().enumerate() {
        let last = index + 1 == nodes.len();
        match node {
            Node::Step(step) => push(text, prefix, last, &describe(step)),
            Node::Group(group) => {
                let is_step_group = group.kind == GroupKind::StepGroup;
                if is_step_group {
                    around.push(&group.id);
                }
                let own = is_step_group.then(|| own_surroundings(stage, around)).flatten().unwrap_or_default();
                let mut line = format!("group {}{own}", group.id);
                // What a loop is made of has the condition.
                append(&mut line, "", condition(&group.when).filter(|_| is_step_group));
                push(text, prefix, last, &line);
                render_nodes(text, &indent(prefix, last), stage, around, &group.steps);
                if is_step_group {
                    around.pop();
                }
            }
            Node::Parallel(nodes) => {
                push(text, prefix, last, "parallel");
                render_nodes(text, &indent(prefix, last), stage, around, nodes);
            }
        }
    }
}

/// The infrastructure of a containerised group.
fn own_surroundings(stage: &PlannedStage, group: &[&str]) -> Option<String> {
    let path = StepPath::new(&stage.id.0, group.iter().copied());
    let profile = stage.containerised.iter().find(|containerised| containerised.path == path)?.profile.value;
    let what = match profile.network() {
        NetworkModel::Pod => "pod",
        NetworkModel::Bridge => "network",
    };
    Some(format!(" ({profile}, a {what} of its own)"))
}

fn push(text: &mut String, prefix: &str, last: bool, line: &str) {
    text.push_str(prefix);
    text.push_str(if last { "└─ " } else { "├─ " });
    text.push_str(line);
    text.push('\n');
}

fn indent(prefix: &str, last: bool) -> String {
    format!("{prefix}{}", if last { "   " } else { "│  " })
}

fn describe(step: &PlannedStep) -> String {
    let service = match step.role {
        Role::Service => "service ",
        Role::Foreground => "",
    };
    let mut line = format!("{service}{} [{}]", step.id, step.step_type);
    match &step.action {
        Action::Container(container) => {
            append(&mut line, "", Some(container.image.value.shown()));
            append(&mut line, "", container.local_plugin.as_ref().map(|_| "emulated by cirun".to_owned()));
            append(&mut line, "cpu ", container.nano_cpus.as_ref().map(|cpus| quantity::cpus(cpus.value)));
            append(&mut line, "memory ", container.memory_bytes.as_ref().map(|bytes| quantity::memory(bytes.value)));
            append(&mut line, "", container.privileged.value.then(|| "privileged".to_owned()));
            for port in &container.ports {
                append(&mut line, "port ", Some(format!("{}→{}", port.value.host, port.value.container)));
            }
        }
        Action::Host(_) => append(&mut line, "", Some("on this machine".to_owned())),
        Action::Wait(duration) => append(&mut line, "", Some(format!("{} s", duration.value.as_secs()))),
        Action::Skip(SkipReason::NotRunLocally { why }) => append(&mut line, "skipped: ", Some(why.clone())),
        Action::Skip(SkipReason::NotSelected) => append(&mut line, "skipped: ", Some("not selected".to_owned())),
    }
    append(&mut line, "", condition(&step.when));
    append(&mut line, "retry ", step.retry.as_ref().map(|retry| retry.value.to_string()));
    let outputs: Vec<&str> = step.outputs.iter().map(|output| output.name.as_str()).collect();
    append(&mut line, "→ ", (!outputs.is_empty()).then(|| outputs.join(", ")));
    line
}

fn append(line: &mut String, word: &str, value: Option<String>) {
    if let Some(value) = value {
        // Writing to a string cannot fail.
        write!(line, "  {word}{value}").unwrap_or_default();
    }
}
