//! Maps the step's paths to paths on the machine.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use cirun_beneath::Root;

use crate::{StoreError, Surroundings, error::refused};

/// A directory in a step's path, and the rest of the path, which is resolved without following links.
#[derive(Debug)]
pub(crate) struct Anchor {
    pub(crate) root: Root,
    pub(crate) below: PathBuf,
}

/// A saved path, independent of the workspace's current path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rooted {
    /// In the workspace.
    Workspace(PathBuf),
    /// Anywhere else.
    Root(PathBuf),
}

impl Surroundings {
    /// The path of a step's path: relative ones start at the workspace.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        if !path.has_root() {
            return climb(self.workspace.clone(), path);
        }
        let path = Path::new("/").join(plain(path));
        match path.strip_prefix(&self.planned_workspace) {
            Ok(below) => self.workspace.join(below),
            Err(_) => self.root.join(plain(&path)),
        }
    }

    /// The saved form of a path.
    pub(crate) fn rooted(&self, absolute: &Path) -> Rooted {
        match absolute.strip_prefix(&self.workspace) {
            Ok(below) => Rooted::Workspace(below.to_owned()),
            Err(_) => Rooted::Root(absolute.strip_prefix(&self.root).unwrap_or(absolute).to_owned()),
        }
    }

    /// The current path of a saved path.
    pub(crate) fn place(&self, rooted: &Rooted) -> PathBuf {
        match rooted {
            Rooted::Workspace(below) => self.workspace.join(below),
            Rooted::Root(below) => self.root.join(below),
        }
    }

    /// The base directory of a path: the workspace, or for other paths their parent directory, after resolving links
    /// (`/var/run`). Never a directory of the store.
    ///
    /// # Errors
    /// [`StoreError::Source`] for a path in the store.
    pub(crate) fn anchor(&self, path: &Path) -> Result<Anchor, StoreError> {
        if let Ok(below) = path.strip_prefix(&self.workspace) {
            let root = Root::open(&self.workspace).map_err(refused("open", &self.workspace))?;
            return Ok(Anchor { root, below: below.to_owned() });
        }
        let above = path.ancestors().skip(1).find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
        let (named, real) = above.unwrap_or((path, path.to_owned()));
        let stores =
            [&self.caches, &self.artifacts].map(|store| fs::canonicalize(store).unwrap_or_else(|_| store.clone()));
        if stores.iter().any(|store| real.starts_with(store) || path == store.as_path()) {
            return Err(self.holds_the_store(path));
        }
        let root = Root::open(&real).map_err(refused("open", named))?;
        Ok(Anchor { root, below: path.strip_prefix(named).unwrap_or(Path::new("")).to_owned() })
    }

    pub(crate) fn holds_the_store(&self, path: &Path) -> StoreError {
        StoreError::Source(format!("{} is in the directory of the caches or uploads, or holds it", path.display()))
    }

    /// The directories of the store, by identity: they are neither saved nor uploaded.
    pub(crate) fn store_identities(&self) -> Vec<(u64, u64)> {
        let look = |directory: &Path| Root::open(directory).and_then(|root| root.look(Path::new("")));
        let found = [&self.caches, &self.artifacts].into_iter().filter_map(|directory| look(directory).ok());
        // On systems without identities, all directories have the same one.
        found.map(|facts| facts.identity).filter(|identity| *identity != (0, 0)).collect()
    }

    /// Expands `~` and `$NAME`, as the plugin does in the paths of caches.
    pub(crate) fn expand(&self, path: &str) -> String {
        let path = path.replacen('~', "$HOME", 1);
        let mut expanded = String::new();
        let mut rest = path.as_str();
        while let Some((before, from)) = rest.split_once('$') {
            expanded.push_str(before);
            let braced = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let (name, after) = braced.unwrap_or_else(|| {
                let end = from.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(from.len());
                from.split_at(end)
            });
            expanded.push_str(match (name, self.get(name)) {
                // An image without users has no home for root, while the plugin's own image has this one.
                ("HOME", None | Some("/")) => "/root",
                (_, value) => value.unwrap_or_default(),
            });
            rest = after;
        }
        expanded + rest
    }
}

impl Rooted {
    const WORKSPACE: &str = "workspace";
    const ROOT: &str = "root";

    /// The name in archives.
    pub(crate) fn name(&self) -> PathBuf {
        match self {
            Self::Workspace(below) => Path::new(Self::WORKSPACE).join(below),
            Self::Root(below) => Path::new(Self::ROOT).join(below),
        }
    }

    /// Parses a name in an archive; `None` if it leads elsewhere.
    pub(crate) fn parse(name: &Path) -> Option<Self> {
        let normal = name.components().all(|part| matches!(part, Component::Normal(_)));
        normal.then_some(())?;
        if let Ok(below) = name.strip_prefix(Self::WORKSPACE) {
            return Some(Self::Workspace(below.to_owned()));
        }
        name.strip_prefix(Self::ROOT).ok().map(|below| Self::Root(below.to_owned()))
    }
}

/// The path without its root, `.` and `..`; it never leaves the root.
pub(crate) fn plain(path: &Path) -> PathBuf {
    climb(PathBuf::new(), path)
}

/// Follows a path from a directory.
fn climb(mut from: PathBuf, path: &Path) -> PathBuf {
    for part in path.components() {
        match part {
            Component::Normal(part) => from.push(part),
            Component::ParentDir => {
                from.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    from
}

#[cfg(test)]
pub(crate) mod testing {
    use std::{collections::BTreeMap, fs, path::PathBuf};

    use crate::Surroundings;

    /// A file system in a directory: `root/harness` is the workspace.
    pub(crate) struct Bench {
        pub(crate) dir: tempfile::TempDir,
    }

    impl Bench {
        pub(crate) fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            for directory in ["root/harness", "caches", "artifacts"] {
                fs::create_dir_all(dir.path().join(directory)).unwrap();
            }
            Self { dir }
        }

        pub(crate) fn path(&self, path: &str) -> PathBuf {
            self.dir.path().join(path)
        }

        /// Writes a file in the workspace.
        pub(crate) fn file(&self, path: &str, text: &str) {
            let path = self.path("root/harness").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        pub(crate) fn around(&self, env: &[(&str, &str)]) -> Surroundings {
            Surroundings {
                env: env
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect::<BTreeMap<_, _>>(),
                workspace: self.path("root/harness"),
                planned_workspace: "/harness".into(),
                root: self.path("root"),
                caches: self.path("caches"),
                artifacts: self.path("artifacts"),
                only_list: false,
                limit: u64::MAX,
                now: 0,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{testing::Bench, *};

    #[test]
    fn paths() {
        let mut around = Bench::new().around(&[("HOME", "/home/ci"), ("CARGO", "/opt/cargo")]);
        (around.workspace, around.root) = (PathBuf::from("/src/shop"), PathBuf::from("/"));
        let place = |path: &str| around.absolute(Path::new(&around.expand(path))).display().to_string();
        assert_eq!(place("target"), "/src/shop/target");
        assert_eq!(place("/harness/target"), "/src/shop/target");
        assert_eq!(place("./a/../target/"), "/src/shop/target");
        assert_eq!(place("../x"), "/src/x");
        assert_eq!(place("~/.m2"), "/home/ci/.m2");
        assert_eq!(place("$CARGO/registry"), "/opt/cargo/registry");
        assert_eq!(place("${CARGO}x"), "/opt/cargox");
        assert_eq!(place("/../etc"), "/etc");
        assert_eq!(around.rooted(Path::new("/src/shop/a")), Rooted::Workspace("a".into()));
        assert_eq!(around.rooted(Path::new("/home/ci")), Rooted::Root("home/ci".into()));
    }

    #[test]
    fn names_of_archives() {
        assert_eq!(Rooted::parse(Path::new("workspace/a/b")), Some(Rooted::Workspace("a/b".into())));
        assert_eq!(Rooted::parse(Path::new("root/etc")), Some(Rooted::Root("etc".into())));
        for bad in ["/etc/passwd", "workspace/../x", "elsewhere/x", "../workspace/x", ""] {
            assert_eq!(Rooted::parse(Path::new(bad)), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_path_never_climbs_out(path in "[a-c./]{0,16}") {
            proptest::prop_assert!(plain(Path::new(&path)).components().all(|part| matches!(part, Component::Normal(_))));
        }
    }
}
