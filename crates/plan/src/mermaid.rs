//! The plan as a Mermaid flow chart.

use crate::{Node, Plan, PlannedStep, Role};

/// Draws every stage as a subgraph: steps in order, branches side by side, services dotted.
pub fn render_mermaid(plan: &Plan) -> String {
    let mut chart = Chart { text: "flowchart TD\n".to_owned(), nodes: 0 };
    let mut before = Vec::new();
    for (index, stage) in plan.stages.iter().enumerate() {
        chart.line(&format!(
            "  subgraph s{index}[\"{}\"]",
            escape(&format!("{} ({})", stage.name, stage.profile.value))
        ));
        before = chart.sequence(&stage.execution, before);
        chart.line("  end");
    }
    chart.text
}

struct Chart {
    text: String,
    nodes: usize,
}

impl Chart {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Draws nodes in sequence and returns the predecessors of the next one.
    fn sequence(&mut self, nodes: &[Node], mut before: Vec<String>) -> Vec<String> {
        for node in nodes {
            before = match node {
                Node::Step(step) => self.step(step, before),
                Node::Group(group) if group.max_concurrency > 1 => self.branches(&group.steps, &before),
                Node::Group(group) => self.sequence(&group.steps, before),
                Node::Parallel(branches) => self.branches(branches, &before),
            };
        }
        before
    }

    fn branches(&mut self, branches: &[Node], before: &[String]) -> Vec<String> {
        branches.iter().flat_map(|branch| self.sequence(std::slice::from_ref(branch), before.to_vec())).collect()
    }

    fn step(&mut self, step: &PlannedStep, before: Vec<String>) -> Vec<String> {
        let id = format!("n{}", self.nodes);
        self.nodes += 1;
        let label = escape(&format!("{}<br/>{}", step.name, step.step_type));
        match step.role {
            Role::Service => {
                self.line(&format!("    {id}([\"{label}\"])"));
                for earlier in &before {
                    self.line(&format!("    {earlier} -.-> {id}"));
                }
                before
            }
            Role::Foreground => {
                self.line(&format!("    {id}[\"{label}\"]"));
                for earlier in &before {
                    self.line(&format!("    {earlier} --> {id}"));
                }
                vec![id]
            }
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('"', "#quot;")
}
