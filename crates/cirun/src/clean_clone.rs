//! `--clean-clone`: the workspace as CI's clone step would leave it, and nothing else of the working tree.
//!
//! Git makes it, through its own protocol: no file is shared with the repository, so that steps can do to it what they like.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{console, error::CliError};

/// The depth of a manual build's clone (harness-runtime.md 1.3).
const DEPTH: &str = "50";

/// A clone of HEAD.
#[derive(Debug)]
pub(crate) struct CleanClone {
    directory: PathBuf,
    /// What takes the workspace's place: the same directory of the clone.
    pub workspace: PathBuf,
    /// What a person should know of it.
    pub notes: Vec<String>,
}

impl CleanClone {
    /// Clones the repository that `workspace` is in to `directory`, which must not exist.
    pub(crate) fn make(workspace: &Path, directory: PathBuf) -> Result<Self, CliError> {
        let repository = gix::discover(workspace).map_err(|_| no_repository(workspace))?;
        let root = repository.workdir().ok_or_else(|| no_repository(workspace))?;
        let root = fs::canonicalize(root).map_err(|error| CliError::io(root.display(), &error))?;
        if repository.head_id().is_err() {
            return Err(CliError::usage(format!("`--clean-clone`: {} has no commit yet", root.display()))
                .help("commit what the steps need"));
        }
        let mut notes = left_out(&root)?;
        let url = format!("file://{}", root.display());
        let clone = ["clone", "--quiet", "--depth", DEPTH, "--", &url];
        run(git(&root).args(clone).arg(&directory), "clone the repository")?;
        let made = Self { workspace: in_clone(workspace, &root, &directory)?, directory, notes: Vec::new() };
        made.name_remote(&repository)?;
        open_to_all(&made.directory).map_err(|error| CliError::io(made.directory.display(), &error))?;
        notes.extend(made.not_fetched());
        Ok(Self { notes, ..made })
    }

    /// Gives `origin` the address that the repository's own has, so that steps see the one that they see in CI.
    fn name_remote(&self, repository: &gix::Repository) -> Result<(), CliError> {
        match crate::codebase::remote(repository) {
            Some(url) => run(git(&self.directory).args(["remote", "set-url", "origin", &url]), "name the remote"),
            None => run(git(&self.directory).args(["remote", "remove", "origin"]), "remove the remote"),
        }
    }

    /// What CI fetches only if the codebase says so, and cirun never.
    fn not_fetched(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.directory.join(".gitmodules").exists() {
            notes.push("submodules are not fetched: their directories are empty".to_owned());
        }
        let attributes = fs::read_to_string(self.directory.join(".gitattributes")).unwrap_or_default();
        if attributes.contains("filter=lfs") {
            notes.push("files of Git LFS are not fetched: their pointers are there".to_owned());
        }
        notes
    }

    /// Removes the clone. What belongs to another user (steps often run as root) may have to stay.
    pub(crate) fn remove(self) {
        if let Err(error) = fs::remove_dir_all(&self.directory) {
            let place = self.directory.display();
            console::say(&format!("warning: the clean clone {place} could not be removed: {error}"));
        }
    }
}

/// The directory of the clone that stands for `workspace`.
fn in_clone(workspace: &Path, root: &Path, directory: &Path) -> Result<PathBuf, CliError> {
    let below = workspace.strip_prefix(root).unwrap_or(Path::new(""));
    let place = directory.join(below);
    if place.is_dir() {
        return Ok(place);
    }
    Err(CliError::usage(format!("`--clean-clone`: HEAD has no directory {}", below.display()))
        .help("commit it, or name another `--workspace`"))
}

/// How much of the working tree is not in HEAD.
fn left_out(root: &Path) -> Result<Vec<String>, CliError> {
    let mut status = git(root);
    status.args(["status", "--porcelain", "--untracked-files=normal"]);
    let output = status.output().map_err(|error| no_git(&error))?;
    Ok(match String::from_utf8_lossy(&output.stdout).lines().count() {
        0 => Vec::new(),
        1 => vec!["1 change of the working tree is left out".to_owned()],
        count => vec![format!("{count} changes of the working tree are left out")],
    })
}

/// Git without hooks and without downloads of large files.
fn git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        .args(["-c", "core.hooksPath=/dev/null"])
        .env("GIT_LFS_SKIP_SMUDGE", "1")
        .env("GIT_TERMINAL_PROMPT", "0");
    // A hook of git, from which cirun may be run, sets these for its own repository.
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(variable);
    }
    command
}

fn run(command: &mut Command, what: &str) -> Result<(), CliError> {
    let output = command.output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(CliError::usage(format!("`--clean-clone`: git could not {what}: {}", said.trim())))
}

fn no_repository(workspace: &Path) -> CliError {
    CliError::usage(format!("`--clean-clone`: {} is in no git working tree", workspace.display()))
        .help("leave the option out, or name a repository with `--workspace DIR`")
}

fn no_git(error: &std::io::Error) -> CliError {
    CliError::usage(format!("`--clean-clone` needs the program `git`: {error}")).help("install git")
}

/// Step containers run as any user (harness-runtime.md 1.2).
#[cfg(unix)]
fn open_to_all(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777))
}

#[cfg(not(unix))]
fn open_to_all(_directory: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_repository(directory: &Path, words: &[&str]) -> String {
        let mut command = git(directory);
        command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=trunk"]);
        let output = command.args(words).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

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
    fn nothing_of_the_working_tree_but_head() {
        let place = tempfile::tempdir().unwrap();
        let root = repository(place.path());
        in_repository(&root, &["remote", "add", "origin", "https://git.example/acme/shop.git"]);
        for file in ["a", "untracked", "ignored"] {
            fs::write(root.join(file), "changed").unwrap();
        }
        let clone = CleanClone::make(&root.join("sub"), place.path().join("clone")).unwrap();
        assert_eq!(clone.workspace, place.path().join("clone/sub"));
        assert_eq!(clone.notes, ["2 changes of the working tree are left out"]);
        let in_clone = |words: &[&str]| in_repository(&place.path().join("clone"), words);
        assert_eq!(in_clone(&["status", "--porcelain", "--ignored"]), "");
        assert_eq!(fs::read_to_string(place.path().join("clone/a")).unwrap(), "1\n");
        assert_eq!(in_clone(&["rev-parse", "HEAD"]), in_repository(&root, &["rev-parse", "HEAD"]));
        assert_eq!(in_clone(&["remote", "get-url", "origin"]), "https://git.example/acme/shop.git");
        clone.remove();
        assert!(!place.path().join("clone").exists());
        assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "changed");
    }

    #[test]
    fn a_detached_head_and_what_is_not_fetched() {
        let place = tempfile::tempdir().unwrap();
        let root = repository(place.path());
        fs::write(root.join(".gitattributes"), "*.bin filter=lfs\n").unwrap();
        fs::write(root.join(".gitmodules"), "").unwrap();
        in_repository(&root, &["add", "."]);
        in_repository(&root, &["commit", "-qm", "second"]);
        in_repository(&root, &["checkout", "-q", "--detach"]);
        let clone = CleanClone::make(&root, place.path().join("clone")).unwrap();
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
    fn what_cannot_be_cloned() {
        let place = tempfile::tempdir().unwrap();
        let refused = |workspace: &Path| {
            CleanClone::make(workspace, place.path().join("clone")).map(|_| ()).unwrap_err().to_string()
        };
        let plain = place.path().join("plain");
        fs::create_dir(&plain).unwrap();
        assert!(refused(&plain).contains("is in no git working tree"), "{}", refused(&plain));
        in_repository(&plain, &["init", "-q"]);
        assert!(refused(&plain).contains("has no commit yet"), "{}", refused(&plain));
        let root = repository(place.path());
        fs::create_dir(root.join("new")).unwrap();
        assert!(refused(&root.join("new")).contains("HEAD has no directory new"), "{}", refused(&root.join("new")));
    }
}
