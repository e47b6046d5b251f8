//! The first lines of a run: what runs where, as whom, and where pushes go.

use super::setup::Setup;
use crate::{
    args::{AwsMode, PushMode},
    console,
    session::Session,
};

/// Says what is about to happen.
pub(super) fn say(session: &Session, run: &str, setup: &Setup) {
    let stages: Vec<String> =
        session.plan().stages.iter().map(|stage| format!("{} ({})", stage.id, stage.profile.value)).collect();
    console::say(&format!("cirun {} · {} · {}", env!("CARGO_PKG_VERSION"), session.plan().pipeline, stages.join(", ")));
    console::say(&format!("  run        {run}"));
    console::say(&format!("  workspace  {}", session.workspace.display()));
    if let Some(engine) = &setup.engine {
        console::say(&format!("  engine     {engine}"));
    }
    if !session.planned.targets.is_empty() {
        console::say(&format!("  AWS        {}", aws(session)));
        console::say(&format!("  pushes     {}", pushes(session, setup)));
    }
    console::say("");
}

fn aws(session: &Session) -> String {
    match (session.settings.aws.value, &session.identity) {
        (AwsMode::Emulated, _) => match &session.settings.aws_endpoint_url {
            None => "emulated; nothing leaves this machine".to_owned(),
            Some(upstream) => format!("emulated; STS and ECR are forwarded to {}", upstream.value),
        },
        (AwsMode::Real, Some(identity)) => format!("real, as {identity}"),
        (AwsMode::Real, None) => "real".to_owned(),
        (AwsMode::Off, _) => "off".to_owned(),
    }
}

fn pushes(session: &Session, setup: &Setup) -> String {
    match (session.settings.push.value, &setup.registry) {
        (PushMode::None, _) => "nowhere: images are only built".to_owned(),
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
