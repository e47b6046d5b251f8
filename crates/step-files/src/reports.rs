//! The report files of a step: found by a pattern in a directory, each once, within limits.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
};

use cirun_beneath::{Entry as Found, Finding, Kind, Limits, Pattern, Refusal, Root, Star};
use cirun_engine::{BackendError, MissedReport, ReportFile, Reports};

/// The largest report.
const LARGEST_REPORT: u64 = 32 << 20;
/// The largest total size of a step's reports.
const LARGEST_OF_ALL: u64 = 128 << 20;
/// The largest number of reports of a step.
const MOST_REPORTS: usize = 10_000;
/// The limits of the search in a directory.
const LIMITS: Limits = Limits { entries: 1_000_000, depth: 64 };
/// The number of skipped files to name.
const MOST_NAMED: usize = 20;

/// The reports found so far.
#[derive(Debug, Default)]
pub struct Collection {
    /// By path, as printed.
    files: BTreeMap<String, Vec<u8>>,
    left_out: Vec<String>,
    missed: Vec<MissedReport>,
    bytes: u64,
    met: usize,
}

/// The extensions of reports in a directory that is named without a pattern.
const EXTENSIONS: [&str; 2] = ["xml", "trx"];

/// A path in `reports`: a pattern for files, and for directories with reports in them.
#[derive(Debug)]
pub struct ReportPath {
    pattern: Pattern,
    /// Its last name has no wildcard, so it may be a directory: `a/*` only means the files in `a`.
    names_directories: bool,
}

impl ReportPath {
    /// Parses a path relative to the search directory.
    ///
    /// # Errors
    /// [`Refusal::Pattern`].
    pub fn new(text: &str) -> Result<Self, Refusal> {
        let last = text.split('/').rfind(|name| !matches!(*name, "" | "."));
        let names_directories = !last.is_some_and(cirun_beneath::has_wildcards);
        Ok(Self { pattern: Pattern::new(text, Star::OneName)?, names_directories })
    }

    /// Whether a file matches, or is a report in a directory that does.
    pub fn means(&self, file: &str) -> bool {
        let directories = Path::new(file).ancestors().skip(1).filter_map(Path::to_str);
        self.pattern.matches(file)
            || (self.names_directories
                && is_report(Path::new(file))
                && directories.into_iter().any(|directory| self.pattern.matches(directory)))
    }
}

/// The error for a path in `reports` that cannot be searched.
pub fn cannot_search(text: &str, refusal: Refusal) -> BackendError {
    let what = format!("find the reports `{text}`");
    match refusal {
        Refusal::Io(source) => BackendError::Io { what, source },
        refusal => BackendError::Engine { what, reason: refusal.to_string() },
    }
}

fn is_report(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
}

impl Collection {
    /// Searches for a path in a directory. `shown` converts a path relative to `root` to the printed one.
    ///
    /// # Errors
    /// [`Refusal::Pattern`].
    pub fn search(&mut self, root: &Root, pattern: &str, shown: impl Fn(&Path) -> String) -> Result<(), Refusal> {
        let path = ReportPath::new(pattern)?;
        let Finding { entries, refused } = path.pattern.find(root, LIMITS, &[]);
        for (path, refusal) in refused {
            self.leave_out(&shown(&path), &refusal);
        }
        for entry in entries {
            match entry.facts.kind {
                Kind::Directory if path.names_directories => self.search_directory(root, &entry.path, &shown),
                Kind::Directory => {}
                _ => self.read(&entry, &shown(&entry.path)),
            }
        }
        Ok(())
    }

    fn search_directory(&mut self, root: &Root, directory: &Path, shown: &impl Fn(&Path) -> String) {
        let walk = match root.sub(directory) {
            Ok(below) => below.walk(LIMITS),
            Err(refusal) => return self.leave_out(&shown(directory), &refusal),
        };
        for next in walk {
            match next {
                Ok(entry) if is_report(&entry.path) => {
                    let path = shown(&directory.join(&entry.path));
                    match entry.facts.kind {
                        Kind::Directory => {}
                        Kind::Link => self.leave_out(&path, &Refusal::Link(entry.path)),
                        _ => self.read(&entry, &path),
                    }
                }
                Err((path, refusal @ (Refusal::TooMany(_) | Refusal::TooDeep(_)))) => {
                    self.leave_out(&shown(&directory.join(path)), &refusal);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    fn read(&mut self, entry: &Found, path: &str) {
        if self.files.contains_key(path) {
            self.met += 1;
            return;
        }
        match self.room().and_then(|room| entry.read(room)) {
            Ok(content) => self.add(path.to_owned(), content),
            Err(refusal) => self.leave_out(path, &refusal),
        }
    }

    /// The largest size of the next report.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] if no more reports are read.
    pub fn room(&self) -> Result<u64, Refusal> {
        if self.files.len() == MOST_REPORTS {
            return Err(Refusal::TooMany(MOST_REPORTS));
        }
        Ok(LARGEST_REPORT.min(LARGEST_OF_ALL - self.bytes))
    }

    /// Adds a report that was read elsewhere, within [`Collection::room`].
    pub fn add(&mut self, path: String, content: Vec<u8>) {
        self.met += 1;
        if let Entry::Vacant(place) = self.files.entry(path) {
            self.bytes += content.len() as u64;
            place.insert(content);
        }
    }

    /// Records that a file was skipped.
    pub fn leave_out(&mut self, path: &str, reason: &Refusal) {
        self.met += 1;
        self.left_out.push(format!("`{path}` is left out: {reason}"));
    }

    /// How many files have been found, including duplicates and skipped ones.
    pub fn met(&self) -> usize {
        self.met
    }

    /// Records that no file matches a path, with the place of the search (`in the workspace`).
    pub fn miss(&mut self, path: &str, place: String) {
        self.missed.push(MissedReport { path: path.to_owned(), place });
    }

    /// The results.
    pub fn finish(mut self) -> Reports {
        let more = self.left_out.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            self.left_out.truncate(MOST_NAMED);
            self.left_out.push(format!("{more} more are left out"));
        }
        let files = self.files.into_iter().map(|(path, content)| ReportFile { path, content }).collect();
        Reports { files, left_out: self.left_out, missed: self.missed }
    }
}

/// A path in a directory, as printed.
pub fn shown_below(directory: &str, path: &Path) -> String {
    let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
    match (directory.trim_end_matches('/'), names.as_slice()) {
        (directory, []) => directory.to_owned(),
        ("", names) => format!("/{}", names.join("/")),
        (directory, names) => format!("{directory}/{}", names.join("/")),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn collected(pattern: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        for file in ["w/junit.xml", "w/a/junit.xml", "w/a/b/c.xml", "w/a/b/c.txt", "w/t/b/d.trx", "home/secret.xml"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        symlink(dir.path().join("home/secret.xml"), dir.path().join("w/linked.xml")).unwrap();
        symlink(dir.path().join("home"), dir.path().join("w/astray")).unwrap();
        fs::File::create(dir.path().join("w/huge.xml")).unwrap().set_len(1 << 40).unwrap();
        let mut collection = Collection::default();
        let root = Root::open(&dir.path().join("w")).unwrap();
        if let Err(refusal) = collection.search(&root, pattern, |path| shown_below("/harness", path)) {
            return refusal.to_string();
        }
        let Reports { files, left_out, missed: _ } = collection.finish();
        let files = files.into_iter().map(|file| format!("{}={}", file.path, String::from_utf8_lossy(&file.content)));
        files.chain(left_out).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn by_pattern() {
        assert_eq!(collected("a/**/*.xml"), "/harness/a/b/c.xml=w/a/b/c.xml\n/harness/a/junit.xml=w/a/junit.xml");
        assert_eq!(collected("junit.xml"), "/harness/junit.xml=w/junit.xml");
        assert_eq!(collected("none"), "");
    }

    #[test]
    fn a_directory_means_its_reports() {
        let both = "/harness/a/b/c.xml=w/a/b/c.xml\n/harness/a/junit.xml=w/a/junit.xml";
        for path in ["a", "a/", "./a/."] {
            assert_eq!(collected(path), both, "{path}");
        }
        assert_eq!(collected("*/b"), "/harness/a/b/c.xml=w/a/b/c.xml\n/harness/t/b/d.trx=w/t/b/d.trx");
        assert_eq!(collected("a/*"), "/harness/a/junit.xml=w/a/junit.xml");
    }

    /// The same in a directory from an engine's archive.
    #[test]
    fn a_path_means_files() {
        let means = |path: &str, file: &str| ReportPath::new(path).unwrap().means(file);
        for (path, file) in [
            ("/tmp/a.txt", "/tmp/a.txt"),
            ("/tmp/out", "/tmp/out/a/b.xml"),
            ("/tmp/out/", "/tmp/out/a.trx"),
            ("/tmp/*/out", "/tmp/a/out/b/c.xml"),
            ("/tmp/**/*.xml", "/tmp/a/b.xml"),
        ] {
            assert!(means(path, file), "{path} {file}");
        }
        for (path, file) in [
            ("/tmp/out", "/tmp/out/a.txt"),
            ("/tmp/out", "/tmp/outer/a.xml"),
            ("/tmp/*", "/tmp/a/b.xml"),
            ("/tmp/a", "/tmp/b.xml"),
        ] {
            assert!(!means(path, file), "{path} {file}");
        }
    }

    #[test]
    fn what_is_outside_is_left_out_and_named() {
        assert_eq!(
            collected("*.xml"),
            "/harness/junit.xml=w/junit.xml\n\
             `/harness/linked.xml` is left out: `linked.xml` is a symbolic link, and links are not followed\n\
             `/harness/huge.xml` is left out: it is larger than 33554432 bytes"
        );
        assert_eq!(
            collected("astray/*.xml"),
            "`/harness/astray` is left out: `astray` is a symbolic link, and links are not followed"
        );
        assert_eq!(collected("../home/*.xml"), "`/harness/../home` is left out: it leads out of its directory");
    }

    #[test]
    fn all_reports_have_a_limit() {
        let mut collection = Collection::default();
        for index in 0..4 {
            let room = usize::try_from(collection.room().unwrap()).unwrap();
            collection.add(index.to_string(), vec![0; room]);
        }
        assert_eq!(collection.room().unwrap(), 0);
        let mut collection = Collection::default();
        (0..MOST_REPORTS).for_each(|index| collection.add(index.to_string(), Vec::new()));
        assert!(matches!(collection.room(), Err(Refusal::TooMany(_))));
    }
}
