//! The variables from the connector of such a step (stores.connector).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::model::{
    ConnectorSpec, StoreStep,
    StoreStep::{
        ArtifactoryUpload, GcsUpload, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, S3Upload, SaveCacheAzure,
        SaveCacheGcs, SaveCacheS3,
    },
};

use super::StoreCtx;
use crate::{
    connectors::{
        Connection, ConnectorKind, Named, Need, artifactory,
        aws::EXTERNAL_ID,
        azure,
        credentials::{Credentials, LocalNeed},
        google,
    },
    lower::aws_identity,
    targets::StoreLocation,
};

/// Resolves the credentials of a step.
pub(super) fn of(store: &StoreCtx<'_, '_>, location: &StoreLocation) -> Credentials {
    let ctx = &store.at.ctx;
    let kind = kind(store.spec.step);
    let need = match location {
        StoreLocation::Here => Need::Keep(kind),
        StoreLocation::Endpoint(_) | StoreLocation::Forwarded | StoreLocation::Real => Need::Store(kind),
    };
    let named = match ctx.connector(store.spec.connected.connector_ref.as_ref(), need) {
        Connection::Found(named) => named,
        Connection::Assumed(id) => {
            let need = match kind {
                ConnectorKind::Aws => aws_identity::assumed(store.spec.connected.connector_ref.as_ref()),
                ConnectorKind::Docker | ConnectorKind::Gcp | ConnectorKind::Azure | ConnectorKind::Artifactory => {
                    LocalNeed::Nothing
                }
            };
            return Credentials { need, connector: Some(id), ..Credentials::default() };
        }
        Connection::HarnessImages(_) | Connection::Absent => return Credentials::default(),
    };
    let found = match (store.spec.step, &named.connector.spec) {
        (SaveCacheS3 | RestoreCacheS3 | S3Upload, ConnectorSpec::Aws(aws)) => {
            let mut credentials = aws_identity::of_plain_plugin(ctx, &named, aws);
            if credentials.after.remove(EXTERNAL_ID) {
                report_external_id(store, &named);
            }
            Some(credentials)
        }
        // SaveCacheGCS has `PLUGIN_GOOGLE_ACCOUNT_EMAIL` for OIDC, which the plugin does not read; its siblings and
        // BuildAndPushGAR have the five that it reads.
        (SaveCacheGcs | RestoreCacheGcs | GcsUpload, ConnectorSpec::Gcp(gcp)) => {
            Some(google::variables(ctx, &named, gcp))
        }
        (SaveCacheAzure | RestoreCacheAzure, ConnectorSpec::Azure(azure)) => Some(azure::variables(ctx, &named, azure)),
        (ArtifactoryUpload, ConnectorSpec::Artifactory(connector)) => {
            Some(artifactory::variables(ctx, &named, connector))
        }
        _ => None,
    };
    let mut credentials = found.unwrap_or_else(|| {
        store.at.ctx.wrong_connector_type(&named, kind.word(), &store.at.step.kind.value);
        Credentials::default()
    });
    credentials.connector = Some(named.id);
    credentials
}

/// The type of connector that a step requires.
fn kind(step: StoreStep) -> ConnectorKind {
    match step {
        SaveCacheS3 | RestoreCacheS3 | S3Upload => ConnectorKind::Aws,
        SaveCacheGcs | RestoreCacheGcs | GcsUpload => ConnectorKind::Gcp,
        SaveCacheAzure | RestoreCacheAzure => ConnectorKind::Azure,
        ArtifactoryUpload => ConnectorKind::Artifactory,
    }
}

fn report_external_id(store: &StoreCtx<'_, '_>, named: &Named<'_>) {
    store.at.ctx.notes.report(
        codes::EXTERNAL_ID_DROPPED
            .says("this step's plugin does not get the connector's `externalId`")
            .at(named.span, "no variable is made of it (stores.external-id)")
            .help("remove `sts:ExternalId` from the role's trust policy for this connector"),
    );
}
