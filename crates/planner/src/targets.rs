//! The registries that the plan pushes to, and the host names that the front of a run must answer for.

use cirun_image_ref::{DOCKER_HUB_HOSTS, EcrRegistry, Locality, host_and_port, is_dns_name, is_docker_hub};
use cirun_plan::StepPath;
use indexmap::IndexSet;

/// A registry and repository that a step pushes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegistryTarget {
    /// The step.
    pub step: StepPath,
    /// The registry's host, with its port if it has one; as far as it is decided.
    pub host: String,
    /// Who decides the host.
    pub decided: Decided,
    /// Where the host is, for the containers of the stage.
    pub locality: Locality,
    /// The repository in it.
    pub repository: String,
    /// Where it is a private ECR registry: whose.
    pub ecr: Option<EcrRegistry>,
    /// The host outside of the stage that the plugin logs in to, where it is another one.
    pub login: Option<String>,
    /// Further hosts outside of the stage that the plugin writes a cache of the build to.
    pub caches: Vec<String>,
    /// How the step logs in.
    pub access: Access,
    /// The plugin builds in a container of its own engine, which gets the certificates of registries by a file.
    pub buildkit_apart: bool,
}

/// How a step logs in to the registry that it pushes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Access {
    /// As its connector says.
    #[default]
    Login,
    /// Its connector has no login: the registry takes pushes from anyone, if it is not Docker Hub.
    Anonymous,
    /// Its connector is in no file: what takes the registry's place must take the push without a login.
    Assumed,
}

/// When a registry's host is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decided {
    /// In the plan.
    BeforeRun,
    /// A running step says it. A rule of the step that pushes checks it then (`cirun_plan::VariableRule`).
    WhileRunning,
}

/// A store outside the stage that a step saves to, restores from or uploads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreTarget {
    /// The step's path.
    pub step: String,
    /// Where the files are in CI: `s3://BUCKET`, `gs://BUCKET`, `azure://ACCOUNT/CONTAINER`, `artifactory://TARGET`.
    pub address: String,
    /// What the step does there.
    pub work: StoreWork,
    /// Who keeps the files in this run.
    pub player: StorePlayer,
    /// The bucket, where its calls are forwarded.
    pub s3: Option<S3Bucket>,
}

/// What a step does with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreWork {
    /// Saves a cache.
    Save,
    /// Restores a cache.
    Restore,
    /// Uploads.
    Upload,
}

/// Who keeps a step's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorePlayer {
    /// cirun, in a directory of this machine.
    Cirun,
    /// The step's own endpoint, which is in the stage or on this machine.
    Endpoint(String),
    /// The endpoint that the emulated AWS forwards calls to.
    Forwarded,
    /// The store that the step names.
    Real,
}

/// A bucket of S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Bucket {
    /// Its name.
    pub name: String,
    /// Its region, if the step names one.
    pub region: Option<String>,
}

impl RegistryTarget {
    /// The hosts outside of the stage and the machine that the plugin may ask, as far as they are decided.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.written().chain(self.login.as_deref())
    }

    /// Those of them that it writes to.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let host = Some(self.host.as_str())
            .filter(|host| !host.is_empty() && self.decided == Decided::BeforeRun && !self.locality.is_local());
        host.into_iter().chain(self.caches.iter().map(String::as_str))
    }

    /// Whether what takes the registry's place takes the push without a login.
    pub fn is_open(&self) -> bool {
        match self.access {
            Access::Login => false,
            // Docker Hub refuses whoever pushes without one.
            Access::Anonymous => !self.is_docker_hub(),
            Access::Assumed => true,
        }
    }

    /// Whether the registry is Docker Hub.
    pub fn is_docker_hub(&self) -> bool {
        is_docker_hub(&self.host)
    }
}

/// Which names a front takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Played {
    /// STS and ECR's control plane, with their registries.
    pub(crate) aws: bool,
    /// The registries that images are pushed to.
    pub(crate) registries: bool,
}

/// The names that the plugins of these targets call (ecr.endpoints), as far as they are played, without doubles.
/// Names of the stage itself are not among them.
pub(crate) fn front_hosts<'t>(targets: impl IntoIterator<Item = &'t RegistryTarget>, played: Played) -> Vec<String> {
    let mut hosts = IndexSet::new();
    for target in targets {
        for host in target.hosts() {
            let (name, _) = host_and_port(host);
            match EcrRegistry::parse(host) {
                Some(ecr) => {
                    if played.aws {
                        hosts.insert("sts.amazonaws.com".to_owned());
                        hosts.insert(format!("sts.{}.amazonaws.com", ecr.region));
                        hosts.insert(format!("api.ecr.{}.amazonaws.com", ecr.region));
                    }
                    if played.aws || played.registries {
                        hosts.insert(ecr.host());
                        hosts.insert(name.to_ascii_lowercase());
                    }
                }
                None if !played.registries || !is_dns_name(host) => {}
                None if is_docker_hub(name) => hosts.extend(DOCKER_HUB_HOSTS.map(str::to_owned)),
                None => {
                    hosts.insert(name.to_ascii_lowercase());
                }
            }
        }
    }
    hosts.into_iter().collect()
}

/// The names that plugins call for buckets whose calls are forwarded: both styles, and STS for the role.
pub(crate) fn store_hosts(stores: &[StoreTarget]) -> impl Iterator<Item = String> {
    let mut hosts = IndexSet::new();
    for bucket in stores.iter().filter_map(|store| store.s3.as_ref()) {
        let region = bucket.region.as_deref().unwrap_or("us-east-1");
        hosts.insert("sts.amazonaws.com".to_owned());
        hosts.insert(format!("sts.{region}.amazonaws.com"));
        for host in ["s3.amazonaws.com".to_owned(), format!("s3.{region}.amazonaws.com")] {
            hosts.insert(format!("{}.{host}", bucket.name));
            hosts.insert(host);
        }
    }
    hosts.into_iter()
}
