//! Known causes of a service's failure: a port that is in use, a daemon without its privilege.

use cirun_engine::{Exit, ReadyContainer};
use cirun_plan::StepPath;

use crate::{pod_ports::open_ports, shared::Shared, spec::Network, stage::RunningStage};

/// The cause of a service's end, as text to print; `None` if only its output can explain it.
pub(super) async fn of(
    shared: &Shared,
    stage: &RunningStage,
    path: &StepPath,
    daemon: Option<Daemon>,
    exit: &Exit,
) -> Option<String> {
    let Exit::Code { code, oom_killed: false } = exit else { return None };
    if *code == 0 {
        return None;
    }
    match daemon {
        Some(daemon) => Some(format!("exit code {code}; {}", daemon.needs())),
        None => port_taken(shared, stage, path, *code).await,
    }
}

/// A service that failed in a pod may need a port that another service uses: something still listens on it.
async fn port_taken(shared: &Shared, stage: &RunningStage, path: &StepPath, code: i64) -> Option<String> {
    if stage.around(path).host.network != Network::Pod {
        return None;
    }
    let service = stage.service(path)?;
    let open = open_ports(shared, stage, path).await?;
    let port = service.known_ports().iter().find(|port| open.contains(port))?;
    let other = stage.other_service_at(path, *port);
    let whose = other.map_or_else(String::new, |other| format!(" by `{other}`"));
    Some(format!(
        "exit code {code}; port {port} is in use{whose}: all services of a pod share its ports, so give one of them \
         another"
    ))
}

/// A Docker daemon that runs unprivileged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Daemon {
    /// Its steps have no other engine.
    Alone,
    /// The machine's socket is mounted into its container, as into every step.
    BesideTheMachines,
}

impl Daemon {
    /// Recognises a container that is a Docker daemon without the privilege.
    pub(super) fn unprivileged(container: &ReadyContainer) -> Option<Self> {
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let program = container.entrypoint.as_ref().and_then(|argv| argv.first());
        let is_daemon = match program {
            Some(program) => name(program).starts_with("dockerd"),
            None => container.command.is_none() && name(&container.image).contains("dind"),
        };
        let rootless = container.image.contains("rootless");
        (is_daemon && !rootless && !container.privileged).then_some(if container.engine_socket {
            Self::BesideTheMachines
        } else {
            Self::Alone
        })
    }

    fn needs(self) -> &'static str {
        match self {
            Self::Alone => "a Docker daemon needs `privileged: true` in its Background step",
            Self::BesideTheMachines => {
                "a Docker daemon needs `privileged: true` in its Background step; here every step has the machine's \
                 own engine at `/var/run/docker.sock`, and can use it without this service"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cirun_plan::PullPolicy;
    use indexmap::IndexMap;

    use super::*;

    fn container(image: &str, entrypoint: Option<&[&str]>, command: Option<&str>) -> ReadyContainer {
        let argv = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        ReadyContainer {
            image: image.to_owned(),
            pull: PullPolicy::Never,
            registry_auth: None,
            entrypoint: entrypoint.map(argv),
            command: command.map(|command| argv(&[command])),
            env: IndexMap::new(),
            aliases: Vec::new(),
            ports: Vec::new(),
            privileged: false,
            user: None,
            nano_cpus: None,
            memory_bytes: None,
            working_dir: "/harness".to_owned(),
            engine_socket: false,
            local_plugin: None,
        }
    }

    #[test]
    fn daemons() {
        for (image, entrypoint, command, is_daemon) in [
            ("docker:dind", None, None, true),
            ("r.io/team/docker-dind:24", None, None, true),
            ("docker:24", Some(&["/usr/local/bin/dockerd-entrypoint.sh", "--mtu=1450"][..]), None, true),
            ("docker:dind", Some(&["sh", "-c"][..]), Some("sleep 1"), false),
            ("docker:dind-rootless", None, None, false),
            ("docker:24", None, None, false),
        ] {
            let found = Daemon::unprivileged(&container(image, entrypoint, command));
            assert_eq!(found.is_some(), is_daemon, "{image} {entrypoint:?}");
        }
        let privileged = ReadyContainer { privileged: true, ..container("docker:dind", None, None) };
        assert_eq!(Daemon::unprivileged(&privileged), None);
        let beside = ReadyContainer { engine_socket: true, ..container("docker:dind", None, None) };
        assert_eq!(Daemon::unprivileged(&beside), Some(Daemon::BesideTheMachines));
    }
}
