//! The first lines of a run: what runs where, as whom, and where pushes go.

use cirun_plan::{Action, PlannedStep};
use cirun_planner::{StoreLocation, StoreWork};
use cirun_report::human_count;

use super::{gates, setup::Setup};
use crate::{
    args::{AwsMode, PushMode},
    console,
    environment::Environment,
    local_store,
    session::Session,
};

/// Says what is about to happen.
pub(super) fn say(session: &Session, run: &str, setup: &Setup, environment: &Environment) {
    let stages: Vec<String> =
        session.plan().stages.iter().map(|stage| format!("{} ({})", stage.id, stage.profile.value)).collect();
    console::say(&format!("cirun {} · {} · {}", env!("CARGO_PKG_VERSION"), session.plan().pipeline, stages.join(", ")));
    console::say(&format!("  run        {run}"));
    console::say(&format!("  workspace  {}", session.workspace.display()));
    if let Some(engine) = &setup.engine {
        console::say(&format!("  engine     {engine}"));
    }
    reach(session, environment).iter().for_each(|line| console::say(line));
    let pushes_somewhere = !session.planned.targets.is_empty();
    let emulates = session.settings.aws.value == AwsMode::Emulated && setup.engine.is_some();
    if pushes_somewhere || emulates || session.settings.aws.value == AwsMode::Real {
        console::say(&format!("  AWS        {}", aws(session)));
    }
    if pushes_somewhere {
        console::say(&format!("  pushes     {}", pushes(session, setup)));
    }
    for gate in &session.planned.gates {
        console::say(&format!("  gate       {}: `--approve` runs them", gates::waiting(gate)));
    }
    stores(session, setup).iter().for_each(|line| console::say(line));
    assumed(session).iter().for_each(|line| console::say(line));
    console::say("");
}

/// What steps reach that containers of a run do not.
fn reach(session: &Session, environment: &Environment) -> Vec<String> {
    let stages = session.plan().stages.iter().filter(|stage| stage.not_here.is_none());
    let steps: Vec<&PlannedStep> = stages.flat_map(|stage| stage.steps()).collect();
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
    if with_socket > 0 && session.settings.gives_sockets() {
        let get = if with_socket == 1 { "gets" } else { "get" };
        lines.push(format!(
            "  socket     {} {get} the engine's, through which all of this machine can be reached",
            human_count(with_socket, "step")
        ));
    }
    lines
}

/// A line for each kind of store that steps use.
fn stores(session: &Session, setup: &Setup) -> Vec<String> {
    let stores = &session.planned.stores;
    let used = |upload: bool, location: &StoreLocation| {
        stores.iter().any(|store| (store.work == StoreWork::Upload) == upload && store.location == *location)
    };
    let mut lines = Vec::new();
    if used(false, &StoreLocation::Here) {
        lines.push(format!(
            "  caches     local, in {}",
            local_store::caches_of(&session.paths, &session.project).display()
        ));
    }
    if used(true, &StoreLocation::Here) {
        lines.push(match session.settings.push.value {
            PushMode::None => "  uploads    nowhere: files are listed only".to_owned(),
            PushMode::Local | PushMode::Real => format!("  uploads    collected in {}", setup.artifacts.display()),
        });
    }
    let mut elsewhere: Vec<String> = Vec::new();
    for store in stores {
        let line = match (&store.location, &session.settings.aws_endpoint_url) {
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

/// The connectors that are in no file.
fn assumed(session: &Session) -> Option<String> {
    let ids = &session.planned.assumed_connectors;
    let list = ids.join(", ");
    (!ids.is_empty()).then(|| format!("  assumed    {list}: in no file; `cirun check` says what takes their place"))
}

fn aws(session: &Session) -> String {
    match (session.settings.aws.value, &session.identity) {
        (AwsMode::Emulated, _) => match &session.settings.aws_endpoint_url {
            None => "emulated: in containers, every AWS name resolves to this run's gateway".to_owned(),
            Some(upstream) => format!("emulated; STS, ECR and S3 are forwarded to {}", upstream.value),
        },
        (AwsMode::Real, Some(identity)) => format!("real, as {identity}"),
        (AwsMode::Real, None) => "real".to_owned(),
        (AwsMode::Off, _) => "off".to_owned(),
    }
}

fn pushes(session: &Session, setup: &Setup) -> String {
    match (session.settings.push.value, setup.registry()) {
        (PushMode::None, _) => "nowhere: images are built, not pushed".to_owned(),
        (PushMode::Local, Some(registry)) => format!("to the local registry, {}", registry.host()),
        (PushMode::Local, None) => "stay in this stage".to_owned(),
        (PushMode::Real, _) => {
            let mut hosts: Vec<&str> = Vec::new();
            for target in &session.planned.targets {
                if !hosts.contains(&target.host.as_str()) {
                    hosts.push(&target.host);
                }
            }
            format!("to {}", hosts.join(", "))
        }
    }
}
