//! The current docker context: `config.json` names it, `contexts/meta/*/meta.json` describes it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::candidates::{Candidate, ConnectOptions};

#[derive(Deserialize)]
struct Config {
    #[serde(rename = "currentContext", default)]
    current_context: String,
}

#[derive(Deserialize)]
struct Meta {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Endpoints")]
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Option<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(rename = "Host", default)]
    host: String,
}

/// Why the current context is not known.
#[derive(Debug, thiserror::Error)]
pub(super) enum ContextError {
    #[error("{}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        source: io::Error,
    },
    #[error("docker context `{0}` does not exist: see `docker context ls`")]
    Missing(String),
}

/// The context that the docker CLI would use; `None` for the default one.
pub(super) fn current(options: &ConnectOptions) -> Result<Option<Candidate>, ContextError> {
    let Some(dir) = &options.config_dir else { return Ok(None) };
    let named = match &options.docker_context {
        Some(name) => name.clone(),
        None => configured(&dir.join("config.json"))?,
    };
    if named.is_empty() || named == "default" {
        return Ok(None);
    }
    find(dir, &named)
}

fn configured(path: &Path) -> Result<String, ContextError> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str::<Config>(&text)
            .map(|config| config.current_context)
            .map_err(|error| ContextError::Unreadable { path: path.to_owned(), source: error.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(ContextError::Unreadable { path: path.to_owned(), source }),
    }
}

/// A hash of the context's name is the directory's name; reading all of them avoids computing it.
fn find(dir: &Path, name: &str) -> Result<Option<Candidate>, ContextError> {
    let missing = || ContextError::Missing(name.to_owned());
    for entry in fs::read_dir(dir.join("contexts/meta")).map_err(|_| missing())?.flatten() {
        let Ok(text) = fs::read_to_string(entry.path().join("meta.json")) else { continue };
        let Ok(meta) = serde_json::from_str::<Meta>(&text) else { continue };
        if meta.name != name {
            continue;
        }
        let address = meta.endpoints.docker.map(|endpoint| endpoint.host).filter(|host| !host.is_empty());
        let tls = dir.join("contexts/tls").join(entry.file_name()).join("docker");
        let tls = tls.join("key.pem").exists().then_some(tls);
        return Ok(address.map(|address| Candidate { address, source: format!("docker context `{name}`"), tls }));
    }
    Err(missing())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostOs;

    fn with(files: &[(&str, &str)], context: Option<&str>) -> String {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let options = ConnectOptions {
            config_dir: Some(dir.path().to_owned()),
            docker_context: context.map(str::to_owned),
            ..ConnectOptions::new(HostOs::Linux)
        };
        match current(&options) {
            Ok(Some(found)) => format!("{} ({}) tls {}", found.address, found.source, found.tls.is_some()),
            Ok(None) => "none".to_owned(),
            Err(error) => error.to_string().replace(&dir.path().display().to_string(), "DIR"),
        }
    }

    const META: &str = r#"{"Name":"colima","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///c.sock"}}}"#;

    #[test]
    fn the_current_context() {
        let config = ("config.json", r#"{"currentContext":"colima"}"#);
        let meta = ("contexts/meta/ab12/meta.json", META);
        assert_eq!(with(&[config, meta], None), "unix:///c.sock (docker context `colima`) tls false");
        let key = ("contexts/tls/ab12/docker/key.pem", "");
        assert_eq!(with(&[config, meta, key], None), "unix:///c.sock (docker context `colima`) tls true");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = ("config.json", r#"{"currentContext":"other"}"#);
        assert_eq!(with(&[config, ("contexts/meta/x/meta.json", META)], Some("default")), "none");
    }

    #[test]
    fn nothing_configured() {
        assert_eq!(with(&[], None), "none");
        assert_eq!(with(&[("config.json", "{}")], None), "none");
    }

    #[test]
    fn problems_are_reported() {
        insta::assert_snapshot!(with(&[("config.json", "{")], None), @"DIR/config.json: EOF while parsing an object at line 1 column 1");
        insta::assert_snapshot!(with(&[], Some("gone")), @"docker context `gone` does not exist: see `docker context ls`");
    }
}
