//! Where cirun keeps its own files.

use std::path::{Path, PathBuf};

use cirun_diagnostics::Failure;
use etcetera::{BaseStrategy, choose_base_strategy};

/// The directories of one user.
#[derive(Debug, Clone)]
pub(crate) struct Paths {
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
    /// The directories by the system's convention (XDG on Linux and macOS).
    pub(crate) fn find() -> Result<Self, Failure> {
        let base = choose_base_strategy().map_err(|_| {
            Failure::usage("there is no home directory").help("set HOME to a directory that cirun can write to")
        })?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir().join("state"));
        Ok(Self {
            home: base.home_dir().to_owned(),
            config: base.config_dir().join("cirun"),
            data: base.data_dir().join("cirun"),
            state: state.join("cirun"),
            cache: base.cache_dir().join("cirun"),
        })
    }

    /// A path in the user's `config.toml`: relative to its directory, or to the home after `~/`.
    pub(crate) fn of_user(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("~") {
            Ok(below) => self.home.join(below),
            Err(_) => self.config.join(path),
        }
    }

    /// The caches of steps that save and restore them.
    pub(crate) fn caches(&self) -> PathBuf {
        self.cache.join("caches")
    }

    /// The records of runs.
    pub(crate) fn runs(&self) -> PathBuf {
        self.state.join("runs")
    }

    /// The directory of a recorded run.
    pub(crate) fn run(&self, id: &str) -> PathBuf {
        self.runs().join(id)
    }

    /// The key of this machine's OIDC issuer.
    pub(crate) fn oidc(&self) -> PathBuf {
        self.data.join("oidc")
    }
}

/// The nearest directory from `start` upwards that holds `name`.
pub(crate) fn find_upwards(start: &Path, name: &str) -> Option<PathBuf> {
    start.ancestors().find(|directory| directory.join(name).exists()).map(Path::to_owned)
}
