//! Finds the pipeline's file, the workspace and the settings.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cirun_beneath::Root;
use cirun_diagnostics::Failure;

use crate::{
    args::{PlanOptions, RunOptions},
    consent,
    consent::Asking,
    console,
    environment::Environment,
    paths::{Paths, find_upwards},
    project, repository,
    repository::{Boundary, LARGEST_SETTINGS},
    settings::{Beyond, EndpointWord, Layer, Origin, Settings, Trust, Values},
};

/// The settings file of a repository.
const REPOSITORY_SETTINGS: &str = ".cirun.toml";

/// Where everything is.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub file: PathBuf,
    pub workspace: PathBuf,
    /// Whose rules hold for the files that are read.
    pub boundary: Boundary,
    pub settings: Settings,
    pub standing: Standing,
    pub paths: Paths,
}

/// How a repository is trusted, and what it would be trusted with.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// Its directory, or the workspace's, without links: what consent is remembered by.
    pub repository: PathBuf,
    /// Whether the user trusts it with anything, by `--trust` or by `trust` of the user's own settings.
    pub is_trusted: bool,
    /// Its settings that go further than they may.
    pub beyond: Vec<Beyond>,
    /// Whether those are followed.
    pub follows_all: bool,
}

/// Finds everything that planning needs, and says which settings of the repository are not followed.
pub(crate) fn locate(
    file: Option<PathBuf>,
    plan: &PlanOptions,
    run: Option<&RunOptions>,
    environment: &Environment,
) -> Result<Located, Failure> {
    let located = find(file.clone(), plan, run, environment, Trust::UserOnly)?;
    if located.standing.is_trusted || located.standing.beyond.is_empty() {
        return Ok(located);
    }
    let trusted = || find(file.clone(), plan, run, environment, Trust::Repository);
    let asking = if run.is_some() { Asking::of(plan) } else { Asking::Never };
    if let Some(trusted) = consent::for_settings(&located, trusted, plan, environment, asking)? {
        return Ok(trusted);
    }
    say_beyond(&located.standing.beyond);
    Ok(located)
}

/// Says which settings of a repository are not followed.
pub(crate) fn say_beyond(beyond: &[Beyond]) {
    beyond.iter().for_each(|one| console::say(&format!("warning: {one}")));
}

/// Finds everything that planning needs; `trust` follows all settings of the repository.
pub(crate) fn find(
    file: Option<PathBuf>,
    plan: &PlanOptions,
    run: Option<&RunOptions>,
    environment: &Environment,
    trust: Trust,
) -> Result<Located, Failure> {
    let paths = Paths::find()?;
    let here = match file.as_deref().and_then(Path::parent) {
        Some(parent) => environment.directory.join(parent),
        None => environment.directory.clone(),
    };
    let repository = find_upwards(&here, ".git");
    let (settings, mut standing) = read_settings(&here, repository.as_deref(), &paths, plan, run, environment, trust)?;
    let mut own = repository.clone().or_else(|| above_documents(&here));
    let workspace = match &settings.workspace {
        Some(setting) => setting.value.clone(),
        None => own.clone().unwrap_or(here),
    };
    let workspace = environment.directory.join(workspace);
    let workspace = fs::canonicalize(&workspace).map_err(|error| {
        Failure::usage(format!("there is no workspace {}: {error}", workspace.display()))
            .help("`--workspace DIR` names the directory that steps see as `/harness`")
    })?;
    let file = match file {
        Some(file) => file,
        None => {
            own.get_or_insert_with(|| workspace.clone());
            shorten(project::default_pipeline(&workspace)?, &environment.directory)
        }
    };
    if repository.is_none() {
        standing.repository.clone_from(&workspace);
    }
    let boundary = Boundary::new(own.as_deref(), &environment.directory);
    Ok(Located { file, workspace, boundary, settings, standing, paths })
}

/// The settings of a command that reads no pipeline, from where it is called.
pub(crate) fn settings(environment: &Environment) -> Result<(Settings, Paths), Failure> {
    let paths = Paths::find()?;
    let here = &environment.directory;
    let repository = find_upwards(here, ".git");
    let plan = PlanOptions::default();
    let (settings, standing) =
        read_settings(here, repository.as_deref(), &paths, &plan, None, environment, Trust::UserOnly)?;
    if !standing.is_trusted {
        say_beyond(&standing.beyond);
    }
    Ok((settings, paths))
}

fn read_settings(
    here: &Path,
    repository: Option<&Path>,
    paths: &Paths,
    plan: &PlanOptions,
    run: Option<&RunOptions>,
    environment: &Environment,
    trust: Trust,
) -> Result<(Settings, Standing), Failure> {
    let mut layers = Vec::new();
    layers.extend(read_layer(Origin::User, &paths.config.join("config.toml"))?);
    let real = |directory: &Path| fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let root = real(repository.unwrap_or(here));
    let trusted = layers.iter().flat_map(|layer| &layer.values.trust);
    let is_trusted =
        plan.trust || trusted.map(|place| real(&paths.of_user(place))).any(|place| root.starts_with(place));
    let trust = if is_trusted { Trust::Repository } else { trust };
    let owned = find_upwards(here, REPOSITORY_SETTINGS)
        .filter(|found| repository.is_none_or(|repository| found.starts_with(repository)));
    let mut beyond = Vec::new();
    if let Some(directory) = owned {
        let file = shorten(directory.clone(), &environment.directory).join(REPOSITORY_SETTINGS);
        let mut layer = read_repository_settings(&directory, &file)?;
        if let Some(layer) = &mut layer {
            let mut allowed = layer.values.clone();
            beyond = take_outside(&mut allowed, repository.unwrap_or(&directory));
            if trust == Trust::UserOnly {
                layer.values = allowed;
            }
        }
        layers.extend(layer);
    }
    let variable = |name: &str| environment.get(name).map(str::to_owned);
    layers.push(Layer::from_environment(variable).map_err(|error| Failure::usage(error.to_string()))?);
    layers.push(Layer { origin: Origin::Flag, values: flags(plan, run) });
    let (settings, more) = Settings::resolve(layers, trust);
    beyond.extend(more);
    Ok((settings, Standing { repository: root, is_trusted, beyond, follows_all: trust == Trust::Repository }))
}

/// Takes out of the repository's layer what is outside of the repository, where a symbolic link leads there too: steps would see
/// the developer's own files, and a stranger's pipeline the developer's secrets.
fn take_outside(values: &mut Values, repository: &Path) -> Vec<Beyond> {
    let Ok(root) = fs::canonicalize(repository) else { return Vec::new() };
    // What is not there says so when it is read.
    let is_outside = |path: &mut PathBuf| fs::canonicalize(path).is_ok_and(|path| !path.starts_with(&root));
    let workspace = values.workspace.take_if(is_outside).map(|path| ("workspace", path));
    let include = values.include.extract_if(.., is_outside).map(|path| ("include", path));
    let secrets = values.secret_file.extract_if(.., is_outside).map(|path| ("secret-file", path));
    let outside = workspace.into_iter().chain(include).chain(secrets);
    outside.map(|(key, path): (&'static str, PathBuf)| Beyond { key, value: path.display().to_string() }).collect()
}

/// The settings of a repository: a regular file of it, or none.
fn read_repository_settings(directory: &Path, shown: &Path) -> Result<Option<Layer>, Failure> {
    let read = Root::open(directory).and_then(|root| root.read(Path::new(REPOSITORY_SETTINGS), LARGEST_SETTINGS));
    let content = match read {
        Ok(content) => content,
        Err(refusal) => {
            console::say(&format!("warning: {} is left out: {}", shown.display(), repository::why(&refusal)));
            return Ok(None);
        }
    };
    let text = String::from_utf8(content)
        .map_err(|_| Failure::usage(format!("cannot read {}: it is not UTF-8 text", shown.display())))?;
    Layer::from_file(Origin::Repository, shown, &text).map(Some).map_err(|error| Failure::usage(error.to_string()))
}

fn read_layer(origin: Origin, path: &Path) -> Result<Option<Layer>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Layer::from_file(origin, path, &text).map(Some).map_err(|error| Failure::usage(error.to_string())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
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
        values.open_docker_socket = run.open_docker_socket.then_some(true);
        values.offline = run.offline.then_some(true);
        values.no_wait = run.no_wait.then_some(true);
        values.fail_on_service_exit = run.fail_on_service_exit.then_some(true);
        values.aws_profile = run.aws_profile.clone();
        values.aws_endpoint_url = run.aws_endpoint_url.clone().map(EndpointWord);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_repository_keeps_to_itself() {
        let place = tempfile::tempdir().unwrap();
        let repository = place.path().join("repository");
        fs::create_dir_all(repository.join("app")).unwrap();
        fs::write(place.path().join("secrets.env"), "").unwrap();
        fs::write(repository.join("own.env"), "").unwrap();
        std::os::unix::fs::symlink("../secrets.env", repository.join("linked.env")).unwrap();
        let paths = |names: &[&str]| names.iter().map(|name| repository.join(name)).collect::<Vec<_>>();
        let mut values = Values {
            workspace: Some(repository.join("..")),
            include: paths(&["app", "app/../.."]),
            secret_file: paths(&["own.env", "../secrets.env", "linked.env", "none.env"]),
            ..Values::default()
        };
        let dropped = take_outside(&mut values, &repository);
        let keys: Vec<_> = dropped.iter().map(|setting| setting.key).collect();
        assert_eq!(keys, ["workspace", "include", "secret-file", "secret-file"]);
        assert_eq!(values.workspace, None);
        assert_eq!((values.include, values.secret_file), (paths(&["app"]), paths(&["own.env", "none.env"])));
    }
}
