//! The registries other than ECR that the gateway answers for: names, ports, logins, and where missing images are read from.

use std::{collections::BTreeSet, net::SocketAddr};

use cirun_aws_emulator::{Config, Origins, identity_hosts};
use cirun_image_ref::{
    DOCKER_HUB_HOSTS, Repository, host_and_port, is_aws_name, is_dns_name, is_docker_hub, split_tag,
};
use cirun_plan::Action;
use cirun_planner::{Planned, RegistryTarget};
use cirun_project::settings::{AwsMode, EgressMode, PushMode, Settings};
use indexmap::IndexSet;
use serde::{Deserialize, Serialize};

/// The port that the gateway always listens on.
const HTTPS: u16 = 443;

/// The part of the gateway's configuration about registries.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct RegistriesFile {
    /// Ports besides 443, with TLS or plain HTTP.
    ports: BTreeSet<u16>,
    /// Registries that accept pushes without a login.
    open: BTreeSet<String>,
    /// Accept any password, as passwords come from the real ECR.
    any_token: bool,
    /// Read missing images from the real registries.
    reads_elsewhere: bool,
    /// But never from a name of AWS, even if a registry redirects there.
    no_aws: bool,
}

/// The names that the gateway of this plan answers for; empty if the plan has no gateway.
pub(crate) fn names(planned: &Planned, settings: &Settings) -> Vec<String> {
    let mut names: IndexSet<String> = planned.gateway_hosts.iter().cloned().collect();
    if settings.aws.value != AwsMode::Real && settings.push.value == PushMode::Local {
        let registries = planned.targets.iter().filter(|target| target.ecr.is_none());
        names.extend(registries.flat_map(|target| identity_hosts(&target.host)).map(str::to_owned));
    }
    for registry in base_registries(settings) {
        match is_docker_hub(&registry) {
            true => names.extend(DOCKER_HUB_HOSTS.map(str::to_owned)),
            false => names.extend(Some(host_and_port(&registry).0.to_owned()).filter(|host| is_dns_name(host))),
        }
    }
    names.into_iter().collect()
}

/// The registries of the images that `base-image` replaces: builds read those from the gateway. Empty if steps do not trust
/// the gateway.
fn base_registries(settings: &Settings) -> BTreeSet<String> {
    if settings.aws.value != AwsMode::Emulated && settings.push.value != PushMode::Local {
        return BTreeSet::new();
    }
    settings.base_images.keys().map(|name| Repository::of(split_tag(name).0).registry).collect()
}

/// The registries whose images are pulled from the machine's registry first: those that the plan pushes to and that
/// `--push local` replaces, and with emulated AWS the names of AWS in steps' images.
pub(crate) fn kept_here(planned: &Planned, settings: &Settings) -> Vec<String> {
    let pushed: &[RegistryTarget] = if settings.push.value == PushMode::Local { &planned.targets } else { &[] };
    let mut hosts: BTreeSet<String> = pushed.iter().map(|target| target.host.clone()).collect();
    hosts.append(&mut emulated_images(planned, settings));
    hosts.into_iter().collect()
}

/// The names of AWS in steps' images. Empty if AWS is not emulated.
pub(super) fn emulated_images(planned: &Planned, settings: &Settings) -> BTreeSet<String> {
    if settings.aws.value != AwsMode::Emulated {
        return BTreeSet::new();
    }
    let steps = planned.plan.stages.iter().flat_map(|stage| stage.steps());
    let images = steps.filter_map(|step| match &step.action {
        Action::Container(container) => Some(container.image.value.shown()),
        Action::Host(_) | Action::Wait(_) | Action::Skip(_) => None,
    });
    let named = images.filter_map(|image| image.split_once('/').map(|(host, _)| host.to_owned()));
    named.filter(|host| is_aws_name(host_and_port(host).0)).collect()
}

impl RegistriesFile {
    /// Decides which registries the plan needs, and whether the real ones may be read.
    pub(crate) fn of(planned: &Planned, settings: &Settings) -> Self {
        let local = settings.push.value == PushMode::Local;
        let targets = || planned.targets.iter().filter(|target| local && target.ecr.is_none());
        let bases = base_registries(settings);
        let hosts = targets().flat_map(|target| target.hosts()).chain(bases.iter().map(String::as_str));
        let ports = hosts.filter(|host| is_dns_name(host)).filter_map(|host| host_and_port(host).1);
        let ports = ports.filter(|port| *port != HTTPS).collect();
        let open = targets().filter(|target| target.is_open());
        let open = open.flat_map(|target| match target.is_docker_hub() {
            true => DOCKER_HUB_HOSTS.to_vec(),
            false => vec![host_and_port(&target.host).0],
        });
        let open = open.map(str::to_owned).collect();
        let closed = settings.offline.value || settings.egress.value != EgressMode::All;
        Self {
            ports,
            open,
            any_token: settings.aws.value == AwsMode::Real,
            reads_elsewhere: !closed,
            no_aws: settings.aws.value == AwsMode::Emulated,
        }
    }

    /// Whether this configuration has all ports and open registries of `other`.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.ports.is_subset(&self.ports) && other.open.is_subset(&self.open)
    }

    /// Adds these registries to the emulator's configuration.
    pub(crate) fn apply(self, config: &mut Config) {
        config.listen.either = self.ports.into_iter().map(|port| SocketAddr::from(([0, 0, 0, 0], port))).collect();
        config.open_registries = self.open.iter().filter_map(|host| host.parse().ok()).collect();
        config.any_token = self.any_token;
        config.create_on_push |= self.any_token;
        config.origins = self.reads_elsewhere.then(|| Origins { without_aws: self.no_aws, ..Origins::default() });
    }
}
