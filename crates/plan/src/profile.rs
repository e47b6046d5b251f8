//! The four kinds of infrastructure of a stage in CI.

use std::fmt;

/// The infrastructure profile of a stage (product.md, Words).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// `infrastructure.type: KubernetesDirect` (and `KubernetesHosted`): one pod.
    Kubernetes,
    /// `infrastructure.type: VM`.
    Vm,
    /// `runtime.type: Cloud`: hosted, which runs through the VM path.
    Cloud,
    /// `runtime.type: Docker`: the local runner.
    Docker,
}

/// How services and steps of a stage reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkModel {
    /// One network namespace; services on `localhost` (network.localhost).
    Pod,
    /// A bridge network; each service under its id as DNS alias (network.by-id).
    Bridge,
}

impl Profile {
    /// All profiles, in the order of the tables' columns.
    pub const ALL: [Self; 4] = [Self::Kubernetes, Self::Vm, Self::Cloud, Self::Docker];

    /// The name for `--infra` and in the plan's JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Vm => "vm",
            Self::Cloud => "cloud",
            Self::Docker => "docker",
        }
    }

    /// The network model of the profile.
    pub fn network(self) -> NetworkModel {
        match self {
            Self::Kubernetes => NetworkModel::Pod,
            Self::Vm | Self::Cloud | Self::Docker => NetworkModel::Bridge,
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
