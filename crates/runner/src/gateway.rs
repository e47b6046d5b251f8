//! The gateway of a run: the emulator and the name server beside each stage, and the machine's registry that keeps the images.

mod buildkit;
mod certificates;
pub(crate) mod configuration;
pub(crate) mod on_machine;
mod pushed;
mod reach;
mod registries;
mod registry;
pub(crate) mod resolver;
mod upstream;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use bytes::Bytes;
use cirun_aws::{Authority, Scope};
use cirun_aws_emulator::OidcKey;
use cirun_diagnostics::Failure;
use cirun_docker_executor::{Bind, HelperImage, PodImage, ReadyLine, RootFs, Sidecar, VolumeMount, WatcherImage};
use cirun_image_ref::AWS_SUFFIXES;
use cirun_plan::PortBinding;
use cirun_planner::Planned;
use indexmap::IndexMap;

use self::configuration::{EmulatorFile, HttpsFile, UpstreamFile};
pub(crate) use self::{
    buildkit::buildkit_config,
    pushed::KEPT_LOG,
    reach::Reach,
    registries::{RegistriesFile, kept_here, names},
    resolver::{Outside, ResolverFile},
    upstream::{Route, route},
};
pub use self::{
    certificates::{OnDemand, machine_scope},
    pushed::{Pushed, REQUEST_LOG, pushed},
    registry::{LocalRegistry, MachineRegistry},
    resolver::refused,
    upstream::roots,
};
use crate::{OwnImage, record::Record};

/// How long a forwarded call waits for its service to listen.
pub(crate) const SERVICE_START: Duration = Duration::from_secs(20);
/// The directory of the logs in the gateway's container.
const EMULATOR_DIRECTORY: &str = "/cirun.d";
/// The directory of the registry's data in the gateway's container.
pub(crate) const DATA_DIRECTORY: &str = "/data";

/// The gateway's plain HTTP port for requests from this machine: by the engine's socket, and from host steps. Published on
/// loopback. Chosen so that a registry of the pipeline is unlikely to use it.
pub(crate) const PLAIN_PORT: u16 = 45577;
/// The sidecar's name within a stage.
pub(crate) const SIDECAR: &str = "aws";
/// The gateway's configuration file in its container. No mount: its keys are removed with the container.
pub(crate) const CONFIGURATION: &str = "/gateway.json";
/// An unreachable name server (RFC 5737), so that the engine of a closed stage cannot look up names outside.
const NO_NAME_SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 53));

/// The line that the emulator prints when it is ready.
pub(crate) const READY_LINE: &str = "cirun: emulated AWS is ready";

/// The time that an emulator gives open requests when it stops.
pub const SHUTDOWN: Duration = Duration::from_secs(2);

/// cirun's own image, which the engine imports if it does not have it.
pub(crate) fn helper_image(own: &OwnImage) -> HelperImage {
    let packed = own.clone();
    HelperImage {
        reference: own.name.clone(),
        rootfs: Some(RootFs::new(move || packed.tar().map(Bytes::from).map_err(io::Error::other))),
        changes: Vec::new(),
    }
}

/// The container that holds a pod's network namespace, from cirun's own image. `words` are its arguments.
pub(crate) fn pod(own: &OwnImage, image: HelperImage, words: &[String], aliases: Vec<String>) -> PodImage {
    let words: Vec<&str> = ["pause"].into_iter().chain(words.iter().map(String::as_str)).collect();
    PodImage { image, command: own.inside(&words), aliases }
}

/// What a run needs from its gateway.
#[derive(Debug)]
pub(crate) struct Orders {
    /// A push creates its repository if it does not exist.
    pub create_on_push: bool,
    /// The volume of the machine's registry, which the gateway mounts.
    pub registry: String,
    /// The key that signed the run's OIDC token.
    pub issuer: OidcKey,
    /// Errors to make on purpose (`--inject`).
    pub faults: Vec<String>,
    /// The gateway answers for every name of AWS.
    pub aws: bool,
    /// What to do with names that neither the gateway nor the stage has.
    pub outside: Outside,
    /// The emulator that calls are forwarded to first.
    pub upstream: Option<UpstreamFile>,
    /// The gateway needs [`PLAIN_PORT`], as something on this machine calls it.
    pub plain: bool,
}

/// The container that reports the open ports of a network namespace, from cirun's own image.
pub(crate) fn watcher(own: &OwnImage, image: HelperImage) -> WatcherImage {
    WatcherImage { image, command: own.inside(&["watch"]) }
}

/// The scope of a run's certificate authority: the names that its gateway answers for.
pub(crate) fn scope(names: &[String], aws: bool) -> Scope {
    let suffixes = AWS_SUFFIXES.iter().filter(|_| aws).map(|suffix| (*suffix).to_owned());
    Scope::new(suffixes.chain(names.iter().cloned()), [])
}

/// The names that the gateway answers for, and the authority of their certificates.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// The plan.
    pub planned: &'a Planned,
    /// The names other than AWS's.
    pub names: &'a [String],
    /// The registries among the names.
    pub registries: RegistriesFile,
    /// The authority that issues their certificates.
    pub authority: &'a Authority,
}

/// The sidecar of a stage's network with the emulator and the name server. Its certificates come from this run's authority.
pub(crate) fn gateway(
    own: &OwnImage,
    Answered { planned, names, registries, authority }: Answered<'_>,
    record: &Record,
    orders: Orders,
) -> Result<Sidecar, Failure> {
    let file = EmulatorFile {
        data: PathBuf::from(DATA_DIRECTORY),
        https: Some(HttpsFile {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 443)),
            authority: authority.to_pem(),
            names: names.to_vec(),
            aws: orders.aws,
        }),
        create_on_push: orders.create_on_push,
        issuer: Some(orders.issuer),
        faults: orders.faults,
        resolver: Some(ResolverFile {
            aws: orders.aws,
            forwards: orders.upstream.is_some(),
            names: names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            outside: orders.outside,
            directory: PathBuf::from(EMULATOR_DIRECTORY),
        }),
        upstream: orders.upstream,
        plain_port: orders.plain.then_some(PLAIN_PORT),
        registries,
        home: planned
            .targets
            .iter()
            .find_map(|target| target.ecr.as_ref().map(|ecr| (ecr.account.clone(), ecr.region.clone()))),
        request_log: Some(PathBuf::from(format!("{EMULATOR_DIRECTORY}/{REQUEST_LOG}"))),
    };
    Ok(Sidecar {
        name: SIDECAR.to_owned(),
        image: helper_image(own),
        command: own.inside(&["emulator", CONFIGURATION]),
        env: IndexMap::new(),
        aliases: Vec::new(),
        files: vec![(CONFIGURATION.to_owned(), file.text()?.into())],
        name_servers: match orders.outside {
            Outside::Refused => vec![NO_NAME_SERVER],
            Outside::Asked => Vec::new(),
        },
        binds: vec![Bind { source: record.emulator(), target: EMULATOR_DIRECTORY.to_owned(), read_only: false }],
        volumes: vec![VolumeMount { name: orders.registry, target: DATA_DIRECTORY.to_owned() }],
        ports: orders.plain.then_some(PortBinding { host: 0, container: PLAIN_PORT }).into_iter().collect(),
        ready: Some(ReadyLine { text: READY_LINE.to_owned(), within: Duration::from_secs(20) }),
    })
}
