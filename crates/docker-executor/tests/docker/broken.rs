//! A stream that breaks before a step's end: never a success with lines missing.

use std::path::{Path, PathBuf};

use cirun_docker_executor::{ConnectOptions, DockerBackend, HostOs, connect};
use cirun_engine::{Backend, BackendError, Exit};
use cirun_plan::Profile;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{UnixListener, UnixStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::bench::{Bench, PATIENCE, code, plain, step, wires, with_gate};

/// The engine's socket behind a proxy that cuts the streams of containers on demand, and nothing else.
struct Proxy {
    socket: PathBuf,
    cut: CancellationToken,
}

impl Proxy {
    fn start(dir: &Path) -> Self {
        let host = std::env::var("DOCKER_HOST").unwrap_or_default();
        let engine = host.strip_prefix("unix://").unwrap_or("/var/run/docker.sock").to_owned();
        let (socket, cut) = (dir.join("proxy.sock"), CancellationToken::new());
        let listener = UnixListener::bind(&socket).unwrap();
        let cutting = cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, engine.clone(), cutting.clone()));
            }
        });
        Self { socket, cut }
    }
}

/// The client's connections carry several requests; that of a stream is its last one.
async fn forward(mut client: UnixStream, engine: String, cut: CancellationToken) {
    let mut server = UnixStream::connect(engine).await.unwrap();
    let mut piece = vec![0; 64 << 10];
    let mut answers = vec![0; 64 << 10];
    loop {
        tokio::select! {
            read = client.read(&mut piece) => match read {
                Ok(length @ 1..) => {
                    server.write_all(&piece[..length]).await.unwrap();
                    if String::from_utf8_lossy(&piece[..length]).lines().next().is_some_and(|line| line.contains("/attach?")) {
                        break;
                    }
                }
                Ok(0) | Err(_) => return,
            },
            read = server.read(&mut answers) => match read {
                Ok(length @ 1..) => if client.write_all(&answers[..length]).await.is_err() { return },
                Ok(0) | Err(_) => return,
            },
        }
    }
    tokio::select! {
        done = copy_bidirectional(&mut client, &mut server) => drop(done),
        () = cut.cancelled() => {}
    }
}

/// Runs a step whose stream is cut between its two lines; returns its output too.
async fn cut_between(bench: &Bench) -> (Result<Exit, BackendError>, String) {
    let proxy = Proxy::start(bench.dir.path());
    let options = ConnectOptions {
        docker_host: Some(format!("unix://{}", proxy.socket.display())),
        ..ConnectOptions::new(HostOs::current())
    };
    let backend = DockerBackend::new(connect(&options).await.unwrap(), bench.config.clone());
    bench.start_on(&backend, &[]).await;
    let step = step("a", "echo one; until test -e /harness/go; do sleep 0.05; done; echo two; printf end", |_| {});
    let (io, mut chunks) = wires();
    let reading = async {
        let mut out = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            out.extend_from_slice(&chunk.bytes);
            if out == b"one\n" {
                proxy.cut.cancel();
                std::fs::write(bench.workspace("go"), "").unwrap();
            }
        }
        String::from_utf8(out).unwrap()
    };
    let running = async {
        let io = io;
        backend.run(&step, io).await
    };
    let (exit, out) = timeout(PATIENCE, async { tokio::join!(running, reading) }).await.unwrap();
    assert_eq!(backend.destroy_stage(PATIENCE).await.unwrap(), Vec::<String>::new());
    (exit, out)
}

#[tokio::test]
async fn with_a_gate_it_is_an_error() {
    let bench = Bench::with(Profile::Kubernetes, with_gate).await;
    let (exit, out) = cut_between(&bench).await;
    let error = exit.unwrap_err().to_string();
    assert_eq!(error, "follow a step: the connection to its container broke before its end was known");
    assert!(out.starts_with("one\n"), "{out}");
}

#[tokio::test]
async fn without_a_gate_the_rest_comes_from_the_log() {
    let bench = Bench::with(Profile::Kubernetes, plain).await;
    let (exit, out) = cut_between(&bench).await;
    assert_eq!((exit.unwrap(), out.as_str()), (code(0), "one\ntwo\nend"));
}

/// Nothing comes twice if the step itself closes its output.
#[tokio::test]
async fn a_step_that_closes_its_output() {
    for change in [plain, with_gate] {
        let bench = Bench::with(Profile::Kubernetes, change).await;
        bench.start(&[]).await.unwrap();
        let ran = bench.run(&step("a", "echo one; echo two >&2; exec >&- 2>&-; sleep 1; exit 3", |_| {})).await;
        assert_eq!((ran.exit.clone(), ran.out().as_str(), &*ran.stderr), (code(3), "one\n", &b"two\n"[..]));
        bench.finish().await;
    }
}
