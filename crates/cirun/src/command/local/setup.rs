//! Sets the stage: engine, images of cirun's own, the AWS front, backends.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf, sync::Arc};

use cirun_aws::{Authority, SignInError, resolve_identity};
use cirun_aws_emulator::{OidcIssuer, Upstream};
use cirun_docker_executor::{
    DockerBackend, Egress, Engine, EngineSocket, Keep, Mirror, Owner, PullOverride, RunConfig, Sidecar, SocketGuard,
    SocketReach, StandInImage,
};
use cirun_host_executor::{HostBackend, HostConfig};
use cirun_plan::{Action, Secret};
use cirun_planner::{DelegateIdentity, MachineDaemon};
use cirun_report::human_count;

use super::{
    GRACE, host_steps,
    image_rules::SocketRules,
    passwords::EcrPasswords,
    preflight::{identity_options, sign_in_help},
};
use crate::{
    args::{AwsMode, EgressMode, EngineChoice, PullMode, PushMode, RunOptions},
    backend::Backends,
    console, daemon, engine,
    environment::Environment,
    error::CliError,
    exit::ExitCode,
    front::{self, LocalRegistry, MachineRegistry, Orders, RegistriesFile, Route},
    local_store::LocalStore,
    own_image::OwnImage,
    record::Record,
    session::{POD_TOKEN_FILE, Session, TRUST_BUNDLE_FILE},
    settings::{Setting, Settings},
};

/// What a run needs besides its plan.
#[derive(Debug)]
pub(super) struct Setup {
    /// Who runs the steps.
    pub backends: Backends,
    /// The engine, for people; none where no step needs one.
    pub engine: Option<String>,
    /// Where uploads are collected.
    pub artifacts: PathBuf,
    /// The registry that keeps pushed images; none where no step needs an engine.
    pub machine_registry: Option<Arc<MachineRegistry>>,
}

impl Setup {
    /// The registry that keeps pushed images, if the run has needed one so far.
    pub(super) fn registry(&self) -> Option<&LocalRegistry> {
        self.machine_registry.as_ref().and_then(|registry| registry.running())
    }
}

/// Where the emulated AWS forwards calls.
#[derive(Debug)]
struct Forwarding {
    given: Setting<Upstream>,
    route: Route,
}

/// Sets up one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stagehand<'a> {
    pub session: &'a Session,
    pub options: &'a RunOptions,
    pub environment: &'a Environment,
    pub record: &'a Record,
    pub run: &'a str,
    /// The clean workspaces of stages, by the stage's id.
    pub workspaces: &'a BTreeMap<String, PathBuf>,
}

impl Stagehand<'_> {
    /// Finds the engine where a step needs one, removes what killed runs left, and starts what the steps rely on.
    pub(super) async fn set_up(self) -> Result<Setup, CliError> {
        let store = LocalStore::of(&self.session.paths, self.record);
        store.make(self.session.plan())?;
        let stand_in = store.on_host(&own_binary()?);
        if !self.needs_containers()? {
            let backends = Backends { containers: None, host: self.host(None)?, stand_in };
            return Ok(Setup { backends, engine: None, artifacts: self.record.artifacts(), machine_registry: None });
        }
        let engine = engine::find(self.environment, &self.session.paths).await?;
        let owner = Owner::current();
        let reaped = engine.reap_dead_runs(&owner).await?;
        if !reaped.removed.is_empty() {
            console::say(&format!("removed {} that a killed run left", human_count(reaped.removed.len(), "object")));
        }
        let own = OwnImage::locate()?;
        let forwarding = self.forwarding()?;
        let name = self.session.settings.registry.value.clone();
        let registry = Arc::new(MachineRegistry::new(engine.clone(), own.clone(), name));
        let socket = self.engine_socket(&engine, &registry)?;
        let sidecars = self.front(&engine, &own, &registry, forwarding.as_ref()).await?;
        let stand_in_image = store.image(&own);
        let config =
            self.run_config(owner, (&own, stand_in_image), sidecars, (&registry, socket), forwarding.as_ref())?;
        let info = engine.info().await?;
        self.say_emulation(&engine);
        let shown = format!("{} {} ({})", info.operating_system, info.version, info.address);
        let containers = Some(DockerBackend::new(engine, config));
        let backends = Backends { containers, host: self.host(None)?, stand_in };
        let artifacts = self.record.artifacts();
        Ok(Setup { backends, engine: Some(shown), artifacts, machine_registry: Some(registry) })
    }

    fn say_emulation(self, engine: &Engine) {
        let here = engine.platform();
        if let Some(wanted) = self.options.platform.as_ref().filter(|wanted| !here.starts_with(wanted.as_str())) {
            console::say(&format!(
                "warning: the engine is {here}, so `{wanted}` is emulated: slower, and only where the engine's machine has an emulator (binfmt)"
            ));
        }
    }

    fn needs_containers(self) -> Result<bool, CliError> {
        let stages = self.session.plan().stages.iter().filter(|stage| stage.not_here.is_none());
        let step = stages.flat_map(|stage| stage.steps()).find(|step| match &step.action {
            Action::Container(container) => container.stand_in.as_ref().is_none_or(|stand_in| !stand_in.value.on_host),
            Action::Host(_) | Action::Wait(_) | Action::Skip(_) => false,
        });
        match step {
            Some(step) if self.session.settings.engine.value == EngineChoice::Host => {
                Err(CliError::usage(format!("`--engine host` runs no containers, and step `{}` needs one", step.path))
                    .help("leave the option out, or select host steps with `--step`"))
            }
            found => Ok(found.is_some()),
        }
    }

    /// Where the emulated AWS forwards calls, and how it gets there.
    fn forwarding(self) -> Result<Option<Forwarding>, CliError> {
        let settings = &self.session.settings;
        let Some(given) = settings.aws_endpoint_url.clone() else { return Ok(None) };
        if settings.aws.value != AwsMode::Emulated {
            return Err(CliError::usage(format!("`aws-endpoint-url` ({}) needs `--aws emulated`", given.origin))
                .help("the emulated AWS forwards calls there; real AWS has endpoints of its own"));
        }
        if self.session.planned.front_hosts.is_empty() {
            console::say(&format!("warning: nothing calls AWS, so nothing is forwarded to {}", given.value));
            return Ok(None);
        }
        let route = front::route(&given.value, self.session.plan())?;
        Ok(Some(Forwarding { given, route }))
    }

    async fn front(
        self,
        engine: &Engine,
        own: &OwnImage,
        registry: &MachineRegistry,
        forwarding: Option<&Forwarding>,
    ) -> Result<Vec<Sidecar>, CliError> {
        let settings = &self.session.settings;
        let planned = &self.session.planned;
        let closed = settings.egress.value != EgressMode::All;
        let mut names = front::names(planned, settings);
        if closed && names.is_empty() {
            names.push(front::NO_NAME.to_owned());
        }
        if !front::kept_here(planned, settings).is_empty() {
            registry.ensure().await?;
        }
        if settings.aws.value != AwsMode::Emulated && names.is_empty() {
            return Ok(Vec::new());
        }
        let authority = Authority::load_or_create(&self.session.paths.data).map_err(|error| CliError::aws(&error))?;
        self.record.write(&format!("engine/{TRUST_BUNDLE_FILE}"), &authority.bundle_pem())?;
        if let Some(token) = &self.session.pod_token {
            self.record.write(&format!("engine/{POD_TOKEN_FILE}"), token.expose())?;
        }
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let image = front::helper_image(own);
        let registries = RegistriesFile::of(planned, settings).await;
        let issuer = OidcIssuer::open(&self.session.paths.oidc()).map_err(|error| CliError::aws(&error))?;
        let orders = Orders {
            create_on_push: settings.create_repository.value,
            registry: settings.registry.value.clone(),
            issuer: issuer.key(),
            faults: self.options.faults.clone(),
            closed,
            upstream: match forwarding {
                Some(Forwarding { given, route }) => Some(route.open(given, self.record, self.environment).await?),
                None => None,
            },
            by_engine: settings.push.value == PushMode::Local && self.gives_the_socket(),
        };
        let played = (planned, names, registries);
        let sidecar = front::emulator(own, image, played, &authority, self.record, orders)?;
        let running = registry.ensure().await?;
        for (name, local) in &settings.base_images {
            running.seed(engine, name, &local.value).await?;
        }
        Ok(vec![sidecar])
    }

    /// Whether a step gets the engine's socket.
    fn gives_the_socket(self) -> bool {
        let settings = &self.session.settings;
        let mut steps = self.session.plan().stages.iter().flat_map(|stage| stage.steps());
        let planned = steps.any(|step| matches!(&step.action, Action::Container(container) if container.engine_socket));
        planned && settings.gives_sockets()
    }

    /// The engine's socket as steps get it: behind a guard wherever it can have one.
    fn engine_socket(self, engine: &Engine, registry: &Arc<MachineRegistry>) -> Result<EngineSocket, CliError> {
        let Session { settings, paths, planned, .. } = self.session;
        if !settings.gives_sockets() {
            return Ok(EngineSocket::Refused);
        }
        if engine.socket_here().is_some() {
            let rules = SocketRules::new(self.session, Arc::clone(registry), &self.record.emulator());
            return Ok(EngineSocket::Guarded(SocketGuard {
                directory: self.record.guard()?,
                rules: Arc::new(rules),
                front: (front::SIDECAR.to_owned(), front::ENGINE_PORT),
                reach: match settings.open_docker_socket.value {
                    true => SocketReach::Open,
                    false => SocketReach::Guarded,
                },
            }));
        }
        let relied_on = daemon::of(settings, self.environment, paths) == MachineDaemon::Guarded;
        if relied_on && settings.push.value == PushMode::Local && !planned.targets.is_empty() && self.gives_the_socket()
        {
            return Err(CliError::new(
                ExitCode::Engine,
                "the engine that answers is not the one that was expected, and its socket cannot be guarded",
            )
            .help("name the engine with `DOCKER_HOST`, or use `--no-docker-socket`"));
        }
        Ok(EngineSocket::AsPlanned)
    }

    fn run_config(
        self,
        owner: Owner,
        (own, stand_in): (&OwnImage, StandInImage),
        sidecars: Vec<Sidecar>,
        (registry, engine_socket): (&MachineRegistry, EngineSocket),
        forwarding: Option<&Forwarding>,
    ) -> Result<RunConfig, CliError> {
        let settings = &self.session.settings;
        let (pod_words, pod_aliases) = match forwarding {
            Some(Forwarding { given, route }) => (route.pod_words(&given.value), route.pod_aliases(&given.value)),
            None => (Vec::new(), Vec::new()),
        };
        Ok(RunConfig {
            run_id: self.run.to_owned(),
            owner,
            workspace: self.session.workspace.clone(),
            workspaces: self.workspaces.clone(),
            run_dir: self.record.steps(),
            sidecars,
            pod: front::pod(own, front::helper_image(own), &pod_words, pod_aliases),
            watcher: front::watcher(own, front::helper_image(own)),
            stand_in,
            always_watch_inside: false,
            pull: match settings.pull.value {
                PullMode::Yaml => PullOverride::Yaml,
                PullMode::Always => PullOverride::Always,
                PullMode::Missing => PullOverride::Missing,
                PullMode::Never => PullOverride::Never,
            },
            offline: settings.offline.value,
            platform: self.options.platform.clone(),
            docker_config: engine::logins(self.environment, &self.session.paths)?,
            passwords: Arc::new(EcrPasswords::new(settings)),
            mirror: registry.running().map(|registry| Mirror {
                address: registry.host(),
                hosts: front::kept_here(&self.session.planned, settings),
            }),
            egress: match settings.egress.value {
                EgressMode::All => Egress::Open,
                EgressMode::None | EgressMode::Aws => Egress::Closed { resolver: front::SIDECAR.to_owned() },
            },
            engine_socket,
            publish_address: Ipv4Addr::LOCALHOST.into(),
            stop_grace: GRACE,
            keep: match (self.options.keep, self.options.shell_on_failure) {
                (true, _) => Keep::Everything,
                (false, true) => Keep::Failed,
                (false, false) => Keep::Nothing,
            },
        })
    }

    /// Who runs host steps; `gateway` is the address at which they reach the emulated AWS.
    fn host(self, gateway: Option<&str>) -> Result<HostBackend, CliError> {
        let program = own_binary()?;
        let environment: BTreeMap<_, _> =
            self.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(HostBackend::new(HostConfig {
            guard: vec![program.into(), "__inside".into(), "guard".into()],
            workspace: self.session.workspace.clone(),
            workspaces: self.workspaces.clone(),
            run_dir: self.record.steps(),
            environment,
            given: host_steps::given(self.session, gateway),
            homes: self.record.homes(),
            own_files: host_steps::own_files(&[TRUST_BUNDLE_FILE, POD_TOKEN_FILE], &self.record.steps()),
            stop_grace: GRACE,
        }))
    }
}

fn own_binary() -> Result<PathBuf, CliError> {
    std::env::current_exe().map_err(|error| CliError::io("cannot find cirun's own binary", &error))
}

/// With real AWS, who plays the delegate.
pub(super) async fn delegate(settings: &Settings) -> Result<Option<DelegateIdentity>, CliError> {
    if settings.aws.value != AwsMode::Real {
        return Ok(None);
    }
    let told = |error: SignInError| CliError::aws(&error).help(sign_in_help(&error));
    let identity = resolve_identity(&identity_options(settings)).await.map_err(told)?;
    let caller = identity.caller().await.map_err(told)?;
    Ok(Some(DelegateIdentity {
        access_key: identity.access_key_id,
        secret_key: Secret::new(identity.secret_access_key),
        session_token: identity.session_token.map(Secret::new),
        region: identity.region,
        given_by: caller.arn,
    }))
}
