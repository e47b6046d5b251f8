//! The pipeline of the benchmarks, here and in xtask.

use std::fmt::Write as _;

/// The pipeline before its steps.
pub(crate) const HEAD: &str = "pipeline:
  name: bench
  identifier: bench
  projectIdentifier: default
  orgIdentifier: default
  stages:
    - stage:
        name: build
        identifier: build
        type: CI
        spec:
          cloneCodebase: false
          platform: {os: Linux, arch: Amd64}
          runtime: {type: Docker, spec: {}}
          execution:
            steps:
";

/// A valid pipeline of `steps` Run steps, each with an expression and an output variable.
pub(crate) fn pipeline(steps: usize) -> String {
    let mut text = String::from(HEAD);
    for number in 0..steps {
        write!(
            text,
            "              - step:
                  type: Run
                  name: Step {number}
                  identifier: step_{number}
                  spec:
                    shell: Sh
                    connectorRef: account.harnessImage
                    image: busybox:1
                    command: echo <+pipeline.name> {number}; VALUE={number}
                    envVariables:
                      NUMBER: \"{number}\"
                    outputVariables:
                      - name: VALUE
"
        )
        .expect("writing to a string cannot fail");
    }
    text
}
