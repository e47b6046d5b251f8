//! Local stores that take the place of remote ones: caches by key, and the uploads of a run.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cirun_diagnostics::{Failure, FailureKind};
use cirun_docker_executor::{Bind, LocalPluginImage};
use cirun_plan::{Action, ContainerAction, Plan, steps_here};
use cirun_project::{Dialogue, Paths, close_to_others};

use crate::{
    OwnImage, gateway,
    record::{Record, open_to_all},
};

/// The directories in containers.
const CACHES: &str = "/cirun.d/caches";
const ARTIFACTS: &str = "/cirun.d/artifacts";
/// Maximum size of a repository's caches, in bytes. The least recently used are removed first.
pub const KEPT_OF_ONE: u64 = 10_000_000_000;
/// Maximum size of the caches of all repositories, in bytes.
const KEPT_OF_ALL: u64 = 20_000_000_000;

/// The directories of a run's caches and uploads.
#[derive(Debug)]
pub struct LocalStore {
    caches: PathBuf,
    artifacts: PathBuf,
}

impl LocalStore {
    /// The directories of this project and run.
    pub fn of(paths: &Paths, project: &Path, record: &Record) -> Self {
        Self { caches: paths.caches_of(project), artifacts: record.artifacts() }
    }

    /// Makes the directories, if a step of the plan uses them. Step containers run as any user, so every user may write to
    /// them; their parent is closed to other users.
    ///
    /// # Errors
    /// A directory cannot be made.
    pub fn make(&self, plan: &Plan, person: &dyn Dialogue) -> Result<(), Failure> {
        if local_plugins(plan).next().is_none() {
            return Ok(());
        }
        for directory in [&self.caches, &self.artifacts] {
            make(directory).map_err(|error| Failure::io(directory.display(), error))?;
        }
        let all = self.caches.parent().unwrap_or(&self.caches);
        cirun_local_store::make_room_in_all(all, KEPT_OF_ALL, &mut |line| person.say(&format!("caches: {line}")))
            .map_err(|error| Failure::new(FailureKind::Engine, error.to_string()))
    }

    /// The image and mounts that emulate plugins in containers.
    pub fn image(&self, own: &OwnImage) -> LocalPluginImage {
        let bind = |source: &PathBuf, target: &str| Bind {
            source: source.clone(),
            target: target.to_owned(),
            read_only: false,
        };
        LocalPluginImage {
            image: gateway::helper_image(own),
            command: own.inside(&["store", "--caches", CACHES, "--artifacts", ARTIFACTS]),
            binds: vec![bind(&self.caches, CACHES), bind(&self.artifacts, ARTIFACTS)],
        }
    }

    /// The command that emulates plugins as a host process, without the arguments of a step.
    pub fn on_host(&self, program: &Path) -> Vec<String> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let words = ["__inside", "store", "--caches"].map(str::to_owned).into_iter();
        let words = words.chain([path(&self.caches), "--artifacts".to_owned(), path(&self.artifacts)]);
        [path(program)].into_iter().chain(words).collect()
    }
}

/// The containers of the plan that cirun emulates.
pub fn local_plugins(plan: &Plan) -> impl Iterator<Item = &ContainerAction> {
    steps_here(&plan.stages).filter_map(|step| match &step.action {
        Action::Container(container) => Some(&**container).filter(|container| container.local_plugin.is_some()),
        Action::Host(_) | Action::Wait(_) | Action::Skip(_) => None,
    })
}

fn make(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    if let Some(parent) = directory.parent() {
        close_to_others(parent)?;
    }
    open_to_all(directory)
}

/// The uploaded files in a directory: path in the store and size in bytes, sorted. Empty if the directory does not exist.
///
/// # Errors
/// The directory cannot be read.
pub fn collected(artifacts: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    list(artifacts, &mut files)?;
    files.sort();
    Ok(files)
}

/// Removes this user's caches. Returns their size in bytes; `None` if there are none. Removes nothing if `dry_run` is set.
///
/// # Errors
/// The caches cannot be read or removed.
pub fn clear_caches(paths: &Paths, dry_run: bool) -> Result<Option<u64>, Failure> {
    let caches = paths.caches();
    let failed = |error: io::Error| Failure::io(caches.display(), error);
    let mut files = Vec::new();
    list(&caches, &mut files).map_err(failed)?;
    if files.is_empty() {
        return Ok(None);
    }
    if !dry_run {
        fs::remove_dir_all(&caches).map_err(failed)?;
    }
    Ok(Some(files.iter().map(|(_, bytes)| bytes).sum()))
}

/// All files below a directory, with their sizes. None if the directory does not exist.
fn list(directory: &Path, files: &mut Vec<(PathBuf, u64)>) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.push((entry.path(), entry.metadata()?.len()));
        }
    }
    Ok(())
}
