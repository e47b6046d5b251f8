//! The configuration of a run's containers.

use std::{net::Ipv4Addr, sync::Arc};

use cirun_diagnostics::{Failure, FailureKind};
use cirun_docker_executor::{
    Egress, Engine, EngineSocket, GateProgram, GatewayPort, Keep, LocalPluginImage, Mirror, PullOverride, RunConfig,
    SocketProxy, SocketReach,
};
use cirun_engine::Owner;
use cirun_plan::Action;
use cirun_planner::MachineDaemon;
use cirun_project::{
    Compiled,
    settings::{EgressMode, Isolation, PullMode, PushMode},
};

use super::{
    GRACE, RunSetup,
    gateway::{Forwarding, Gateway},
};
use crate::{
    OwnImage,
    aws::EcrPasswords,
    daemon, engine,
    gateway::{self, MachineRegistry},
    push_policy::SocketRules,
};

/// What the configuration is made from, besides the plan and the settings.
#[derive(Debug)]
pub(crate) struct ContainerInputs<'a> {
    pub(crate) owner: Owner,
    pub(crate) own: &'a OwnImage,
    pub(crate) local_plugin: LocalPluginImage,
    pub(crate) gateway: Gateway,
    pub(crate) registry: &'a MachineRegistry,
    pub(crate) engine_socket: EngineSocket,
    pub(crate) forwarding: Option<&'a Forwarding>,
}

impl RunSetup<'_> {
    pub(crate) fn run_config(self, inputs: ContainerInputs<'_>) -> Result<RunConfig, Failure> {
        let ContainerInputs { owner, own, local_plugin, gateway, registry, engine_socket, forwarding } = inputs;
        let settings = &self.compiled.settings;
        let (pod_words, pod_aliases) = match forwarding {
            Some(Forwarding { given, route }) => (route.pod_words(&given.value), route.pod_aliases(&given.value)),
            None => (Vec::new(), Vec::new()),
        };
        Ok(RunConfig {
            run_id: self.run.to_owned(),
            owner,
            workspace: self.compiled.workspace.clone(),
            workspaces: self.workspaces.clone(),
            run_dir: self.record.steps(),
            private_dir: self.record.private()?,
            files: gateway.files,
            absent_files: self
                .own_files()?
                .into_iter()
                .filter(|(_, place)| place.is_none())
                .map(|(path, _)| path)
                .collect(),
            resolver: gateway.sidecar.as_ref().map(|sidecar| sidecar.name.clone()),
            sidecars: gateway.sidecar.into_iter().collect(),
            pod: gateway::pod(own, gateway::helper_image(own), &pod_words, pod_aliases),
            watcher: gateway::watcher(own, gateway::helper_image(own)),
            local_plugin,
            always_watch_inside: false,
            pull: match settings.pull.value {
                PullMode::Yaml => PullOverride::Yaml,
                PullMode::Always => PullOverride::Always,
                PullMode::Missing => PullOverride::Missing,
                PullMode::Never => PullOverride::Never,
            },
            offline: settings.offline.value,
            platform: self.options.platform.clone(),
            docker_config: engine::logins(self.context.environment, &self.compiled.paths)?,
            passwords: Arc::new(EcrPasswords::new(settings)),
            mirror: registry.running().map(|registry| Mirror {
                address: registry.host(),
                hosts: gateway::kept_here(&self.compiled.planned, settings),
            }),
            egress: match settings.egress.value {
                EgressMode::All => Egress::Open,
                EgressMode::None | EgressMode::Aws => Egress::Closed,
            },
            engine_socket,
            publish_address: Ipv4Addr::LOCALHOST.into(),
            gate: match settings.isolation.value {
                Isolation::Gate => cirun_gate_program::PROGRAM.map(GateProgram::new),
                Isolation::Plain => None,
            },
            stop_grace: GRACE,
            keep: match (self.options.keep, self.options.keep_failed) {
                (true, _) => Keep::Everything,
                (false, true) => Keep::Failed,
                (false, false) => Keep::Nothing,
            },
        })
    }

    /// How steps get the engine's socket: behind a proxy, if the socket is on this machine.
    pub(crate) fn engine_socket(
        self,
        engine: &Engine,
        registry: &Arc<MachineRegistry>,
    ) -> Result<EngineSocket, Failure> {
        let Compiled { settings, paths, planned, .. } = self.compiled;
        if !settings.gives_sockets() {
            return Ok(EngineSocket::Refused);
        }
        if engine.socket_here().is_some() {
            let rules =
                SocketRules::new(self.compiled, Arc::clone(registry), &self.record.emulator(), self.context.person);
            return Ok(EngineSocket::Proxied(SocketProxy {
                directory: self.record.socket()?,
                rules: Arc::new(rules),
                gateway: GatewayPort { sidecar: gateway::SIDECAR.to_owned(), port: gateway::PLAIN_PORT },
                reach: match settings.open_docker_socket.value {
                    true => SocketReach::Open,
                    false => SocketReach::Limited,
                },
            }));
        }
        let relied_on = daemon::of(settings, self.context.environment, paths) == MachineDaemon::Proxied;
        if relied_on && settings.push.value == PushMode::Local && !planned.targets.is_empty() && self.gives_the_socket()
        {
            return Err(Failure::new(
                FailureKind::Engine,
                "the engine that answers is not the one that was expected, and cirun cannot put its proxy before its socket",
            )
            .help("name the engine with `DOCKER_HOST`, or use `--no-docker-socket`"));
        }
        Ok(EngineSocket::AsPlanned)
    }

    /// Whether any step gets the engine's socket.
    pub(crate) fn gives_the_socket(self) -> bool {
        let settings = &self.compiled.settings;
        let mut steps = self.compiled.plan().stages.iter().flat_map(|stage| stage.steps());
        let planned = steps.any(|step| matches!(&step.action, Action::Container(container) if container.engine_socket));
        planned && settings.gives_sockets()
    }
}
