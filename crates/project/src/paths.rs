//! Where cirun keeps its own files.

use std::{
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

/// Maximum length of a project's name in the name of its cache directory.
const SHOWN_NAME: usize = 40;

/// The directories of one user.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The user's home directory.
    pub home: PathBuf,
    /// The directory of `config.toml`.
    pub config: PathBuf,
    /// The directory of the certificate authority and the OIDC key.
    pub data: PathBuf,
    /// The directory of recorded runs and consents.
    pub state: PathBuf,
    /// The directory of the local caches of steps. Its content can be deleted.
    pub cache: PathBuf,
}

impl Paths {
    /// Resolves a path in `config.toml`: relative to the file's directory, or after `~/` to the home directory.
    pub fn of_user(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("~") {
            Ok(below) => self.home.join(below),
            Err(_) => self.config.join(path),
        }
    }

    /// The directory of all caches.
    pub fn caches(&self) -> PathBuf {
        self.cache.join("caches")
    }

    /// The directory of one project's caches. The project's path identifies it, and not its `origin`, which a step can change.
    pub fn caches_of(&self, project: &Path) -> PathBuf {
        let hash = hex::encode(Sha256::digest(project.as_os_str().as_encoded_bytes()));
        let name = project.file_name().unwrap_or_default().to_string_lossy();
        let plain = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let name: String = name.chars().map(plain).take(SHOWN_NAME).collect();
        self.caches().join(format!("{name}-{}", &hash[..16]))
    }

    /// The directory of all recorded runs.
    pub fn runs(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// The directory of one recorded run.
    pub fn run(&self, id: &str) -> PathBuf {
        self.runs().join(id)
    }

    /// The directory of the local OIDC issuer's key.
    pub fn oidc(&self) -> PathBuf {
        self.data.join("oidc")
    }
}

/// The nearest directory that contains `name`: `start` or one above.
pub fn find_upwards(start: &Path, name: &str) -> Option<PathBuf> {
    start.ancestors().find(|directory| directory.join(name).exists()).map(Path::to_owned)
}

/// Closes a directory to all users but its owner.
///
/// # Errors
/// The directory belongs to another user, or does not exist.
#[cfg(unix)]
pub fn close_to_others(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700))
}

/// Does nothing: on this system, a user's directory is closed already.
#[cfg(not(unix))]
pub fn close_to_others(_directory: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_directory_has_its_own_caches() {
        let at = |path: &str| PathBuf::from(path);
        let paths = Paths { home: at("/"), config: at("/"), data: at("/"), state: at("/"), cache: at("/cache") };
        let name = |project: &str| paths.caches_of(Path::new(project)).display().to_string();
        assert_eq!(name("/home/ada/my shop"), "/cache/caches/my-shop-4f41b45259a5b8cd");
        assert_ne!(name("/home/ada/shop"), name("/home/eve/shop"));
        assert!(name("/").starts_with("/cache/caches/-"));
    }
}
