//! Where the files of a step are here: with cirun, at an S3 endpoint of this machine or the stage, or in the real
//! store.

use cirun_diagnostics::codes::plan as codes;
use cirun_image_ref::{Locality, split_address};
use cirun_parser::{Text, model::Store};

use super::{StoreCtx, work};
use crate::{
    connectors::credentials::LocalNeed,
    env::Env,
    inputs::PushMode,
    lower::aws_identity::{Signing, identity as sign},
    scope::Ctx,
    targets::{S3Bucket, StoreLocation, StoreTarget, StoreWork},
};

/// Why cirun emulates a plugin.
pub(super) const KEPT_HERE: &str = "nothing leaves the machine without `--push real`";

/// Whether uploads are collected rather than only listed.
pub(super) fn keeps_uploads(ctx: &Ctx<'_>) -> bool {
    ctx.inputs.push != PushMode::None
}

/// Decides where the files are, and reports it if that differs from CI.
pub(super) fn target(store: &StoreCtx<'_, '_>) -> StoreTarget {
    let location = location(store);
    let address = address(store);
    report(store, &location, &address);
    let s3 = s3_bucket(store).filter(|_| location == StoreLocation::Forwarded);
    StoreTarget { step: store.at.place.path.to_string(), address, work: work(store.spec.step), location, s3 }
}

fn location(store: &StoreCtx<'_, '_>) -> StoreLocation {
    let ctx = &store.at.ctx;
    if ctx.inputs.push == PushMode::Real {
        return StoreLocation::Real;
    }
    let only_listed = work(store.spec.step) == StoreWork::Upload && !keeps_uploads(ctx);
    match (endpoint(store), on_s3(store) && !only_listed) {
        (Some(endpoint), true) if is_local(store, &endpoint) => StoreLocation::Endpoint(endpoint),
        (None, true) if ctx.inputs.aws.forwarded && s3_bucket(store).is_some() => StoreLocation::Forwarded,
        (Some(_) | None, _) => StoreLocation::Here,
    }
}

fn on_s3(store: &StoreCtx<'_, '_>) -> bool {
    match store.spec.store {
        Store::S3Cache(_) | Store::S3Upload(_) => true,
        Store::GcsCache(_) | Store::GcsUpload(_) | Store::AzureCache(_) | Store::ArtifactoryUpload(_) => false,
    }
}

/// The step's own endpoint, as far as it is known.
fn endpoint(store: &StoreCtx<'_, '_>) -> Option<String> {
    store.at.ctx.given_text(store.spec.store.endpoint()).map(|text| text.value.shown())
}

fn is_local(store: &StoreCtx<'_, '_>, endpoint: &str) -> bool {
    let services = store.at.services.borrow();
    Locality::of(split_address(endpoint).0, services.iter().map(String::as_str)).is_local()
}

fn s3_bucket(store: &StoreCtx<'_, '_>) -> Option<S3Bucket> {
    let known = |field: Option<&Text>| store.at.ctx.given_text(field)?.value.exposed().map(str::to_owned);
    on_s3(store).then_some(())?;
    Some(S3Bucket { name: known(store.spec.store.bucket())?, region: known(store.spec.store.region()) })
}

/// The address of the files in CI, as text to print.
fn address(store: &StoreCtx<'_, '_>) -> String {
    let shown =
        |field: Option<&Text>| store.at.ctx.given_text(field).map(|text| text.value.shown()).unwrap_or_default();
    let bucket = || shown(store.spec.store.bucket());
    match &store.spec.store {
        Store::S3Cache(_) | Store::S3Upload(_) => format!("s3://{}", bucket()),
        Store::GcsCache(_) | Store::GcsUpload(_) => format!("gs://{}", bucket()),
        Store::AzureCache(cache) => {
            format!("azure://{}/{}", shown(cache.storage_account.as_ref()), shown(cache.container_name.as_ref()))
        }
        Store::ArtifactoryUpload(upload) => format!("artifactory://{}", shown(upload.target.as_ref())),
    }
}

fn report(store: &StoreCtx<'_, '_>, location: &StoreLocation, address: &str) {
    let id = &store.at.place.id;
    let message = match (location, work(store.spec.step) == StoreWork::Upload, keeps_uploads(&store.at.ctx)) {
        // The step's own endpoint is also CI's.
        (StoreLocation::Real | StoreLocation::Endpoint(_), _, _) => return,
        (StoreLocation::Forwarded, _, _) => {
            format!("`{id}` uses your AWS endpoint, in CI {address}")
        }
        (StoreLocation::Here, false, _) => {
            let caches = store.at.ctx.inputs.caches.as_deref().unwrap_or("a directory of this machine");
            format!("`{id}` uses the local cache in {caches}, in CI {address}")
        }
        (StoreLocation::Here, true, true) => {
            format!("the files of `{id}` are collected with the run's artifacts; in CI they go to {address}")
        }
        (StoreLocation::Here, true, false) => format!("`{id}` only lists its files; in CI they go to {address}"),
    };
    let mut diagnostic = codes::STORE_NOT_ASKED.says(message).at(store.at.step.kind.span, KEPT_HERE);
    if *location == StoreLocation::Here && endpoint(store).is_some() && on_s3(store) {
        diagnostic = diagnostic.help("the step's endpoint is outside of the stage: `--push real` uses it");
    }
    store.at.ctx.notes.report(diagnostic);
}

/// Gives the plugin an identity, if CI's machine has one.
pub(super) fn identity(store: &StoreCtx<'_, '_>, need: &LocalNeed, env: &mut Env) {
    let region = s3_bucket(store).and_then(|bucket| bucket.region);
    sign(&Signing { at: store.at, ecr: None, region }, need, env);
}
