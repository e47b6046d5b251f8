//! Fields of the step types that have no struct of their own (documents.step-fields).

use crate::{
    FieldKind,
    lower::spec::{REQUIRED, fields},
    words::ARCHIVES,
};

const PACKAGES: &[&str] =
    &["CARGO", "GENERIC", "GO", "MAVEN", "NPM", "NUGET", "PYTHON", "RPM", "DART", "CONDA", "COMPOSER", "HUGGINGFACE"];

fields! {
    /// Only `BuildAndPushECR`.
    ECR {
        /// The AWS connector of the registry.
        "connectorRef": FieldKind::Text, REQUIRED;
        /// The AWS region of the registry.
        "region": FieldKind::Text, REQUIRED;
        /// The id of the AWS account that the registry belongs to: 12 digits, quoted.
        "account": FieldKind::Text, REQUIRED;
        /// The repository in the registry, without the registry's host.
        "imageName": FieldKind::Text, REQUIRED;
    }
    /// Only `BuildAndPushDockerRegistry`, which needs one of `connectorRef` and `registryRef`.
    DOCKER {
        /// The repository, with the registry's host where it is not Docker Hub.
        "repo": FieldKind::Text, REQUIRED;
        /// A registry of the Harness Artifact Registry, in place of a connector.
        "registryRef": FieldKind::Text;
        /// The repository that caches layers.
        "remoteCacheRepo": FieldKind::Text;
    }
    /// `BuildAndPushGAR` and `BuildAndPushGCR`.
    GOOGLE {
        /// The Google connector of the registry.
        "connectorRef": FieldKind::Text, REQUIRED;
        /// The host of the registry.
        "host": FieldKind::Text, REQUIRED;
        /// The Google project that the registry belongs to.
        "projectID": FieldKind::Text, REQUIRED;
        /// The image, with the repository of the Artifact Registry before it.
        "imageName": FieldKind::Text, REQUIRED;
    }
    /// Only `BuildAndPushACR`.
    ACR {
        /// The Azure connector of the registry.
        "connectorRef": FieldKind::Text, REQUIRED;
        /// The repository, with the registry's host before it.
        "repository": FieldKind::Text, REQUIRED;
        /// The Azure subscription, for the link to the image.
        "subscriptionId": FieldKind::Text;
    }
    /// What caches and uploads share.
    SHARED {
        "baseImageConnectorRefs": FieldKind::TextList;
        /// What the container may use.
        "resources": FieldKind::Named("resources");
        /// The user id.
        "runAsUser": FieldKind::TextOrNumber;
        /// How often the step is tried.
        "retry": FieldKind::Int;
    }
    /// Those that name their store by a connector.
    CONNECTED {
        /// The connector of the store.
        "connectorRef": FieldKind::Text, REQUIRED;
    }
    SAVE {
        /// The name of the cache.
        "key": FieldKind::Text, REQUIRED;
        /// What is saved.
        "sourcePaths": FieldKind::TextList, REQUIRED;
        /// Replaces what the key has.
        "override": FieldKind::Flag;
        /// How the files are packed.
        "archiveFormat": ARCHIVES;
    }
    RESTORE {
        /// The name of the cache.
        "key": FieldKind::Text, REQUIRED;
        /// Fails where the key has nothing.
        "failIfKeyNotFound": FieldKind::Flag;
        /// Owners, modes and times come back too.
        "preserveMetadata": FieldKind::Flag;
        /// How the files are packed.
        "archiveFormat": ARCHIVES;
    }
    CACHE_S3 {
        /// The bucket.
        "bucket": FieldKind::Text, REQUIRED;
        /// The region of the bucket.
        "region": FieldKind::Text;
        /// The address of an S3-compatible store.
        "endpoint": FieldKind::Text;
        /// The bucket is named in the path, not in the host.
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
    /// Only `RestoreCacheAzure`, which wants the paths that it restores.
    RESTORE_PATHS {
        "sourcePaths": FieldKind::TextList, REQUIRED;
    }
    /// `connectorRef` and `bucket` are needed for `Gcs` and `S3`.
    CACHE_ANY {
        /// Where the cache is kept.
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
        /// What is uploaded.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// Where it goes in the bucket.
        "target": FieldKind::Text;
        /// The address of an S3-compatible store.
        "endpoint": FieldKind::Text;
        /// What is taken off the paths.
        "stripPrefix": FieldKind::Text;
    }
    GCS_UPLOAD {
        /// The bucket.
        "bucket": FieldKind::Text, REQUIRED;
        /// What is uploaded.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// Where it goes in the bucket.
        "target": FieldKind::Text;
    }
    ARTIFACTORY_UPLOAD {
        /// What is uploaded.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// Where it goes in the repository.
        "target": FieldKind::Text, REQUIRED;
        /// Uploads lose their directories.
        "uploadAsFlat": FieldKind::Flag;
    }
    HAR_UPLOAD {
        /// The connector of the step's image.
        "connectorRef": FieldKind::Text;
        /// The registry.
        "registryRef": FieldKind::Text, REQUIRED;
        /// What is uploaded.
        "sourcePath": FieldKind::Text, REQUIRED;
        /// What kind of package it is.
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
        /// What the policies look at.
        "type": FieldKind::Text;
        "policySpec": FieldKind::Named("map");
        "metadata": FieldKind::Any;
    }
}
