//! The paths of a cache's objects: `CACHES/BACKEND/BUCKET/KEY/PATH`; each of the last three is a single name.
//!
//! Users choose keys freely, including `/` and `..`, so every name is escaped, and truncated if it is too long.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use cirun_beneath::{Kind, Limits, Refusal, Root};
use sha2::{Digest, Sha256};

use crate::{
    StoreError, Surroundings,
    archive::saved_path,
    error::refused,
    files::{self, TEMPORARY},
    rooted::Rooted,
};

/// The longest name that is not truncated; file systems allow 255 bytes.
const LONGEST: usize = 180;

/// The store's directory for a step's bucket.
#[derive(Debug)]
pub(crate) struct Bucket {
    /// The store.
    pub(crate) root: Root,
    /// The path of the bucket in it.
    directory: PathBuf,
    /// As text to print.
    pub(crate) address: String,
}

/// An object of a key.
#[derive(Debug)]
pub(crate) struct Object {
    /// Its path in the store.
    pub(crate) file: PathBuf,
    /// The saved path.
    pub(crate) rooted: Rooted,
}

impl Bucket {
    /// The bucket in the plugin's variables.
    pub(crate) fn of(around: &Surroundings) -> Result<Self, StoreError> {
        let (backend, scheme, names) = match around.get("PLUGIN_BACKEND").unwrap_or("s3") {
            "s3" => ("s3", "s3", vec![around.demand("PLUGIN_BUCKET")?]),
            "gcs" => ("gcs", "gs", vec![around.demand("PLUGIN_BUCKET")?]),
            "azure" => {
                ("azure", "azure", vec![around.demand("PLUGIN_ACCOUNT_NAME")?, around.demand("PLUGIN_CONTAINER")?])
            }
            other => return Err(StoreError::Setting(format!("PLUGIN_BACKEND={other} is not emulated"))),
        };
        let name = names.join("/");
        let root = files::open(&around.caches)?;
        Ok(Self { root, directory: Path::new(backend).join(escape(&name)), address: format!("{scheme}://{name}") })
    }

    fn of_key(&self, key: &str) -> PathBuf {
        self.directory.join(escape(key))
    }

    /// The object of a path.
    pub(crate) fn object(&self, key: &str, rooted: &Rooted) -> Object {
        let name = rooted.name();
        Object { file: self.of_key(key).join(escape(&name.to_string_lossy())), rooted: rooted.clone() }
    }

    /// All objects of a key.
    pub(crate) fn list(&self, key: &str) -> Result<Vec<Object>, StoreError> {
        let directory = self.of_key(key);
        let mut objects = Vec::new();
        let root = match self.root.sub(&directory) {
            Err(Refusal::Missing) => return Ok(objects),
            root => root.map_err(refused("read", &directory))?,
        };
        for entry in root.walk(Limits { depth: 0, ..files::LIMITS }) {
            let entry = match entry {
                Ok(entry) if entry.facts.kind != Kind::Directory => entry,
                Ok(_) | Err((_, Refusal::TooDeep(_))) => continue,
                Err((path, refusal)) => return Err(refused("read", &directory.join(path))(refusal)),
            };
            let name = entry.path.to_string_lossy().into_owned();
            if name.starts_with(TEMPORARY) {
                continue;
            }
            let file = directory.join(&entry.path);
            let rooted = saved_path(entry.open().map_err(refused("read", &file))?, &file)?;
            // It was not stored by cirun: its name is the saved path.
            if escape(&rooted.name().to_string_lossy()) != name {
                let reason = format!("it holds {}", rooted.name().display());
                return Err(StoreError::Archive { path: file.display().to_string(), reason });
            }
            objects.push(Object { file, rooted });
        }
        Ok(objects)
    }

    /// Marks an object as used, so that it is not evicted first.
    pub(crate) fn touch(&self, object: &Object) {
        // If the store belongs to another user, only the order of eviction suffers.
        drop(self.root.file(&object.file).map(|file| file.set_modified(SystemTime::now())));
    }
}

/// A name of one component: special characters become `%XX`; a long one ends with a hash of the whole.
pub(crate) fn escape(text: &str) -> String {
    let mut name = String::new();
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            b'.' if index > 0 => name.push('.'),
            other => name.push_str(&format!("%{other:02X}")),
        }
    }
    if name.is_empty() {
        return "%".to_owned();
    }
    if name.len() <= LONGEST {
        return name;
    }
    let hash = hex::encode(Sha256::digest(text));
    format!("{}~{}", &name[..LONGEST - 40], &hash[..32])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names() {
        assert_eq!(escape("deps-1.2_x"), "deps-1.2_x");
        assert_eq!(escape("a/b"), "a%2Fb");
        assert_eq!(escape(".."), "%2E.");
        assert_eq!(escape("ä"), "%C3%A4");
        assert_eq!(escape(""), "%");
        let long = "k/".repeat(300);
        assert!(escape(&long).len() < 200);
        assert_ne!(escape(&long), escape(&format!("{long}x")));
    }

    proptest::proptest! {
        /// No two keys share a name, and no name leaves its directory.
        #[test]
        fn names_are_distinct(one in ".{0,40}", other in ".{0,40}") {
            let names: BTreeSet<String> = [escape(&one), escape(&other)].into();
            proptest::prop_assert_eq!(names.len() == 1, one == other);
            for name in names {
                proptest::prop_assert!(!name.contains('/') && name != "." && name != "..");
            }
        }
    }
}
