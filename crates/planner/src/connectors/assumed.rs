//! Substitutes for connectors that are in no file, by their purpose.

use cirun_diagnostics::{Span, codes::plan as codes, nearest};

use crate::{
    inputs::{AwsMode, Inputs, PushMode},
    scope::{Ctx, secrets::without_scope},
};

/// The purpose of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// To pull an image.
    Pull,
    /// To pull an ECR image.
    PullFromEcr,
    /// To pull the base image of a Dockerfile.
    BaseImage,
    /// To clone a repository.
    Clone,
    /// To push an image.
    Push(ConnectorKind),
    /// To access a store of files.
    Store(ConnectorKind),
    /// For a store with files on this machine.
    Keep(ConnectorKind),
}

/// The type of connector that a step requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConnectorKind {
    Aws,
    Docker,
    Gcp,
    Azure,
    Artifactory,
}

impl ConnectorKind {
    /// The type's name in documents.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Aws => "Aws",
            Self::Docker => "DockerRegistry",
            Self::Gcp => "Gcp",
            Self::Azure => "Azure",
            Self::Artifactory => "Artifactory",
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Aws => AWS,
            Self::Docker => DOCKER,
            Self::Gcp => GCP,
            Self::Azure => AZURE,
            Self::Artifactory => ARTIFACTORY,
        }
    }
}

const DOCKER: &str = "type: DockerRegistry, spec: {dockerRegistryUrl: https://index.docker.io/v2/, providerType: DockerHub, auth: {type: Anonymous}}";
const GIT: &str = "type: Github, spec: {url: https://github.com/OWNER, type: Account, authentication: {type: Http, spec: {type: Anonymous}}}";
const AWS: &str =
    "type: Aws, spec: {credential: {type: ManualConfig, spec: {accessKey: KEY_ID, secretKeyRef: SECRET_ID}}}";
const GCP: &str = "type: Gcp, spec: {credential: {type: ManualConfig, spec: {secretKeyRef: SECRET_ID}}}";
const AZURE: &str = "type: Azure, spec: {credential: {type: ManualConfig, spec: {clientId: APPLICATION, tenantId: TENANT, auth: {type: Secret, spec: {secretRef: SECRET_ID}}}}}";
const ARTIFACTORY: &str = "type: Artifactory, spec: {artifactoryServerUrl: https://HOST/artifactory, auth: {type: UsernamePassword, spec: {username: USER, passwordRef: SECRET_ID}}}";

impl Need {
    /// A template for such a connector.
    fn example(self) -> &'static str {
        match self {
            Self::Pull | Self::BaseImage => DOCKER,
            Self::PullFromEcr => AWS,
            Self::Clone => GIT,
            Self::Push(kind) | Self::Store(kind) | Self::Keep(kind) => kind.example(),
        }
    }

    /// The substitute for the connector; `None` if there is none: what leaves the machine permanently needs the
    /// connector's login, which is never assumed.
    fn assumption(self, inputs: &Inputs<'_>) -> Option<&'static str> {
        Some(match (self, inputs.aws.mode, inputs.push) {
            (Self::Pull, _, _) | (Self::PullFromEcr, AwsMode::Off, _) => {
                "the image is pulled with your own `docker login`, or without a login"
            }
            (Self::PullFromEcr, AwsMode::Emulated, _) => "the emulated ECR serves the image",
            (Self::BaseImage, _, _) => "base images are pulled without a login",
            (Self::Clone, _, _) => "the repository is cloned without a login",
            (
                Self::PullFromEcr | Self::Push(ConnectorKind::Aws) | Self::Store(ConnectorKind::Aws),
                AwsMode::Real,
                _,
            ) => "your own AWS identity signs in, as the delegate would",
            (Self::Push(ConnectorKind::Aws) | Self::Store(ConnectorKind::Aws), AwsMode::Emulated, _) => {
                "the step gets keys of the emulated AWS"
            }
            (Self::Push(ConnectorKind::Aws) | Self::Store(ConnectorKind::Aws), AwsMode::Off, _) => {
                "the step gets no credentials"
            }
            // With real AWS, there is no emulated sign-in for the other clouds.
            (Self::Push(ConnectorKind::Gcp | ConnectorKind::Azure), AwsMode::Real, PushMode::Local) => return None,
            (Self::Push(_), _, PushMode::Local) => "the local registry takes the push without the connector's login",
            (Self::Push(_), _, PushMode::None) => "the image is only built, and needs no login",
            (Self::Keep(_), _, _) => "the files stay on this machine, and need no login",
            (Self::Push(_), _, PushMode::Real) | (Self::Store(_), _, _) => return None,
        })
    }
}

/// The result for a connector that is in no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// It has a substitute.
    Assumed,
    /// It has none, which is an error.
    Needed,
}

/// Reports a connector that is in no file, once for each identifier, and returns whether it has a substitute.
pub(super) fn report(ctx: &Ctx<'_>, id: &str, span: Span, need: Need) -> Absent {
    let bare = without_scope(id).unwrap_or(id);
    let write = format!(
        "`connector: {{name: {bare}, identifier: {bare}, {}}}` in a YAML file under `.harness/` or under a directory named \
         by `--include`",
        need.example()
    );
    let like = nearest(bare, ctx.inputs.connectors.keys().map(String::as_str));
    let meant = like.map(|like| format!("did you mean `{like}`? Otherwise ")).unwrap_or_default();
    match need.assumption(ctx.inputs) {
        Some(assumption) => {
            ctx.notes.assumed_connector(id);
            ctx.notes.report_absent(
                codes::CONNECTOR_ASSUMED
                    .says(format!("the connector `{id}` is in no file"))
                    .at(span, assumption)
                    .help(format!("{meant}no action is needed; to use the connector, write it as {write}")),
            );
            Absent::Assumed
        }
        None => {
            ctx.notes.report_absent(
                codes::UNKNOWN_CONNECTOR
                    .says(format!("the connector `{id}` is in no file"))
                    .at(span, "its login is needed here")
                    .help(format!(
                        "{meant}write it as {write}; with `--aws emulated --push local` no action is needed"
                    )),
            );
            Absent::Needed
        }
    }
}
