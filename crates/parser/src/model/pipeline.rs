//! The pipeline (documents.pipeline).

use cirun_diagnostics::Spanned;

use crate::{
    FieldKind, Flag, Int, Node, Text, TextList, TextMap,
    lower::spec::{REQUIRED, fields, record, spec},
    model::{Stage, TemplateRef, Variable, resources::AMOUNTS},
    words,
};

const STAGES: FieldKind = FieldKind::Some(&FieldKind::Named("stageNode"));
const RESOURCES_OF_CLONES: FieldKind = FieldKind::Object(CLONE_RESOURCES);

record! {
    /// `pipeline:`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Pipeline {
        /// The name by which expressions, input sets and triggers use the pipeline.
        "identifier" => identifier: Option<Spanned<String>> as FieldKind::Identifier,
        /// The display name.
        "name" => name: Option<Text> as FieldKind::Name,
        /// The organisation that the pipeline belongs to.
        "orgIdentifier" => org: Option<Text>,
        /// The project that the pipeline belongs to.
        "projectIdentifier" => project: Option<Text>,
        /// Labels for searching.
        "tags" => tags: Option<TextMap>,
        /// Variables, for `<+pipeline.variables.NAME>`.
        "variables" => variables: Vec<Variable>,
        /// The stages, in the order in which they run.
        "stages" => stages: Vec<StageNode> as STAGES,
        /// A template to use as the whole pipeline.
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
        "description": FieldKind::Text, "A description.";
        "allowStageExecutions": FieldKind::Flag, "Single stages may be run.";
        "fixedInputsOnRerun": FieldKind::Flag, "A rerun takes the inputs of the first run.";
        "delegateSelectors": FieldKind::TextList, "Which delegates may run the pipeline.";
        "flowControl": FieldKind::Object(FLOW_CONTROL), "Barriers.";
        "notificationRules": FieldKind::List(&FieldKind::Object(NOTIFICATION_RULE)), "Notification rules.";
        "notifications": FieldKind::Any, "Notification rules, in older documents.";
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

impl StageNode {
    /// Its stages in written order, with those of `parallel` in sequence.
    pub fn stages(&self) -> Vec<&Stage> {
        match self {
            Self::Stage(stage) => vec![stage],
            Self::Parallel(nodes) => nodes.iter().flat_map(Self::stages).collect(),
        }
    }
}

impl Pipeline {
    /// All stages in written order, with those of `parallel` in sequence.
    pub fn all_stages(&self) -> impl Iterator<Item = &Stage> {
        self.stages.iter().flat_map(StageNode::stages)
    }
}

fields! {
    /// `properties`.
    PROPERTIES {
        "ci": FieldKind::Object(CI_PROPERTIES);
    }
    CI_PROPERTIES {
        "codebase": FieldKind::Object(Codebase::FIELDS);
    }
    /// `flowControl`.
    FLOW_CONTROL {
        "barriers": FieldKind::List(&FieldKind::Object(BARRIER));
    }
    BARRIER {
        "identifier": FieldKind::Text, REQUIRED;
        "name": FieldKind::Text, REQUIRED;
    }
    /// An item of `notificationRules`.
    NOTIFICATION_RULE {
        "name": FieldKind::Text;
        "identifier": FieldKind::Any;
        "enabled": FieldKind::Flag;
        "template": FieldKind::Named("map");
        "pipelineEvents": FieldKind::List(&FieldKind::Object(PIPELINE_EVENT));
        "notificationMethod": FieldKind::Object(NOTIFICATION_METHOD);
    }
    PIPELINE_EVENT {
        "type": FieldKind::Enum(PIPELINE_EVENTS);
        "forStages": FieldKind::TextList;
        "forSteps": FieldKind::TextList;
    }
    NOTIFICATION_METHOD {
        "type": FieldKind::Enum(&["Slack", "Email", "PagerDuty", "MsTeams", "Webhook", "Datadog"]), REQUIRED;
        "spec": FieldKind::Named("map"), REQUIRED;
    }
    /// `resources` of the codebase.
    CLONE_RESOURCES {
        "limits": FieldKind::Object(AMOUNTS), REQUIRED;
        "requests": FieldKind::Object(AMOUNTS);
    }
}

const PIPELINE_EVENTS: &[&str] = &[
    "AllEvents",
    "PipelineStart",
    "PipelineSuccess",
    "PipelineFailed",
    "PipelineEnd",
    "PipelinePaused",
    "PipelineResumed",
    "StageStart",
    "StageSuccess",
    "StageFailed",
    "StepFailed",
    "TriggerFailed",
    "WaitingForUserAction",
];

spec! {
    /// `properties.ci.codebase`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct Codebase {
        /// The Git connector; none for repositories of Harness Code.
        "connectorRef" => connector_ref: Option<Text>,
        /// The repository, if the connector is for an account.
        "repoName" => repo_name: Option<Text>,
        /// The branch, tag, commit or pull request to check out.
        "build" => build: Option<BuildSpec> = REQUIRED,
        /// Number of commits to fetch.
        "depth" => depth: Option<Int>,
        /// The directory in the workspace.
        "cloneDirectory" => clone_directory: Option<Text>,
        /// `MergeCommit` or `SourceBranch`: what to check out for a pull request.
        "prCloneStrategy" => pr_clone_strategy: Option<Text> as words::CLONE_STRATEGIES,
        /// Whether to verify the server's certificate.
        "sslVerify" => ssl_verify: Option<Flag>,
        /// Whether to fetch large files.
        "lfs" => lfs: Option<Flag>,
        /// Whether to fetch tags.
        "fetchTags" => fetch_tags: Option<Flag>,
        /// Whether to keep the credentials in the clone.
        "persistCredentials" => persist_credentials: Option<Flag>,
        /// Whether to log what git does.
        "debug" => debug: Option<Flag>,
        /// The paths to check out; all if missing.
        "sparseCheckout" => sparse_checkout: Option<TextList>,
        /// `true`, `false` or `recursive`.
        "submoduleStrategy" => submodule_strategy: Option<Text> as words::SUBMODULES,
        /// A command before the fetch.
        "preFetchCommand" => pre_fetch_command: Option<Text>,
        /// Resources of the clone's container.
        "resources" => resources: Option<Node> as RESOURCES_OF_CLONES,
    }
    with span;
}

/// `build`: what to check out.
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
