//! `--clean-clone`: makes the workspace of each stage as CI's clone step does, from HEAD and without the working tree.
//!
//! Git clones over its own protocol. The clone shares no files with the repository, so steps cannot damage the repository.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use cirun_beneath::{Refusal, Root};
use cirun_diagnostics::Failure;
use cirun_engine::Workspaces;
use cirun_plan::{CodebaseClone, Plan, PlannedStage};
use cirun_project::{LARGEST, git, git::Reach};

use crate::record::open_to_all;

/// Marks files of Git LFS in `.gitattributes`.
const LFS: &[u8] = b"filter=lfs";

/// A workspace for each stage: a clone of HEAD, or an empty directory if the stage does not clone.
#[derive(Debug)]
pub struct CleanWorkspaces {
    /// The workspace whose repository is cloned.
    from: PathBuf,
    /// The directory that contains all the workspaces.
    pub directory: PathBuf,
    /// The workspace of each stage.
    pub of_stages: Workspaces,
    /// Notes for the person, such as what the clones leave out.
    pub notes: Vec<String>,
}

impl CleanWorkspaces {
    /// Makes the workspaces of the stages that run, below `directory`, which must not exist. Stages that are planned as they
    /// begin get theirs from [`CleanWorkspaces::give`].
    ///
    /// # Errors
    /// There is no repository, or it has no commit, or git fails.
    pub fn make(workspace: &Path, plan: &Plan, directory: PathBuf) -> Result<Self, Failure> {
        let (from, of_stages) = (workspace.to_owned(), Workspaces::default());
        let mut made = Self { from, directory, of_stages, notes: Vec::new() };
        for stage in plan.stages.iter().filter(|stage| stage.not_here.is_none() && stage.undecided.is_empty()) {
            for note in made.give(stage)? {
                if !made.notes.contains(&note) {
                    made.notes.push(note);
                }
            }
        }
        // Stages that are planned as they begin get their workspace then.
        fs::create_dir_all(&made.directory).map_err(|error| Failure::io(made.directory.display(), error))?;
        Ok(made)
    }

    /// Makes the workspace of a stage, and returns notes for the person.
    ///
    /// # Errors
    /// As of [`CleanWorkspaces::make`].
    pub fn give(&self, stage: &PlannedStage) -> Result<Vec<String>, Failure> {
        let place = self.directory.join(stage.id.0.replace(['/', '\\', '.'], "_"));
        fs::create_dir_all(&place).map_err(|error| Failure::io(place.display(), error))?;
        open_to_all(&place).map_err(|error| Failure::io(place.display(), error))?;
        let (own, notes) = match &stage.clone {
            Some(wanted) => {
                let clone = Clone::make(&self.from, place.join(&wanted.directory), wanted)?;
                (if wanted.directory.is_empty() { clone.workspace } else { place }, clone.notes)
            }
            None => (place, Vec::new()),
        };
        self.of_stages.give(stage.id.clone(), own);
        Ok(notes)
    }

    /// Removes the workspaces.
    ///
    /// # Errors
    /// A file belongs to another user, as steps often run as root.
    pub fn remove(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.directory)
    }
}

/// A clone of HEAD.
#[derive(Debug)]
struct Clone {
    directory: PathBuf,
    /// The directory in the clone that replaces the workspace.
    workspace: PathBuf,
    notes: Vec<String>,
}

impl Clone {
    /// Clones the repository of `workspace` to `directory`, which must be empty or not exist.
    fn make(workspace: &Path, directory: PathBuf, wanted: &CodebaseClone) -> Result<Self, Failure> {
        let repository = git::discover(workspace).ok_or_else(|| no_repository(workspace))?;
        let root = repository.workdir().ok_or_else(|| no_repository(workspace))?;
        let root = fs::canonicalize(root).map_err(|error| Failure::io(root.display(), error))?;
        if repository.head_id().is_err() {
            return Err(Failure::usage(format!("`--clean-clone`: {} has no commit yet", root.display()))
                .help("commit the files that the steps need"));
        }
        let mut notes = left_out(&root)?;
        let url = format!("file://{}", root.display());
        let mut command = git::command(&root, Reach::Machine);
        command.args(["clone", "--quiet"]);
        if let Some(depth) = wanted.depth {
            command.args(["--depth", &depth.to_string()]);
        }
        if !wanted.sparse.is_empty() {
            command.arg("--sparse");
        }
        run(command.args(["--", &url]).arg(&directory), "clone the repository")?;
        if !wanted.sparse.is_empty() {
            let paths = ["sparse-checkout", "set"].into_iter().chain(wanted.sparse.iter().map(String::as_str));
            run(git::command(&directory, Reach::Here).args(paths), "check out the paths of `sparseCheckout`")?;
        }
        if wanted.tags {
            let mut fetch = git::command(&directory, Reach::Machine);
            run(fetch.args(["fetch", "--quiet", "--tags", "origin"]), "fetch the tags")?;
        }
        let made = Self { workspace: in_clone(workspace, &root, &directory)?, directory, notes: Vec::new() };
        made.name_remote(&repository)?;
        open_to_all(&made.directory).map_err(|error| Failure::io(made.directory.display(), error))?;
        notes.extend(made.not_fetched());
        if !wanted.without_effect.is_empty() {
            let inputs = wanted.without_effect.join("`, `");
            notes.push(format!("`{inputs}` of the codebase: no effect on a clone of this machine's own repository"));
        }
        Ok(Self { notes, ..made })
    }

    /// Sets `origin` to the repository's own remote, so that steps see the same URL as in CI.
    fn name_remote(&self, repository: &gix::Repository) -> Result<(), Failure> {
        let mut remote = git::command(&self.directory, Reach::Here);
        match cirun_project::remote(repository) {
            Some(url) => run(remote.args(["remote", "set-url", "origin", &url]), "name the remote"),
            None => run(remote.args(["remote", "remove", "origin"]), "remove the remote"),
        }
    }

    /// Notes on submodules and LFS files, which cirun never fetches, and CI only if the codebase says so.
    fn not_fetched(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.directory.join(".gitmodules").exists() {
            notes.push("submodules are not fetched: their directories are empty".to_owned());
        }
        let attributes = Root::open(&self.directory).and_then(|root| root.read(Path::new(".gitattributes"), LARGEST));
        if attributes.is_ok_and(|text| text.windows(LFS.len()).any(|part| part == LFS)) {
            notes.push("files of Git LFS are not fetched: their pointers are there".to_owned());
        }
        notes
    }
}

/// The directory in the clone that replaces `workspace`.
fn in_clone(workspace: &Path, root: &Path, directory: &Path) -> Result<PathBuf, Failure> {
    let below = workspace.strip_prefix(root).unwrap_or(Path::new(""));
    match Root::open(directory).and_then(|root| root.sub(below)) {
        Ok(_) => Ok(directory.join(below)),
        Err(Refusal::Link(_)) => Err(Failure::usage(format!(
            "`--clean-clone`: {} of HEAD is a symbolic link, or is under one",
            below.display()
        ))
        .help("links are not followed: name the directory itself with `--workspace`")),
        Err(_) => Err(Failure::usage(format!("`--clean-clone`: HEAD has no directory {}", below.display()))
            .help("commit it, or name another `--workspace`")),
    }
}

/// A note on the changes of the working tree that are not in HEAD; empty if there are none.
fn left_out(root: &Path) -> Result<Vec<String>, Failure> {
    let mut status = git::command_without_filters(root).map_err(|error| no_git(&error))?;
    status.args(["status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=all"]);
    let output = status.output().map_err(|error| no_git(&error))?;
    Ok(match String::from_utf8_lossy(&output.stdout).lines().count() {
        0 => Vec::new(),
        1 => vec!["1 change of the working tree is left out".to_owned()],
        count => vec![format!("{count} changes of the working tree are left out")],
    })
}

fn run(command: &mut Command, what: &str) -> Result<(), Failure> {
    let output = command.output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::usage(format!("`--clean-clone`: git could not {what}: {}", said.trim())))
}

fn no_repository(workspace: &Path) -> Failure {
    Failure::usage(format!("`--clean-clone`: {} is in no git working tree", workspace.display()))
        .help("omit the option, or name a repository with `--workspace DIR`")
}

fn no_git(error: &io::Error) -> Failure {
    Failure::usage(format!("`--clean-clone` needs the program `git`: {error}")).help("install git")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_repository(directory: &Path, words: &[&str]) -> String {
        let mut command = git::command(directory, Reach::Machine);
        command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=trunk"]);
        let output = command.args(words).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    const WHOLE: CodebaseClone = CodebaseClone {
        depth: None,
        directory: String::new(),
        sparse: Vec::new(),
        tags: false,
        without_effect: Vec::new(),
    };

    fn repository(place: &Path) -> PathBuf {
        let root = fs::canonicalize(place).unwrap().join("shop");
        fs::create_dir_all(root.join("sub")).unwrap();
        in_repository(&root, &["init", "-q"]);
        for (file, text) in [("a", "1\n"), ("sub/b", "2\n"), (".gitignore", "ignored\n")] {
            fs::write(root.join(file), text).unwrap();
        }
        in_repository(&root, &["add", "."]);
        in_repository(&root, &["commit", "-qm", "first"]);
        root
    }

    #[test]
    fn the_clone_has_head_and_not_the_working_tree() {
        let place = tempfile::tempdir().unwrap();
        let root = repository(place.path());
        in_repository(&root, &["remote", "add", "origin", "https://git.example/acme/shop.git"]);
        for file in ["a", "untracked", "ignored"] {
            fs::write(root.join(file), "changed").unwrap();
        }
        let clone = Clone::make(&root.join("sub"), place.path().join("clone"), &WHOLE).unwrap();
        assert_eq!(clone.workspace, place.path().join("clone/sub"));
        assert_eq!(clone.notes, ["2 changes of the working tree are left out"]);
        let in_clone = |words: &[&str]| in_repository(&place.path().join("clone"), words);
        assert_eq!(in_clone(&["status", "--porcelain", "--ignored"]), "");
        assert_eq!(fs::read_to_string(place.path().join("clone/a")).unwrap(), "1\n");
        assert_eq!(in_clone(&["rev-parse", "HEAD"]), in_repository(&root, &["rev-parse", "HEAD"]));
        assert_eq!(in_clone(&["remote", "get-url", "origin"]), "https://git.example/acme/shop.git");
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "changed");
    }

    #[test]
    fn clones_a_detached_head_and_notes_what_is_not_fetched() {
        let place = tempfile::tempdir().unwrap();
        let root = repository(place.path());
        fs::write(root.join(".gitattributes"), "*.bin filter=lfs\n").unwrap();
        fs::write(root.join(".gitmodules"), "").unwrap();
        in_repository(&root, &["add", "."]);
        in_repository(&root, &["commit", "-qm", "second"]);
        in_repository(&root, &["checkout", "-q", "--detach"]);
        let clone = Clone::make(&root, place.path().join("clone"), &WHOLE).unwrap();
        assert_eq!(
            clone.notes,
            [
                "submodules are not fetched: their directories are empty",
                "files of Git LFS are not fetched: their pointers are there"
            ]
        );
        assert_eq!(in_repository(&clone.workspace, &["log", "-1", "--format=%s"]), "second");
    }

    #[test]
    fn the_codebase_decides_how_to_clone() {
        let place = tempfile::tempdir().unwrap();
        let root = repository(place.path());
        in_repository(&root, &["tag", "v1"]);
        for message in ["second", "third"] {
            in_repository(&root, &["commit", "-q", "--allow-empty", "-m", message]);
        }
        let commits = |name: &str, wanted: &CodebaseClone| {
            let clone = Clone::make(&root, place.path().join(name), wanted).unwrap();
            (in_repository(&clone.workspace, &["rev-list", "--count", "HEAD"]), clone)
        };
        assert_eq!(commits("all", &WHOLE).0, "3");
        let (count, shallow) = commits("one", &CodebaseClone { depth: Some(1), ..WHOLE });
        assert_eq!((count.as_str(), in_repository(&shallow.workspace, &["tag"]).as_str()), ("1", ""));
        let (_, tagged) = commits("tags", &CodebaseClone { depth: Some(1), tags: true, ..WHOLE });
        assert_eq!(in_repository(&tagged.workspace, &["tag"]), "v1");
        let (_, sparse) =
            commits("sparse", &CodebaseClone { sparse: vec!["sub".to_owned()], without_effect: vec!["lfs"], ..WHOLE });
        assert!(sparse.workspace.join("sub/b").exists());
        assert_eq!(sparse.notes, ["`lfs` of the codebase: no effect on a clone of this machine's own repository"]);
    }

    #[test]
    fn errors_if_nothing_can_be_cloned() {
        let place = tempfile::tempdir().unwrap();
        let refused = |workspace: &Path| {
            Clone::make(workspace, place.path().join("clone"), &WHOLE).map(|_| ()).unwrap_err().to_string()
        };
        let plain = place.path().join("plain");
        fs::create_dir(&plain).unwrap();
        assert!(refused(&plain).contains("is in no git working tree"), "{}", refused(&plain));
        in_repository(&plain, &["init", "-q"]);
        assert!(refused(&plain).contains("has no commit yet"), "{}", refused(&plain));
        let root = repository(place.path());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(place.path(), root.join("astray")).unwrap();
            in_repository(&root, &["add", "astray"]);
            in_repository(&root, &["commit", "-qm", "a link"]);
            fs::remove_file(root.join("astray")).unwrap();
            fs::create_dir(root.join("astray")).unwrap();
            let refusal = refused(&root.join("astray"));
            assert!(refusal.contains("astray of HEAD is a symbolic link, or is under one"), "{refusal}");
            fs::remove_dir_all(place.path().join("clone")).unwrap();
        }
        fs::create_dir(root.join("new")).unwrap();
        assert!(refused(&root.join("new")).contains("HEAD has no directory new"), "{}", refused(&root.join("new")));
    }
}
