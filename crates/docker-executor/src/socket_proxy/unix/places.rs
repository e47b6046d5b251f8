//! Maps paths in a step's requests to paths on this machine.
//!
//! In CI a path is the same on the machine and in the steps. Here the workspace and the run's files are elsewhere, so a
//! path is resolved as the step sees it, including links, and paths outside the stage's own directories are refused.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use super::{
    refusal::{MORE, Refusal},
    walk::{Missing, Mounted, Walk, below},
};
use crate::SocketReach;

/// The paths of the engine's socket in containers.
const USUAL: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];
/// Sockets that give as many rights as the engine's.
const OTHERS: [&str; 7] = [
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/docker/containerd/containerd.sock",
    "/run/podman/podman.sock",
    "/run/crio/crio.sock",
    "/run/buildkit/buildkitd.sock",
    "/run/k3s/containerd/containerd.sock",
];

/// The mapping of paths in a stage's containers.
#[derive(Debug, Clone)]
pub(super) struct Places {
    /// The workspace and the run's directory.
    pub(super) mounted: Vec<Mounted>,
    /// The shared paths: their paths in the containers, and their volumes.
    pub(super) shared: Vec<(PathBuf, String)>,
    /// The engine's socket.
    pub(super) engine: PathBuf,
    /// The proxy's own socket.
    pub(super) proxy: PathBuf,
    pub(super) reach: SocketReach,
}

/// The source of a mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MountSource {
    /// A path of this machine.
    Path(PathBuf),
    /// A volume.
    Volume(String),
}

impl Places {
    /// Resolves a path that a step asks the engine to mount.
    ///
    /// # Errors
    /// A path outside the stage, or one that gives access to the engine.
    pub(super) fn find(&self, asked: &str, missing: Missing) -> Result<MountSource, Refusal> {
        let path = clean(asked).ok_or_else(|| Refusal::bad(format_args!("`{asked}` is not an absolute path")))?;
        if USUAL.iter().any(|usual| path == Path::new(usual)) || path == self.engine {
            return Ok(MountSource::Path(self.proxy.clone()));
        }
        if let Some((place, volume)) = self.shared.iter().find(|(place, _)| path.starts_with(place)) {
            if path == *place {
                return Ok(MountSource::Volume(volume.clone()));
            }
            let reason = format!("it is in the shared path `{}`: mount that path", place.display());
            return Err(Refusal::forbidden(format_args!("a mount of `{asked}`"), &reason));
        }
        let within = self.mounted.iter().filter(|mounted| path.starts_with(&mounted.container));
        let found = match within.max_by_key(|mounted| mounted.container.as_os_str().len()) {
            Some(mounted) => {
                let rest = path.strip_prefix(&mounted.container).unwrap_or(&path);
                Walk::new(mounted, asked, missing)?.go(rest)?
            }
            None => self.elsewhere(asked, &path)?,
        };
        self.leads_to_no_engine(asked, found)
    }

    /// Resolves a path of the machine itself.
    fn elsewhere(&self, asked: &str, path: &Path) -> Result<PathBuf, Refusal> {
        // The engine's socket, by any other path.
        if let (Ok(real), Ok(engine)) = (fs::canonicalize(path), fs::canonicalize(&self.engine))
            && real == engine
        {
            return Ok(self.proxy.clone());
        }
        if self.reach == SocketReach::Limited {
            let mounted: Vec<_> = self.mounted.iter().map(|place| format!("`{}`", place.container.display())).collect();
            let reason = format!("it is not below {}; {MORE}", mounted.join(" or "));
            return Err(Refusal::forbidden(format_args!("a mount of `{asked}`, a path of this machine"), &reason));
        }
        // The engine creates a path that does not exist, below one that does.
        let there = path.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
        let (above, real) = there.unwrap_or((Path::new("/"), PathBuf::from("/")));
        Ok(below(&real, path.strip_prefix(above).unwrap_or(Path::new(""))))
    }

    fn leads_to_no_engine(&self, asked: &str, found: PathBuf) -> Result<MountSource, Refusal> {
        if found == self.proxy {
            return Ok(MountSource::Path(found));
        }
        if found.starts_with("/proc") {
            let reason = "the links of processes lead to every file of the machine";
            return Err(Refusal::forbidden(format_args!("a mount of `{asked}`"), reason));
        }
        let metadata = fs::metadata(&found).ok();
        let is_same = |socket: &Path| match (fs::metadata(socket), &metadata) {
            (Ok(socket), Some(found)) => (socket.dev(), socket.ino()) == (found.dev(), found.ino()),
            (Ok(_) | Err(_), _) => false,
        };
        if is_same(&self.engine) {
            return Ok(MountSource::Path(self.proxy.clone()));
        }
        let sockets = std::iter::once(self.engine.as_path()).chain(OTHERS.iter().map(Path::new));
        for socket in sockets {
            let real = fs::canonicalize(socket).unwrap_or_else(|_| socket.to_owned());
            if real.starts_with(&found) || is_same(socket) {
                let reason = "the socket of an engine is there, and gives root on the machine";
                return Err(Refusal::forbidden(format_args!("a mount of `{asked}`"), reason));
            }
        }
        Ok(MountSource::Path(found))
    }
}

/// The path without dots and empty parts, as the engine reads it; `None` if it is not absolute.
fn clean(path: &str) -> Option<PathBuf> {
    let mut clean = PathBuf::from("/");
    for component in Path::new(path).has_root().then(|| Path::new(path).components())? {
        match component {
            Component::Normal(part) => clean.push(part),
            Component::ParentDir => drop(clean.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Some(clean)
}

#[cfg(test)]
mod tests;
