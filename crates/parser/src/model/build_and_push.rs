//! The steps that build an image and push it (the reference's pages ecr and push).

use crate::{
    FieldKind, Flag, Int, Node, Text, TextList, TextMap,
    lower::{
        context::Context,
        spec::{REQUIRED, records},
    },
    model::Resources,
};

/// The inputs of these steps, a row for each: the one table from which the model, the reader, the schema, the checks
/// of applicability and the variables of the plugins follow. It calls the macro `$with` with all rows; that of the
/// parser reads the first part of a row, that of the planner the rest. `run_inputs!`, `background_inputs!`,
/// `plugin_inputs!` and `store_inputs!` have the inputs of the other steps in the same form.
///
/// A row has
/// - its documentation, name in YAML, field, type, for some the kind in the schema, and whether the schema requires it;
/// - its applicability on KubernetesDirect, KubernetesHosted, Cloud, VM and Docker (`R`equired, `U`nless another is set,
///   `A`llowed, `H`idden, `I`gnored, `X`: refused), for some why, and its rule in the reference. A part of an input
///   (`of`) has an applicability of its own, and `if` names the test of whether an input is set;
/// - the variables that are made of it: which builders get it, and how.
///
/// Here `U` is: required unless `registryRef` is set.
#[macro_export]
macro_rules! build_and_push_inputs {
    ($with:ident) => {
        $with! {
            /// The inputs that all of these steps have.
            #[derive(Debug, Clone, PartialEq)]
            BuildAndPushSpec COMMON
            {
                given {
                    /// The registry.
                    target: BuildTarget,
                }
            }
            (
                /// The tags of the image.
                "tags" => tags: Option<TextList> = REQUIRED;
                [R, R, R, R, R] "required" => "ecr.tags";
                "PLUGIN_TAGS": ALL = List(",");
            )
            (
                /// The Dockerfile; `Dockerfile` if missing.
                "dockerfile" => dockerfile: Option<Text>;
                [A, A, A, A, A] => "ecr.dockerfile";
                "PLUGIN_DOCKERFILE": ALL = Text();
            )
            (
                /// The build context; the workspace if missing.
                "context" => context: Option<Text>;
                [A, A, A, A, A] => "ecr.context";
                "PLUGIN_CONTEXT": ALL = Text();
            )
            (
                /// The stage of the Dockerfile to build.
                "target" => target_stage: Option<Text>;
                [A, A, A, A, A] => "ecr.target";
                "PLUGIN_TARGET": ALL = Text();
            )
            (
                /// Build arguments.
                "buildArgs" => build_args: Option<TextMap>;
                [A, A, A, A, A] => "ecr.build-args";
                "PLUGIN_BUILD_ARGS": ALL = Pairs(",");
                "PLUGIN_BUILD_ARGS_NEW": ALL = Pairs(";");
                "PLUGIN_MULTIPLE_BUILD_ARGS": ALL = WithMap("true");
            )
            (
                /// Labels of the image.
                "labels" => labels: Option<TextMap>;
                [A, A, A, A, A] => "ecr.labels";
                "PLUGIN_CUSTOM_LABELS": ALL = Pairs(",");
            )
            (
                /// Faster snapshots, in Kaniko.
                "optimize" => optimize: Option<Flag>;
                [A, A, I, I, I] "only on Kubernetes, where Kaniko takes snapshots" => "ecr.optimize";
                "PLUGIN_SNAPSHOT_MODE": [Kaniko] = WithFlag(Unset::IsTrue, "redo");
            )
            (
                /// The repository that caches layers (`remoteCacheRepo` for Docker).
                "remoteCacheImage" => remote_cache_image: Option<Text>;
                [A, A, I, I, I] "only on Kubernetes" => "ecr.remote-cache";
                "PLUGIN_ENABLE_CACHE": [Kaniko] = WithText("true");
                "PLUGIN_CACHE_REPO": [Kaniko] = Text();
            )
            (
                /// Build Intelligence: caches layers.
                "caching" => caching: Option<Flag>;
                [A, A, A, A, A] => "ecr.caching";
                "PLUGIN_BUILDER_DRIVER_OPTS": [Buildx] = WithFlag(Unset::IsFalse, DRIVER_OPTS);
                "PLUGIN_BUILDER_DRIVER_OPTS_NEW": [Buildx] = WithFlag(Unset::IsFalse, DRIVER_OPTS);
                "PLUGIN_CACHE_METRICS_FILE": [Buildx] = WithFlag(Unset::IsFalse, "cache-metrics.json");
            )
            (
                /// Images to use as cache sources.
                "cacheFrom" => cache_from: Option<TextList>;
                [A, A, A, A, A] => "ecr.cache-from";
                "PLUGIN_CACHE_FROM": [Buildx, Docker] = List(";");
            )
            (
                /// Where to store cached layers.
                "cacheTo" => cache_to: Option<Text>;
                [A, A, A, A, A] => "ecr.cache-to";
                "PLUGIN_CACHE_TO": [Buildx] = Text();
            )
            (
                /// Secrets for the build, from environment variables.
                "envDockerSecrets" => env_docker_secrets: Option<TextMap>;
                [A, A, A, A, A] => "ecr.env-secrets";
                "PLUGIN_SECRETS_FROM_ENV": [Buildx, Docker] = Pairs(",");
            )
            (
                /// Secrets for the build, from files.
                "fileDockerSecrets" => file_docker_secrets: Option<TextMap>;
                [A, A, A, A, A] => "ecr.file-secrets";
                "PLUGIN_SECRETS_FROM_FILE": [Buildx, Docker] = Pairs(",");
            )
            (
                /// Connectors of the base images' registries.
                "baseImageConnectorRefs" => base_image_connector_refs: Option<TextList>;
                [A, A, A, A, A] => "ecr.base-image";
            )
            (
                /// Environment variables of the plugin.
                "envVariables" => env_variables: Option<TextMap>;
                [A, A, A, A, A] => "ecr.env";
            )
            (
                /// The user id.
                "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber;
                [A, H, A, H, H] "from YAML it has its effect" => "ecr.run-as-user";
            )
            (
                /// How many times to try the step.
                "retry" => retry: Option<Int>;
                [A, A, A, A, A] => "ecr.retry";
            )
            (
                /// No effect.
                "privileged" => privileged: Option<Flag>;
                if true_flag [I, I, I, I, I] "no such input, and no variable of the plugin is made of it"
                    => "ecr.no-such-input";
            )
            (
                /// The resources of the container.
                "resources" => resources: Option<Resources>;
                of limit_memory "resources.limits.memory" [A, A, I, I, I] "only on Kubernetes" => "ecr.resources";
                of limit_cpu "resources.limits.cpu" [A, A, I, I, I] "only on Kubernetes" => "ecr.resources";
            )
            (
                /// No effect.
                "imagePullPolicy" => image_pull_policy: Option<Text>;
                [I, I, I, I, I] "no such input, and no variable of the plugin is made of it" => "ecr.no-such-input";
            )

            /// The inputs of `BuildAndPushECR`.
            #[derive(Debug, Clone, PartialEq)]
            EcrTarget ECR {}
            (
                /// The AWS connector of the registry.
                "connectorRef" => connector_ref: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "ecr.connector";
            )
            (
                /// The AWS region of the registry.
                "region" => region: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "ecr.region";
            )
            (
                /// The id of the AWS account that the registry belongs to: 12 digits, quoted.
                "account" => account: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "ecr.account";
            )
            (
                /// The repository in the registry, without the registry's host.
                "imageName" => image_name: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "ecr.image-name";
            )

            /// The inputs of `BuildAndPushDockerRegistry`.
            #[derive(Debug, Clone, PartialEq)]
            DockerTarget DOCKER { known { "remoteCacheRepo": FieldKind::Text, "The repository that caches layers."; } }
            (
                /// The connector of the registry.
                "connectorRef" => connector_ref: Option<Text>;
                [U, U, U, U, U] "required unless `registryRef` is set" => "push.docker-connector";
            )
            (
                /// A Harness Artifact Registry, instead of a connector.
                "registryRef" => registry_ref: Option<Text>;
                [A, A, A, A, A] => "push.docker-registry-ref";
            )
            (
                /// The repository, with the registry's host unless it is Docker Hub.
                "repo" => repo: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "push.docker-repo";
            )

            /// The inputs of `BuildAndPushGAR` and `BuildAndPushGCR`.
            #[derive(Debug, Clone, PartialEq)]
            GoogleTarget GOOGLE {}
            (
                /// The Google connector of the registry.
                "connectorRef" => connector_ref: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "push.gar-connector";
            )
            (
                /// The host of the registry.
                "host" => host: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "push.gar-host";
            )
            (
                /// The Google project that the registry belongs to.
                "projectID" => project_id: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "push.gar-project";
            )
            (
                /// The image, with the repository of the Artifact Registry before it.
                "imageName" => image_name: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "push.gar-image-name";
            )

            /// The inputs of `BuildAndPushACR`.
            #[derive(Debug, Clone, PartialEq)]
            AcrTarget ACR {}
            (
                /// The Azure connector of the registry.
                "connectorRef" => connector_ref: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "push.acr-connector";
            )
            (
                /// The repository, with the registry's host before it.
                "repository" => repository: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "push.acr-repository";
            )
            (
                /// The Azure subscription, for the link to the image.
                "subscriptionId" => subscription_id: Option<Text>;
                [A, A, A, A, A] => "push.acr-subscription";
            )
        }
    };
}

build_and_push_inputs!(records);

/// The kind of registry of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildTargetKind {
    /// `BuildAndPushECR`.
    Ecr,
    /// `BuildAndPushDockerRegistry`.
    Docker,
    /// `BuildAndPushGAR`.
    Gar,
    /// `BuildAndPushGCR`.
    Gcr,
    /// `BuildAndPushACR`.
    Acr,
}

/// The registry of a build, with the inputs of its type.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildTarget {
    /// `BuildAndPushECR`.
    Ecr(EcrTarget),
    /// `BuildAndPushDockerRegistry`.
    Docker(DockerTarget),
    /// `BuildAndPushGAR`.
    Gar(GoogleTarget),
    /// `BuildAndPushGCR`.
    Gcr(GoogleTarget),
    /// `BuildAndPushACR`.
    Acr(AcrTarget),
}

impl BuildTarget {
    /// Reads the inputs of a registry of that kind.
    pub(crate) fn read(kind: BuildTargetKind, spec: &Node, cx: &mut Context) -> Self {
        match kind {
            BuildTargetKind::Ecr => Self::Ecr(EcrTarget::read_known(spec, cx)),
            BuildTargetKind::Docker => Self::Docker(DockerTarget::read_known(spec, cx)),
            BuildTargetKind::Gar => Self::Gar(GoogleTarget::read_known(spec, cx)),
            BuildTargetKind::Gcr => Self::Gcr(GoogleTarget::read_known(spec, cx)),
            BuildTargetKind::Acr => Self::Acr(AcrTarget::read_known(spec, cx)),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> BuildTargetKind {
        match self {
            Self::Ecr(_) => BuildTargetKind::Ecr,
            Self::Docker(_) => BuildTargetKind::Docker,
            Self::Gar(_) => BuildTargetKind::Gar,
            Self::Gcr(_) => BuildTargetKind::Gcr,
            Self::Acr(_) => BuildTargetKind::Acr,
        }
    }

    /// The connector of the registry.
    pub fn connector_ref(&self) -> Option<&Text> {
        match self {
            Self::Ecr(target) => target.connector_ref.as_ref(),
            Self::Docker(target) => target.connector_ref.as_ref(),
            Self::Gar(target) | Self::Gcr(target) => target.connector_ref.as_ref(),
            Self::Acr(target) => target.connector_ref.as_ref(),
        }
    }
}
