//! The user's registry logins: `config.json` of the docker CLI, and the credential helpers that it names.

use std::{collections::BTreeMap, fs, io, path::Path, process::Stdio};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bollard::auth::DockerCredentials;
use cirun_engine::BackendError;
use cirun_image_ref::{DOCKER_HUB, DOCKER_HUB_INDEX, canonical_registry};
use cirun_plan::{RegistryPassword, Secret};
use serde::Deserialize;
use tokio::{io::AsyncWriteExt, process::Command};

/// The logins of `~/.docker/config.json`; [`Default`] has none.
#[derive(Debug, Clone, Default)]
pub struct DockerConfig {
    logins: BTreeMap<String, Login>,
    store: Option<String>,
    helpers: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Login {
    Password { username: String, password: Secret },
    Token(Secret),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
    creds_store: Option<String>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Auth {
    auth: Option<String>,
    identitytoken: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

impl DockerConfig {
    /// Reads `config.json` in `dir`; a file that does not exist has no logins.
    ///
    /// # Errors
    /// [`BackendError::Io`] if the file cannot be read, or does not have the expected form.
    pub fn load(dir: &Path) -> Result<Self, BackendError> {
        let path = dir.join("config.json");
        let broken = |source: io::Error| BackendError::Io { what: format!("read {}", path.display()), source };
        match fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text).map_err(|error| broken(io::Error::new(io::ErrorKind::InvalidData, error))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(broken(error)),
        }
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_str(text)?;
        let logins =
            file.auths.into_iter().filter_map(|(key, auth)| Some((canonical_registry(&key), read_login(&auth)?)));
        Ok(Self {
            logins: logins.collect(),
            store: file.creds_store.filter(|name| !name.is_empty()),
            helpers: file.cred_helpers.into_iter().map(|(key, name)| (canonical_registry(&key), name)).collect(),
        })
    }

    /// The login for a registry: from its own helper, else from the store, else from the file.
    pub(super) async fn login(&self, registry: &str) -> Option<DockerCredentials> {
        let registry = &canonical_registry(registry);
        if let Some(helper) = self.helpers.get(registry).or(self.store.as_ref())
            && let Some(login) = ask_helper(helper, registry).await
        {
            return Some(credentials(&login, registry));
        }
        self.logins.get(registry).map(|login| credentials(login, registry))
    }
}

/// The login of a connector.
pub(super) fn connector_login(auth: &RegistryPassword) -> DockerCredentials {
    let login = Login::Password { username: auth.username.clone(), password: auth.password.clone() };
    credentials(&login, &auth.registry)
}

fn credentials(login: &Login, registry: &str) -> DockerCredentials {
    let serveraddress = Some(key_of(registry).to_owned());
    match login {
        Login::Password { username, password } => DockerCredentials {
            username: Some(username.clone()),
            password: Some(password.expose().to_owned()),
            serveraddress,
            ..Default::default()
        },
        Login::Token(token) => {
            DockerCredentials { identitytoken: Some(token.expose().to_owned()), serveraddress, ..Default::default() }
        }
    }
}

fn read_login(auth: &Auth) -> Option<Login> {
    if let Some(token) = auth.identitytoken.as_ref().filter(|token| !token.is_empty()) {
        return Some(Login::Token(Secret::new(token)));
    }
    let decoded = STANDARD.decode(auth.auth.as_deref()?).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (username, password) = text.split_once(':')?;
    Some(Login::Password { username: username.to_owned(), password: Secret::new(password.trim_end_matches('\0')) })
}

/// The key of a registry in the file and in helpers.
fn key_of(registry: &str) -> &str {
    if registry == DOCKER_HUB { DOCKER_HUB_INDEX } else { registry }
}

/// Runs a credential helper: the server on stdin, JSON on stdout. A helper that is missing or has no login is not an
/// error: most images need none, and a refusal of the registry is reported with the image.
async fn ask_helper(name: &str, registry: &str) -> Option<Login> {
    let mut child = Command::new(format!("docker-credential-{name}"))
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(key_of(registry).as_bytes()).await.ok()?;
    let output = child.wait_with_output().await.ok()?;
    if !output.status.success() {
        return None;
    }
    parse_answer(&output.stdout)
}

fn parse_answer(stdout: &[u8]) -> Option<Login> {
    let answer: HelperAnswer = serde_json::from_slice(stdout).ok()?;
    let secret = Secret::new(answer.secret);
    Some(if answer.username == "<token>" {
        Login::Token(secret)
    } else {
        Login::Password { username: answer.username, password: secret }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn login(config: &str, registry: &str) -> String {
        match DockerConfig::parse(config).unwrap().login(registry).await {
            Some(login) => format!(
                "{}:{} token {} at {}",
                login.username.unwrap_or_default(),
                login.password.unwrap_or_default(),
                login.identitytoken.unwrap_or_default(),
                login.serveraddress.unwrap_or_default()
            ),
            None => "none".to_owned(),
        }
    }

    #[tokio::test]
    async fn of_the_file() {
        let config =
            r#"{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6cDp3"},"reg:5000":{"identitytoken":"t"},"x":{}}}"#;
        assert_eq!(login(config, "docker.io").await, "me:p:w token  at https://index.docker.io/v1/");
        assert_eq!(login(config, "reg:5000").await, ": token t at reg:5000");
        assert_eq!(login(config, "x").await, "none");
    }

    #[tokio::test]
    async fn a_helper_that_is_not_installed_falls_back_to_the_file() {
        let config = r#"{"auths":{"r.io":{"auth":"YTpi"}},"credsStore":"cirun-no-such-helper"}"#;
        assert_eq!(login(config, "r.io").await, "a:b token  at r.io");
    }

    #[test]
    fn answers_of_helpers() {
        let token = parse_answer(br#"{"ServerURL":"r","Username":"<token>","Secret":"s"}"#);
        assert_eq!(token, Some(Login::Token(Secret::new("s"))));
        let password = parse_answer(br#"{"Username":"me","Secret":"s"}"#);
        assert_eq!(password, Some(Login::Password { username: "me".into(), password: Secret::new("s") }));
        assert_eq!(parse_answer(b"credentials not found in native keychain"), None);
    }
}
