//! Makes the planner's inputs from what was found, and plans.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use cirun_beneath::{Refusal, Root};
use cirun_diagnostics::{Diagnostic, Failure, Sources, without_superseded};
use cirun_parser::{Document, DocumentKind, model::Connector};
use cirun_plan::PullPolicy;
use cirun_planner::{
    AwsMode, CodebaseFacts, DelegateIdentity, Inputs, PullRequestFacts, PushMode, RunFacts, Selection, Setting,
};
use indexmap::IndexMap;
use jiff::Timestamp;

use super::{
    Findings, Located, OpenError, Session, alone, aws_inputs,
    documents::{self, Missing, Standing},
    locate,
    secret_store::Shown,
};
use crate::{
    args,
    args::{PlanOptions, PullMode},
    codebase::Checkout,
    daemon,
    environment::Environment,
    local_store, machine,
    project::{DOCUMENTS, Project},
    repository,
    repository::{Boundary, Place},
    secrets,
    secrets::Secrets,
    settings,
    settings::Settings,
};

/// Why a plan is made.
#[derive(Debug)]
pub(crate) enum Purpose {
    /// To look at the plan: nothing outside the files is asked.
    Show,
    /// To list what there is: inputs may be missing.
    List,
    /// To look for all that is wrong: inputs may be missing.
    Inspect,
    /// To run.
    Run {
        /// The run's id.
        run: String,
        /// The delegate's part, played by the developer's own identity.
        delegate: Option<DelegateIdentity>,
    },
}

/// Where containers have files of cirun's own: below no directory that a step can write to.
pub(crate) const PRIVATE_DIR: &str = "/etc/cirun";
/// The certificates that a step trusts.
pub(crate) const TRUST_BUNDLE_FILE: &str = "ca-bundle.pem";
/// By which BuildKit in a container of its own trusts the emulated registries.
pub(crate) const BUILDKIT_FILE: &str = "buildkitd.toml";
/// The token of the pod's service account.
pub(crate) const POD_TOKEN_FILE: &str = "pod-token";

/// What a session's inputs have in place of its own texts, which they cannot borrow.
static NO_SOURCES: LazyLock<Sources> = LazyLock::new(Sources::default);

/// Plans the located pipeline.
pub(super) fn assemble(
    located: Located,
    plan: &PlanOptions,
    environment: &Environment,
    purpose: Purpose,
) -> Result<Session, OpenError> {
    let Located { file, workspace, boundary, settings, standing, paths } = located;
    let include = settings.include.iter().map(|setting| setting.value.clone());
    let mut places: Vec<_> = include.map(|path| Place { root: boundary.open(&path), path }).collect();
    let root = Root::open(&workspace).and_then(|root| root.sub(Path::new(DOCUMENTS)));
    let documents = locate::shorten(workspace.join(DOCUMENTS), &environment.directory);
    places.extend(Some(Place { path: documents, root }).filter(|place| !is_missing(place)));
    let project_directory = boundary.directory().unwrap_or(&workspace).to_owned();
    let mut project = Project::read(&file, boundary.clone(), places)?;
    let mut diagnostics = std::mem::take(&mut project.diagnostics);
    let missing = match &purpose {
        Purpose::Inspect | Purpose::List => Missing::Note,
        Purpose::Run { .. } if !plan.no_input => Missing::Ask,
        Purpose::Show | Purpose::Run { .. } => Missing::Refuse,
    };
    if matches!(purpose, Purpose::Inspect) {
        diagnostics.extend(project.own_documents().flat_map(cirun_parser::refused_when_saved));
    }
    let checkout = Checkout::read(&workspace);
    let templates = match purpose {
        Purpose::Show | Purpose::List => Standing::Shown,
        Purpose::Inspect => Standing::Reported,
        Purpose::Run { .. } => Standing::Stops,
    };
    let pipeline = project.take_pipeline();
    let sample = match (&pipeline, &purpose) {
        (None, Purpose::Inspect) => alone::sample(&project, settings.infra.is_some()),
        (None | Some(_), _) => None,
    };
    let sample_of = sample.as_ref().map(|(kind, _)| *kind);
    let resolved = pipeline
        .or(sample.map(|(_, pipeline)| pipeline))
        .map(|body| documents::resolve(body, &mut project, plan, (missing, &checkout), &mut diagnostics))
        .transpose()?;
    if matches!(purpose, Purpose::Inspect) {
        diagnostics.extend(alone::findings(&project));
    }
    let connectors = connectors(&project, &mut diagnostics);
    let lowered = resolved.as_ref().map(|resolved| cirun_parser::lower_pipeline(&resolved.pipeline));
    diagnostics.extend(lowered.iter().flat_map(|lowered| lowered.diagnostics.iter().cloned()));
    let Some(pipeline) = lowered.and_then(|lowered| lowered.tree) else {
        diagnostics.extend(project.own_documents().next().and_then(Document::unsupported));
        without_superseded(&mut diagnostics, project.own_documents().all(|document| document.complete));
        let Project { sources, .. } = project;
        return Err(OpenError::NoPipeline(Box::new(Findings {
            file,
            sources,
            diagnostics,
            asks: None,
            inspected: None,
        })));
    };
    let (input_sets, stages) = resolved.map(|resolved| (resolved.input_sources, resolved.stages)).unwrap_or_default();

    secrets::warn_of_values(&plan.secrets);
    let is_run = matches!(purpose, Purpose::Run { .. });
    let secrets = Secrets::collect(
        &plan.secrets,
        settings.secret_files.iter().map(|setting| read_secrets(setting, &boundary)),
        environment.iter().map(|(name, value)| (name.clone(), value.clone())),
        // What is only looked at shows no secret, so that none is needed.
        |id| if is_run { secrets::ask(id).map(Some) } else { Ok(None) },
    )?;
    let now = Timestamp::now();
    let (run, delegate, running) = match purpose {
        Purpose::Show | Purpose::List | Purpose::Inspect => ("plan".to_owned(), None, false),
        Purpose::Run { run, delegate } => (run, delegate, true),
    };
    let identity = delegate.as_ref().map(|delegate| delegate.given_by.clone());
    let facts = run_facts(&run, now, environment);
    let daemon = daemon::of(&settings, environment, &paths);
    let asked = aws_inputs::Given { settings: &settings, plan, environment, connectors: &connectors, running };
    let aws = aws_inputs::of(asked, &pipeline, &facts, delegate, &paths.oidc())?;
    let pod_token = aws.oidc_token.as_ref().filter(|_| aws.mode == AwsMode::Emulated).map(|token| token.value.clone());
    let emulates = aws.mode == AwsMode::Emulated || settings.push.value == args::PushMode::Local;
    let inputs = Inputs {
        input_sets,
        profile: settings.infra.as_ref().map(|setting| given(setting.value, "infra", setting.origin)),
        selection: Selection {
            stages: if plan.stages.is_empty() { stages } else { plan.stages.clone() },
            steps: plan.steps.clone(),
            from: plan.from.clone(),
            until: plan.until.clone(),
        },
        vars: plan.vars.iter().cloned().collect(),
        env: plan.env.iter().cloned().collect(),
        secrets: if running { Arc::new(secrets) } else { Arc::new(Shown(secrets)) },
        connectors,
        codebase: codebase(&checkout, plan)?,
        run: facts,
        pull: pull(&settings),
        plugin_images: settings.plugin_images.iter().map(|(name, image)| (name.clone(), image.value.clone())).collect(),
        trust_bundle: emulates.then(|| format!("{PRIVATE_DIR}/{TRUST_BUNDLE_FILE}")),
        buildkit_config: emulates.then(|| format!("{PRIVATE_DIR}/{BUILDKIT_FILE}")),
        aws,
        push: match settings.push.value {
            args::PushMode::Local => PushMode::Local,
            args::PushMode::Real => PushMode::Real,
            args::PushMode::None => PushMode::None,
        },
        caches: Some(local_store::caches_of(&paths, &project_directory).display().to_string()),
        daemon,
        approved: plan.approve,
        strict_parity: plan.strict_parity,
        ..Inputs::new(&NO_SOURCES)
    };
    let planned = cirun_planner::plan(&pipeline, &Inputs { sources: &project.sources, ..inputs.clone() });
    documents::settle_templates(&mut diagnostics, &pipeline, &planned, templates);
    let missing = documents::missing_at(&diagnostics);
    let is_news = |found: &&Diagnostic| {
        documents::is_news(found, &missing, &project.sources)
            && sample_of.is_none_or(|kind| alone::holds(kind, found, &project.sources))
    };
    let found = planned.diagnostics.iter().chain(&planned.parity);
    diagnostics.extend(found.filter(is_news).cloned());
    if sample_of.is_some() {
        alone::without_inputs(&mut diagnostics);
    }
    without_superseded(&mut diagnostics, project.own_documents().all(|document| document.complete));
    let Project { sources, answers, .. } = project;
    Ok(Session {
        sources,
        pipeline,
        planned,
        diagnostics,
        settings,
        file,
        workspace,
        project: project_directory,
        standing,
        paths,
        pod_token,
        identity,
        answers,
        running,
        inputs: Box::new(inputs),
    })
}

/// The repository names only files of its own; whom a person names, and by what links, is that person's word.
fn read_secrets<'s>(
    setting: &'s settings::Setting<PathBuf>,
    boundary: &Boundary,
) -> (&'s Path, Result<Vec<u8>, Refusal>) {
    let path = setting.value.as_path();
    let read = match setting.origin {
        settings::Origin::Repository => boundary.read(path, repository::LARGEST),
        _ => repository::read_own(path, repository::LARGEST),
    };
    (path, read)
}

fn is_missing(place: &Place) -> bool {
    place.root.as_ref().is_err_and(Refusal::is_missing)
}

/// Connectors by every reference that means them: one without an organisation or project can be meant by any scope.
fn connectors(project: &Project, diagnostics: &mut Vec<Diagnostic>) -> IndexMap<String, Connector> {
    let mut found = IndexMap::new();
    for body in project.bodies(DocumentKind::Connector).filter_map(|root| root.get("connector")) {
        let parsed = cirun_parser::lower_connector(body);
        diagnostics.extend(parsed.diagnostics);
        let Some(connector) = parsed.tree.filter(|connector| !connector.identifier.value.is_empty()) else { continue };
        let id = connector.identifier.value.clone();
        let references = match (&connector.org, &connector.project) {
            (_, Some(_)) => vec![id],
            (Some(_), None) => vec![format!("org.{id}")],
            (None, None) => vec![id.clone(), format!("org.{id}"), format!("account.{id}")],
        };
        for reference in references {
            found.entry(reference).or_insert_with(|| connector.clone());
        }
    }
    found
}

fn run_facts(run: &str, now: Timestamp, environment: &Environment) -> RunFacts {
    let user = environment.get("USER").or(environment.get("USERNAME")).unwrap_or("local");
    RunFacts {
        id: run.to_owned(),
        now_ms: now.as_millisecond(),
        user: user.to_owned(),
        os: match std::env::consts::OS {
            "macos" => "darwin".to_owned(),
            other => other.to_owned(),
        },
        machine: machine::name(environment),
        arch: match std::env::consts::ARCH {
            "aarch64" => "arm64".to_owned(),
            _ => "amd64".to_owned(),
        },
        ..RunFacts::default()
    }
}

fn codebase(checkout: &Checkout, plan: &PlanOptions) -> Result<CodebaseFacts, Failure> {
    let mut facts = CodebaseFacts {
        branch: checkout.branch.clone(),
        tag: None,
        pull_request: None,
        commit_sha: checkout.commit.clone(),
        commit_before: checkout.parent.clone(),
        commit_message: checkout.message.clone(),
        author_name: checkout.author.clone(),
        author_email: checkout.author_email.clone(),
        repo_url: checkout.remote.clone(),
        head_tag: checkout.tag.clone(),
        build_given: !plan.codebase.is_empty(),
    };
    for (kind, value) in &plan.codebase {
        match kind.as_str() {
            "branch" => facts.branch = Some(value.clone()),
            "tag" => facts.tag = Some(value.clone()),
            "commit" => facts.commit_sha = Some(value.clone()),
            "pr" => {
                let number = value.clone();
                facts.pull_request = Some(PullRequestFacts { number, ..PullRequestFacts::default() });
            }
            other => {
                return Err(Failure::usage(format!("`--codebase {other}=…`: expected branch, tag, pr or commit")));
            }
        }
    }
    Ok(facts)
}

fn pull(settings: &Settings) -> Option<Setting<PullPolicy>> {
    let policy = match settings.pull.value {
        PullMode::Yaml => return None,
        PullMode::Always => PullPolicy::Always,
        PullMode::Missing => PullPolicy::IfNotPresent,
        PullMode::Never => PullPolicy::Never,
    };
    Some(given(policy, "pull", settings.pull.origin))
}

fn given<T>(value: T, key: &str, origin: settings::Origin) -> Setting<T> {
    let given_by = match origin {
        settings::Origin::Flag => format!("--{key}"),
        settings::Origin::Environment => format!("CIRUN_{}", key.to_uppercase()),
        settings::Origin::Default | settings::Origin::User | settings::Origin::Repository => {
            format!("`{key}` in {origin}")
        }
    };
    Setting { value, given_by }
}
