//! The steps that save, restore and upload files (facts/steps, "Step Inputs → Plugin Env Vars" and "UI Field / Input").

use cirun_parser::model::{
    StoreSpec,
    StoreStep::{
        self, ArtifactoryUpload, GcsUpload, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, S3Upload,
        SaveCacheAzure, SaveCacheGcs, SaveCacheS3,
    },
};

use super::{
    Cell::{Allowed as A, Hidden as H, Ignored as I, Required as R},
    Row,
    field::{flag, int, list, text, told_by_parser},
    row,
};

type Rows = &'static [Row<StoreSpec>];

/// The inputs that all of them have.
#[rustfmt::skip]
const COMMON: Rows = &[
    //                              Direct Hosted Cloud VM Docker
    row("identifier",               [R, R, R, R, R], "S3Upload, UI Field `identifier`: required", |step, _| told_by_parser(step)),
    row("name",                     [R, R, R, R, R], "S3Upload, UI Field `name`: required", |step, _| text(&step.name)),
    row("connectorRef",             [R, R, R, R, R], "S3Upload, UI Field `spec.connectorRef`: required", |_, s| text(&s.connector_ref)),
    row("runAsUser",                [A, H, A, H, H], "S3Upload, UI Field `spec.runAsUser`: Cloud, KubernetesDirect; a container setting on the VM path too", |_, s| text(&s.run_as_user)),
    row("resources.limits.memory",  [A, A, I, I, I], "S3Upload, UI Field `spec.limitMemory`: KubernetesDirect and KubernetesHosted", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_memory))),
    row("resources.limits.cpu",     [A, A, I, I, I], "S3Upload, UI Field `spec.limitCPU`: KubernetesDirect and KubernetesHosted", |_, s| s.resources.as_ref().and_then(|r| text(&r.limit_cpu))),
    row("timeout",                  [A, A, A, A, A], "S3Upload, UI Field `timeout`", |step, _| text(&step.timeout)),
    row("retry",                    [A, A, A, A, A], "S3Upload, Step Inputs `retry`: default 1", |_, s| int(&s.retry)),
];

/// The inputs of every cache step.
#[rustfmt::skip]
const CACHE: Rows = &[
    row("key",                      [R, R, R, R, R], "SaveCacheS3, Step Inputs `key`: required", |_, s| text(&s.key)),
    row("archiveFormat",            [A, A, A, A, A], "SaveCacheS3, Step Inputs `archiveFormat`", |_, s| text(&s.archive_format)),
];

/// Only the steps that save a cache.
#[rustfmt::skip]
const SAVE: Rows = &[
    row("sourcePaths",              [R, R, R, R, R], "SaveCacheS3, Step Inputs `sourcePaths`: required", |_, s| list(&s.source_paths)),
    row("override",                 [A, A, A, A, A], "SaveCacheS3, Step Inputs `override`", |_, s| flag(&s.replace)),
];

/// Only the steps that restore a cache.
#[rustfmt::skip]
const RESTORE: Rows = &[
    row("failIfKeyNotFound",        [A, A, A, A, A], "RestoreCacheS3, Step Inputs `failIfKeyNotFound`", |_, s| flag(&s.fail_if_key_not_found)),
    row("preserveMetadata",         [A, A, A, A, A], "RestoreCacheS3, Step Inputs `preserveMetadata`", |_, s| flag(&s.preserve_metadata)),
];

/// A bucket of S3 or Google.
#[rustfmt::skip]
const BUCKET: Rows = &[
    row("bucket",                   [R, R, R, R, R], "SaveCacheS3, Step Inputs `bucket`: required", |_, s| text(&s.bucket)),
];

/// Caches on S3.
#[rustfmt::skip]
const S3_CACHE: Rows = &[
    row("region",                   [A, A, A, A, A], "SaveCacheS3, Step Inputs `region`: optional", |_, s| text(&s.region)),
    row("endpoint",                 [A, A, A, A, A], "SaveCacheS3, Step Inputs `endpoint`", |_, s| text(&s.endpoint)),
    row("pathStyle",                [A, A, A, A, A], "SaveCacheS3, Step Inputs `pathStyle`", |_, s| flag(&s.path_style)),
];

/// Caches on Azure, of which the facts have no table.
#[rustfmt::skip]
const AZURE_CACHE: Rows = &[
    row("storageAccount",           [R, R, R, R, R], "harness-schema.md 4.3: SaveCacheAzure, required", |_, s| text(&s.storage_account)),
    row("containerName",            [R, R, R, R, R], "harness-schema.md 4.3: SaveCacheAzure, required", |_, s| text(&s.container_name)),
];

/// Only RestoreCacheAzure: the other restores take the paths from the store.
#[rustfmt::skip]
const RESTORED_PATHS: Rows = &[
    row("sourcePaths",              [R, R, R, R, R], "harness-schema.md 4.3: RestoreCacheAzure, required", |_, s| list(&s.source_paths)),
];

/// The inputs of every upload.
#[rustfmt::skip]
const UPLOAD: Rows = &[
    row("sourcePath",               [R, R, R, R, R], "S3Upload, UI Field `spec.sourcePath`: required", |_, s| text(&s.source_path)),
];

/// Only S3Upload.
#[rustfmt::skip]
const S3: Rows = &[
    row("region",                   [R, R, R, R, R], "S3Upload, UI Field `spec.region`: required", |_, s| text(&s.region)),
    row("endpoint",                 [A, A, A, A, A], "S3Upload, UI Field `spec.endpoint`", |_, s| text(&s.endpoint)),
    row("target",                   [A, A, A, A, A], "S3Upload, UI Field `spec.target`", |_, s| text(&s.target)),
    row("stripPrefix",              [A, A, A, A, A], "S3Upload, Step Inputs `stripPrefix`", |_, s| text(&s.strip_prefix)),
];

/// Only GCSUpload.
#[rustfmt::skip]
const GCS: Rows = &[
    row("target",                   [A, A, A, A, A], "GCSUpload, UI Field `spec.target`", |_, s| text(&s.target)),
];

/// Only ArtifactoryUpload.
#[rustfmt::skip]
const ARTIFACTORY: Rows = &[
    row("target",                   [R, R, R, R, R], "ArtifactoryUpload, UI Field `spec.target`: required", |_, s| text(&s.target)),
    row("uploadAsFlat",             [A, A, A, A, A], "ArtifactoryUpload, UI Field `spec.uploadAsFlat`", |_, s| flag(&s.upload_as_flat)),
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
