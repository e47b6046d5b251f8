//! The variables from the connector of a build-and-push step.

use cirun_image_ref::login_address;
use cirun_parser::model::{BuildTarget, ConnectorSpec, DockerConnector, DockerTarget};
use cirun_plan::{Cause, Text as PlanText, Traced};

use super::BuildCtx;
use crate::{
    connectors::{Connection, ConnectorKind, Named, azure, credentials::Credentials, docker::DockerVariables, google},
    inputs::PushMode,
    lower::aws_identity,
};

/// The type of connector for a push.
pub(super) fn kind(target: &BuildTarget) -> ConnectorKind {
    match target {
        BuildTarget::Ecr(_) => ConnectorKind::Aws,
        BuildTarget::Docker(_) => ConnectorKind::Docker,
        BuildTarget::Gar(_) | BuildTarget::Gcr(_) => ConnectorKind::Gcp,
        BuildTarget::Acr(_) => ConnectorKind::Azure,
    }
}

/// Resolves the credentials of a step.
pub(crate) fn of(build: &BuildCtx<'_, '_>) -> Credentials {
    let named = match &build.connection {
        Connection::Absent => return Credentials::default(),
        Connection::Found(named) => named,
        Connection::HarnessImages(id) => {
            let mut credentials = Credentials { connector: Some(id.clone()), ..Credentials::default() };
            DOCKER.set_docker_hub(id, &mut credentials.after);
            return credentials;
        }
        Connection::Assumed(id) => return assumed(build, id),
    };
    let mut credentials = match (&build.spec.target, &named.connector.spec) {
        (BuildTarget::Ecr(_), ConnectorSpec::Aws(aws)) => {
            aws_identity::credentials(&build.at.ctx, named, aws, build.builder)
        }
        (BuildTarget::Docker(_), ConnectorSpec::Docker(spec)) => docker(build, named, spec),
        (BuildTarget::Gar(_) | BuildTarget::Gcr(_), ConnectorSpec::Gcp(gcp)) => {
            google::variables(&build.at.ctx, named, gcp)
        }
        (BuildTarget::Acr(_), ConnectorSpec::Azure(azure)) => azure::variables(&build.at.ctx, named, azure),
        (target, _) => {
            build.at.ctx.wrong_connector_type(named, kind(target).word(), &build.at.step.kind.value);
            Credentials::default()
        }
    };
    credentials.connector = Some(named.id.clone());
    credentials
}

/// The substitute for a connector that is in no file. It is never a real login.
fn assumed(build: &BuildCtx<'_, '_>, id: &Traced<String>) -> Credentials {
    let mut credentials = Credentials { connector: Some(id.clone()), ..Credentials::default() };
    let stays_here = build.at.ctx.inputs.push == PushMode::Local;
    match &build.spec.target {
        BuildTarget::Ecr(_) => credentials.need = aws_identity::assumed(build.spec.target.connector_ref()),
        BuildTarget::Docker(DockerTarget { repo, .. }) => {
            let repo = build.at.ctx.given_text(repo.as_ref()).filter(|repo| !repo.value.is_deferred());
            if let Some(repo) = repo {
                let registry = login_address(&repo.value.shown());
                let origin =
                    repo.origin.then(Cause::Local("assumed as the registry of a connector that is in no file"));
                credentials.before.set(DOCKER.registry, Traced::new(PlanText::Known(registry), origin));
            }
        }
        // If pushes stay here, the local sign-in accepts it. No substitute is sent to a real service.
        BuildTarget::Acr(_) | BuildTarget::Gar(_) | BuildTarget::Gcr(_) if !stays_here => {}
        BuildTarget::Acr(_) => azure::stand_in(&mut credentials.before),
        BuildTarget::Gar(_) | BuildTarget::Gcr(_) => google::stand_in(&mut credentials.before),
    }
    credentials
}

/// The variables of the Docker plugins (push.docker-login): without user and password if the connector is anonymous.
const DOCKER: DockerVariables = DockerVariables {
    registry: "PLUGIN_REGISTRY",
    username: "PLUGIN_USERNAME",
    password: "PLUGIN_PASSWORD",
    rule: "push.docker-login",
};

fn docker(build: &BuildCtx<'_, '_>, named: &Named<'_>, docker: &DockerConnector) -> Credentials {
    let mut credentials = Credentials::default();
    DOCKER.set_login(&build.at.ctx, named, docker, &mut credentials.after);
    credentials
}
