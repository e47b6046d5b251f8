//! The steps that save, restore and upload files to a store outside the stage (the reference's page stores).

use crate::{Flag, Int, Text, TextList, lower::spec::record, model::Resources};

/// The types of these steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreStep {
    /// `SaveCacheS3`.
    SaveCacheS3,
    /// `SaveCacheGCS`.
    SaveCacheGcs,
    /// `SaveCacheAzure`.
    SaveCacheAzure,
    /// `RestoreCacheS3`.
    RestoreCacheS3,
    /// `RestoreCacheGCS`.
    RestoreCacheGcs,
    /// `RestoreCacheAzure`.
    RestoreCacheAzure,
    /// `S3Upload`.
    S3Upload,
    /// `GCSUpload`.
    GcsUpload,
    /// `ArtifactoryUpload`.
    ArtifactoryUpload,
}

record! {
    /// The inputs of all of these steps; the table of a type has those that it uses.
    #[derive(Debug, Clone, PartialEq)]
    pub struct StoreSpec {
        /// The connector of the store.
        "connectorRef" => connector_ref: Option<Text>,
        /// The bucket.
        "bucket" => bucket: Option<Text>,
        /// The Azure storage account.
        "storageAccount" => storage_account: Option<Text>,
        /// The container in the Azure storage account.
        "containerName" => container_name: Option<Text>,
        /// The cache's key.
        "key" => key: Option<Text>,
        /// The paths to save.
        "sourcePaths" => source_paths: Option<TextList>,
        /// The files to upload.
        "sourcePath" => source_path: Option<Text>,
        /// The target of uploads in the store.
        "target" => target: Option<Text>,
        /// The bucket's region.
        "region" => region: Option<Text>,
        /// The address of an S3-compatible store.
        "endpoint" => endpoint: Option<Text>,
        /// Whether the bucket is in the path instead of the host.
        "pathStyle" => path_style: Option<Flag>,
        /// `Tar`, `Gzip` or `Zstd`.
        "archiveFormat" => archive_format: Option<Text>,
        /// Whether to replace an existing cache.
        "override" => replace: Option<Flag>,
        /// Whether to fail if there is no cache.
        "failIfKeyNotFound" => fail_if_key_not_found: Option<Flag>,
        /// Whether to restore owners, modes and times too.
        "preserveMetadata" => preserve_metadata: Option<Flag>,
        /// The prefix to remove from the paths of uploads.
        "stripPrefix" => strip_prefix: Option<Text>,
        /// Whether to upload files without their directories.
        "uploadAsFlat" => upload_as_flat: Option<Flag>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text>,
        /// The resources of the container.
        "resources" => resources: Option<Resources>,
        /// How many times to try the step.
        "retry" => retry: Option<Int>,
    }
    given {
        /// The step's type.
        step: StoreStep,
    }
}
