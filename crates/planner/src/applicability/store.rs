//! The inputs of the steps that save, restore and upload files: the reference's page stores, one row a line.

use cirun_parser::model::{
    StoreSpec,
    StoreStep::{
        self, ArtifactoryUpload, GcsUpload, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, S3Upload,
        SaveCacheAzure, SaveCacheGcs, SaveCacheS3,
    },
};

use super::{
    Applicability::{Allowed as A, Hidden as H, Ignored as I, Required as R},
    Row,
    field::{flag, int, list, reported_by_parser, text},
    row,
};

type Rows = &'static [Row<StoreSpec>];

/// The inputs that all of them have.
#[rustfmt::skip]
const COMMON: Rows = &[
    //                              Direct Hosted Cloud VM Docker
    row("identifier",               [R, R, R, R, R], "required (stores.identifier)", |step, _| reported_by_parser(step)),
    row("name",                     [R, R, R, R, R], "required (stores.name)", |step, _| text(&step.name)),
    row("connectorRef",             [R, R, R, R, R], "required (stores.connector)", |_, s| text(&s.connector_ref)),
    row("runAsUser",                [A, H, A, H, H], "from YAML it has its effect (stores.run-as-user)", |_, s| text(&s.run_as_user)),
    row("resources.limits.memory",  [A, A, I, I, I], "only on Kubernetes (stores.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "only on Kubernetes (stores.resources)", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("timeout",                  [A, A, A, A, A], "stores.timeout", |step, _| text(&step.timeout)),
    row("retry",                    [A, A, A, A, A], "stores.retry", |_, s| int(&s.retry)),
];

/// The inputs of every cache step.
#[rustfmt::skip]
const CACHE: Rows = &[
    row("key",                      [R, R, R, R, R], "required (stores.key)", |_, s| text(&s.key)),
    row("archiveFormat",            [A, A, A, A, A], "stores.archive-format", |_, s| text(&s.archive_format)),
];

/// Only the steps that save a cache.
#[rustfmt::skip]
const SAVE: Rows = &[
    row("sourcePaths",              [R, R, R, R, R], "required (stores.source-paths)", |_, s| list(&s.source_paths)),
    row("override",                 [A, A, A, A, A], "stores.override", |_, s| flag(&s.replace)),
];

/// Only the steps that restore a cache.
#[rustfmt::skip]
const RESTORE: Rows = &[
    row("failIfKeyNotFound",        [A, A, A, A, A], "stores.fail-without-key", |_, s| flag(&s.fail_if_key_not_found)),
    row("preserveMetadata",         [A, A, A, A, A], "stores.preserve-metadata", |_, s| flag(&s.preserve_metadata)),
];

/// An S3 or Google bucket.
#[rustfmt::skip]
const BUCKET: Rows = &[
    row("bucket",                   [R, R, R, R, R], "required (stores.bucket)", |_, s| text(&s.bucket)),
];

/// Caches on S3.
#[rustfmt::skip]
const S3_CACHE: Rows = &[
    row("region",                   [A, A, A, A, A], "stores.region", |_, s| text(&s.region)),
    row("endpoint",                 [A, A, A, A, A], "stores.endpoint", |_, s| text(&s.endpoint)),
    row("pathStyle",                [A, A, A, A, A], "stores.path-style", |_, s| flag(&s.path_style)),
];

/// Caches on Azure.
#[rustfmt::skip]
const AZURE_CACHE: Rows = &[
    row("storageAccount",           [R, R, R, R, R], "required (stores.azure)", |_, s| text(&s.storage_account)),
    row("containerName",            [R, R, R, R, R], "required (stores.azure)", |_, s| text(&s.container_name)),
];

/// Only RestoreCacheAzure: the other restore steps get the paths from the store.
#[rustfmt::skip]
const RESTORED_PATHS: Rows = &[
    row("sourcePaths",              [R, R, R, R, R], "required (stores.azure-restore)", |_, s| list(&s.source_paths)),
];

/// The inputs of every upload.
#[rustfmt::skip]
const UPLOAD: Rows = &[
    row("sourcePath",               [R, R, R, R, R], "required (stores.source-path)", |_, s| text(&s.source_path)),
];

/// Only S3Upload.
#[rustfmt::skip]
const S3: Rows = &[
    row("region",                   [R, R, R, R, R], "required (stores.upload-region)", |_, s| text(&s.region)),
    row("endpoint",                 [A, A, A, A, A], "stores.upload-endpoint", |_, s| text(&s.endpoint)),
    row("target",                   [A, A, A, A, A], "stores.target", |_, s| text(&s.target)),
    row("stripPrefix",              [A, A, A, A, A], "stores.strip-prefix", |_, s| text(&s.strip_prefix)),
];

/// Only GCSUpload.
#[rustfmt::skip]
const GCS: Rows = &[
    row("target",                   [A, A, A, A, A], "stores.gcs-target", |_, s| text(&s.target)),
];

/// Only ArtifactoryUpload.
#[rustfmt::skip]
const ARTIFACTORY: Rows = &[
    row("target",                   [R, R, R, R, R], "required (stores.artifactory-target)", |_, s| text(&s.target)),
    row("uploadAsFlat",             [A, A, A, A, A], "stores.flat", |_, s| flag(&s.upload_as_flat)),
];

/// The tables of a step.
pub(crate) fn rows(step: StoreStep) -> &'static [Rows] {
    match step {
        SaveCacheS3 => &[COMMON, CACHE, SAVE, BUCKET, S3_CACHE],
        SaveCacheGcs => &[COMMON, CACHE, SAVE, BUCKET],
        SaveCacheAzure => &[COMMON, CACHE, SAVE, AZURE_CACHE],
        RestoreCacheS3 => &[COMMON, CACHE, RESTORE, BUCKET, S3_CACHE],
        RestoreCacheGcs => &[COMMON, CACHE, RESTORE, BUCKET],
        RestoreCacheAzure => &[COMMON, CACHE, RESTORE, RESTORED_PATHS, AZURE_CACHE],
        S3Upload => &[COMMON, UPLOAD, BUCKET, S3],
        GcsUpload => &[COMMON, UPLOAD, BUCKET, GCS],
        ArtifactoryUpload => &[COMMON, UPLOAD, ARTIFACTORY],
    }
}
