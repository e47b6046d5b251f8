//! The inputs of the steps that save, restore and upload files, with rows in the parser (the reference's page stores).

use cirun_parser::model::{CacheInputs, Store, StoreSpec};

use super::{
    Applicability::{Allowed as A, Hidden as H, Ignored as I, Required as R},
    Row, Visit,
    field::{reported_by_parser, text},
    row,
    tables::tables,
};

cirun_parser::store_inputs!(tables);

/// What every step has.
#[rustfmt::skip]
const STEP: &[Row<StoreSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("identifier",               [R, R, R, R, R], "required (stores.identifier)", |step, _| reported_by_parser(step)),
    row("name",                     [R, R, R, R, R], "required (stores.name)", |step, _| text(&step.name)),
    row("timeout",                  [A, A, A, A, A], "stores.timeout", |step, _| text(&step.timeout)),
];

/// Visits the tables of a step.
pub(crate) fn visit(spec: &StoreSpec, to: &mut impl Visit) {
    to.table(STEP, spec);
    to.table(CONNECTED, &spec.connected);
    to.table(SHARED, &spec.shared);
    match &spec.cache {
        Some(CacheInputs::Save(inputs, _)) => to.table(SAVE, inputs),
        Some(CacheInputs::Restore(inputs, paths, _)) => {
            to.table(RESTORE, inputs);
            if let Some(paths) = paths {
                to.table(RESTORED_PATHS, paths);
            }
        }
        None => {}
    }
    match &spec.store {
        Store::S3Cache(inputs) => to.table(S3_CACHE, inputs),
        Store::GcsCache(inputs) => to.table(GCS_CACHE, inputs),
        Store::AzureCache(inputs) => to.table(AZURE_CACHE, inputs),
        Store::S3Upload(inputs) => to.table(S3_UPLOAD, inputs),
        Store::GcsUpload(inputs) => to.table(GCS_UPLOAD, inputs),
        Store::ArtifactoryUpload(inputs) => to.table(ARTIFACTORY_UPLOAD, inputs),
    }
    match &spec.cache {
        Some(CacheInputs::Save(_, options)) => to.table(SAVE_OPTIONS, options),
        Some(CacheInputs::Restore(_, _, options)) => to.table(RESTORE_OPTIONS, options),
        None => {}
    }
}
