//! The login that the engine sends to a registry.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use cirun_docker_executor::DockerConfig;
use cirun_plan::{Profile, PullPolicy, RegistryAuth, RegistryPassword, Secret};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use super::bench::{Bench, step};

/// In standard base64 it has a `/` at any offset; the engine only accepts the URL-safe alphabet.
const PASSWORD: &str = "p???~~~>>>w";

/// A registry that requires a password and has no images.
struct Registry {
    address: String,
    /// The logins that it received.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&log)));
            }
        });
        Self { address, seen }
    }

    fn logins(&self) -> Vec<String> {
        let mut logins = self.seen.lock().unwrap().clone();
        logins.dedup();
        logins
    }
}

async fn answer(stream: TcpStream, log: Arc<Mutex<Vec<String>>>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut login = None;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if let Some(basic) = line.trim().strip_prefix("Authorization: Basic ") {
                login = STANDARD.decode(basic).ok().and_then(|text| String::from_utf8(text).ok());
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let answer = match login {
            Some(login) => {
                log.lock().unwrap().push(login);
                "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 66\r\n\r\n\
                 {\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"there is none\"}]}"
            }
            None => {
                "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"test\"\r\n\
                 Docker-Distribution-Api-Version: registry/2.0\r\nContent-Length: 0\r\n\r\n"
            }
        };
        stream.write_all(answer.as_bytes()).await?;
    }
}

#[tokio::test]
async fn the_connectors_login_wins_over_the_users() {
    let registry = Registry::start().await;
    let home = tempfile::tempdir().unwrap();
    let auth = STANDARD.encode(format!("user:{PASSWORD}"));
    let config = format!(r#"{{"auths":{{"{}":{{"auth":"{auth}"}}}}}}"#, registry.address);
    std::fs::write(home.path().join("config.json"), config).unwrap();
    let logins = DockerConfig::load(home.path()).unwrap();
    let connector = RegistryAuth::Password(RegistryPassword {
        registry: registry.address.clone(),
        username: "connector".into(),
        password: Secret::new(PASSWORD),
    });
    for (auth, expected) in [(None, "user"), (Some(connector), "connector")] {
        let bench = Bench::with(Profile::Docker, |config| config.docker_config = logins.clone()).await;
        let step = step("private", "", |container| {
            container.image = format!("{}/private:1", registry.address);
            container.pull = PullPolicy::Always;
            container.registry_auth = auth;
        });
        let error = bench.start(&[&step]).await.unwrap_err().to_string();
        assert!(error.contains("check the name"), "{error}");
        assert_eq!(registry.logins().last(), Some(&format!("{expected}:{PASSWORD}")));
        bench.finish().await;
    }
}
