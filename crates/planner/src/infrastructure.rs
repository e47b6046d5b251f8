//! Where the steps of a stage, or of a containerised step group, run in CI: the infrastructure, its platform, and the
//! limits, users and directories of the containers.

pub(crate) mod containerised;
pub(crate) mod limits;
pub(crate) mod platform;
mod quantity;
pub(crate) mod shared_paths;
mod stage;
pub(crate) mod user;
pub(crate) mod volumes;

use cirun_plan::Profile;
pub(crate) use containerised::GroupInfrastructure;
pub(crate) use stage::{StageInfrastructure, of};

/// An infrastructure of the Studio (infra.columns).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Infrastructure {
    /// `infrastructure.type: KubernetesDirect`.
    KubernetesDirect,
    /// `infrastructure.type: KubernetesHosted`.
    KubernetesHosted,
    /// `runtime.type: Cloud`.
    Cloud,
    /// `infrastructure.type: VM`.
    Vm,
    /// `runtime.type: Docker`.
    Docker,
}

impl Infrastructure {
    /// The profile that it belongs to.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Self::KubernetesDirect | Self::KubernetesHosted => Profile::Kubernetes,
            Self::Cloud => Profile::Cloud,
            Self::Vm => Profile::Vm,
            Self::Docker => Profile::Docker,
        }
    }

    /// The infrastructure for a profile that the user chose.
    pub(crate) fn of(profile: Profile) -> Self {
        match profile {
            Profile::Kubernetes => Self::KubernetesDirect,
            Profile::Vm => Self::Vm,
            Profile::Cloud => Self::Cloud,
            Profile::Docker => Self::Docker,
        }
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KubernetesHosted => "hosted kubernetes",
            Self::KubernetesDirect | Self::Cloud | Self::Vm | Self::Docker => self.profile().as_str(),
        }
    }

    /// Its place in the rows of the tables of applicability.
    pub(crate) fn index(self) -> usize {
        match self {
            Self::KubernetesDirect => 0,
            Self::KubernetesHosted => 1,
            Self::Cloud => 2,
            Self::Vm => 3,
            Self::Docker => 4,
        }
    }
}
