//! Finds the YAML files below directories, within limits.

use std::path::{Path, PathBuf};

use cirun_beneath::{Entry, Kind, Limits, Refusal, Root};

use super::{LARGEST, LeftOut};

/// Maximum number of documents in all places.
const MOST_FILES: usize = 10_000;
/// Maximum size of all documents together, in bytes.
const MOST_BYTES: u64 = 64 << 20;
/// Limits for the walk of each directory.
const LIMITS: Limits = Limits { entries: 100_000, depth: 64 };

/// A directory with documents.
#[derive(Debug)]
pub(crate) struct Place {
    /// The path to show.
    pub path: PathBuf,
    /// The directory, or why it was not opened.
    pub root: Result<Root, Refusal>,
}

/// A document that was found but not read yet.
#[derive(Debug)]
pub(crate) struct Document {
    /// The path to show.
    pub path: PathBuf,
    entry: Entry,
}

impl Document {
    /// Reads the document.
    ///
    /// # Errors
    /// The rule that the file breaks, or the system's error.
    pub(crate) fn read(&self) -> Result<Vec<u8>, Refusal> {
        self.entry.read(LARGEST)
    }
}

/// The documents of all places in a stable order, and the files that are left out.
pub(crate) fn find(places: Vec<Place>) -> (Vec<Document>, Vec<LeftOut>) {
    let (mut found, mut left_out, mut bytes) = (Vec::new(), Vec::new(), 0);
    for Place { path: start, root } in places {
        let root = match root {
            Ok(root) => root,
            Err(refusal) => {
                left_out.push(LeftOut { path: start, refusal });
                continue;
            }
        };
        for next in root.walk(LIMITS) {
            let entry = match next {
                Ok(entry) => entry,
                Err((below, refusal)) => {
                    left_out.push(LeftOut { path: below_or_itself(&start, &below), refusal });
                    continue;
                }
            };
            let path = start.join(&entry.path);
            match refusal(&entry) {
                Kept::No => {}
                Kept::Refused(refusal) => left_out.push(LeftOut { path, refusal }),
                Kept::Yes if found.len() == MOST_FILES || bytes + entry.facts.bytes > MOST_BYTES => {
                    left_out.push(LeftOut { path, refusal: Refusal::TooMany(MOST_FILES) });
                    return (found, left_out);
                }
                Kept::Yes => {
                    bytes += entry.facts.bytes;
                    let below = entry.path.clone();
                    found.push(Document { path, entry: entry.settled(&root, below) });
                }
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    (found, left_out)
}

/// Whether a directory entry is a document.
enum Kept {
    Yes,
    No,
    Refused(Refusal),
}

fn refusal(entry: &Entry) -> Kept {
    let is_yaml = entry.path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    match entry.facts.kind {
        // Reported under any name, as it may lead to a directory of documents.
        Kind::Link => Kept::Refused(Refusal::Link(entry.path.clone())),
        Kind::Directory => Kept::No,
        Kind::File if is_yaml && entry.facts.bytes > LARGEST => Kept::Refused(Refusal::TooLarge(LARGEST)),
        Kind::File if is_yaml => Kept::Yes,
        found if is_yaml => Kept::Refused(Refusal::Kind { found, wanted: Kind::File }),
        _ => Kept::No,
    }
}

fn below_or_itself(start: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { start.to_owned() } else { start.join(below) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn shown(directory: &Path) -> String {
        let place = Place { path: PathBuf::from("d"), root: Root::open(directory) };
        let (found, left_out) = find(vec![place]);
        let found = found.iter().map(|document| document.path.display().to_string());
        let left_out = left_out.iter().map(|left_out| format!("{}: {}", left_out.path.display(), left_out.refusal));
        found.chain(left_out).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn files_that_are_not_regular_are_reported() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("sub/x.yaml")).unwrap();
        for file in ["b.yaml", "sub/x.yaml/a.yml", "readme.md"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        symlink("/dev/zero", dir.path().join("zero.yaml")).unwrap();
        symlink("/usr", dir.path().join("tree")).unwrap();
        fs::File::create(dir.path().join("huge.yaml")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(
            shown(dir.path()),
            "d/b.yaml\nd/sub/x.yaml/a.yml\n\
             d/huge.yaml: it is larger than 16777216 bytes\n\
             d/tree: `tree` is a symbolic link, and links are not followed\n\
             d/zero.yaml: `zero.yaml` is a symbolic link, and links are not followed"
        );
    }

    #[test]
    fn limits_apply_to_all_places_together() {
        let dir = tempfile::tempdir().unwrap();
        for index in 0..5 {
            fs::File::create(dir.path().join(format!("{index}.yaml"))).unwrap().set_len(LARGEST).unwrap();
        }
        let list = shown(dir.path());
        assert!(list.starts_with("d/0.yaml\nd/1.yaml\nd/2.yaml\nd/3.yaml\nd/4.yaml: it holds more than"), "{list}");
    }
}
