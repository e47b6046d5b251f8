//! Calls git so that no configuration, hook, filter or environment variable makes it run another program.
//!
//! A repository's configuration is as untrusted as its files: a tree can contain a committed bare repository, and an archive
//! can bring a whole `.git`.

use std::{
    env, io,
    path::Path,
    process::{Command, Stdio},
};

use gix::{bstr::ByteSlice, discover::upwards, open, sec::trust::Mapping};

/// Settings that name programs or reach other repositories, with the harmless values that replace them.
const OVERRIDES: [(&str, &str); 11] = [
    ("core.fsmonitor", "false"),
    ("core.hooksPath", NOTHING),
    ("core.attributesFile", NOTHING),
    ("core.pager", "cat"),
    ("core.sshCommand", "false"),
    ("core.gitProxy", ""),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("protocol.ext.allow", "never"),
    ("safe.bareRepository", "explicit"),
    ("status.submoduleSummary", "false"),
];

#[cfg(not(windows))]
const NOTHING: &str = "/dev/null";
#[cfg(windows)]
const NOTHING: &str = "NUL";

/// The repositories that a git command may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The repository that it is called in.
    Here,
    /// Also other repositories on this machine, by path.
    Machine,
}

/// The repository of the nearest `.git` in `directory` or above. Bare repositories do not count. Neither the user's
/// configuration nor files that the repository's configuration includes are read.
pub fn discover(directory: &Path) -> Option<gix::Repository> {
    let options = upwards::Options { dot_git_only: true, ..upwards::Options::default() };
    let isolated = Mapping { full: open::Options::isolated(), reduced: open::Options::isolated() };
    gix::ThreadSafeRepository::discover_opts(directory, options, isolated).ok().map(Into::into)
}

/// A git command in `directory`. It never prompts.
pub fn command(directory: &Path, reach: Reach) -> Command {
    let mut command = bare_command(directory, reach);
    give(&mut command, OVERRIDES.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec());
    command
}

/// A git command that reads the working tree of a repository without running the repository's filters.
///
/// # Errors
/// Git cannot be started.
pub fn command_without_filters(root: &Path) -> io::Result<Command> {
    let mut asked = command(root, Reach::Here);
    let names = asked.args(["config", "-z", "--name-only", "--get-regexp", r"^filter\."]).output()?.stdout;
    let mut overrides = OVERRIDES.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    for name in names.split_str("\0").filter(|name| !name.is_empty()) {
        let name = name.to_str_lossy();
        let value = if name.ends_with(".required") { "false" } else { "" };
        overrides.push((name.into_owned(), value.to_owned()));
    }
    let mut command = bare_command(root, Reach::Here);
    give(&mut command, overrides);
    Ok(command)
}

#[expect(clippy::disallowed_methods, reason = "the names of what a child would inherit, not its values")]
fn bare_command(directory: &Path, reach: Reach) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).stdin(Stdio::null());
    // If cirun runs in a git hook, git has set some of these for the hook's repository. Others name programs.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    for name in ["SSH_ASKPASS", "EDITOR", "VISUAL", "PAGER"] {
        command.env_remove(name);
    }
    let allowed = match reach {
        Reach::Here => "",
        Reach::Machine => "file",
    };
    command
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", NOTHING)
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_ALLOW_PROTOCOL", allowed)
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_LFS_SKIP_SMUDGE", "1");
    command
}

/// Overrides the repository's settings. Uses variables and not `-c`, as a setting's name may contain any character.
fn give(command: &mut Command, settings: Vec<(String, String)>) {
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (index, (key, value)) in settings.into_iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{index}"), key).env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Makes a repository with hostile settings. Returns the file that each of them would create.
    fn hostile(place: &Path) -> std::path::PathBuf {
        let made = place.join("made");
        let run = |words: &[&str]| {
            let output =
                command(place, Reach::Here).args(["-c", "init.defaultBranch=trunk"]).args(words).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        run(&["init", "-q"]);
        fs::write(place.join(".gitattributes"), "* filter=a=b\n").unwrap();
        fs::write(place.join("file"), "1").unwrap();
        run(&["add", "."]);
        run(&["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-qm", "first"]);
        let program = place.join("program");
        fs::write(&program, format!("#!/bin/sh\ntouch {}\ncat\n", made.display())).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let program = program.display();
        let config = format!(
            "[core]\n fsmonitor = {program}\n hooksPath = {}\n[include]\n path = more\n[status]\n submoduleSummary = true\n",
            place.display()
        );
        fs::write(place.join("post-index-change"), format!("#!/bin/sh\ntouch {}\n", made.display())).unwrap();
        fs::write(place.join(".git/config"), config).unwrap();
        fs::write(
            place.join(".git/more"),
            format!(
                "[filter \"a=b\"]\n clean = {program}\n smudge = {program}\n process = {program}\n required = true\n"
            ),
        )
        .unwrap();
        // The file differs from the index, so that git reads its content.
        fs::write(place.join("file"), "2").unwrap();
        made
    }

    #[test]
    fn git_status_runs_no_programs_of_the_repository() {
        let place = tempfile::tempdir().unwrap();
        let made = hostile(place.path());
        let status = |mut command: Command| {
            let output = command.args(["status", "--porcelain"]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let plain = |_: &str| {
            let mut git = Command::new("git");
            git.arg("-C").arg(place.path());
            git
        };
        assert!(status(command_without_filters(place.path()).unwrap()).contains(" M file"));
        assert!(!made.exists(), "a setting of the repository has run");
        status(plain("as a person would"));
        assert!(made.exists(), "the settings are hostile to a plain git");
    }

    #[test]
    fn bare_repositories_in_a_tree_are_ignored() {
        let place = tempfile::tempdir().unwrap();
        let bare = place.path().join("bare");
        for directory in ["objects", "refs", "work"] {
            fs::create_dir_all(bare.join(directory)).unwrap();
        }
        fs::write(bare.join("HEAD"), "ref: refs/heads/trunk\n").unwrap();
        fs::write(bare.join("config"), "[core]\n repositoryformatversion = 0\n bare = false\n worktree = work\n")
            .unwrap();
        assert!(discover(&bare.join("work")).is_none());
        let refused = command(&bare.join("work"), Reach::Here).args(["status", "--porcelain"]).output().unwrap();
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("bare repository"));
    }
}
