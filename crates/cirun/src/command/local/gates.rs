//! Approval stages: what is behind one runs only when a person approves it.

use std::time::Duration;

use cirun_diagnostics::Failure;
use cirun_planner::Gate;
use cirun_project::Compiled;

use crate::{args::PlanOptions, console, console::Typed, exit::ExitCode};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Asks for the approvals that stages wait for; false where there are none, or no one can be asked.
pub(super) fn approve(compiled: &Compiled, plan: &PlanOptions) -> Result<bool, Failure> {
    let gates = &compiled.planned.gates;
    if gates.is_empty() || plan.no_input || !console::is_interactive() {
        return Ok(false);
    }
    gates.iter().for_each(|gate| console::say(&format!("{}.", waiting(gate))));
    console::prompt("approve, so that they run too? [y/N] ");
    match console::type_line(PATIENCE).map_err(|error| Failure::io("cannot read the answer", error))? {
        Typed::Line(line) => Ok(matches!(line.trim(), "y" | "Y" | "yes")),
        _ => Ok(false),
    }
}

/// The exit code of a run, where stages may wait for an approval.
pub(super) fn exit_code(code: ExitCode, is_held: bool) -> ExitCode {
    if is_held && code == ExitCode::Success { ExitCode::InvalidInput } else { code }
}

/// A run that ended at an approval stage is not the whole pipeline.
pub(super) fn demand_approved(compiled: &Compiled, code: ExitCode) -> Result<ExitCode, Failure> {
    let gates = &compiled.planned.gates;
    if exit_code(code, !gates.is_empty()) == code {
        return Ok(code);
    }
    console::say("");
    let waiting: Vec<String> = gates.iter().map(waiting).collect();
    Err(Failure::input(waiting.join("; ")).help("`--approve` runs what is behind it"))
}

/// Which stages a gate keeps from running.
pub(super) fn waiting(gate: &Gate) -> String {
    let behind: Vec<String> = gate.behind.iter().map(|stage| format!("`{stage}`")).collect();
    let wait = if behind.len() == 1 { "waits" } else { "wait" };
    format!("{} {wait} for the approval stage `{}`", behind.join(", "), gate.stage)
}
