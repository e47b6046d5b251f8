//! Small pipelines.

/// A CI stage as text, made of steps as text.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    infrastructure: &'static str,
    variables: String,
    steps: String,
}

const KUBERNETES: &str = "\
infrastructure:
  type: KubernetesDirect
  spec:
    connectorRef: cluster
    namespace: ci
    os: Linux
";

const VM: &str = "\
platform:
  os: Linux
  arch: Amd64
infrastructure:
  type: VM
  spec:
    type: Pool
    spec:
      poolName: build
      os: Linux
";

const CLOUD: &str = "\
platform:
  os: Linux
  arch: Amd64
runtime:
  type: Cloud
  spec: {}
";

impl Stage {
    pub(crate) fn kubernetes() -> Self {
        Self { infrastructure: KUBERNETES, variables: String::new(), steps: String::new() }
    }

    pub(crate) fn vm() -> Self {
        Self { infrastructure: VM, ..Self::kubernetes() }
    }

    pub(crate) fn cloud() -> Self {
        Self { infrastructure: CLOUD, ..Self::kubernetes() }
    }

    /// An entry of the list of steps, beginning with `- `.
    pub(crate) fn step(mut self, text: &str) -> Self {
        self.steps.push_str(text.trim_matches('\n'));
        self.steps.push('\n');
        self
    }

    /// A pipeline variable.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push_str(&format!("- name: {name}\n  type: String\n  value: {value}\n"));
        self
    }

    /// The stage as an entry of the list of stages.
    fn entry(&self, id: &str) -> String {
        let mut text = format!(
            "- stage:\n    name: {id}\n    identifier: {id}\n    type: CI\n    spec:\n      cloneCodebase: false\n"
        );
        text.push_str(&indent(self.infrastructure, 6));
        text.push_str("      execution:\n        steps:\n");
        text.push_str(&indent(&self.steps, 10));
        text
    }

    /// A pipeline with only this stage, `build`.
    pub(crate) fn pipeline(&self) -> String {
        pipeline(&[("build", self)])
    }
}

/// A pipeline of stages.
pub(crate) fn pipeline(stages: &[(&str, &Stage)]) -> String {
    let variables: String = stages.iter().map(|(_, stage)| stage.variables.as_str()).collect();
    let mut text = "pipeline:\n  name: it\n  identifier: it\n".to_owned();
    if !variables.is_empty() {
        text.push_str("  variables:\n");
        text.push_str(&indent(&variables, 4));
    }
    text.push_str("  stages:\n");
    for (id, stage) in stages {
        text.push_str(&indent(&stage.entry(id), 4));
    }
    text
}

/// A pipeline of one stage of a type other than `CI`, made of entries of its list of steps.
pub(crate) fn group_stage(kind: &str, steps: &[&str]) -> String {
    let steps: String = steps.iter().map(|step| indent(step, 12)).collect();
    format!(
        "pipeline:\n  name: it\n  identifier: it\n  stages:\n    - stage:\n        name: deploy\n        identifier: deploy\n        type: {kind}\n        spec:\n          execution:\n            steps:\n{steps}"
    )
}

/// A Run step of busybox.
pub(crate) fn run_step(id: &str, command: &str) -> String {
    run_step_with(id, command, "")
}

/// A Run step of busybox with more lines of its `spec`.
pub(crate) fn run_step_with(id: &str, command: &str, spec: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: Run\n    spec:\n      connectorRef: images\n      image: cirun.local/busybox:1\n      shell: Sh\n      command: |-\n{}{}",
        indent(command, 8),
        indent(spec, 6)
    )
}

/// Indents every line.
pub(crate) fn indent(text: &str, by: usize) -> String {
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{:by$}{line}\n", "") }).collect()
}
