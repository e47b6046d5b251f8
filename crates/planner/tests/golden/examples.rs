//! The example pipelines of the repository plan without errors.

use cirun_diagnostics::Severity;
use cirun_planner::AwsMode;

use crate::harness::{delegate, diagnostics, plan_document};

const CONNECTORS: &str = include_str!("../../../../examples/shop/.harness/connectors.yaml");

fn errors(pipeline: &str) -> String {
    let text = format!("{pipeline}---\n{CONNECTORS}");
    let outcome = plan_document(&text, |inputs| {
        inputs.aws.mode = AwsMode::Emulated;
        inputs.aws.delegate = Some(delegate());
    });
    let errors = outcome.planned.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    if errors == 0 { String::new() } else { diagnostics(&outcome) }
}

#[test]
fn shop_on_kubernetes() {
    assert_eq!(errors(include_str!("../../../../examples/shop/pipeline.yaml")), "");
}

#[test]
fn shop_on_vm() {
    assert_eq!(errors(include_str!("../../../../examples/shop/pipeline-vm.yaml")), "");
}
