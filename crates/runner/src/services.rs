//! The rules for services: whether steps wait for them, and what their exit means.

use cirun_diagnostics::Failure;
use cirun_engine::{AtServiceExit, ServiceRules, Waiting};
use cirun_project::Compiled;

use crate::RunOptions;

/// The rules of a run, from its settings and options.
pub(crate) fn rules(compiled: &Compiled, options: &RunOptions) -> Result<ServiceRules, Failure> {
    let settings = &compiled.settings;
    let mut rules = ServiceRules {
        waiting: if settings.no_wait.value { Waiting::No } else { Waiting::UntilReady },
        at_exit: if settings.fail_on_service_exit.value { AtServiceExit::FailStage } else { AtServiceExit::GoOn },
        ..ServiceRules::default()
    };
    let services: Vec<_> = compiled.plan().stages.iter().flat_map(|stage| stage.services()).collect();
    for (id, delay) in &options.service_delays {
        let named = services.iter().filter(|step| step.id == *id || step.path.as_str() == id || step.path.full() == id);
        let delays: Vec<_> = named.map(|step| (step.path.clone(), *delay)).collect();
        if delays.is_empty() {
            let known: Vec<&str> = services.iter().map(|step| step.path.as_str()).collect();
            let help = match known.as_slice() {
                [] => "the selected stages have no Background step".to_owned(),
                known => format!("there are: {}", known.join(", ")),
            };
            return Err(Failure::usage(format!("`--service-delay` names no Background step: `{id}`")).help(help));
        }
        rules.delays.extend(delays);
    }
    Ok(rules)
}
