//! Where cirun keeps its own files.

use std::{
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// The most characters of a project's name in the name of its caches.
const SHOWN_NAME: usize = 40;

/// The directories of one user.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The user's home.
    pub home: PathBuf,
    /// `config.toml`.
    pub config: PathBuf,
    /// The certificate authority, the OIDC key.
    pub data: PathBuf,
    /// Recorded runs.
    pub state: PathBuf,
    /// What may be thrown away: the local caches of steps.
    pub cache: PathBuf,
}

impl Paths {
    /// A path in the user's `config.toml`: relative to its directory, or to the home after `~/`.
    pub fn of_user(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("~") {
            Ok(below) => self.home.join(below),
            Err(_) => self.config.join(path),
        }
    }

    /// The caches of steps that save and restore them.
    pub fn caches(&self) -> PathBuf {
        self.cache.join("caches")
    }

    /// The caches of one project: those of its directory, and of no other one. Its `origin` does not matter, because a step
    /// can change it.
    pub fn caches_of(&self, project: &Path) -> PathBuf {
        let hash = hex::encode(Sha256::digest(project.as_os_str().as_encoded_bytes()));
        let name = project.file_name().unwrap_or_default().to_string_lossy();
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let name: String = name.chars().map(plain).take(SHOWN_NAME).collect();
        self.caches().join(format!("{name}-{}", &hash[..16]))
    }

    /// The records of runs.
    pub fn runs(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// The directory of a recorded run.
    pub fn run(&self, id: &str) -> PathBuf {
        self.runs().join(id)
    }

    /// The key of this machine's OIDC issuer.
    pub fn oidc(&self) -> PathBuf {
        self.data.join("oidc")
    }
}

/// The nearest directory from `start` upwards that holds `name`.
pub fn find_upwards(start: &Path, name: &str) -> Option<PathBuf> {
    start.ancestors().find(|directory| directory.join(name).exists()).map(Path::to_owned)
}

/// Makes a directory accessible to its owner only.
///
/// # Errors
/// The directory is someone else's, or is gone.
#[cfg(unix)]
pub fn close_to_others(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))
}

/// Where files have no owner, a user's directory is closed already.
#[cfg(not(unix))]
pub fn close_to_others(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caches_of_a_directory_are_its_own() {
        let at = |path: &str| PathBuf::from(path);
        let paths = Paths { home: at("/"), config: at("/"), data: at("/"), state: at("/"), cache: at("/cache") };
        let name = |project: &str| paths.caches_of(Path::new(project)).display().to_string();
        assert_eq!(name("/home/ada/my shop"), "/cache/caches/my-shop-4f41b45259a5b8cd");
        assert_ne!(name("/home/ada/shop"), name("/home/eve/shop"));
        assert!(name("/").starts_with("/cache/caches/-"));
    }
}
