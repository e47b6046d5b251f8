//! The steps that build an image and push it (the reference's pages ecr and push).

use crate::{
    FieldKind, Flag, Int, Text, TextList, TextMap,
    lower::spec::{REQUIRED, record},
    model::Resources,
};

/// The registry of a build, with the fields specific to its type.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildTarget {
    /// `BuildAndPushECR`.
    Ecr {
        /// `region`.
        region: Option<Text>,
        /// `account`.
        account: Option<Text>,
        /// `imageName`.
        image_name: Option<Text>,
    },
    /// `BuildAndPushDockerRegistry`.
    Docker {
        /// `repo`.
        repo: Option<Text>,
        /// `registryRef`.
        registry_ref: Option<Text>,
    },
    /// `BuildAndPushGAR`.
    Gar {
        /// `host`.
        host: Option<Text>,
        /// `projectID`.
        project_id: Option<Text>,
        /// `imageName`.
        image_name: Option<Text>,
    },
    /// `BuildAndPushGCR`.
    Gcr {
        /// `host`.
        host: Option<Text>,
        /// `projectID`.
        project_id: Option<Text>,
        /// `imageName`.
        image_name: Option<Text>,
    },
    /// `BuildAndPushACR`.
    Acr {
        /// `repository`.
        repository: Option<Text>,
        /// `subscriptionId`.
        subscription_id: Option<Text>,
    },
}

record! {
    /// `BuildAndPush*` (documents.step-fields).
    #[derive(Debug, Clone, PartialEq)]
    pub struct BuildAndPushSpec {
        /// The connector of the registry.
        "connectorRef" => connector_ref: Option<Text>,
        /// The tags of the image.
        "tags" => tags: Option<TextList> = REQUIRED,
        /// The Dockerfile; `Dockerfile` if missing.
        "dockerfile" => dockerfile: Option<Text>,
        /// The build context; the workspace if missing.
        "context" => context: Option<Text>,
        /// The stage of the Dockerfile to build.
        "target" => target_stage: Option<Text>,
        /// Build arguments.
        "buildArgs" => build_args: Option<TextMap>,
        /// Labels of the image.
        "labels" => labels: Option<TextMap>,
        /// Faster snapshots, in Kaniko.
        "optimize" => optimize: Option<Flag>,
        /// Build Intelligence: caches layers.
        "caching" => caching: Option<Flag>,
        /// Images to use as cache sources.
        "cacheFrom" => cache_from: Option<TextList>,
        /// Where to store cached layers.
        "cacheTo" => cache_to: Option<Text>,
        /// The repository that caches layers (`remoteCacheRepo` for Docker).
        "remoteCacheImage" => remote_cache_image: Option<Text>,
        /// Connectors of the base images' registries.
        "baseImageConnectorRefs" => base_image_connector_refs: Option<TextList>,
        /// Secrets for the build, from environment variables.
        "envDockerSecrets" => env_docker_secrets: Option<TextMap>,
        /// Secrets for the build, from files.
        "fileDockerSecrets" => file_docker_secrets: Option<TextMap>,
        /// Environment variables of the plugin.
        "envVariables" => env_variables: Option<TextMap>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber,
        /// The resources of the container.
        "resources" => resources: Option<Resources>,
        /// How many times to try the step.
        "retry" => retry: Option<Int>,
        /// No effect.
        "privileged" => privileged: Option<Flag>,
        /// No effect.
        "imagePullPolicy" => image_pull_policy: Option<Text>,
    }
    given {
        /// The registry.
        target: BuildTarget,
    }
}
