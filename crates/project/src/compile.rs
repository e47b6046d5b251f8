//! Collects the planner's inputs and plans the pipeline.

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

use crate::{
    AwsQuestion, Checkout, CompileError, Compiled, Context, Environment, Findings, Located, PlanRequest,
    documents::{DOCUMENTS, Documents},
    fragments, locate,
    merge::{self, Missing, MissingTemplates},
    repository::{self, Boundary, Place},
    secrets::{self, Secrets, Shown},
    settings::{self, PullMode, Settings},
};

/// What a plan is for.
#[derive(Debug)]
pub enum Purpose {
    /// To show it: cirun asks no questions and starts no programs.
    Show,
    /// To list stages and steps: inputs may be missing.
    List,
    /// To find all mistakes: inputs may be missing.
    Inspect,
    /// To run it.
    Run {
        /// The run's id.
        run: String,
        /// The developer's own identity, which takes the place of the delegate's on real AWS.
        delegate: Option<DelegateIdentity>,
    },
}

/// The directory of cirun's own files in containers. Steps cannot write to it or to its parents.
pub const PRIVATE_DIR: &str = "/etc/cirun";
/// The file in [`PRIVATE_DIR`] with the certificates that a step trusts.
pub const TRUST_BUNDLE_FILE: &str = "ca-bundle.pem";
/// The file in [`PRIVATE_DIR`] that makes a BuildKit container trust the emulated registries.
pub const BUILDKIT_FILE: &str = "buildkitd.toml";
/// The file in [`PRIVATE_DIR`] with the token of the pod's service account.
pub const POD_TOKEN_FILE: &str = "pod-token";

/// A placeholder: [`Compiled`] owns both its inputs and its sources, so that the inputs cannot borrow the sources.
static NO_SOURCES: LazyLock<Sources> = LazyLock::new(Sources::default);

/// Compiles the located pipeline for `purpose`. Mistakes in it are diagnostics of the result.
///
/// # Errors
/// The documents have no usable pipeline, or something that it needs is missing.
pub fn compile(
    located: Located,
    request: &PlanRequest,
    context: Context<'_>,
    purpose: Purpose,
) -> Result<Compiled, CompileError> {
    let Context { environment, person, machine, .. } = context;
    let Located { file, workspace, boundary, settings, repository_trust, paths } = located;
    let include = settings.include.iter().map(|setting| setting.value.clone());
    let mut places: Vec<_> = include.map(|path| Place { root: boundary.open(&path), path }).collect();
    let root = Root::open(&workspace).and_then(|root| root.sub(Path::new(DOCUMENTS)));
    let documents = locate::shorten(workspace.join(DOCUMENTS), &environment.directory);
    places.extend(Some(Place { path: documents, root }).filter(|place| !is_missing(place)));
    let project_directory = boundary.directory().unwrap_or(&workspace).to_owned();
    let mut project = Documents::read(&file, boundary.clone(), places)?;
    let mut diagnostics = std::mem::take(&mut project.diagnostics);
    let missing = match &purpose {
        Purpose::Inspect | Purpose::List => Missing::Note,
        Purpose::Run { .. } if !request.no_input => Missing::Ask,
        Purpose::Show | Purpose::Run { .. } => Missing::Refuse,
    };
    if matches!(purpose, Purpose::Inspect) {
        diagnostics.extend(project.own_documents().flat_map(cirun_parser::refused_when_saved));
    }
    let checkout = Checkout::read(&workspace);
    let asked = merge::Asked { missing, checkout: &checkout, person };
    let templates = match purpose {
        Purpose::Show | Purpose::List => MissingTemplates::Shown,
        Purpose::Inspect => MissingTemplates::Reported,
        Purpose::Run { .. } => MissingTemplates::Stop,
    };
    let pipeline = project.take_pipeline();
    let sample = match (&pipeline, &purpose) {
        (None, Purpose::Inspect) => fragments::sample(&project, settings.infra.is_some()),
        (None | Some(_), _) => None,
    };
    let sample_of = sample.as_ref().map(|(kind, _)| *kind);
    let resolved = pipeline
        .or(sample.map(|(_, pipeline)| pipeline))
        .map(|body| merge::resolve(body, &mut project, request, asked, &mut diagnostics))
        .transpose()?;
    if matches!(purpose, Purpose::Inspect) {
        diagnostics.extend(fragments::findings(&project));
    }
    let connectors = connectors(&project, &mut diagnostics);
    let lowered = resolved.as_ref().map(|resolved| cirun_parser::lower_pipeline(&resolved.pipeline));
    diagnostics.extend(lowered.iter().flat_map(|lowered| lowered.diagnostics.iter().cloned()));
    let Some(pipeline) = lowered.and_then(|lowered| lowered.tree) else {
        diagnostics.extend(project.own_documents().next().and_then(Document::unsupported));
        without_superseded(&mut diagnostics, project.own_documents().all(|document| document.complete));
        let Documents { sources, .. } = project;
        return Err(CompileError::NoPipeline(Box::new(Findings { file, sources, diagnostics })));
    };
    let (input_sets, stages) = resolved.map(|resolved| (resolved.input_sources, resolved.stages)).unwrap_or_default();

    secrets::warn_of_values(&request.secrets, person);
    let is_run = matches!(purpose, Purpose::Run { .. });
    let secrets = Secrets::collect(
        &request.secrets,
        settings.secret_files.iter().map(|setting| read_secrets(setting, &boundary)),
        environment.iter().map(|(name, value)| (name.clone(), value.clone())),
        // A plan that is only shown hides all secrets, so it needs no values.
        |id| if is_run { secrets::ask(id, person).map(Some) } else { Ok(None) },
    )?;
    let now = Timestamp::now();
    let (run, delegate, running) = match purpose {
        Purpose::Show | Purpose::List | Purpose::Inspect => ("plan".to_owned(), None, false),
        Purpose::Run { run, delegate } => (run, delegate, true),
    };
    let identity = delegate.as_ref().map(|delegate| delegate.given_by.clone());
    let facts = run_facts(&run, now, environment);
    let daemon = machine.daemon(&settings);
    let aws = machine.aws(AwsQuestion {
        settings: &settings,
        request,
        pipeline: &pipeline,
        connectors: &connectors,
        facts: &facts,
        delegate: delegate.as_ref(),
        running,
    })?;
    let pod_token = aws.oidc_token.as_ref().filter(|_| aws.mode == AwsMode::Emulated).map(|token| token.value.clone());
    let emulates = aws.mode == AwsMode::Emulated || settings.push.value == settings::PushMode::Local;
    let inputs = Inputs {
        input_sets,
        profile: settings.infra.as_ref().map(|setting| given(setting.value, "infra", setting.origin)),
        selection: Selection {
            stages: if request.stages.is_empty() { stages } else { request.stages.clone() },
            steps: request.steps.clone(),
            from: request.from.clone(),
            until: request.until.clone(),
        },
        vars: request.vars.iter().cloned().collect(),
        env: request.env.iter().cloned().collect(),
        secrets: if running { Arc::new(secrets) } else { Arc::new(Shown(secrets)) },
        connectors,
        codebase: codebase(&checkout, request)?,
        run: facts,
        pull: pull(&settings),
        plugin_images: settings.plugin_images.iter().map(|(name, image)| (name.clone(), image.value.clone())).collect(),
        trust_bundle: emulates.then(|| format!("{PRIVATE_DIR}/{TRUST_BUNDLE_FILE}")),
        buildkit_config: emulates.then(|| format!("{PRIVATE_DIR}/{BUILDKIT_FILE}")),
        aws,
        push: match settings.push.value {
            settings::PushMode::Local => PushMode::Local,
            settings::PushMode::Real => PushMode::Real,
            settings::PushMode::None => PushMode::None,
        },
        caches: Some(paths.caches_of(&project_directory).display().to_string()),
        daemon,
        approved: request.approve,
        strict_parity: request.strict_parity,
        ..Inputs::new(&NO_SOURCES)
    };
    let planned = cirun_planner::plan(&pipeline, &Inputs { sources: &project.sources, ..inputs.clone() });
    merge::settle_templates(&mut diagnostics, &pipeline, &planned, templates);
    let missing = merge::missing_at(&diagnostics);
    let is_news = |found: &&Diagnostic| {
        merge::is_news(found, &missing, &project.sources)
            && sample_of.is_none_or(|kind| fragments::holds(kind, found, &project.sources))
    };
    let found = planned.diagnostics.iter().chain(&planned.parity);
    diagnostics.extend(found.filter(is_news).cloned());
    if sample_of.is_some() {
        fragments::without_inputs(&mut diagnostics);
    }
    without_superseded(&mut diagnostics, project.own_documents().all(|document| document.complete));
    let Documents { sources, answers, .. } = project;
    Ok(Compiled {
        sources,
        pipeline,
        planned,
        diagnostics,
        settings,
        file,
        workspace,
        project: project_directory,
        repository_trust,
        paths,
        pod_token,
        identity,
        answers,
        running,
        inputs: Box::new(inputs),
    })
}

/// Reads a file of secrets. A file that the repository names must be in the repository; a file that a person names may be
/// anywhere, links included.
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

/// The connectors by all references to them. A connector without an organisation or project can be in any scope.
fn connectors(project: &Documents, diagnostics: &mut Vec<Diagnostic>) -> IndexMap<String, Connector> {
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
        machine: environment.machine.clone(),
        arch: match std::env::consts::ARCH {
            "aarch64" => "arm64".to_owned(),
            _ => "amd64".to_owned(),
        },
        ..RunFacts::default()
    }
}

fn codebase(checkout: &Checkout, request: &PlanRequest) -> Result<CodebaseFacts, Failure> {
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
        build_given: !request.codebase.is_empty(),
    };
    for (kind, value) in &request.codebase {
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
