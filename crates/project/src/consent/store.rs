//! Remembered consents: one file each in the user's state directory, readable by the user only.

use std::{
    collections::BTreeSet,
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use cirun_diagnostics::Failure;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Request;
use crate::Paths;

/// Maximum size of a file, in bytes.
const LARGEST: u64 = 1 << 20;

/// A consent that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// The repository's directory.
    pub repository: PathBuf,
    /// The digest of the documents that it applies to.
    pub content: String,
    /// When it was given.
    pub given: Timestamp,
    /// What was allowed, one line for each grant.
    pub grants: BTreeSet<String>,
}

/// The consents that a user has given.
#[derive(Debug)]
pub struct Consents {
    directory: PathBuf,
}

impl Consents {
    /// The consents in the user's state directory.
    pub fn of(paths: &Paths) -> Self {
        Self { directory: paths.state.join("trust") }
    }

    /// Whether everything in the request was allowed before, for the same content. An unreadable file allows nothing.
    pub(crate) fn cover(&self, request: &Request) -> bool {
        let remembered = read(&self.file(&request.repository, &request.content));
        remembered.is_some_and(|remembered| {
            remembered.repository == request.repository
                && remembered.content == request.content
                && request.grants.iter().all(|grant| remembered.grants.contains(&grant.identity()))
        })
    }

    /// Remembers that the request was granted. What was allowed before for the same content stays allowed.
    pub(super) fn remember(&self, request: &Request) -> Result<(), Failure> {
        let file = self.file(&request.repository, &request.content);
        let before = read(&file).map(|remembered| remembered.grants).unwrap_or_default();
        let remembered = Remembered {
            repository: request.repository.clone(),
            content: request.content.clone(),
            given: Timestamp::now(),
            grants: request.grants.iter().map(super::Grant::identity).chain(before).collect(),
        };
        self.write(&file, &remembered).map_err(|error| {
            Failure::io(format!("cannot remember the consent in {}", self.directory.display()), error)
                .help("make the directory writable, name another one with XDG_STATE_HOME, or use `--trust`")
        })
    }

    /// All consents, sorted by repository, then newest first.
    pub fn all(&self) -> Vec<Remembered> {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let mut all: Vec<_> = entries.filter_map(|entry| read(&entry.path())).collect();
        all.sort_by(|one, other| (&one.repository, other.given).cmp(&(&other.repository, one.given)));
        all
    }

    /// The consents for one repository, newest first.
    pub fn given_to(&self, repository: &Path) -> Vec<Remembered> {
        let mut all = self.all();
        all.retain(|remembered| remembered.repository == repository);
        all
    }

    /// Removes all consents for a repository and returns their number.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn revoke(&self, repository: &Path) -> Result<usize, Failure> {
        let given = self.given_to(repository);
        for remembered in &given {
            let file = self.file(repository, &remembered.content);
            fs::remove_file(&file).map_err(|error| Failure::io(file.display(), error))?;
        }
        Ok(given.len())
    }

    fn file(&self, repository: &Path, content: &str) -> PathBuf {
        let mut hasher = Sha256::new();
        hasher.update(repository.as_os_str().as_encoded_bytes());
        hasher.update([0]);
        hasher.update(content);
        self.directory.join(format!("{}.json", hex::encode(hasher.finalize())))
    }

    /// Writes a file atomically.
    fn write(&self, file: &Path, remembered: &Remembered) -> io::Result<()> {
        fs::create_dir_all(&self.directory)?;
        crate::close_to_others(&self.directory)?;
        let temporary = file.with_extension(format!("{}.new", std::process::id()));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut opened = options.open(&temporary)?;
        opened.write_all(serde_json::to_string_pretty(remembered)?.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&temporary, file)
    }
}

fn read(file: &Path) -> Option<Remembered> {
    let metadata = fs::symlink_metadata(file).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::{
        super::grant::{Grant, Kind},
        *,
    };

    fn request(repository: &str, content: &str, steps: &[&str]) -> Request {
        let grant = |step: &&str| Grant { kind: Kind::HostStep, to: (*step).to_owned(), detail: String::new() };
        Request {
            repository: repository.into(),
            content: content.to_owned(),
            grants: steps.iter().map(grant).collect(),
        }
    }

    #[test]
    fn consent_applies_to_a_repository_its_content_and_the_listed_grants() {
        let place = tempfile::tempdir().unwrap();
        let consents = Consents { directory: place.path().join("trust") };
        let covers = |repository, content, steps: &[&str]| consents.cover(&request(repository, content, steps));
        assert!(!covers("/shop", "1", &["a"]));
        consents.remember(&request("/shop", "1", &["a", "b"])).unwrap();
        for (repository, content, steps, expected) in [
            ("/shop", "1", &["a"][..], true),
            ("/shop", "1", &["b", "a"], true),
            ("/shop", "1", &["c"], false),
            ("/shop", "2", &["a"], false),
            ("/other", "1", &["a"], false),
        ] {
            assert_eq!(covers(repository, content, steps), expected, "{repository} {content} {steps:?}");
        }
        consents.remember(&request("/shop", "1", &["c"])).unwrap();
        assert!(covers("/shop", "1", &["a", "b", "c"]), "what was allowed before is still allowed");
        consents.remember(&request("/other", "1", &["a"])).unwrap();
        assert_eq!(consents.revoke(Path::new("/shop")).unwrap(), 1);
        assert_eq!((covers("/shop", "1", &["a"]), covers("/other", "1", &["a"])), (false, true));
    }

    #[test]
    fn broken_files_are_no_consent() {
        let place = tempfile::tempdir().unwrap();
        let consents = Consents { directory: place.path().to_owned() };
        let asked = request("/shop", "1", &["a"]);
        consents.remember(&asked).unwrap();
        let file = consents.file(&asked.repository, "1");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let whole = fs::read_to_string(&file).unwrap();
        for broken in [&whole[..whole.len() / 2], "", "{}", &whole.replace("/shop", "/other")] {
            fs::write(&file, broken).unwrap();
            assert!(!consents.cover(&asked), "{broken}");
        }
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "no temporary file is left");
    }
}
