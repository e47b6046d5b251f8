//! Fields of the step types without a struct of their own (documents.step-fields).

use crate::{
    FieldKind,
    lower::spec::{REQUIRED, fields},
    words::ARCHIVES,
};

const PACKAGES: &[&str] =
    &["CARGO", "GENERIC", "GO", "MAVEN", "NPM", "NUGET", "PYTHON", "RPM", "DART", "CONDA", "COMPOSER", "HUGGINGFACE"];

fields! {
    /// The common fields of caches and uploads.
    SHARED {
        "baseImageConnectorRefs": FieldKind::TextList;
        /// The resources of the container.
        "resources": FieldKind::Named("resources");
        /// The user id.
        "runAsUser": FieldKind::TextOrNumber;
        /// How many times to try the step.
        "retry": FieldKind::Int;
    }
    /// The steps with a connector for their store.
    CONNECTED {
        /// The connector of the store.
        "connectorRef": FieldKind::Text, REQUIRED;
    }
    SAVE {
        /// The name of the cache.
        "key": FieldKind::Text, REQUIRED;
        /// The paths to save.
        "sourcePaths": FieldKind::TextList, REQUIRED;
        /// Whether to replace an existing cache.
        "override": FieldKind::Flag;
        /// The archive format.
        "archiveFormat": ARCHIVES;
    }
    RESTORE {
        /// The name of the cache.
        "key": FieldKind::Text, REQUIRED;
        /// Whether to fail if there is no cache.
        "failIfKeyNotFound": FieldKind::Flag;
        /// Whether to restore owners, modes and times too.
        "preserveMetadata": FieldKind::Flag;
        /// The archive format.
        "archiveFormat": ARCHIVES;
    }
    CACHE_S3 {
        /// The bucket.
        "bucket": FieldKind::Text, REQUIRED;
        /// The region of the bucket.
        "region": FieldKind::Text;
        /// The address of an S3-compatible store.
        "endpoint": FieldKind::Text;
        /// Whether the bucket is in the path instead of the host.
        "pathStyle": FieldKind::Flag;
    }
    CACHE_GCS {
        /// The bucket.
        "bucket": FieldKind::Text, REQUIRED;
    }
    CACHE_AZURE {
        /// The Azure storage account.
        "storageAccount": FieldKind::Text, REQUIRED;
        /// The container in the storage account.
        "containerName": FieldKind::Text, REQUIRED;
    }
    /// Only `RestoreCacheAzure`, which requires the paths to restore.
    RESTORE_PATHS {
        "sourcePaths": FieldKind::TextList, REQUIRED;
    }
    /// `connectorRef` and `bucket` are required for `Gcs` and `S3`.
    CACHE_ANY {
        /// Where to keep the cache.
        "providerType": FieldKind::Enum(&["Gcs", "S3", "Harness", "Azure"]), REQUIRED;
        /// The connector of the store.
        "connectorRef": FieldKind::Text;
        /// The bucket.
        "bucket": FieldKind::Text;
        "region": FieldKind::Text;
        "endpoint": FieldKind::Text;
        "pathStyle": FieldKind::Flag;
    }
    S3_UPLOAD {
        /// The region of the bucket.
        "region": FieldKind::Text, REQUIRED;
        /// The bucket.
        "bucket": FieldKind::Text, REQUIRED;
        /// The files to upload.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// The target in the bucket.
        "target": FieldKind::Text;
        /// The address of an S3-compatible store.
        "endpoint": FieldKind::Text;
        /// The prefix to remove from paths.
        "stripPrefix": FieldKind::Text;
    }
    GCS_UPLOAD {
        /// The bucket.
        "bucket": FieldKind::Text, REQUIRED;
        /// The files to upload.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// The target in the bucket.
        "target": FieldKind::Text;
    }
    ARTIFACTORY_UPLOAD {
        /// The files to upload.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// The target in the repository.
        "target": FieldKind::Text, REQUIRED;
        /// Whether to upload files without their directories.
        "uploadAsFlat": FieldKind::Flag;
    }
    HAR_UPLOAD {
        /// The connector of the step's image.
        "connectorRef": FieldKind::Text;
        /// The registry.
        "registryRef": FieldKind::Text, REQUIRED;
        /// The files to upload.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// The type of package.
        "packageType": FieldKind::Enum(PACKAGES), REQUIRED;
        "packageName": FieldKind::Text;
        "packageVersion": FieldKind::Text;
        "target": FieldKind::Text;
        "settings": FieldKind::Named("values");
    }
    /// `Action` and `Bitrise`.
    ACTION {
        /// The action, with its version.
        "uses": FieldKind::Text, REQUIRED;
        /// Its inputs.
        "with": FieldKind::Named("values");
        /// Environment variables.
        "env": FieldKind::Named("values");
        "envVariables": FieldKind::TextMap;
    }
    POLICY {
        /// The policy sets.
        "policySets": FieldKind::TextList, REQUIRED;
        /// The entity that the policies check.
        "type": FieldKind::Text;
        "policySpec": FieldKind::Named("map");
        "metadata": FieldKind::Any;
    }
}
