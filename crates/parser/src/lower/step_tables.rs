//! Fields of the step types that have no struct of their own (harness-schema.md 4.3).

use crate::{
    FieldKind,
    lower::spec::{REQUIRED, fields},
};

const ARCHIVES: &[&str] = &["Tar", "Gzip", "Zstd"];
const PACKAGES: &[&str] =
    &["CARGO", "GENERIC", "GO", "MAVEN", "NPM", "NUGET", "PYTHON", "RPM", "DART", "CONDA", "COMPOSER", "HUGGINGFACE"];

fields! {
    /// Only `BuildAndPushECR`.
    ECR {
        "region": FieldKind::Text, REQUIRED;
        "account": FieldKind::Text, REQUIRED;
        "imageName": FieldKind::Text, REQUIRED;
    }
    /// Only `BuildAndPushDockerRegistry`.
    DOCKER {
        "repo": FieldKind::Text, REQUIRED;
        "registryRef": FieldKind::Text;
        "remoteCacheRepo": FieldKind::Text;
    }
    /// `BuildAndPushGAR` and `BuildAndPushGCR`.
    GOOGLE {
        "host": FieldKind::Text, REQUIRED;
        "projectID": FieldKind::Text, REQUIRED;
        "imageName": FieldKind::Text, REQUIRED;
    }
    /// Only `BuildAndPushACR`.
    ACR {
        "repository": FieldKind::Text, REQUIRED;
        "subscriptionId": FieldKind::Text;
    }
    /// What caches and uploads share.
    SHARED {
        "connectorRef": FieldKind::Text;
        "baseImageConnectorRefs": FieldKind::TextList;
        "resources": FieldKind::Any;
        "runAsUser": FieldKind::Text;
        "retry": FieldKind::Int;
    }
    SAVE {
        "key": FieldKind::Text, REQUIRED;
        "sourcePaths": FieldKind::TextList, REQUIRED;
        "override": FieldKind::Flag;
        "archiveFormat": FieldKind::Enum(ARCHIVES);
    }
    RESTORE {
        "key": FieldKind::Text, REQUIRED;
        "failIfKeyNotFound": FieldKind::Flag;
        "preserveMetadata": FieldKind::Flag;
        "archiveFormat": FieldKind::Enum(ARCHIVES);
    }
    CACHE_S3 {
        "bucket": FieldKind::Text, REQUIRED;
        "region": FieldKind::Text;
        "endpoint": FieldKind::Text;
        "pathStyle": FieldKind::Flag;
    }
    CACHE_GCS {
        "bucket": FieldKind::Text, REQUIRED;
    }
    CACHE_AZURE {
        "storageAccount": FieldKind::Text, REQUIRED;
        "containerName": FieldKind::Text, REQUIRED;
    }
    /// Only `RestoreCacheAzure`, which wants the paths that it restores.
    RESTORE_PATHS {
        "sourcePaths": FieldKind::TextList, REQUIRED;
    }
    CACHE_ANY {
        "providerType": FieldKind::Enum(&["Gcs", "S3", "Harness", "Azure"]), REQUIRED;
        "bucket": FieldKind::Text;
        "region": FieldKind::Text;
        "endpoint": FieldKind::Text;
        "pathStyle": FieldKind::Flag;
    }
    S3_UPLOAD {
        "region": FieldKind::Text, REQUIRED;
        "bucket": FieldKind::Text, REQUIRED;
        "sourcePath": FieldKind::Text, REQUIRED;
        "target": FieldKind::Text;
        "endpoint": FieldKind::Text;
        "stripPrefix": FieldKind::Text;
    }
    GCS_UPLOAD {
        "bucket": FieldKind::Text, REQUIRED;
        "sourcePath": FieldKind::Text, REQUIRED;
        "target": FieldKind::Text;
    }
    ARTIFACTORY_UPLOAD {
        "sourcePath": FieldKind::Text, REQUIRED;
        "target": FieldKind::Text, REQUIRED;
        "uploadAsFlat": FieldKind::Flag;
    }
    HAR_UPLOAD {
        "registryRef": FieldKind::Text, REQUIRED;
        "sourcePath": FieldKind::Text, REQUIRED;
        "packageType": FieldKind::Enum(PACKAGES), REQUIRED;
        "packageName": FieldKind::Text;
        "packageVersion": FieldKind::Text;
        "target": FieldKind::Text;
        "settings": FieldKind::Any;
    }
    /// `Action` and `Bitrise`.
    ACTION {
        "uses": FieldKind::Text, REQUIRED;
        "with": FieldKind::TextMap;
        "env": FieldKind::TextMap;
        "envVariables": FieldKind::TextMap;
    }
    POLICY {
        "policySets": FieldKind::TextList;
        "type": FieldKind::Text;
        "policySpec": FieldKind::Any;
        "metadata": FieldKind::Any;
    }
}
