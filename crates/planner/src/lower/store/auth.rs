//! The variables from the connector of such a step (stores.connector).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::{
    Text,
    model::{
        ArtifactoryAuth, ArtifactoryConnector, ConnectorSpec, StoreStep,
        StoreStep::{
            ArtifactoryUpload, GcsUpload, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, S3Upload, SaveCacheAzure,
            SaveCacheGcs, SaveCacheS3,
        },
    },
};

use super::StoreCtx;
use crate::{
    connectors::{Connection, ConnectorKind, Named, Need},
    lower::build_and_push::{
        auth::{Credentials, set, set_secret},
        aws_auth,
        aws_auth::LocalNeed,
        azure_auth, google_auth,
    },
    scope::given,
    targets::StoreLocation,
};

const ARTIFACTORY: &str = "stores.artifactory-login";
const EXTERNAL_ID: &str = "PLUGIN_EXTERNAL_ID";

/// Resolves the credentials of a step.
pub(super) fn of(store: &StoreCtx<'_, '_>, location: &StoreLocation) -> Credentials {
    let ctx = &store.at.ctx;
    let kind = kind(store.spec.step);
    let need = match location {
        StoreLocation::Here => Need::Keep(kind),
        StoreLocation::Endpoint(_) | StoreLocation::Forwarded | StoreLocation::Real => Need::Store(kind),
    };
    let named = match ctx.connector(store.spec.connector_ref.as_ref(), need) {
        Connection::Found(named) => named,
        Connection::Assumed(id) => {
            let need = match kind {
                ConnectorKind::Aws => aws_auth::assumed(store.spec.connector_ref.as_ref()),
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
            let mut credentials = aws_auth::of_plain_plugin(ctx, &named, aws);
            if credentials.after.remove(EXTERNAL_ID) {
                report_external_id(store, &named);
            }
            Some(credentials)
        }
        // SaveCacheGCS has `PLUGIN_GOOGLE_ACCOUNT_EMAIL` for OIDC, which the plugin does not read; its siblings and
        // BuildAndPushGAR have the five that it reads.
        (SaveCacheGcs | RestoreCacheGcs | GcsUpload, ConnectorSpec::Gcp(gcp)) => {
            Some(google_auth::variables(ctx, &named, gcp))
        }
        (SaveCacheAzure | RestoreCacheAzure, ConnectorSpec::Azure(azure)) => {
            Some(azure_auth::variables(ctx, &named, azure))
        }
        (ArtifactoryUpload, ConnectorSpec::Artifactory(connector)) => Some(artifactory(store, &named, connector)),
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

/// `PLUGIN_URL`, and user and password unless the connector is anonymous.
fn artifactory(store: &StoreCtx<'_, '_>, named: &Named<'_>, connector: &ArtifactoryConnector) -> Credentials {
    let ctx = &store.at.ctx;
    let mut credentials = Credentials::default();
    let env = &mut credentials.after;
    let lacks = |field: &str| {
        ctx.lacks(named, field, "an Artifactory connector needs it (connectors.artifactory)", connector.span);
    };
    // For a connector without credentials the service sets no variables at all, not even the address (stores.artifactory-login).
    match &connector.auth {
        Some(ArtifactoryAuth::UsernamePassword { username, username_ref, password_ref }) => {
            match given(connector.url.as_ref()) {
                Some(url) => {
                    let value = ctx.text(url).value;
                    set(ctx, named, env, "PLUGIN_URL", ("artifactoryServerUrl", url.span), value, ARTIFACTORY);
                }
                None => lacks("artifactoryServerUrl"),
            }
            match (given(username.as_ref()), given(username_ref.as_ref())) {
                (Some(field), _) => {
                    let value = ctx.text(field).value;
                    set(ctx, named, env, "PLUGIN_USERNAME", ("auth.spec.username", field.span), value, ARTIFACTORY);
                }
                (None, Some(field)) => secret(store, named, env, "PLUGIN_USERNAME", ("auth.spec.usernameRef", field)),
                (None, None) => lacks("username` or `usernameRef"),
            }
            match given(password_ref.as_ref()) {
                Some(field) => secret(store, named, env, "PLUGIN_PASSWORD", ("auth.spec.passwordRef", field)),
                None => lacks("passwordRef"),
            }
        }
        Some(ArtifactoryAuth::Anonymous | ArtifactoryAuth::Oidc) => {}
        None => lacks("auth"),
    }
    credentials
}

fn secret(
    store: &StoreCtx<'_, '_>,
    named: &Named<'_>,
    env: &mut crate::env::Env,
    variable: &str,
    (name, field): (&'static str, &Text),
) {
    set_secret(&store.at.ctx, named, env, variable, (name, field.span), field, ARTIFACTORY);
}

fn report_external_id(store: &StoreCtx<'_, '_>, named: &Named<'_>) {
    store.at.ctx.notes.report(
        codes::EXTERNAL_ID_DROPPED
            .says("this step's plugin does not get the connector's `externalId`")
            .at(named.span, "no variable is made of it (stores.external-id)")
            .help("remove `sts:ExternalId` from the role's trust policy for this connector"),
    );
}
