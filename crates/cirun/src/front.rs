//! The AWS front of a run: the emulator beside each stage, and the registry of this machine that keeps its images.

mod pushed;
mod registries;
mod registry;
pub(crate) mod resolver;
mod upstream;

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use bytes::Bytes;
use cirun_aws::Authority;
use cirun_aws_emulator::OidcKey;
use cirun_docker_executor::{Bind, HelperImage, PodImage, ReadyLine, RootFs, Sidecar, VolumeMount, WatcherImage};
use cirun_plan::PortBinding;
use cirun_planner::Planned;
use indexmap::IndexMap;
pub(crate) use pushed::{KEPT_LOG, Pushed, REQUEST_LOG, pushed};
pub(crate) use registries::{RegistriesFile, kept_here, names};
pub(crate) use registry::{LocalRegistry, MachineRegistry};
pub(crate) use resolver::ResolverFile;
pub(crate) use upstream::{Route, SERVICE_START, roots, route};

use crate::{
    command::inside::{EmulatorFile, HttpsFile, UpstreamFile},
    error::CliError,
    own_image::OwnImage,
    record::Record,
};

/// Where the emulator's container has its configuration and log.
const EMULATOR_DIRECTORY: &str = "/cirun.d";
/// Where it has the registry's data.
pub(crate) const DATA_DIRECTORY: &str = "/data";

/// The port on which a front takes what comes by the engine's socket, published on loopback; other registries that it
/// plays are unlikely to have it.
pub(crate) const ENGINE_PORT: u16 = 45577;
/// The sidecar's name within a stage.
pub(crate) const SIDECAR: &str = "aws";
/// The name of a front that plays nothing, and only answers questions for names.
pub(crate) const NO_NAME: &str = "front.cirun.local";

/// What the emulator prints when it answers.
pub(crate) const READY_LINE: &str = "cirun: emulated AWS is ready";

/// How long requests under way may take when an emulator ends.
pub(crate) const SHUTDOWN: Duration = Duration::from_secs(2);

/// cirun's own binary as an image of the engine.
pub(crate) fn helper_image(own: &OwnImage) -> HelperImage {
    let packed = own.clone();
    HelperImage {
        reference: own.name.clone(),
        rootfs: Some(RootFs::new(move || packed.tar().map(Bytes::from).map_err(io::Error::other))),
        changes: Vec::new(),
    }
}

/// What holds a pod's network namespace: the same image, doing nothing but what `words` say.
pub(crate) fn pod(own: &OwnImage, image: HelperImage, words: &[String], aliases: Vec<String>) -> PodImage {
    let words: Vec<&str> = ["pause"].into_iter().chain(words.iter().map(String::as_str)).collect();
    PodImage { image, command: own.inside(&words), aliases }
}

/// What a run asks of its emulator.
#[derive(Debug)]
pub(crate) struct Orders {
    /// A push makes the repository that it names.
    pub create_on_push: bool,
    /// The machine's registry, whose volume it has.
    pub registry: String,
    /// Who signed the run's OIDC token.
    pub issuer: OidcKey,
    /// Errors on purpose.
    pub faults: Vec<String>,
    /// The stage's network is closed: names are asked of the front.
    pub closed: bool,
    /// Who answers STS and ECR first.
    pub upstream: Option<UpstreamFile>,
    /// Steps have the engine's socket: what they push comes on a port of its own.
    pub by_engine: bool,
}

/// What tells a namespace's ports: the same image.
pub(crate) fn watcher(own: &OwnImage, image: HelperImage) -> WatcherImage {
    WatcherImage { image, command: own.inside(&["watch"]) }
}

/// The emulator of a stage's network, answering for the plan's names; its certificate comes from this machine's authority.
pub(crate) fn emulator(
    own: &OwnImage,
    image: HelperImage,
    (planned, names, registries): (&Planned, Vec<String>, RegistriesFile),
    authority: &Authority,
    record: &Record,
    orders: Orders,
) -> Result<Sidecar, CliError> {
    let issued = authority.issue(&names).map_err(|error| CliError::aws(&error))?;
    let file = EmulatorFile {
        data: PathBuf::from(DATA_DIRECTORY),
        https: Some(HttpsFile {
            listen: SocketAddr::from(([0, 0, 0, 0], 443)),
            certificate_chain: issued.chain_pem,
            private_key: issued.key_pem,
        }),
        create_on_push: orders.create_on_push,
        issuer: Some(orders.issuer),
        faults: orders.faults,
        upstream: orders.upstream,
        engine_port: orders.by_engine.then_some(ENGINE_PORT),
        registries,
        resolver: orders.closed.then(|| ResolverFile {
            names: names.iter().cloned().collect(),
            directory: PathBuf::from(EMULATOR_DIRECTORY),
        }),
        home: planned
            .targets
            .iter()
            .find_map(|target| target.ecr.as_ref().map(|ecr| (ecr.account.clone(), ecr.region.clone()))),
        request_log: Some(PathBuf::from(format!("{EMULATOR_DIRECTORY}/{REQUEST_LOG}"))),
    };
    file.write(&record.emulator().join("config.json"))?;
    Ok(Sidecar {
        name: SIDECAR.to_owned(),
        image,
        command: own.inside(&["emulator", &format!("{EMULATOR_DIRECTORY}/config.json")]),
        env: IndexMap::new(),
        aliases: names,
        binds: vec![Bind { source: record.emulator(), target: EMULATOR_DIRECTORY.to_owned(), read_only: false }],
        volumes: vec![VolumeMount { name: orders.registry, target: DATA_DIRECTORY.to_owned() }],
        ports: orders.by_engine.then_some(PortBinding { host: 0, container: ENGINE_PORT }).into_iter().collect(),
        ready: Some(ReadyLine { text: READY_LINE.to_owned(), within: Duration::from_secs(20) }),
    })
}
