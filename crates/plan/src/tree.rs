//! The plan as a tree for users.

use std::fmt::Write;

use crate::{
    Action, GroupKind, NetworkModel, Node, Plan, PlannedStage, PlannedStep, Role, SkipReason, StepPath, quantity,
};

/// Renders every stage: services and steps with their programs, in order.
pub fn render_tree(plan: &Plan) -> String {
    let mut text = format!("{}\n", plan.pipeline);
    for (index, stage) in plan.stages.iter().enumerate() {
        let last = index + 1 == plan.stages.len();
        let not_here = stage.not_here.as_ref().map(|why| format!("  not run here: {why}")).unwrap_or_default();
        let undecided = match stage.undecided.as_slice() {
            [] => String::new(),
            what => format!("  decided when the stage begins: {}", what.join(", ")),
        };
        push(&mut text, "", last, &format!("stage {} ({}){not_here}{undecided}", stage.id, stage.profile.value));
        render_nodes(&mut text, &indent("", last), stage, &mut Vec::new(), &stage.execution);
    }
    text
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
                push(text, prefix, last, &format!("group {}{own}", group.id));
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
            append(&mut line, "", container.stand_in.as_ref().map(|_| "emulated by cirun".to_owned()));
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
