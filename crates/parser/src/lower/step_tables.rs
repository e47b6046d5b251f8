//! Fields of the step types that do not run locally (documents.step-fields).

use crate::{
    FieldKind,
    lower::spec::{REQUIRED, fields},
};

const PACKAGES: &[&str] =
    &["CARGO", "GENERIC", "GO", "MAVEN", "NPM", "NUGET", "PYTHON", "RPM", "DART", "CONDA", "COMPOSER", "HUGGINGFACE"];

fields! {
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
