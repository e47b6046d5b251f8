//! Finds the pipeline's file, the workspace and the settings.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    args::{PlanOptions, RunOptions},
    console,
    environment::Environment,
    error::CliError,
    paths::{Paths, find_upwards},
    project,
    settings::{Layer, Origin, Settings, Trust, UpstreamWord, Values},
};

/// The settings file of a repository.
const REPOSITORY_SETTINGS: &str = ".cirun.toml";

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Located {
    pub file: PathBuf,
    pub workspace: PathBuf,
    pub settings: Settings,
    pub paths: Paths,
}

/// Finds everything that planning needs.
pub(crate) fn locate(
    file: Option<PathBuf>,
    plan: &PlanOptions,
    run: Option<&RunOptions>,
    environment: &Environment,
) -> Result<Located, CliError> {
    let paths = Paths::find()?;
    let here = match file.as_deref().and_then(Path::parent) {
        Some(parent) => environment.directory.join(parent),
        None => environment.directory.clone(),
    };
    let repository = find_upwards(&here, ".git");
    let settings = read_settings(&here, repository.as_deref(), &paths, plan, run, environment)?;
    let workspace = match &settings.workspace {
        Some(setting) => setting.value.clone(),
        None => repository.or_else(|| above_documents(&here)).unwrap_or(here),
    };
    let workspace = environment.directory.join(workspace);
    let workspace = fs::canonicalize(&workspace).map_err(|error| {
        CliError::usage(format!("there is no workspace {}: {error}", workspace.display()))
            .help("`--workspace DIR` names the directory that steps see as `/harness`")
    })?;
    let file = match file {
        Some(file) => file,
        None => shorten(project::default_pipeline(&workspace)?, &environment.directory),
    };
    Ok(Located { file, workspace, settings, paths })
}

/// The settings of a command that reads no pipeline, from where it is called.
pub(crate) fn settings(environment: &Environment) -> Result<(Settings, Paths), CliError> {
    let paths = Paths::find()?;
    let here = &environment.directory;
    let repository = find_upwards(here, ".git");
    let settings = read_settings(here, repository.as_deref(), &paths, &PlanOptions::default(), None, environment)?;
    Ok((settings, paths))
}

fn read_settings(
    here: &Path,
    repository: Option<&Path>,
    paths: &Paths,
    plan: &PlanOptions,
    run: Option<&RunOptions>,
    environment: &Environment,
) -> Result<Settings, CliError> {
    let mut layers = Vec::new();
    layers.extend(read_layer(Origin::User, &paths.config.join("config.toml"))?);
    let owned = find_upwards(here, REPOSITORY_SETTINGS)
        .filter(|found| repository.is_none_or(|repository| found.starts_with(repository)));
    if let Some(directory) = owned {
        let directory = shorten(directory, &environment.directory);
        layers.extend(read_layer(Origin::Repository, &directory.join(REPOSITORY_SETTINGS))?);
    }
    let variable = |name: &str| environment.get(name).map(str::to_owned);
    layers.push(Layer::from_environment(variable).map_err(|error| CliError::usage(error.to_string()))?);
    layers.push(Layer { origin: Origin::Flag, values: flags(plan, run) });
    let trust = if plan.trust { Trust::Repository } else { Trust::UserOnly };
    let (settings, untrusted) = Settings::resolve(layers, trust);
    for setting in untrusted {
        console::say(&format!(
            "warning: `{} = \"{}\"` in {REPOSITORY_SETTINGS} reaches outside this machine and is not followed without `--trust`",
            setting.key, setting.value
        ));
    }
    Ok(settings)
}

fn read_layer(origin: Origin, path: &Path) -> Result<Option<Layer>, CliError> {
    match fs::read_to_string(path) {
        Ok(text) => Layer::from_file(origin, path, &text).map(Some).map_err(|error| CliError::usage(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CliError::usage(format!("cannot read {}: {error}", path.display()))),
    }
}

fn flags(plan: &PlanOptions, run: Option<&RunOptions>) -> Values {
    let mut values = Values {
        infra: plan.infra.map(Into::into),
        aws: plan.aws,
        push: plan.push,
        egress: run.and_then(|run| run.egress),
        pull: plan.pull,
        workspace: plan.workspace.clone(),
        include: plan.include.clone(),
        secret_file: plan.secret_files.clone(),
        plugin_image: plan.plugin_images.iter().cloned().collect(),
        ..Values::default()
    };
    if let Some(run) = run {
        values.progress = run.progress;
        values.engine = run.engine;
        values.create_repository = run.create_repository.then_some(true);
        values.no_docker_socket = run.no_docker_socket.then_some(true);
        values.offline = run.offline.then_some(true);
        values.no_wait = run.no_wait.then_some(true);
        values.fail_on_service_exit = run.fail_on_service_exit.then_some(true);
        values.aws_profile = run.aws_profile.clone();
        values.aws_endpoint_url = run.aws_endpoint_url.clone().map(UpstreamWord);
        values.allow_account = run.allow_accounts.clone();
    }
    values
}

/// The directory above `.harness/`, where the file is in there.
fn above_documents(here: &Path) -> Option<PathBuf> {
    let documents = here.ancestors().find(|directory| directory.ends_with(project::DOCUMENTS))?;
    documents.parent().map(Path::to_owned)
}

/// A path as a person would type it from `directory`.
pub(super) fn shorten(path: PathBuf, directory: &Path) -> PathBuf {
    match path.strip_prefix(directory) {
        Ok(short) => short.to_owned(),
        Err(_) => path,
    }
}
