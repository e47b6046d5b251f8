//! The record of a run: its directory, which is kept after the run.

pub mod history;
mod invocation;
mod leftovers;

use std::{
    borrow::Cow,
    fs::{self, File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use cirun_beneath::{Kind, Limits, Root};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_engine::Masker;
use cirun_project::{POD_TOKEN_FILE, Paths, close_to_others};
pub use invocation::Invocation;
pub use leftovers::{left_behind, remove as remove_leftovers};

/// The events of a run, one JSON object per line.
const EVENTS: &str = "events.jsonl";
/// The plan of a run, as `cirun plan --format json` prints it.
const PLAN: &str = "plan.json";
/// The emulator's configuration and request log.
const EMULATOR: &str = "emulator";
/// The uploads of a run, by store and bucket.
const ARTIFACTS: &str = "artifacts";
/// The files that steps share with cirun, such as outputs and a token. They are not masked.
const ENGINE: &str = "engine";
/// The clean clones.
const CLEAN_CLONE: &str = "workspace";
/// The home directories of host steps.
const HOMES: &str = "homes";
/// The socket that steps get in place of the engine's.
const SOCKET: &str = "socket";
/// cirun's own files for containers, such as a token. Containers mount them one by one.
const PRIVATE: &str = "private";
/// Locked while the run goes on, and removed at its end. If it is there but not locked, the run was killed.
const ALIVE: &str = "alive";

/// Limits for the walk of the files of steps.
const STEP_FILES: Limits = Limits { entries: 1_000_000, depth: 0 };

/// Maximum number of records that are kept.
const KEPT: usize = 50;

/// The directory of one run.
#[derive(Debug, Clone)]
pub struct Record {
    directory: PathBuf,
    /// The lock of [`ALIVE`].
    _alive: Arc<File>,
}

/// What to do with the files that steps share with cirun, when the run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepFiles {
    /// Remove them.
    Removed,
    /// Remove only outputs and tokens, as kept containers have the directories mounted.
    KeptForContainers,
}

impl Record {
    /// Makes the directory of a new run, and removes the oldest records if there are too many.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn create(paths: &Paths, run: &str) -> Result<Self, Failure> {
        let directory = paths.run(run);
        let unusable = |error: io::Error| {
            Failure::io(format!("cannot make the run's record {}", directory.display()), error)
                .help("make the directory writable, or name another one with XDG_STATE_HOME")
        };
        for name in [ENGINE, EMULATOR] {
            fs::create_dir_all(directory.join(name)).map_err(unusable)?;
        }
        // Locked before it gets its name, so that no other run takes this one for killed.
        let unlocked = directory.join("alive.new");
        let alive = File::create(&unlocked).map_err(unusable)?;
        alive.lock().and_then(|()| fs::rename(&unlocked, directory.join(ALIVE))).map_err(unusable)?;
        let record = Self { directory, _alive: Arc::new(alive) };
        close_to_others(&record.directory).map_err(|error| Failure::io(record.directory.display(), error))?;
        open_to_all(&record.steps()).map_err(|error| Failure::io(record.steps().display(), error))?;
        prune(record.directory.parent().unwrap_or(Path::new(".")))
            .map_err(|error| Failure::io("cannot remove old records", error))?;
        Ok(record)
    }

    /// The directory that every container mounts at `/tmp/engine`. Any user may write to it.
    pub fn steps(&self) -> PathBuf {
        self.directory.join(ENGINE)
    }

    /// The directory of host steps' home directories, while their stages run.
    pub fn homes(&self) -> PathBuf {
        self.directory.join(HOMES)
    }

    /// The directory of this run's clean clones.
    pub fn clean_clone(&self) -> PathBuf {
        self.directory.join(CLEAN_CLONE)
    }

    /// The directory of the emulator's configuration and request log.
    pub fn emulator(&self) -> PathBuf {
        self.directory.join(EMULATOR)
    }

    /// The directory of the uploads that stay on this machine.
    pub fn artifacts(&self) -> PathBuf {
        self.directory.join(ARTIFACTS)
    }

    /// The directory of the socket that steps get in place of the engine's. It is made if it does not exist.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn socket(&self) -> Result<PathBuf, Failure> {
        let directory = self.directory.join(SOCKET);
        fs::create_dir_all(&directory).map_err(|error| Failure::io(directory.display(), error))?;
        Ok(directory)
    }

    /// The directory of cirun's own files for containers. It is made if it does not exist. Containers mount its files one by
    /// one, and never the directory.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn private(&self) -> Result<PathBuf, Failure> {
        let directory = self.directory.join(PRIVATE);
        fs::create_dir_all(&directory).map_err(|error| Failure::io(directory.display(), error))?;
        Ok(directory)
    }

    /// The file of the events, with one JSON object per line.
    pub fn events(&self) -> PathBuf {
        self.directory.join(EVENTS)
    }

    /// Writes the plan and the invocation, with the plan's secrets masked.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn keep(&self, plan: &cirun_plan::Plan, mut invocation: Invocation) -> Result<(), Failure> {
        let masker = Masker::new(&plan.secrets);
        invocation.mask(&masker);
        let json = serde_json::to_string_pretty(&invocation);
        self.write(PLAN, &masked_json(cirun_plan::to_json(plan), &masker)?)?;
        self.write(invocation::FILE, &json.map_err(|error| Failure::new(FailureKind::Bug, error.to_string()))?)
    }

    /// Removes the files that steps share with cirun, as they may contain unmasked secrets and are no longer needed.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn forget_step_files(&self, files: StepFiles) -> io::Result<()> {
        match files {
            StepFiles::Removed => remove_step_files(&self.directory)?,
            StepFiles::KeptForContainers => {
                let root = Root::open(&self.steps())?;
                for entry in root.walk(STEP_FILES).filter_map(Result::ok) {
                    let is_file = entry.facts.kind != Kind::Directory;
                    if is_file && entry.path.to_string_lossy().ends_with(".env") {
                        root.remove(&entry.path)?;
                    }
                }
                // The file is emptied and not removed: `docker cp` from a container needs all of its mounts.
                let token = self.directory.join(PRIVATE).join(POD_TOKEN_FILE);
                match OpenOptions::new().write(true).truncate(true).open(token) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    Ok(_) | Err(_) => {}
                }
            }
        }
        fs::remove_file(self.directory.join(ALIVE))
    }

    /// The directory of the output of steps and services, as `STAGE/STEP.log`.
    pub fn logs(&self) -> PathBuf {
        self.directory.join("logs")
    }

    /// Writes a file of the record.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, content: &str) -> Result<(), Failure> {
        let path = self.directory.join(name);
        fs::write(&path, content).map_err(|error| Failure::io(path.display(), error))
    }
}

/// Makes a file readable for every user of a container, whatever the umask is.
#[cfg(unix)]
pub fn readable_by_all(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub fn readable_by_all(_file: &Path) -> io::Result<()> {
    Ok(())
}

/// Lets every user write to a directory, as step containers run as any user (outputs.everyone-writes).
#[cfg(unix)]
pub fn open_to_all(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777))
}

#[cfg(not(unix))]
pub fn open_to_all(_directory: &Path) -> io::Result<()> {
    Ok(())
}

/// Masks the strings of a JSON document, but not its keys, which are cirun's own or names of variables.
fn masked_json(text: String, masker: &Masker) -> Result<String, Failure> {
    if matches!(masker.mask(&text), Cow::Borrowed(_)) {
        return Ok(text);
    }
    let bug = |error: serde_json::Error| Failure::new(FailureKind::Bug, error.to_string());
    let mut json = serde_json::from_str(&text).map_err(bug)?;
    mask_texts(&mut json, masker);
    serde_json::to_string_pretty(&json).map_err(bug)
}

fn mask_texts(json: &mut serde_json::Value, masker: &Masker) {
    match json {
        serde_json::Value::String(text) => *text = masker.mask(text).into_owned(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| mask_texts(item, masker)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| mask_texts(field, masker)),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

/// Whether a run was killed, so that the files it left can be removed.
fn was_killed(record: &Path) -> bool {
    File::open(record.join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok())
}

/// Whether a run is still going on.
fn is_alive(record: &Path) -> bool {
    File::open(record.join(ALIVE)).is_ok_and(|alive| matches!(alive.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Removes the files that steps share with cirun, and cirun's own files for them. Files of another user may stay, in a directory
/// that is closed to other users.
fn remove_step_files(record: &Path) -> io::Result<()> {
    for name in [PRIVATE, ENGINE] {
        match fs::remove_dir_all(record.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn prune(runs: &Path) -> io::Result<()> {
    let mut records = Vec::new();
    for entry in fs::read_dir(runs)? {
        let entry = entry?;
        records.push((entry.metadata()?.modified()?, entry.path()));
    }
    records.sort();
    for (_, path) in records.iter().filter(|(_, path)| was_killed(path)) {
        match leftovers::remove(path) {
            // Files of other users stay (steps often run as root); `cirun clean` reports them.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            removed => removed?,
        }
    }
    let surplus = records.len().saturating_sub(KEPT);
    for (_, path) in records.into_iter().filter(|(_, path)| !is_alive(path)).take(surplus) {
        match fs::remove_dir_all(&path) {
            Err(error)
                if error.kind() != io::ErrorKind::NotFound && error.kind() != io::ErrorKind::PermissionDenied =>
            {
                return Err(error);
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(directory: &Path) -> Paths {
        Paths {
            home: directory.to_owned(),
            config: directory.to_owned(),
            data: directory.to_owned(),
            state: directory.to_owned(),
            cache: directory.to_owned(),
        }
    }

    #[test]
    fn unmasked_files_of_a_killed_run_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let output = |record: &Record| record.steps().join("build.a-output.env");
        let [killed, alive] = ["killed", "alive"].map(|run| Record::create(&paths, run).unwrap());
        for record in [&killed, &alive] {
            fs::write(output(record), "TOKEN=x").unwrap();
        }
        let left = output(&killed);
        drop(killed);
        drop(Record::create(&paths, "next").unwrap());
        assert!(!left.exists());
        assert!(output(&alive).exists());
        alive.forget_step_files(StepFiles::KeptForContainers).unwrap();
        assert!(alive.steps().exists() && !output(&alive).exists());
        drop(alive);
        drop(Record::create(&paths, "last").unwrap());
        assert!(paths.run("alive").join(ENGINE).exists(), "a container may have it mounted");
    }

    #[test]
    fn strings_of_a_plan_are_masked_but_not_its_keys() {
        let masker = Masker::new(&[cirun_plan::Secret::new("true"), cirun_plan::Secret::new("a\"b")]);
        let json = r#"{"secret":true,"name":"true a\"b","list":["a\"b",1,null]}"#;
        let masked = masked_json(json.to_owned(), &masker).unwrap();
        let masked: serde_json::Value = serde_json::from_str(&masked).unwrap();
        let mask = cirun_engine::MASK;
        assert_eq!(
            masked,
            serde_json::json!({"secret": true, "name": format!("{mask} {mask}"), "list": [mask, 1, null]})
        );
    }

    #[test]
    fn the_oldest_records_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        for index in 0..KEPT + 3 {
            Record::create(&paths, &format!("run-{index:03}")).unwrap();
        }
        assert_eq!(fs::read_dir(directory.path().join("runs")).unwrap().count(), KEPT);
    }
}
