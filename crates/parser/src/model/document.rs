//! Documents other than pipelines: templates, input sets, triggers (documents.templates, documents.input-sets).

use cirun_diagnostics::Spanned;

use crate::{
    FieldKind, Node, Text, TextList, TextMap,
    lower::spec::{REQUIRED, record, spec},
    model::{Connector, Pipeline, SecretDocument, Stage, Step, StepGroup, Variable},
};

record! {
    /// `template:`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TemplateDocument {
        /// The name by which references use the template.
        "identifier" => identifier: Option<Spanned<String>> = REQUIRED,
        /// The display name.
        "name" => name: Option<Text> = REQUIRED,
        /// The type of the template.
        "type" => kind: Spanned<String>,
        /// The version.
        "versionLabel" => version_label: Option<Text> = REQUIRED,
        /// The organisation, for templates of an organisation or a project.
        "orgIdentifier" => org: Option<Text>,
        /// The project, for templates of a project.
        "projectIdentifier" => project: Option<Text>,
        /// Labels for searching.
        "tags" => tags: Option<TextMap>,
        /// Variables of the template.
        "variables" => variables: Vec<Variable>,
    }
    with span;
    given {
        /// `spec`.
        body: TemplateBody,
    }
    known {
        "spec": FieldKind::Named("templateSpec"), "What the template holds.";
        "description": FieldKind::Text, "A description.";
        "icon": FieldKind::Any, "A picture; some exports write null.";
        "allowedOverrides": FieldKind::TextList, "What a reference may override.";
        "childType": FieldKind::Text, "Written by some exports.";
        "storeType": FieldKind::Text, "Where the service keeps the document.";
        "gitDetails": FieldKind::Any, "Where the service keeps the document.";
        "connectorRef": FieldKind::Text, "Where the service keeps the document.";
        "repo": FieldKind::Text, "Where the service keeps the document.";
    }
}

/// `spec` of a template, by its type.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplateBody {
    /// `Step`.
    Step(Box<Step>),
    /// `StepGroup`.
    StepGroup(Box<StepGroup>),
    /// `Stage`.
    Stage(Box<Stage>),
    /// `Pipeline`.
    Pipeline(Box<Pipeline>),
    /// A type that CI pipelines do not use, or a body that cannot be read.
    Other,
}

spec! {
    /// `inputSet:`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct InputSetDocument {
        /// The name by which overlays and triggers use the input set.
        "identifier" => identifier: Option<Spanned<String>> = REQUIRED,
        /// The display name.
        "name" => name: Option<Text>,
        /// The values: a pipeline with only its runtime inputs.
        "pipeline" => pipeline: Option<Node> = REQUIRED,
    }
    with span;
    known {
        "orgIdentifier": FieldKind::Text, "The organisation.";
        "projectIdentifier": FieldKind::Text, "The project.";
        "description": FieldKind::Text, "A description.";
        "tags": FieldKind::TextMap, "Labels for searching.";
        "pipelineIdentifier": FieldKind::Text, "Written by some exports.";
        "storeType": FieldKind::Text, "Where the service keeps the document.";
        "connectorRef": FieldKind::Text, "Where the service keeps the document.";
        "repo": FieldKind::Text, "Where the service keeps the document.";
        "gitDetails": FieldKind::Any, "Where the service keeps the document.";
    }
}

spec! {
    /// `overlayInputSet:`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct OverlayDocument {
        /// The name by which triggers use the overlay.
        "identifier" => identifier: Option<Spanned<String>> = REQUIRED,
        /// The display name.
        "name" => name: Option<Text>,
        /// The pipeline of the input sets.
        "pipelineIdentifier" => pipeline: Option<Text>,
        /// Identifiers of input sets; the last one wins.
        "inputSetReferences" => references: Vec<Spanned<String>> = REQUIRED,
    }
    with span;
    known {
        "orgIdentifier": FieldKind::Text, "The organisation.";
        "projectIdentifier": FieldKind::Text, "The project.";
        "description": FieldKind::Text, "A description.";
        "tags": FieldKind::TextMap, "Labels for searching.";
    }
}

spec! {
    /// `trigger:`, with the fields that set inputs.
    #[derive(Debug, Clone, PartialEq)]
    pub struct TriggerDocument {
        /// The name of the trigger.
        "identifier" => identifier: Option<Spanned<String>> = REQUIRED,
        /// The display name.
        "name" => name: Option<Text>,
        /// The pipeline that it starts.
        "pipelineIdentifier" => pipeline: Option<Text>,
        /// Input sets for the pipeline.
        "inputSetRefs" => input_sets: Option<TextList>,
        /// Further inputs: a YAML document as a text.
        "inputYaml" => input_yaml: Option<Text>,
        /// The stages that run.
        "stagesToExecute" => stages: Option<TextList>,
    }
    with span;
    known {
        "orgIdentifier": FieldKind::Text, "The organisation.";
        "projectIdentifier": FieldKind::Text, "The project.";
        "description": FieldKind::Text, "A description.";
        "tags": FieldKind::TextMap, "Labels for searching.";
        "enabled": FieldKind::Flag, "The trigger listens.";
        "source": FieldKind::Any, "What it listens to.";
        "pipelineBranchName": FieldKind::Text, "The branch of the pipeline's document.";
        "inputSetBranchName": FieldKind::Text, "The branch of the input sets' documents.";
        "encryptedWebhookSecretIdentifier": FieldKind::Text, "The secret of the webhook.";
    }
}

/// A parsed document.
#[derive(Debug, Clone, PartialEq)]
pub enum Lowered {
    /// `pipeline:`.
    Pipeline(Box<Pipeline>),
    /// `template:`.
    Template(Box<TemplateDocument>),
    /// `inputSet:`.
    InputSet(Box<InputSetDocument>),
    /// `overlayInputSet:`.
    Overlay(Box<OverlayDocument>),
    /// `connector:`.
    Connector(Box<Connector>),
    /// `secret:`.
    Secret(Box<SecretDocument>),
    /// `trigger:`.
    Trigger(Box<TriggerDocument>),
}
