//! Everything that a plan depends on besides the pipeline, as plain data.

use std::{collections::BTreeSet, fmt, sync::Arc};

use cirun_diagnostics::{SourceId, Sources};
use cirun_parser::model::Connector;
use cirun_plan::{Profile, PullPolicy, Secret, StaticScope};
use indexmap::IndexMap;

/// A value from outside, and who gave it (`--infra`, `CIRUN_PULL`, `.cirun.toml`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who gave it, for people.
    pub given_by: String,
}

/// Where secrets come from.
pub trait SecretStore: fmt::Debug + Send + Sync {
    /// Returns the secret with this identifier (`id`, `org.id`, `account.id`).
    fn get(&self, id: &str) -> Option<Setting<Secret>>;

    /// What stands for a secret that is not there: nothing, where the plan is to run. Where it is only looked at, no value
    /// is shown anyway, and a missing one is a note.
    fn stand_in(&self) -> Option<Setting<Secret>> {
        None
    }
}

/// A store with nothing in it.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSecrets;

impl SecretStore for NoSecrets {
    fn get(&self, _id: &str) -> Option<Setting<Secret>> {
        None
    }
}

/// Everything from outside.
#[derive(Debug, Clone)]
pub struct Inputs<'a> {
    /// The texts that the pipeline and the connectors were read from.
    pub sources: &'a Sources,
    /// The texts that are input sets: a value from there was given for a `<+input>`.
    pub input_sets: BTreeSet<SourceId>,
    /// Overrides the profile that the YAML names.
    pub profile: Option<Setting<Profile>>,
    /// What to run of the pipeline.
    pub selection: Selection,
    /// `--var`: pipeline variables by name, or any expression's path (`trigger.branch`).
    pub vars: IndexMap<String, String>,
    /// `--env`: further variables of every step.
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
    /// Images that take the place of plugin images, by name (`plugins/kaniko-ecr` or `kaniko-ecr`).
    pub plugin_images: IndexMap<String, String>,
    /// How AWS is played.
    pub aws: AwsInputs,
    /// Where pushes go.
    pub push: PushMode,
    /// What pushes by the machine's daemon.
    pub daemon: MachineDaemon,
    /// The certificate bundle that steps must trust, as a path in their containers; set where the emulator answers.
    pub trust_bundle: Option<String>,
    /// The file by which BuildKit in a container of its own trusts the emulated registries, as a path in the plugin's container;
    /// set where the emulator answers.
    pub buildkit_config: Option<String>,
    /// Where caches are kept here, for people.
    pub caches: Option<String>,
    /// What the stages of a run have left so far, where a stage is planned again as it begins.
    pub so_far: Option<Arc<dyn StaticScope>>,
    /// Whether the approval stages are taken as approved.
    pub approved: bool,
    /// Leaves out what cirun adds to make a laptop do, and CI does not send.
    pub strict_parity: bool,
}

impl<'a> Inputs<'a> {
    /// Inputs of a run that nothing was given for: no secrets, no connectors, AWS off, pushes stay here.
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

/// What to run; all of it by default. Steps are named by id or by path.
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

/// Facts about the repository, as far as they are known (environment.codebase).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodebaseFacts {
    /// The branch that is built.
    pub branch: Option<String>,
    /// The tag that is built.
    pub tag: Option<String>,
    /// The pull request that is built.
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
    /// A tag of the commit that is checked out, whether or not it is what is built.
    pub head_tag: Option<String>,
    /// What is built was named by hand (`--codebase`): what the pipeline names does not count.
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

/// Facts about this run, with the values that stand in for the service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// The run's id, as `<+pipeline.executionId>`.
    pub id: String,
    /// `<+pipeline.sequenceId>`, from 1.
    pub sequence: u64,
    /// When the plan is made, in milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// The account's id.
    pub account: String,
    /// The organisation, where the pipeline names none.
    pub org: String,
    /// The project, where the pipeline names none.
    pub project: String,
    /// Who runs it.
    pub user: String,
    /// The machine's operating system in the service's words (`linux`, `darwin`, `windows`).
    pub os: String,
    /// The machine's name.
    pub machine: String,
    /// The machine's architecture in the engine's words (`amd64`, `arm64`).
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

/// Who answers AWS calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AwsMode {
    /// The emulator.
    Emulated,
    /// AWS.
    Real,
    /// Nobody is prepared to.
    #[default]
    Off,
}

/// How AWS is played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsInputs {
    /// Who answers.
    pub mode: AwsMode,
    /// The identity that plays the delegate's (the pod's role, IRSA).
    pub delegate: Option<DelegateIdentity>,
    /// The pod's service account, where AWS is emulated (IRSA).
    pub web_identity: Option<WebIdentity>,
    /// The token that plays the CI service's OIDC token.
    pub oidc_token: Option<Setting<Secret>>,
    /// Lets the plugin create the repository.
    pub create_repository: bool,
    /// The emulated AWS hands S3 calls on to an endpoint that was given.
    pub forwarded: bool,
}

/// A token in a file that a role trusts, as a pod with IRSA has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebIdentity {
    /// The token's file in the containers of steps.
    pub token_file: String,
    /// The role's name, in the account of the registry.
    pub role: String,
    /// Where it is from, for people.
    pub given_by: String,
}

/// Credentials that play the delegate's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegateIdentity {
    /// Access key id.
    pub access_key: String,
    /// Secret access key.
    pub secret_key: Secret,
    /// Session token of temporary credentials.
    pub session_token: Option<Secret>,
    /// Region, where the identity has one.
    pub region: Option<String>,
    /// Where it is from, for people (`profile dev`, `the emulator`).
    pub given_by: String,
}

/// Where pushes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PushMode {
    /// To the local registry, whatever the YAML names.
    #[default]
    Local,
    /// To the registry that the YAML names.
    Real,
    /// Nowhere: images are only built.
    None,
}

/// Whether images that are pushed through the machine's daemon stay on this machine, where pushes are to stay here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MachineDaemon {
    /// They do: its socket is guarded.
    #[default]
    Guarded,
    /// They would not, or the daemon cannot do what the step needs: why, for a person.
    Unusable(&'static str),
}
