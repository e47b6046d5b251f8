//! Finds the pipeline's file, the workspace and the settings.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cirun_beneath::Root;
use cirun_diagnostics::Failure;

use crate::{
    Context, Dialogue, Paths, PlanRequest, documents, find_upwards,
    repository::{self, Boundary, LARGEST_SETTINGS},
    settings::{Beyond, Layer, Origin, Settings, Trust, Values},
};

/// The name of a repository's settings file.
const REPOSITORY_SETTINGS: &str = ".cirun.toml";

/// What [`compile`](crate::compile()) starts from.
#[derive(Debug, Clone)]
pub struct Located {
    /// The pipeline's file.
    pub file: PathBuf,
    /// The absolute path of the directory that steps see as `/harness`.
    pub workspace: PathBuf,
    /// The repository, whose rules apply to files in it.
    pub(crate) boundary: Boundary,
    /// The settings.
    pub settings: Settings,
    /// What the repository is trusted with.
    pub repository_trust: RepositoryTrust,
    /// cirun's own directories.
    pub paths: Paths,
}

/// What a repository is trusted with.
#[derive(Debug, Clone)]
pub struct RepositoryTrust {
    /// The directory of the repository, or else the workspace, without links. Consent is remembered for it.
    pub repository: PathBuf,
    /// Whether the user trusts the repository entirely, by `--trust` or by `trust` in the user's settings.
    pub is_trusted: bool,
    /// The repository's settings that need trust.
    pub beyond: Vec<Beyond>,
    /// Whether cirun follows those settings.
    pub follows_all: bool,
}

/// Warns of settings of a repository that are not followed.
pub fn say_beyond(beyond: &[Beyond], person: &dyn Dialogue) {
    beyond.iter().for_each(|one| person.say(&format!("warning: {one}")));
}

/// Finds everything that planning needs. With [`Trust::Repository`], follows all settings of the repository.
///
/// # Errors
/// No pipeline, workspace or valid settings.
pub fn find(request: &PlanRequest, context: Context<'_>, trust: Trust) -> Result<Located, Failure> {
    let Context { environment, paths, person, .. } = context;
    let here = match request.file.as_deref().and_then(Path::parent) {
        Some(parent) => environment.directory.join(parent),
        None => environment.directory.clone(),
    };
    let repository = find_upwards(&here, ".git");
    let place = Here { directory: &here, repository: repository.as_deref() };
    let (settings, mut repository_trust) = read_settings(place, request, context, trust)?;
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
    let file = match &request.file {
        Some(file) => file.clone(),
        None => {
            own.get_or_insert_with(|| workspace.clone());
            shorten(documents::default_pipeline(&workspace, person)?, &environment.directory)
        }
    };
    if repository.is_none() {
        repository_trust.repository.clone_from(&workspace);
    }
    let boundary = Boundary::new(own.as_deref(), &environment.directory);
    Ok(Located { file, workspace, boundary, settings, repository_trust, paths: paths.clone() })
}

/// The settings of the current directory, for commands that read no pipeline.
///
/// # Errors
/// A settings file or variable is invalid.
pub fn settings_here(context: Context<'_>) -> Result<Settings, Failure> {
    let directory = &context.environment.directory;
    let repository = find_upwards(directory, ".git");
    let place = Here { directory, repository: repository.as_deref() };
    let (settings, repository_trust) = read_settings(place, &PlanRequest::default(), context, Trust::UserOnly)?;
    if !repository_trust.is_trusted {
        say_beyond(&repository_trust.beyond, context.person);
    }
    Ok(settings)
}

/// Where to look for settings files.
#[derive(Clone, Copy)]
struct Here<'a> {
    directory: &'a Path,
    repository: Option<&'a Path>,
}

fn read_settings(
    Here { directory: here, repository }: Here<'_>,
    request: &PlanRequest,
    Context { environment, paths, person, .. }: Context<'_>,
    trust: Trust,
) -> Result<(Settings, RepositoryTrust), Failure> {
    let mut layers = Vec::new();
    layers.extend(read_layer(Origin::User, &paths.config.join("config.toml"))?);
    let real = |directory: &Path| fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
    let root = real(repository.unwrap_or(here));
    let trusted = layers.iter().flat_map(|layer| &layer.values.trust);
    let is_trusted =
        request.trust || trusted.map(|place| real(&paths.of_user(place))).any(|place| root.starts_with(place));
    let trust = if is_trusted { Trust::Repository } else { trust };
    let owned = find_upwards(here, REPOSITORY_SETTINGS)
        .filter(|found| repository.is_none_or(|repository| found.starts_with(repository)));
    let mut beyond = Vec::new();
    if let Some(directory) = owned {
        let file = shorten(directory.clone(), &environment.directory).join(REPOSITORY_SETTINGS);
        let mut layer = read_repository_settings(&directory, &file, person)?;
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
    layers.push(Layer { origin: Origin::Flag, values: request.flags.clone() });
    let (settings, more) = Settings::resolve(layers, trust);
    beyond.extend(more);
    Ok((settings, RepositoryTrust { repository: root, is_trusted, beyond, follows_all: trust == Trust::Repository }))
}

/// Removes paths that lead outside the repository, directly or by a symbolic link, from its settings, and returns them. With
/// such paths, steps could read the developer's own files, and an untrusted pipeline the developer's secrets.
fn take_outside(values: &mut Values, repository: &Path) -> Vec<Beyond> {
    let Ok(root) = fs::canonicalize(repository) else { return Vec::new() };
    // A missing path is reported when it is read.
    let is_outside = |path: &mut PathBuf| fs::canonicalize(path).is_ok_and(|path| !path.starts_with(&root));
    let workspace = values.workspace.take_if(is_outside).map(|path| ("workspace", path));
    let include = values.include.extract_if(.., is_outside).map(|path| ("include", path));
    let secrets = values.secret_file.extract_if(.., is_outside).map(|path| ("secret-file", path));
    let outside = workspace.into_iter().chain(include).chain(secrets);
    outside.map(|(key, path): (&'static str, PathBuf)| Beyond { key, value: path.display().to_string() }).collect()
}

/// Reads a repository's settings file. None if it is not a regular file.
fn read_repository_settings(directory: &Path, shown: &Path, person: &dyn Dialogue) -> Result<Option<Layer>, Failure> {
    let read = Root::open(directory).and_then(|root| root.read(Path::new(REPOSITORY_SETTINGS), LARGEST_SETTINGS));
    let content = match read {
        Ok(content) => content,
        Err(refusal) => {
            person.say(&format!("warning: {} is left out: {}", shown.display(), repository::why(&refusal)));
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

/// The parent of `.harness/`, if `here` is in such a directory.
fn above_documents(here: &Path) -> Option<PathBuf> {
    let documents = here.ancestors().find(|directory| directory.ends_with(documents::DOCUMENTS))?;
    documents.parent().map(Path::to_owned)
}

/// The path relative to `directory`, if it is in there.
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
    fn paths_outside_the_repository_are_not_followed() {
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
