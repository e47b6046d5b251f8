//! Approval stages: the stages behind one run only if a person approves.

use cirun_diagnostics::Failure;
use cirun_planner::Gate;
use cirun_project::{Compiled, Dialogue};

use crate::{
    args::PlanOptions,
    console::{self, Terminal},
    exit::ExitCode,
};

/// Asks for the approvals that stages wait for. False if there are none, or if no one can be asked.
pub(super) fn approve(compiled: &Compiled, plan: &PlanOptions) -> Result<bool, Failure> {
    let gates = &compiled.planned.gates;
    if gates.is_empty() || plan.no_input || !console::is_interactive() {
        return Ok(false);
    }
    gates.iter().for_each(|gate| console::say(&format!("{}.", waiting(gate))));
    let approved = Terminal.agrees("approve, so that they run too? [y/N] ");
    approved.map_err(|error| Failure::io("cannot read the answer", error))
}

/// The exit code of a run: success becomes 3 if stages wait for an approval.
pub(super) fn exit_code(code: ExitCode, is_held: bool) -> ExitCode {
    if is_held && code == ExitCode::Success { ExitCode::InvalidInput } else { code }
}

/// Fails if the run succeeded but stages wait for an approval, as a part of the pipeline did not run.
pub(super) fn demand_approved(compiled: &Compiled, code: ExitCode) -> Result<ExitCode, Failure> {
    let gates = &compiled.planned.gates;
    if exit_code(code, !gates.is_empty()) == code {
        return Ok(code);
    }
    console::say("");
    let waiting: Vec<String> = gates.iter().map(waiting).collect();
    Err(Failure::input(waiting.join("; ")).help("`--approve` runs what is behind it"))
}

/// The stages that wait for a gate, in words.
pub(super) fn waiting(gate: &Gate) -> String {
    let behind: Vec<String> = gate.behind.iter().map(|stage| format!("`{stage}`")).collect();
    let wait = if behind.len() == 1 { "waits" } else { "wait" };
    format!("{} {wait} for the approval stage `{}`", behind.join(", "), gate.stage)
}
