//! What git knows about the workspace: the source of `CI_*`, `DRONE_*` and `<+codebase.*>`.

use std::path::Path;

use gix::bstr::ByteSlice;

use crate::git;

/// What git knows about a checkout. Every fact may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkout {
    /// The branch that HEAD is on.
    pub branch: Option<String>,
    /// A tag of the commit.
    pub tag: Option<String>,
    /// The full id of the commit.
    pub commit: Option<String>,
    /// The id of the commit's first parent.
    pub parent: Option<String>,
    /// The commit's message.
    pub message: Option<String>,
    /// The name of the commit's author.
    pub author: Option<String>,
    /// The email address of the commit's author.
    pub author_email: Option<String>,
    /// The URL of `origin`, or of the only remote.
    pub remote: Option<String>,
}

impl Checkout {
    /// Reads the repository that contains `directory`. All facts are missing outside a repository.
    pub fn read(directory: &Path) -> Self {
        let Some(repository) = git::discover(directory) else { return Self::default() };
        let mut facts = Self { remote: remote(&repository), ..Self::default() };
        let Ok(head) = repository.head() else { return facts };
        facts.branch = head.referent_name().map(|name| name.shorten().to_string());
        let Ok(commit) = repository.head_commit() else { return facts };
        facts.commit = Some(commit.id().to_string());
        facts.parent = commit.parent_ids().next().map(|id| id.to_string());
        facts.message = commit.message_raw().ok().map(|message| message.trim().to_str_lossy().into_owned());
        if let Ok(author) = commit.author() {
            facts.author = Some(author.name.to_str_lossy().into_owned());
            facts.author_email = Some(author.email.to_str_lossy().into_owned());
        }
        facts.tag = tag_of(&repository, commit.id);
        facts
    }
}

/// The URL of `origin`, or of the only remote, without its password. An HTTP URL loses its user too, which may be a token
/// (`https://ghp_…@github.com/…`).
pub fn remote(repository: &gix::Repository) -> Option<String> {
    let remote = repository.find_default_remote(gix::remote::Direction::Fetch)?.ok()?;
    let mut url = remote.url(gix::remote::Direction::Fetch)?.clone();
    url.set_password(None);
    if matches!(url.scheme, gix::url::Scheme::Http | gix::url::Scheme::Https) {
        url.set_user(None);
    }
    Some(url.to_bstring().to_str_lossy().into_owned())
}

fn tag_of(repository: &gix::Repository, commit: gix::ObjectId) -> Option<String> {
    let references = repository.references().ok()?;
    references.tags().ok()?.flatten().find_map(|mut tag| {
        let id = tag.peel_to_id().ok()?;
        (id == commit).then(|| tag.name().shorten().to_string())
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn git(directory: &Path, words: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=trunk"])
            .args(words)
            .current_dir(directory)
            .output()
            .unwrap();
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
    }

    #[test]
    fn reads_the_checked_out_commit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        git(path, &["init", "-q"]);
        git(path, &["commit", "-q", "--allow-empty", "-m", "first"]);
        git(path, &["commit", "-q", "--allow-empty", "-m", "second\n\nbody"]);
        git(path, &["tag", "v1.2.3"]);
        git(path, &["remote", "add", "origin", "https://user:pass@git.example/acme/shop.git"]);
        std::fs::create_dir(path.join("sub")).unwrap();
        let facts = Checkout::read(&path.join("sub"));
        assert_eq!(facts.branch.as_deref(), Some("trunk"));
        assert_eq!(facts.tag.as_deref(), Some("v1.2.3"));
        assert_eq!(facts.message.as_deref(), Some("second\n\nbody"));
        assert_eq!(facts.author.as_deref(), Some("Ada"));
        assert_eq!(facts.commit.as_ref().map(String::len), Some(40));
        assert!(facts.parent.is_some() && facts.parent != facts.commit);
        assert_eq!(facts.remote.as_deref(), Some("https://git.example/acme/shop.git"));
        git(path, &["remote", "set-url", "origin", "ssh://git@git.example/acme/shop.git"]);
        assert_eq!(Checkout::read(path).remote.as_deref(), Some("ssh://git@git.example/acme/shop.git"));
    }

    #[test]
    fn a_plain_directory_has_no_facts() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Checkout::read(directory.path()), Checkout::default());
    }

    #[test]
    fn a_repository_without_commits_has_its_branch() {
        let directory = tempfile::tempdir().unwrap();
        git(directory.path(), &["init", "-q"]);
        let facts = Checkout::read(directory.path());
        assert_eq!((facts.branch.as_deref(), facts.commit), (Some("trunk"), None));
    }
}
