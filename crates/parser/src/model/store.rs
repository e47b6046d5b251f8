//! The steps that save, restore and upload files to a store outside the stage (the reference's page stores).

use crate::{
    FieldKind, Flag, Int, Node, Text, TextList,
    lower::{
        context::Context,
        spec::{REQUIRED, records},
    },
    model::Resources,
    words,
};

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

/// The inputs of these steps, a row for each, as in [`build_and_push_inputs!`](crate::build_and_push_inputs). A table is
/// for the types that have its inputs; all of them get its variables.
#[macro_export]
macro_rules! store_inputs {
    ($with:ident) => {
        $with! {
            /// The inputs of every cache and upload.
            #[derive(Debug, Clone, PartialEq)]
            SharedInputs SHARED { known { "baseImageConnectorRefs": FieldKind::TextList, ""; } }
            (
                /// The resources of the container.
                "resources" => resources: Option<Resources>;
                of limit_memory "resources.limits.memory" [A, A, I, I, I] "only on Kubernetes" => "stores.resources";
                of limit_cpu "resources.limits.cpu" [A, A, I, I, I] "only on Kubernetes" => "stores.resources";
            )
            (
                /// The user id.
                "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber;
                [A, H, A, H, H] "from YAML it has its effect" => "stores.run-as-user";
            )
            (
                /// How many times to try the step.
                "retry" => retry: Option<Int>;
                [A, A, A, A, A] => "stores.retry";
            )

            /// The steps with a connector for their store.
            #[derive(Debug, Clone, PartialEq)]
            ConnectedInputs CONNECTED {}
            (
                /// The connector of the store.
                "connectorRef" => connector_ref: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.connector";
            )

            /// What a step saves in a cache.
            #[derive(Debug, Clone, PartialEq)]
            SaveInputs SAVE {}
            (
                /// The name of the cache.
                "key" => key: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.key"; "PLUGIN_CACHE_KEY" = Text();
            )
            (
                /// The paths to save.
                "sourcePaths" => source_paths: Option<TextList> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.source-paths"; "PLUGIN_MOUNT" = List(",");
            )

            /// How a step saves a cache.
            #[derive(Debug, Clone, PartialEq)]
            SaveOptions SAVE_OPTIONS {}
            (
                /// Whether to replace an existing cache.
                "override" => replace: Option<Flag>;
                [A, A, A, A, A] => "stores.override"; "PLUGIN_OVERRIDE" = Flag(Some(false));
            )
            (
                /// The archive format.
                "archiveFormat" => archive_format: Option<Text> as words::ARCHIVES;
                [A, A, A, A, A] => "stores.archive-format"; "PLUGIN_ARCHIVE_FORMAT" = Word("tar");
            )

            /// What a step restores from a cache.
            #[derive(Debug, Clone, PartialEq)]
            RestoreInputs RESTORE {}
            (
                /// The name of the cache.
                "key" => key: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.key"; "PLUGIN_CACHE_KEY" = Text();
            )

            /// Only `RestoreCacheAzure`: the other steps get the paths from the store.
            #[derive(Debug, Clone, PartialEq)]
            RestoredPaths RESTORED_PATHS {}
            (
                /// The paths to restore.
                "sourcePaths" => source_paths: Option<TextList> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.azure-restore"; "PLUGIN_MOUNT" = List(",");
            )

            /// How a step restores a cache.
            #[derive(Debug, Clone, PartialEq)]
            RestoreOptions RESTORE_OPTIONS {}
            (
                /// The archive format.
                "archiveFormat" => archive_format: Option<Text> as words::ARCHIVES;
                [A, A, A, A, A] => "stores.archive-format"; "PLUGIN_ARCHIVE_FORMAT" = Word("tar");
            )
            (
                /// Whether to restore owners, modes and times too.
                "preserveMetadata" => preserve_metadata: Option<Flag>;
                [A, A, A, A, A] => "stores.preserve-metadata"; "PLUGIN_PRESERVE_METADATA" = Flag(None);
            )
            (
                /// Whether to fail if there is no cache.
                "failIfKeyNotFound" => fail_if_key_not_found: Option<Flag>;
                [A, A, A, A, A] => "stores.fail-without-key";
                "PLUGIN_FAIL_RESTORE_IF_KEY_NOT_PRESENT" = Flag(Some(false));
            )

            /// A cache on S3.
            #[derive(Debug, Clone, PartialEq)]
            S3Cache S3_CACHE {}
            (
                /// The bucket.
                "bucket" => bucket: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.bucket"; "PLUGIN_BUCKET" = Text();
            )
            (
                /// The region of the bucket.
                "region" => region: Option<Text>;
                [A, A, A, A, A] => "stores.region"; "PLUGIN_REGION" = Text();
            )
            (
                /// The address of an S3-compatible store.
                "endpoint" => endpoint: Option<Text>;
                [A, A, A, A, A] => "stores.endpoint"; "PLUGIN_ENDPOINT" = Text();
            )
            (
                /// Whether the bucket is in the path instead of the host.
                "pathStyle" => path_style: Option<Flag>;
                [A, A, A, A, A] => "stores.path-style"; "PLUGIN_PATH_STYLE" = Flag(Some(false));
            )

            /// A cache on Google Cloud Storage.
            #[derive(Debug, Clone, PartialEq)]
            GcsCache GCS_CACHE {}
            (
                /// The bucket.
                "bucket" => bucket: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.bucket"; "PLUGIN_BUCKET" = Text();
            )

            /// A cache on Azure.
            #[derive(Debug, Clone, PartialEq)]
            AzureCache AZURE_CACHE {}
            (
                /// The Azure storage account.
                "storageAccount" => storage_account: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.azure"; "PLUGIN_ACCOUNT_NAME" = Text();
            )
            (
                /// The container in the storage account.
                "containerName" => container_name: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.azure"; "PLUGIN_CONTAINER" = Text();
            )

            /// `S3Upload`.
            #[derive(Debug, Clone, PartialEq)]
            S3Upload S3_UPLOAD {}
            (
                /// The bucket.
                "bucket" => bucket: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.bucket"; "PLUGIN_BUCKET" = Text();
            )
            (
                /// The files to upload.
                "sourcePath" => source_path: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.source-path"; "PLUGIN_SOURCE" = Text();
            )
            (
                /// The target in the bucket.
                "target" => target: Option<Text>;
                [A, A, A, A, A] => "stores.target"; "PLUGIN_TARGET" = Text();
            )
            (
                /// The address of an S3-compatible store.
                "endpoint" => endpoint: Option<Text>;
                [A, A, A, A, A] => "stores.upload-endpoint"; "PLUGIN_ENDPOINT" = Text();
            )
            (
                /// The region of the bucket.
                "region" => region: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.upload-region"; "PLUGIN_REGION" = Text();
            )
            (
                /// The prefix to remove from paths.
                "stripPrefix" => strip_prefix: Option<Text>;
                [A, A, A, A, A] => "stores.strip-prefix"; "PLUGIN_STRIP_PREFIX" = Text();
            )

            /// `GCSUpload`.
            #[derive(Debug, Clone, PartialEq)]
            GcsUpload GCS_UPLOAD {}
            (
                /// The bucket.
                "bucket" => bucket: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.bucket";
            )
            (
                /// The files to upload.
                "sourcePath" => source_path: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.source-path"; "PLUGIN_SOURCE" = Text();
            )
            (
                /// The target in the bucket.
                "target" => target: Option<Text>;
                [A, A, A, A, A] => "stores.gcs-target"; "PLUGIN_TARGET" = Below(|upload| &upload.bucket);
            )

            /// `ArtifactoryUpload`.
            #[derive(Debug, Clone, PartialEq)]
            ArtifactoryUpload ARTIFACTORY_UPLOAD {}
            (
                /// The files to upload.
                "sourcePath" => source_path: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.source-path"; "PLUGIN_SOURCE" = Text();
            )
            (
                /// The target in the repository.
                "target" => target: Option<Text> = REQUIRED;
                [R, R, R, R, R] "required" => "stores.artifactory-target"; "PLUGIN_TARGET" = Text();
            )
            (
                /// Whether to upload files without their directories.
                "uploadAsFlat" => upload_as_flat: Option<Flag>;
                [A, A, A, A, A] => "stores.flat"; "PLUGIN_FLAT" = Flag(Some(true));
            )
        }
    };
}

store_inputs!(records);

/// The inputs of such a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreSpec {
    /// The step's type.
    pub step: StoreStep,
    /// Those that all types have.
    pub shared: SharedInputs,
    /// The connector.
    pub connected: ConnectedInputs,
    /// The cache; none for uploads, whose inputs are those of the store.
    pub cache: Option<CacheInputs>,
    /// Where the files are, outside the stage.
    pub store: Store,
}

/// What a step does with a cache.
#[derive(Debug, Clone, PartialEq)]
pub enum CacheInputs {
    /// It saves it.
    Save(SaveInputs, SaveOptions),
    /// It restores it.
    Restore(RestoreInputs, Option<RestoredPaths>, RestoreOptions),
}

/// A store, with the inputs of its type.
#[derive(Debug, Clone, PartialEq)]
pub enum Store {
    /// A cache on S3.
    S3Cache(S3Cache),
    /// A cache on Google Cloud Storage.
    GcsCache(GcsCache),
    /// A cache on Azure.
    AzureCache(AzureCache),
    /// `S3Upload`.
    S3Upload(S3Upload),
    /// `GCSUpload`.
    GcsUpload(GcsUpload),
    /// `ArtifactoryUpload`.
    ArtifactoryUpload(ArtifactoryUpload),
}

impl StoreSpec {
    /// Reads the inputs of a step of that type.
    pub(crate) fn read(spec: &Node, cx: &mut Context, step: StoreStep) -> Self {
        let shared = SharedInputs::read_known(spec, cx);
        let connected = ConnectedInputs::read_known(spec, cx);
        let cache = CacheInputs::read(spec, cx, step);
        Self { step, shared, connected, cache, store: Store::read(spec, cx, step) }
    }
}

impl CacheInputs {
    fn read(spec: &Node, cx: &mut Context, step: StoreStep) -> Option<Self> {
        Some(match step {
            StoreStep::SaveCacheS3 | StoreStep::SaveCacheGcs | StoreStep::SaveCacheAzure => {
                Self::Save(SaveInputs::read_known(spec, cx), SaveOptions::read_known(spec, cx))
            }
            StoreStep::RestoreCacheS3 | StoreStep::RestoreCacheGcs | StoreStep::RestoreCacheAzure => {
                let inputs = RestoreInputs::read_known(spec, cx);
                let paths = (step == StoreStep::RestoreCacheAzure).then(|| RestoredPaths::read_known(spec, cx));
                Self::Restore(inputs, paths, RestoreOptions::read_known(spec, cx))
            }
            StoreStep::S3Upload | StoreStep::GcsUpload | StoreStep::ArtifactoryUpload => return None,
        })
    }
}

impl Store {
    fn read(spec: &Node, cx: &mut Context, step: StoreStep) -> Self {
        match step {
            StoreStep::SaveCacheS3 | StoreStep::RestoreCacheS3 => Self::S3Cache(S3Cache::read_known(spec, cx)),
            StoreStep::SaveCacheGcs | StoreStep::RestoreCacheGcs => Self::GcsCache(GcsCache::read_known(spec, cx)),
            StoreStep::SaveCacheAzure | StoreStep::RestoreCacheAzure => {
                Self::AzureCache(AzureCache::read_known(spec, cx))
            }
            StoreStep::S3Upload => Self::S3Upload(S3Upload::read_known(spec, cx)),
            StoreStep::GcsUpload => Self::GcsUpload(GcsUpload::read_known(spec, cx)),
            StoreStep::ArtifactoryUpload => Self::ArtifactoryUpload(ArtifactoryUpload::read_known(spec, cx)),
        }
    }

    /// The bucket on S3 or Google Cloud Storage.
    pub fn bucket(&self) -> Option<&Text> {
        match self {
            Self::S3Cache(cache) => cache.bucket.as_ref(),
            Self::GcsCache(cache) => cache.bucket.as_ref(),
            Self::S3Upload(upload) => upload.bucket.as_ref(),
            Self::GcsUpload(upload) => upload.bucket.as_ref(),
            Self::AzureCache(_) | Self::ArtifactoryUpload(_) => None,
        }
    }

    /// The region of a bucket on S3.
    pub fn region(&self) -> Option<&Text> {
        match self {
            Self::S3Cache(cache) => cache.region.as_ref(),
            Self::S3Upload(upload) => upload.region.as_ref(),
            Self::GcsCache(_) | Self::GcsUpload(_) | Self::AzureCache(_) | Self::ArtifactoryUpload(_) => None,
        }
    }

    /// The address of an S3-compatible store.
    pub fn endpoint(&self) -> Option<&Text> {
        match self {
            Self::S3Cache(cache) => cache.endpoint.as_ref(),
            Self::S3Upload(upload) => upload.endpoint.as_ref(),
            Self::GcsCache(_) | Self::GcsUpload(_) | Self::AzureCache(_) | Self::ArtifactoryUpload(_) => None,
        }
    }
}
