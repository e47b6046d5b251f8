//! The first lines of a run: its stages, engine and AWS identity, and where pushes go.

use cirun_plan::{Action, PlannedStep, steps_here};
use cirun_planner::{StoreLocation, StoreWork};
use cirun_project::{
    Compiled, Environment,
    settings::{AwsMode, PushMode},
};
use cirun_runner::Setup;
use cirun_terminal_text::human_count;

use super::gates;
use crate::console;

/// Prints the lines.
pub(super) fn say(compiled: &Compiled, run: &str, setup: &Setup, environment: &Environment) {
    let stages: Vec<String> =
        compiled.plan().stages.iter().map(|stage| format!("{} ({})", stage.id, stage.profile.value)).collect();
    console::say(&format!(
        "cirun {} · {} · {}",
        env!("CARGO_PKG_VERSION"),
        compiled.plan().pipeline,
        stages.join(", ")
    ));
    console::say(&format!("  run        {run}"));
    console::say(&format!("  workspace  {}", compiled.workspace.display()));
    if let Some(engine) = &setup.engine {
        console::say(&format!("  engine     {engine}"));
    }
    reach(compiled, environment).iter().for_each(|line| console::say(line));
    let pushes_somewhere = !compiled.planned.targets.is_empty();
    let emulates = compiled.settings.aws.value == AwsMode::Emulated && setup.engine.is_some();
    if pushes_somewhere || emulates || compiled.settings.aws.value == AwsMode::Real {
        console::say(&format!("  AWS        {}", aws(compiled)));
    }
    if pushes_somewhere {
        console::say(&format!("  pushes     {}", pushes(compiled, setup)));
    }
    for gate in &compiled.planned.gates {
        console::say(&format!("  gate       {}: `--approve` runs them", gates::waiting(gate)));
    }
    stores(compiled, setup).iter().for_each(|line| console::say(line));
    assumed(compiled).iter().for_each(|line| console::say(line));
    console::say("");
}

/// Lines about steps that reach beyond the run's containers.
fn reach(compiled: &Compiled, environment: &Environment) -> Vec<String> {
    let steps: Vec<&PlannedStep> = steps_here(&compiled.plan().stages).collect();
    let count = |is_meant: fn(&PlannedStep) -> bool| steps.iter().filter(|step| is_meant(step)).count();
    let mut lines = Vec::new();
    let on_host = count(|step| matches!(step.action, Action::Host(_)));
    if on_host > 0 {
        let user = environment.get("USER").or(environment.get("USERNAME")).unwrap_or("you");
        let run = if on_host == 1 { "runs" } else { "run" };
        lines.push(format!(
            "  host       {} {run} on this machine as {user}, with access to that user's network and files",
            human_count(on_host, "step")
        ));
    }
    let with_socket =
        count(|step| matches!(&step.action, Action::Container(it) if it.engine_socket && it.local_plugin.is_none()));
    if with_socket > 0 && compiled.settings.gives_sockets() {
        let get = if with_socket == 1 { "gets" } else { "get" };
        lines.push(format!(
            "  socket     {} {get} the engine's, through which all of this machine can be reached",
            human_count(with_socket, "step")
        ));
    }
    lines
}

/// A line for each kind of store that steps use.
fn stores(compiled: &Compiled, setup: &Setup) -> Vec<String> {
    let stores = &compiled.planned.stores;
    let used = |upload: bool, location: &StoreLocation| {
        stores.iter().any(|store| (store.work == StoreWork::Upload) == upload && store.location == *location)
    };
    let mut lines = Vec::new();
    if used(false, &StoreLocation::Here) {
        lines.push(format!("  caches     local, in {}", compiled.paths.caches_of(&compiled.project).display()));
    }
    if used(true, &StoreLocation::Here) {
        lines.push(match compiled.settings.push.value {
            PushMode::None => "  uploads    nowhere: files are listed only".to_owned(),
            PushMode::Local | PushMode::Real => {
                format!("  uploads    collected in {}", setup.record.artifacts().display())
            }
        });
    }
    let mut elsewhere: Vec<String> = Vec::new();
    for store in stores {
        let line = match (&store.location, &compiled.settings.aws_endpoint_url) {
            (StoreLocation::Endpoint(endpoint), _) => format!("  S3         {} at {endpoint}", store.address),
            (StoreLocation::Forwarded, Some(upstream)) => {
                format!("  S3         {} is forwarded to {}", store.address, upstream.value)
            }
            (StoreLocation::Real, _) => format!("  store      {}, the real one", store.address),
            (StoreLocation::Here | StoreLocation::Forwarded, _) => continue,
        };
        if !elsewhere.contains(&line) {
            elsewhere.push(line);
        }
    }
    lines.extend(elsewhere);
    lines
}

/// The line about connectors that are in no file.
fn assumed(compiled: &Compiled) -> Option<String> {
    let ids = &compiled.planned.assumed_connectors;
    let list = ids.join(", ");
    (!ids.is_empty()).then(|| format!("  assumed    {list}: in no file; `cirun check` says what takes their place"))
}

fn aws(compiled: &Compiled) -> String {
    match (compiled.settings.aws.value, &compiled.identity) {
        (AwsMode::Emulated, _) => match &compiled.settings.aws_endpoint_url {
            None => "emulated: in containers, every AWS name resolves to this run's gateway".to_owned(),
            Some(upstream) => format!("emulated; STS, ECR and S3 are forwarded to {}", upstream.value),
        },
        (AwsMode::Real, Some(identity)) => format!("real, as {identity}"),
        (AwsMode::Real, None) => "real".to_owned(),
        (AwsMode::Off, _) => "off".to_owned(),
    }
}

fn pushes(compiled: &Compiled, setup: &Setup) -> String {
    match (compiled.settings.push.value, setup.registry()) {
        (PushMode::None, _) => "nowhere: images are built, not pushed".to_owned(),
        (PushMode::Local, Some(registry)) => format!("to the local registry, {}", registry.host()),
        (PushMode::Local, None) => "stay in this stage".to_owned(),
        (PushMode::Real, _) => {
            let mut hosts: Vec<&str> = Vec::new();
            for target in &compiled.planned.targets {
                if !hosts.contains(&target.host.as_str()) {
                    hosts.push(&target.host);
                }
            }
            format!("to {}", hosts.join(", "))
        }
    }
}
