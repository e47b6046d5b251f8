//! What is said of a service: its end, its last lines, its addresses.

use cirun_plan::PlannedStep;

use crate::{Exit, MaskedLine, ReadyAction, ReadyStep, exit_code::exit_code_meaning, written};

/// A service's last lines, to append to a sentence.
pub(super) fn last_lines(tail: &[MaskedLine]) -> String {
    if tail.is_empty() {
        return "; it has printed nothing".to_owned();
    }
    let lines: String = tail.iter().map(|line| format!("\n  {}", line.as_str())).collect();
    format!("; its last lines:{lines}")
}

/// An exit code with its meaning, or with a known cause.
pub(super) fn meaning(step: &PlannedStep, exit: &Exit, cause: Option<&str>) -> (i64, Option<String>) {
    let (code, meaning) = code_and_meaning(step, exit);
    (code, cause.map(str::to_owned).or(meaning))
}

fn code_and_meaning(step: &PlannedStep, exit: &Exit) -> (i64, Option<String>) {
    match exit {
        Exit::Code { code, oom_killed: true } => {
            (*code, Some("it was killed for using more memory than its limit".to_owned()))
        }
        Exit::Code { code, oom_killed: false } => (*code, exit_code_meaning(*code).map(str::to_owned)),
        Exit::NotStarted { code, reason } => (*code, Some(written::not_started(step, reason))),
        // 128 + SIGTERM: the code that a shell returns for a stopped process.
        Exit::Stopped => (143, Some("it was stopped".to_owned())),
    }
}

/// The names and ports that a service answers to, as text to print.
pub(super) fn addresses(step: &ReadyStep) -> Vec<String> {
    match &step.action {
        ReadyAction::Container(container) => {
            let ports = container.ports.iter().map(|port| format!("localhost:{}", port.host));
            container.aliases.iter().cloned().chain(ports).collect()
        }
        ReadyAction::Host(host) => host.ports.iter().map(|port| format!("localhost:{port}")).collect(),
    }
}
