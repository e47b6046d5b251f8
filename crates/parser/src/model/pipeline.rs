//! The pipeline (documents.pipeline).

use cirun_diagnostics::Spanned;

use crate::{
    FieldKind, Flag, Int, Node, Text, TextList, TextMap,
    lower::{
        CLONE_RESOURCES, FLOW_CONTROL, NOTIFICATION_RULE, PROPERTIES,
        spec::{REQUIRED, record, spec},
    },
    model::{Stage, TemplateRef},
    words,
};

const STAGES: FieldKind = FieldKind::Some(&FieldKind::Named("stageNode"));
const RESOURCES_OF_CLONES: FieldKind = FieldKind::Object(CLONE_RESOURCES);

record! {
    /// `pipeline:`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Pipeline {
        /// The name by which expressions, input sets and triggers know the pipeline.
        "identifier" => identifier: Option<Spanned<String>> as FieldKind::Identifier,
        /// The name for people.
        "name" => name: Option<Text> as FieldKind::Name,
        /// The organisation that the pipeline belongs to.
        "orgIdentifier" => org: Option<Text>,
        /// The project that the pipeline belongs to.
        "projectIdentifier" => project: Option<Text>,
        /// Labels for searching.
        "tags" => tags: Option<TextMap>,
        /// Variables, as `<+pipeline.variables.NAME>`.
        "variables" => variables: Vec<Variable>,
        /// The stages, in the order in which they run.
        "stages" => stages: Vec<StageNode> as STAGES,
        /// A template that is the whole pipeline.
        "template" => template: Option<TemplateRef>,
        /// How long the pipeline may run.
        "timeout" => timeout: Option<Text> as FieldKind::Duration,
    }
    with span;
    given {
        /// `properties.ci.codebase`.
        codebase: Option<Codebase>,
    }
    known {
        "properties": FieldKind::Object(PROPERTIES), "Settings by module; `ci.codebase` is what CI stages clone.";
        "description": FieldKind::Text, "A text for people.";
        "allowStageExecutions": FieldKind::Flag, "Single stages may be run.";
        "fixedInputsOnRerun": FieldKind::Flag, "A rerun takes the inputs of the first run.";
        "delegateSelectors": FieldKind::TextList, "Which delegates may work for the pipeline.";
        "flowControl": FieldKind::Object(FLOW_CONTROL), "Barriers.";
        "notificationRules": FieldKind::List(&FieldKind::Object(NOTIFICATION_RULE)), "Who hears of what.";
        "notifications": FieldKind::Any, "Who hears of what, in older documents.";
        "inputSet": FieldKind::Any, "Written by some exports.";
        "storeType": FieldKind::Text, "Where the service keeps the document.";
        "connectorRef": FieldKind::Text, "Where the service keeps the document.";
        "gitDetails": FieldKind::Any, "Where the service keeps the document.";
        "repo": FieldKind::Text, "Where the service keeps the document.";
        "gitBranch": FieldKind::Text, "The branch of a remote document.";
        "failureStrategies": FieldKind::Any, "Not read at this level.";
        "status": FieldKind::Any, "Not read at this level.";
        "triggers": FieldKind::Unread, "Triggers are documents of their own.";
        "remoteType": FieldKind::Unread, "Written by some exports.";
    }
}

/// An item of `stages`.
#[derive(Debug, Clone, PartialEq)]
pub enum StageNode {
    /// `stage`.
    Stage(Box<Stage>),
    /// `parallel`.
    Parallel(Vec<StageNode>),
}

/// A variable of a pipeline, stage or step group.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// `name`.
    pub name: Spanned<String>,
    /// `type`.
    pub kind: VariableType,
    /// `value`.
    pub value: Option<Text>,
    /// `default`.
    pub default: Option<Text>,
    /// `required`.
    pub required: Option<Flag>,
}

/// The types of variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariableType {
    /// Text.
    String,
    /// A number.
    Number,
    /// The identifier of a secret.
    Secret,
}

spec! {
    /// `properties.ci.codebase`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Codebase {
        /// The Git connector; none for repositories of Harness Code.
        "connectorRef" => connector_ref: Option<Text>,
        /// The repository, where the connector is for an account.
        "repoName" => repo_name: Option<Text>,
        /// What is checked out.
        "build" => build: Option<BuildSpec> = REQUIRED,
        /// How many commits are fetched.
        "depth" => depth: Option<Int>,
        /// The folder below the workspace.
        "cloneDirectory" => clone_directory: Option<Text>,
        /// `MergeCommit` or `SourceBranch`: what a pull request's build checks out.
        "prCloneStrategy" => pr_clone_strategy: Option<Text> as words::CLONE_STRATEGIES,
        /// Checks the server's certificate.
        "sslVerify" => ssl_verify: Option<Flag>,
        /// Fetches large files.
        "lfs" => lfs: Option<Flag>,
        /// Fetches tags.
        "fetchTags" => fetch_tags: Option<Flag>,
        /// Leaves the credentials in the clone.
        "persistCredentials" => persist_credentials: Option<Flag>,
        /// Logs what git does.
        "debug" => debug: Option<Flag>,
        /// The paths that are checked out; all if missing.
        "sparseCheckout" => sparse_checkout: Option<TextList>,
        /// `true`, `false` or `recursive`.
        "submoduleStrategy" => submodule_strategy: Option<Text> as words::SUBMODULES,
        /// A command before the fetch.
        "preFetchCommand" => pre_fetch_command: Option<Text>,
        /// Limits of the clone's container.
        "resources" => resources: Option<Node> as RESOURCES_OF_CLONES,
    }
    with span;
}

/// `build`: what is checked out.
#[derive(Debug, Clone, PartialEq)]
pub enum BuildSpec {
    /// `{type: branch, spec: {branch}}`.
    Branch(Text),
    /// `{type: tag, spec: {tag}}`.
    Tag(Text),
    /// `{type: PR, spec: {number}}`.
    PullRequest(Text),
    /// `{type: commitSha, spec: {commitSha}}`.
    Commit(Text),
    /// `<+input>` and the like.
    Expression(Text),
}
