//! A registry with a password: Debian's docker-registry in a container, published on loopback.

use std::path::PathBuf;

use super::BUSYBOX;
use crate::it::support::{docker, until};

/// The user and the password in the test image.
pub(super) const USER: &str = "tester";
/// It is not URL-safe, in clear or in base64.
pub(super) const PASSWORD: &str = "p@ss/word";

/// A running registry with one image; it stops when it is dropped.
pub(super) struct Registry {
    container: String,
    /// `127.0.0.1:PORT`.
    pub(super) host: String,
    /// A login of the docker CLI, for pushes.
    config: tempfile::TempDir,
}

impl Registry {
    /// Starts it and pushes `team/service:1`, which is then removed from the engine.
    pub(super) fn start() -> Self {
        let container = docker(&["run", "--detach", "--publish", "127.0.0.1::5000", "cirun.local/registry:2"]);
        let container = container.trim().to_owned();
        let port = docker(&["port", &container, "5000/tcp"]);
        let host = port.lines().next().unwrap().trim().to_owned();
        let registry = Self { container, host, config: tempfile::tempdir().unwrap() };
        // The engine's own proxy accepts connections before the registry does.
        until("the registry answers", || {
            super::inputs::get(&registry.host, "/v2/").is_some_and(|text| !text.is_empty())
        });
        registry.login();
        docker(&["tag", BUSYBOX, &registry.image()]);
        let config = registry.config.path().display().to_string();
        docker(&["--config", &config, "push", &registry.image()]);
        registry.forget();
        registry
    }

    pub(super) fn image(&self) -> String {
        format!("{}/team/service:1", self.host)
    }

    /// Removes the image from the engine, so that the next run has to pull it.
    pub(super) fn forget(&self) {
        docker(&["rmi", &self.image()]);
    }

    /// The output of `docker login`.
    fn login(&self) {
        use base64::Engine as _;
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
        let text = serde_json::json!({"auths": {(self.host.clone()): {"auth": auth}}}).to_string();
        let file: PathBuf = self.config.path().join("config.json");
        std::fs::write(file, text).unwrap();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(std::process::Command::new("docker").args(["rm", "--force", "--volumes", &self.container]).output());
    }
}
