//! The record of a run: a directory of its own, kept after the run.

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

/// The events of a run, one JSON object a line.
const EVENTS: &str = "events.jsonl";
/// The plan of a run, as `cirun plan --format json` prints it.
const PLAN: &str = "plan.json";
/// The emulator's configuration and request log.
const EMULATOR: &str = "emulator";
/// The uploads of a run, by store and bucket.
const ARTIFACTS: &str = "artifacts";
/// What steps share with cirun: outputs, a token, whatever they write there. Nothing of it is masked.
const ENGINE: &str = "engine";
/// The clean clones.
const CLEAN_CLONE: &str = "workspace";
/// The homes of host steps.
const HOMES: &str = "homes";
/// The socket that steps get in place of the engine's.
const GUARD: &str = "guard";
/// Files of cirun's own that containers get one by one, a token among them.
const PRIVATE: &str = "private";
/// Locked for as long as the run goes on. One that no process has locked is of a run that was killed.
const ALIVE: &str = "alive";

/// How many files of steps are looked at.
const STEP_FILES: Limits = Limits { entries: 1_000_000, depth: 0 };

/// How many records are kept.
const KEPT: usize = 50;

/// The directory of one run.
#[derive(Debug, Clone)]
pub struct Record {
    directory: PathBuf,
    /// The lock of [`ALIVE`].
    _alive: Arc<File>,
}

/// What becomes of the files that steps share with cirun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepFiles {
    /// They go with the run.
    Removed,
    /// Containers that are kept have them mounted: only those go that hold outputs or a token.
    KeptForContainers,
}

impl Record {
    /// Makes the directory of a new run, and removes the oldest records beyond those that are kept.
    pub fn create(paths: &Paths, run: &str) -> Result<Self, Failure> {
        let directory = paths.run(run);
        let unusable = |error: io::Error| {
            Failure::io(format!("cannot make the run's record {}", directory.display()), error)
                .help("make the directory writable, or name another one with XDG_STATE_HOME")
        };
        for name in [ENGINE, EMULATOR] {
            fs::create_dir_all(directory.join(name)).map_err(unusable)?;
        }
        // It has its name only when it is locked, so that no other run takes this one for killed.
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

    /// The directory that is mounted at `/tmp/engine` in every container; any user may write to it.
    pub fn steps(&self) -> PathBuf {
        self.directory.join(ENGINE)
    }

    /// The home directories of host steps, while their stages run.
    pub fn homes(&self) -> PathBuf {
        self.directory.join(HOMES)
    }

    /// The clean clone of this run, if it has one.
    pub fn clean_clone(&self) -> PathBuf {
        self.directory.join(CLEAN_CLONE)
    }

    /// The emulator's configuration and request log.
    pub fn emulator(&self) -> PathBuf {
        self.directory.join(EMULATOR)
    }

    /// What steps uploaded, where it stays here.
    pub fn artifacts(&self) -> PathBuf {
        self.directory.join(ARTIFACTS)
    }

    /// The directory of the socket that steps get in place of the engine's.
    pub fn guard(&self) -> Result<PathBuf, Failure> {
        let directory = self.directory.join(GUARD);
        fs::create_dir_all(&directory).map_err(|error| Failure::io(directory.display(), error))?;
        Ok(directory)
    }

    /// Files of cirun's own that containers get one by one: the directory is mounted nowhere.
    pub fn private(&self) -> Result<PathBuf, Failure> {
        let directory = self.directory.join(PRIVATE);
        fs::create_dir_all(&directory).map_err(|error| Failure::io(directory.display(), error))?;
        Ok(directory)
    }

    /// The events, one JSON object a line.
    pub fn events(&self) -> PathBuf {
        self.directory.join(EVENTS)
    }

    /// Keeps the plan, and what the run was started with; no secret of the plan.
    pub fn keep(&self, plan: &cirun_plan::Plan, mut invocation: Invocation) -> Result<(), Failure> {
        let masker = Masker::new(&plan.secrets);
        invocation.mask(&masker);
        let json = serde_json::to_string_pretty(&invocation);
        self.write(PLAN, &masked_json(cirun_plan::to_json(plan), &masker)?)?;
        self.write(invocation::FILE, &json.map_err(|error| Failure::new(FailureKind::Bug, error.to_string()))?)
    }

    /// Removes what the run's steps wrote for cirun: it has read it, and it is not masked.
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
                // Emptied and not removed: the engine opens a container's mounts when someone copies from it.
                let token = self.directory.join(PRIVATE).join(POD_TOKEN_FILE);
                match OpenOptions::new().write(true).truncate(true).open(token) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    Ok(_) | Err(_) => {}
                }
            }
        }
        fs::remove_file(self.directory.join(ALIVE))
    }

    /// What each step and service printed, as `STAGE/STEP.log`.
    pub fn logs(&self) -> PathBuf {
        self.directory.join("logs")
    }

    /// Writes a file of the record.
    pub fn write(&self, name: &str, content: &str) -> Result<(), Failure> {
        let path = self.directory.join(name);
        fs::write(&path, content).map_err(|error| Failure::io(path.display(), error))
    }
}

/// Makes a file readable for every user of a container, whatever the process's mask says.
#[cfg(unix)]
pub fn readable_by_all(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub fn readable_by_all(_file: &Path) -> io::Result<()> {
    Ok(())
}

/// Step containers run as any user (outputs.everyone-writes).
#[cfg(unix)]
pub fn open_to_all(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777))
}

#[cfg(not(unix))]
pub fn open_to_all(_directory: &Path) -> io::Result<()> {
    Ok(())
}

/// Masks the texts of a JSON document; its keys are cirun's own, and names of variables.
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

/// Whether a run was killed: what it left unmasked is of no use any more.
fn was_killed(record: &Path) -> bool {
    File::open(record.join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok())
}

/// Whether a run goes on.
fn is_alive(record: &Path) -> bool {
    File::open(record.join(ALIVE)).is_ok_and(|alive| matches!(alive.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Removes what steps wrote for cirun, and what they were given. What another user's process made there may stay, in a directory
/// that is closed to others.
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
            // What belongs to another user (steps often run as root) stays; `cirun clean` says so.
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
    fn what_a_killed_run_left_unmasked_is_removed() {
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
    fn the_texts_of_a_plan_are_masked_and_its_form_is_not() {
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
    fn old_records_make_room() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        for index in 0..KEPT + 3 {
            Record::create(&paths, &format!("run-{index:03}")).unwrap();
        }
        assert_eq!(fs::read_dir(directory.path().join("runs")).unwrap().count(), KEPT);
    }
}
