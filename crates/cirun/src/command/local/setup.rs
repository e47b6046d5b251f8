//! Sets the stage: engine, images of cirun's own, the AWS front, backends.

use std::{collections::BTreeMap, net::Ipv4Addr, path::PathBuf, sync::Arc};

use cirun_aws::{Authority, SignInError, resolve_identity};
use cirun_aws_emulator::{OidcIssuer, Upstream};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_docker_executor::{
    Bind, DockerBackend, Egress, Engine, EngineSocket, Keep, LocalPluginImage, Mirror, Owner, PullOverride, RunConfig,
    Sidecar, SocketProxy, SocketReach,
};
use cirun_engine::Workspaces;
use cirun_host_executor::{HostBackend, HostConfig};
use cirun_image_ref::Endpoint;
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
    backend::{Backends, needs_container},
    console, daemon, engine,
    environment::Environment,
    front,
    front::{
        LocalRegistry, MachineRegistry, Orders, Outside, RegistriesFile, Route,
        on_machine::{Alone, AloneOrders, of_the_gateway},
    },
    local_store::LocalStore,
    own_image::OwnImage,
    record::{Record, readable_by_all},
    session::{BUILDKIT_FILE, POD_TOKEN_FILE, PRIVATE_DIR, Session, TRUST_BUNDLE_FILE},
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
    /// The emulated AWS that this process serves, where no engine could.
    pub alone: Option<Alone>,
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
    given: Setting<Endpoint>,
    route: Route,
}

/// What the gateway of a run is made of; nothing where the run has none.
#[derive(Debug, Default)]
struct Gateway {
    sidecar: Option<Sidecar>,
    /// What containers trust it by.
    files: Vec<Bind>,
}

/// Sets up one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stagehand<'a> {
    pub session: &'a Session,
    pub options: &'a RunOptions,
    pub environment: &'a Environment,
    pub record: &'a Record,
    pub run: &'a str,
    /// The clean workspaces of stages.
    pub workspaces: &'a Workspaces,
}

impl Stagehand<'_> {
    /// Finds the engine where a step needs one, removes what killed runs left, and starts what the steps rely on.
    pub(super) async fn set_up(self) -> Result<Setup, Failure> {
        let store = LocalStore::of(&self.session.paths, &self.session.project, self.record);
        store.make(self.session.plan())?;
        let local_plugin = store.on_host(&own_binary()?);
        if !self.needs_containers()? {
            let alone = self.serve_alone().await?;
            let host = self.host(alone.as_ref().map(Alone::url).as_deref())?;
            let backends = Backends { containers: None, host, local_plugin };
            let artifacts = self.record.artifacts();
            return Ok(Setup { backends, engine: None, artifacts, machine_registry: None, alone });
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
        let gateway = self.gateway(&engine, &own, &registry, forwarding.as_ref()).await?;
        let local_plugin_image = store.image(&own);
        let config =
            self.run_config(owner, (&own, local_plugin_image), gateway, (&registry, socket), forwarding.as_ref())?;
        let info = engine.info().await?;
        self.say_emulation(&engine);
        let shown = format!("{} {} ({})", info.operating_system, info.version, info.address);
        let containers = DockerBackend::new(engine, config);
        let gateway = match self.host_steps_call_aws() {
            true => Some(of_the_gateway(&containers).await.map_err(|error| Failure::io("cannot listen", error))?),
            false => None,
        };
        let host = self.host(gateway.as_deref())?;
        let backends = Backends { containers: Some(containers), host, local_plugin };
        let artifacts = self.record.artifacts();
        Ok(Setup { backends, engine: Some(shown), artifacts, machine_registry: Some(registry), alone: None })
    }

    /// Whether steps of this machine are to find the emulated AWS: no name server of the run can lead them there.
    fn host_steps_call_aws(self) -> bool {
        let stages = self.session.plan().stages.iter().filter(|stage| stage.not_here.is_none());
        let mut steps = stages.flat_map(|stage| stage.steps());
        self.session.settings.aws.value == AwsMode::Emulated && steps.any(|step| matches!(step.action, Action::Host(_)))
    }

    /// The emulated AWS of a run without an engine.
    async fn serve_alone(self) -> Result<Option<Alone>, Failure> {
        if !self.host_steps_call_aws() {
            return Ok(None);
        }
        let settings = &self.session.settings;
        let upstream = match &settings.aws_endpoint_url {
            Some(given) => {
                Some(Upstream::new(given.value.clone()).trusting(front::roots(&given.value, self.environment)?))
            }
            None => None,
        };
        let orders = AloneOrders {
            issuer: OidcIssuer::open(&self.session.paths.oidc()).map_err(Failure::aws)?,
            create_on_push: settings.create_repository.value,
            faults: self.options.faults.clone(),
            upstream,
        };
        Alone::serve(self.record, orders).await.map(Some)
    }

    fn say_emulation(self, engine: &Engine) {
        let here = engine.platform();
        if let Some(wanted) = self.options.platform.as_ref().filter(|wanted| !here.starts_with(wanted.as_str())) {
            console::say(&format!(
                "warning: the engine is {here}, so `{wanted}` is emulated: slower, and only where the engine's machine has an emulator (binfmt)"
            ));
        }
    }

    fn needs_containers(self) -> Result<bool, Failure> {
        let stages = self.session.plan().stages.iter().filter(|stage| stage.not_here.is_none());
        let step = stages.flat_map(|stage| stage.steps()).find(|step| needs_container(step));
        match step {
            Some(step) if self.session.settings.engine.value == EngineChoice::Host => {
                Err(Failure::usage(format!("`--engine host` runs no containers, and step `{}` needs one", step.path))
                    .help("omit the option, or select host steps with `--step`"))
            }
            found => Ok(found.is_some()),
        }
    }

    /// Where the emulated AWS forwards calls, and how it gets there.
    fn forwarding(self) -> Result<Option<Forwarding>, Failure> {
        let settings = &self.session.settings;
        let Some(given) = settings.aws_endpoint_url.clone() else { return Ok(None) };
        if settings.aws.value != AwsMode::Emulated {
            return Err(Failure::usage(format!("`aws-endpoint-url` ({}) needs `--aws emulated`", given.origin))
                .help("the emulated AWS forwards calls there; real AWS has endpoints of its own"));
        }
        let route = front::route(&given.value, self.session.plan())?;
        Ok(Some(Forwarding { given, route }))
    }

    /// The gateway of the run's stages, and the files that containers trust it by. Every stage with emulated AWS has one, as
    /// its steps may ask for any name of AWS; so has one that is closed, or whose pushes stay here.
    async fn gateway(
        self,
        engine: &Engine,
        own: &OwnImage,
        registry: &MachineRegistry,
        forwarding: Option<&Forwarding>,
    ) -> Result<Gateway, Failure> {
        let settings = &self.session.settings;
        let planned = &self.session.planned;
        let aws = settings.aws.value == AwsMode::Emulated;
        let closed = settings.egress.value != EgressMode::All;
        let names = front::names(planned, settings);
        if !front::kept_here(planned, settings).is_empty() || !names.is_empty() {
            registry.ensure().await?;
        }
        if !aws && !closed && names.is_empty() {
            return Ok(Gateway::default());
        }
        let authority = Authority::of_run(&front::scope(&names, aws)).map_err(Failure::aws)?;
        let mut files = vec![self.file(TRUST_BUNDLE_FILE, &authority.bundle_pem())?];
        if planned.targets.iter().any(|target| target.buildkit_apart) {
            let trust = format!("{PRIVATE_DIR}/{TRUST_BUNDLE_FILE}");
            files.push(self.file(BUILDKIT_FILE, &front::buildkit_config(planned, &names, &trust)?)?);
        }
        if let Some(token) = &self.session.pod_token {
            files.push(self.file(POD_TOKEN_FILE, token.expose())?);
        }
        let issuer = OidcIssuer::open(&self.session.paths.oidc()).map_err(Failure::aws)?;
        let orders = Orders {
            create_on_push: settings.create_repository.value,
            registry: settings.registry.value.clone(),
            issuer: issuer.key(),
            faults: self.options.faults.clone(),
            aws,
            outside: if closed { Outside::Refused } else { Outside::Asked },
            upstream: match forwarding {
                Some(Forwarding { given, route }) => Some(route.open(given, self.record, self.environment).await?),
                None => None,
            },
            plain: self.host_steps_call_aws()
                || (settings.push.value == PushMode::Local && self.gives_the_socket() && !names.is_empty()),
        };
        let answered = (planned, names.as_slice(), RegistriesFile::of(planned, settings));
        let sidecar = front::gateway(own, front::helper_image(own), answered, &authority, self.record, orders)?;
        if let Some(running) = registry.running() {
            for (name, local) in &settings.base_images {
                running.seed(engine, name, &local.value).await?;
            }
        }
        Ok(Gateway { sidecar: Some(sidecar), files })
    }

    /// A file that every container has, read-only, below [`PRIVATE_DIR`].
    fn file(self, name: &str, content: &str) -> Result<Bind, Failure> {
        let source = self.record.private()?.join(name);
        let written = std::fs::write(&source, content).and_then(|()| readable_by_all(&source));
        written.map_err(|error| Failure::io(source.display(), error))?;
        Ok(Bind { source, target: format!("{PRIVATE_DIR}/{name}"), read_only: true })
    }

    /// Whether a step gets the engine's socket.
    fn gives_the_socket(self) -> bool {
        let settings = &self.session.settings;
        let mut steps = self.session.plan().stages.iter().flat_map(|stage| stage.steps());
        let planned = steps.any(|step| matches!(&step.action, Action::Container(container) if container.engine_socket));
        planned && settings.gives_sockets()
    }

    /// The engine's socket as steps get it: behind a guard wherever it can have one.
    fn engine_socket(self, engine: &Engine, registry: &Arc<MachineRegistry>) -> Result<EngineSocket, Failure> {
        let Session { settings, paths, planned, .. } = self.session;
        if !settings.gives_sockets() {
            return Ok(EngineSocket::Refused);
        }
        if engine.socket_here().is_some() {
            let rules = SocketRules::new(self.session, Arc::clone(registry), &self.record.emulator());
            return Ok(EngineSocket::Proxied(SocketProxy {
                directory: self.record.guard()?,
                rules: Arc::new(rules),
                gateway: (front::SIDECAR.to_owned(), front::PLAIN_PORT),
                reach: match settings.open_docker_socket.value {
                    true => SocketReach::Open,
                    false => SocketReach::Limited,
                },
            }));
        }
        let relied_on = daemon::of(settings, self.environment, paths) == MachineDaemon::Guarded;
        if relied_on && settings.push.value == PushMode::Local && !planned.targets.is_empty() && self.gives_the_socket()
        {
            return Err(Failure::new(
                FailureKind::Engine,
                "the engine that answers is not the one that was expected, and its socket cannot be guarded",
            )
            .help("name the engine with `DOCKER_HOST`, or use `--no-docker-socket`"));
        }
        Ok(EngineSocket::AsPlanned)
    }

    fn run_config(
        self,
        owner: Owner,
        (own, local_plugin): (&OwnImage, LocalPluginImage),
        gateway: Gateway,
        (registry, engine_socket): (&MachineRegistry, EngineSocket),
        forwarding: Option<&Forwarding>,
    ) -> Result<RunConfig, Failure> {
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
            pod: front::pod(own, front::helper_image(own), &pod_words, pod_aliases),
            watcher: front::watcher(own, front::helper_image(own)),
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
            docker_config: engine::logins(self.environment, &self.session.paths)?,
            passwords: Arc::new(EcrPasswords::new(settings)),
            mirror: registry.running().map(|registry| Mirror {
                address: registry.host(),
                hosts: front::kept_here(&self.session.planned, settings),
            }),
            egress: match settings.egress.value {
                EgressMode::All => Egress::Open,
                EgressMode::None | EgressMode::Aws => Egress::Closed,
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

    /// The files that plans name where containers have them, and where this run has written them.
    fn own_files(self) -> Result<BTreeMap<String, Option<PathBuf>>, Failure> {
        let names = [TRUST_BUNDLE_FILE, BUILDKIT_FILE, POD_TOKEN_FILE];
        Ok(host_steps::own_files(&names, &self.record.private()?))
    }

    /// Who runs host steps; `gateway` is the URL at which they reach the emulated AWS.
    fn host(self, gateway: Option<&str>) -> Result<HostBackend, Failure> {
        let program = own_binary()?;
        let environment: BTreeMap<_, _> =
            self.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Ok(HostBackend::new(HostConfig {
            supervisor: vec![program.into(), "__inside".into(), "supervisor".into()],
            workspace: self.session.workspace.clone(),
            workspaces: self.workspaces.clone(),
            run_dir: self.record.steps(),
            environment,
            given: host_steps::given(self.session, gateway),
            homes: self.record.homes(),
            own_files: self.own_files()?,
            stop_grace: GRACE,
        }))
    }
}

fn own_binary() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| Failure::io("cannot find cirun's own binary", error))
}

/// With real AWS, who plays the delegate.
pub(super) async fn delegate(settings: &Settings) -> Result<Option<DelegateIdentity>, Failure> {
    if settings.aws.value != AwsMode::Real {
        return Ok(None);
    }
    let told = |error: SignInError| {
        let help = sign_in_help(&error);
        Failure::aws(error).help(help)
    };
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
