//! All inputs of a plan besides the pipeline, as plain data.

use std::{collections::BTreeSet, fmt, sync::Arc};

use cirun_diagnostics::{SourceId, Sources};
use cirun_parser::model::Connector;
use cirun_plan::{Profile, PullPolicy, Secret, StaticScope};
use indexmap::IndexMap;

/// A value from outside, with its source (`--infra`, `CIRUN_PULL`, `.cirun.toml`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Its source, as text to print.
    pub given_by: String,
}

/// A source of secrets.
pub trait SecretStore: fmt::Debug + Send + Sync {
    /// Returns the secret with this identifier (`id`, `org.id`, `account.id`).
    fn get(&self, id: &str) -> Option<Setting<Secret>>;

    /// The substitute for a missing secret: none if the plan is to run. For a plan that is only displayed, the value is
    /// hidden anyway, and a missing secret is a note.
    fn stand_in(&self) -> Option<Setting<Secret>> {
        None
    }
}

/// An empty store.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl SecretStore for NoSecrets {
    fn get(&self, _id: &str) -> Option<Setting<Secret>> {
        None
    }
}

/// The inputs of a plan.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The texts of the pipeline and the connectors.
    pub sources: &'a Sources,
    /// The texts that are input sets: their values were given for an `<+input>`.
    pub input_sets: BTreeSet<SourceId>,
    /// Overrides the profile of the YAML.
    pub profile: Option<Setting<Profile>>,
    /// The selected part of the pipeline.
    pub selection: Selection,
    /// `--var`: pipeline variables by name, or expressions by path (`trigger.branch`).
    pub vars: IndexMap<String, String>,
    /// `--env`: additional variables of every step.
    pub env: IndexMap<String, String>,
    /// Secrets.
    pub secrets: Arc<dyn SecretStore>,
    /// Connectors by reference (`id`, `org.id`, `account.id`).
    pub connectors: IndexMap<String, Connector>,
    /// Facts about the repository.
    pub codebase: CodebaseFacts,
    /// Facts about this run.
    pub run: RunFacts,
    /// Overrides every step's pull policy.
    pub pull: Option<Setting<PullPolicy>>,
    /// Replacements for plugin images, by name (`plugins/kaniko-ecr` or `kaniko-ecr`).
    pub plugin_images: IndexMap<String, String>,
    /// How steps reach AWS.
    pub aws: AwsInputs,
    /// Where pushes go.
    pub push: PushMode,
    /// How the machine's daemon handles pushes.
    pub daemon: MachineDaemon,
    /// The certificate bundle that steps must trust, as a path in their containers; set if AWS is emulated.
    pub trust_bundle: Option<String>,
    /// The file with which BuildKit in a container of its own trusts the emulated registries, as a path in the plugin's
    /// container; set if AWS is emulated.
    pub buildkit_config: Option<String>,
    /// The directory of local caches, as text to print.
    pub caches: Option<String>,
    /// The results of the run so far, if a stage is planned again when it begins.
    pub so_far: Option<Arc<dyn StaticScope>>,
    /// Whether approval stages are treated as approved.
    pub approved: bool,
    /// Omits additions that CI does not have.
    pub strict_parity: bool,
}

impl<'a> Inputs<'a> {
    /// Inputs of a run without options: no secrets, no connectors, AWS off, pushes stay on this machine.
    pub fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            input_sets: BTreeSet::new(),
            profile: None,
            selection: Selection::default(),
            vars: IndexMap::new(),
            env: IndexMap::new(),
            secrets: Arc::new(NoSecrets),
            connectors: IndexMap::new(),
            codebase: CodebaseFacts::default(),
            run: RunFacts::default(),
            pull: None,
            plugin_images: IndexMap::new(),
            aws: AwsInputs::default(),
            push: PushMode::Local,
            daemon: MachineDaemon::default(),
            trust_bundle: None,
            buildkit_config: None,
            caches: None,
            so_far: None,
            approved: false,
            strict_parity: false,
        }
    }
}

/// The selection; by default everything. Steps are named by id or by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// `--stage`.
    pub stages: Vec<String>,
    /// `--step`.
    pub steps: Vec<String>,
    /// `--from`.
    pub from: Option<String>,
    /// `--until`.
    pub until: Option<String>,
}

/// Facts about the repository, as far as known (environment.codebase).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodebaseFacts {
    /// The branch of the build.
    pub branch: Option<String>,
    /// The tag of the build.
    pub tag: Option<String>,
    /// The pull request of the build.
    pub pull_request: Option<PullRequestFacts>,
    /// The whole hash of the commit.
    pub commit_sha: Option<String>,
    /// The whole hash of the commit before it.
    pub commit_before: Option<String>,
    /// Its message.
    pub commit_message: Option<String>,
    /// Its author's name.
    pub author_name: Option<String>,
    /// Its author's address.
    pub author_email: Option<String>,
    /// The remote's address.
    pub repo_url: Option<String>,
    /// A tag of the checked-out commit, even if it is not the tag of the build.
    pub head_tag: Option<String>,
    /// The build was set by hand (`--codebase`), so the one in the pipeline is ignored.
    pub build_given: bool,
}

/// Facts about a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullRequestFacts {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: Option<String>,
    /// The branch it comes from.
    pub source_branch: Option<String>,
    /// The branch it goes to.
    pub target_branch: Option<String>,
}

/// Facts about this run, with substitutes for the service's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// The run's id, as `<+pipeline.executionId>`.
    pub id: String,
    /// `<+pipeline.sequenceId>`, from 1.
    pub sequence: u64,
    /// The time of planning, in milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The account's id.
    pub account: String,
    /// The organisation, if the pipeline names none.
    pub org: String,
    /// The project, if the pipeline names none.
    pub project: String,
    /// The user.
    pub user: String,
    /// The machine's operating system, as the service names it (`linux`, `darwin`, `windows`).
    pub os: String,
    /// The machine's name.
    pub machine: String,
    /// The machine's architecture, as the engine names it (`amd64`, `arm64`).
    pub arch: String,
}

impl Default for RunFacts {
    fn default() -> Self {
        Self {
            id: "local".to_owned(),
            sequence: 1,
            now_ms: 0,
            account: "local".to_owned(),
            org: "default".to_owned(),
            project: "local".to_owned(),
            user: "local".to_owned(),
            os: "linux".to_owned(),
            machine: "local".to_owned(),
            arch: "amd64".to_owned(),
        }
    }
}

/// Which AWS answers calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AwsMode {
    /// The emulator.
    Emulated,
    /// AWS itself.
    Real,
    /// None.
    #[default]
    Off,
}

/// How steps reach AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsInputs {
    /// Which AWS answers.
    pub mode: AwsMode,
    /// The identity in place of the delegate's (the pod's role, IRSA).
    pub delegate: Option<DelegateIdentity>,
    /// The pod's service account, if AWS is emulated (IRSA).
    pub web_identity: Option<WebIdentity>,
    /// The token in place of the CI service's OIDC token.
    pub oidc_token: Option<Setting<Secret>>,
    /// Whether the plugin may create the repository.
    pub create_repository: bool,
    /// Whether the emulated AWS forwards S3 calls to another endpoint.
    pub forwarded: bool,
}

/// A token in a file that a role trusts, as in a pod with IRSA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    /// The token's file in the containers of steps.
    pub token_file: String,
    /// The role's name, in the account of the registry.
    pub role: String,
    /// Its source, as text to print.
    pub given_by: String,
}

/// Credentials in place of the delegate's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegateIdentity {
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: Secret,
    /// Session token of temporary credentials.
    pub session_token: Option<Secret>,
    /// Region, if the identity has one.
    pub region: Option<String>,
    /// Their source, as text to print (`profile dev`, `the emulator`).
    pub given_by: String,
}

/// Where pushes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PushMode {
    /// To the local registry, whatever the YAML says.
    #[default]
    Local,
    /// To the registry in the YAML.
    Real,
    /// Nowhere: images are built, not pushed.
    None,
}

/// If pushes must stay on this machine: whether those through the machine's daemon do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MachineDaemon {
    /// They do: steps get a proxy of its socket.
    #[default]
    Proxied,
    /// They would not, or the daemon lacks what the step needs; with the reason, as text to print.
    Unusable(&'static str),
}
