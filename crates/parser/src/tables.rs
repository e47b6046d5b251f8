//! The field tables by document and by definition, for descriptions of documents such as a schema for editors.

use crate::{
    DocumentKind, FieldInfo,
    lower::{
        connector::{AWS, AZURE, CONNECTOR, GCP, GENERIC_GIT, GIT, SECRET},
        execution::{GroupFields, StepFields},
        infrastructure::INFRASTRUCTURE,
        stage::{SERVICE_ARGS, StageFields},
        step_specs::REPORTS,
    },
    model::{
        ArtifactoryConnector, BackgroundSpec, CiStage, DockerConnector, InputSetDocument, OverlayDocument, Pipeline,
        TemplateDocument, TriggerDocument, resources::RESOURCES,
    },
};

/// `spec` of a stage of type `CI`.
pub const CI_STAGE: &[FieldInfo] = CiStage::FIELDS;
/// The common fields of all stages.
pub const STAGE: &[FieldInfo] = StageFields::FIELDS;
/// The common fields of all steps. [`crate::STEP_TYPES`] has the fields of each type's `spec`.
pub const STEP: &[FieldInfo] = StepFields::FIELDS;
/// A step group.
pub const STEP_GROUP: &[FieldInfo] = GroupFields::FIELDS;
/// `spec` of a legacy service: the fields of a Background step, and more.
pub const SERVICE_SPEC: &[&[FieldInfo]] = &[BackgroundSpec::FIELDS, SERVICE_ARGS];
/// `infrastructure` of a CI stage.
pub const INFRASTRUCTURES: &[FieldInfo] = INFRASTRUCTURE;
/// `resources` of a step.
pub const STEP_RESOURCES: &[FieldInfo] = RESOURCES;
/// `reports` of a step, which may also be a list of paths.
pub const STEP_REPORTS: &[FieldInfo] = REPORTS;
/// `spec` of a connector of type `Aws`.
pub const AWS_CONNECTOR: &[FieldInfo] = AWS;
/// `spec` of a connector of type `DockerRegistry`.
pub const DOCKER_CONNECTOR: &[FieldInfo] = DockerConnector::FIELDS;
/// `spec` of a `Gcp` connector.
pub const GCP_CONNECTOR: &[FieldInfo] = GCP;
/// `spec` of an `Azure` connector.
pub const AZURE_CONNECTOR: &[FieldInfo] = AZURE;
/// `spec` of an `Artifactory` connector.
pub const ARTIFACTORY_CONNECTOR: &[FieldInfo] = ArtifactoryConnector::FIELDS;
/// `spec` of a connector to the repositories of a provider.
pub const GIT_CONNECTOR: &[FieldInfo] = GIT;
/// `spec` of a `Git` connector, to any other server.
pub const GENERIC_GIT_CONNECTOR: &[FieldInfo] = GENERIC_GIT;

/// The fields below the root key of a document; empty for documents other than v0.
pub fn document_fields(kind: DocumentKind) -> &'static [FieldInfo] {
    match kind {
        DocumentKind::Pipeline => Pipeline::FIELDS,
        DocumentKind::Template => TemplateDocument::FIELDS,
        DocumentKind::InputSet => InputSetDocument::FIELDS,
        DocumentKind::OverlayInputSet => OverlayDocument::FIELDS,
        DocumentKind::Connector => CONNECTOR,
        DocumentKind::Secret => SECRET,
        DocumentKind::Trigger => TriggerDocument::FIELDS,
        DocumentKind::V1 | DocumentKind::Unified | DocumentKind::Unknown => &[],
    }
}
