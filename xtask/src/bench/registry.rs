//! `cargo xtask bench registry`: the emulator's container, and its registry compared with docker-registry.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::millis;
use crate::{
    apt, engine, project,
    sh::{Cmd, installed},
};

/// The registry's container, separate from the machine's own.
const NAME: &str = "cirun-registry-bench";
/// Layers of the image, pushed concurrently by the client.
const LAYERS: u64 = 4;
/// The timeout for a server's response.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures the container, then pushes.
pub(super) fn run(binary: &Path, megabytes: u64, rounds: u32) -> Result<()> {
    container(binary)?;
    if !installed("skopeo") {
        apt::install(&["skopeo"], "the registry's bench")?;
    }
    let image = image(megabytes)?;
    let theirs = docker_registry()?;
    println!(
        "\na push of {megabytes} MB in {LAYERS} layers by skopeo, {rounds} rounds each in turn; the fastest counts"
    );
    let (mut best, mut peak) = ([Duration::MAX; 2], [0; 2]);
    for _ in 0..rounds.max(1) {
        for (index, start) in [cirun_registry, docker_registry_server].into_iter().enumerate() {
            let program = if index == 0 { binary } else { theirs.as_path() };
            let data = project::cache_dir("bench")?.join(format!("data-{index}"));
            let server = start(program, &data)?;
            best[index] = best[index].min(push(&image, server.port)?);
            peak[index] = peak[index].max(server.peak_kilobytes()?);
            drop(server);
            fs::remove_dir_all(&data)?;
        }
    }
    println!("{:<16} {:>10} {:>12} {:>14}", "", "push", "MB a second", "peak memory");
    for (index, name) in ["cirun", "docker-registry"].into_iter().enumerate() {
        let speed = megabytes as f64 / best[index].as_secs_f64();
        let memory = format!("{:.1} MB", peak[index] as f64 / 1000.0);
        println!("{name:<16} {:>10} {speed:>12.0} {memory:>14}", millis(best[index]));
    }
    println!("ratio of speeds: {:.2} (1 is docker-registry's)", best[1].as_secs_f64() / best[0].as_secs_f64());
    Ok(())
}

/// Measures the start of the container that cirun itself creates, and its memory.
fn container(binary: &Path) -> Result<()> {
    let engine = engine::ensure()?;
    let docker = |args: &[&str]| engine.docker().args(args).read().map(|text| text.trim().to_owned());
    // Collecting garbage creates the image and the container of this build.
    let made = Cmd::new(binary).args(["aws", "gc", "--dry-run"]).env("CIRUN_REGISTRY", NAME);
    made.env("DOCKER_HOST", engine.host()).read()?;
    let mut best = Duration::MAX;
    for _ in 0..5 {
        docker(&["stop", "--time", "5", NAME])?;
        let begun = Instant::now();
        docker(&["start", NAME])?;
        let port = docker(&["port", NAME, "5000/tcp"])?;
        let port =
            port.lines().next().and_then(|line| line.rsplit_once(':')).context("the container publishes a port")?;
        answering(port.1.parse()?)?;
        best = best.min(begun.elapsed());
    }
    let pid: u32 = docker(&["inspect", "--format", "{{.State.Pid}}", NAME])?.parse()?;
    let memory = peak_kilobytes(pid)? as f64 / 1000.0;
    let image = docker(&["inspect", "--format", "{{.Image}}", NAME])?;
    let size: u64 = docker(&["image", "inspect", "--format", "{{.Size}}", &image])?.parse()?;
    docker(&["rm", "--force", NAME])?;
    docker(&["volume", "rm", NAME])?;
    println!("the emulator's container: ready in {} (docker start and first answer)", millis(best));
    println!("  memory {memory:.1} MB, image {:.1} MB", size as f64 / 1e6);
    Ok(())
}

/// A server that stops with the bench.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(mut command: Command, port: u16) -> Result<Self> {
        let log = File::create(project::cache_dir("bench")?.join("server.log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let server = Self { child: command.spawn().context("cannot start the server")?, port };
        answering(port)?;
        Ok(server)
    }

    fn peak_kilobytes(&self) -> Result<u64> {
        peak_kilobytes(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn cirun_registry(binary: &Path, data: &Path) -> Result<Server> {
    let port = free_port()?;
    let mut command = Command::new(binary);
    command.args([
        "aws",
        "serve",
        "--create-repository",
        "--port",
        &port.to_string(),
        "--tls",
        "127.0.0.1:0",
        "--data",
    ]);
    command.arg(data);
    Server::start(command, port)
}

fn docker_registry_server(binary: &Path, data: &Path) -> Result<Server> {
    let port = free_port()?;
    let file = project::cache_dir("bench")?.join("docker-registry.yml");
    let settings = format!(
        "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\n\
         http: {{addr: '127.0.0.1:{port}'}}\n",
        data.display()
    );
    fs::write(&file, settings)?;
    let mut command = Command::new(binary);
    command.arg("serve").arg(file);
    Server::start(command, port)
}

/// Debian's package, unpacked and not installed.
fn docker_registry() -> Result<PathBuf> {
    let dir = project::cache_dir("bench/docker-registry")?;
    let program = dir.join("usr/bin/docker-registry");
    if !program.exists() {
        let wanted = ["docker-registry".to_owned()];
        let mut packages = apt::closure(&wanted, &["libc6".to_owned()], &dir)?;
        packages.retain(|package| package.name == wanted[0]);
        for file in apt::download(&packages, &dir)? {
            Cmd::new("dpkg-deb").arg("--extract").arg(file).arg(&dir).read()?;
        }
    }
    ensure!(program.exists(), "docker-registry brings no {}", program.display());
    Ok(program)
}

/// Pushes the image once, to a new name.
fn push(image: &Path, port: u16) -> Result<Duration> {
    let target = format!("docker://127.0.0.1:{port}/bench:1");
    let begun = Instant::now();
    // Without compressing the layers again, which would measure the client.
    Cmd::new("skopeo")
        .args(["--insecure-policy", "copy", "--quiet", "--preserve-digests", "--dest-tls-verify=false"])
        .arg(format!("oci:{}", image.display()))
        .arg(target)
        .read()?;
    Ok(begun.elapsed())
}

/// An OCI layout of random layers; kept between benches.
fn image(megabytes: u64) -> Result<PathBuf> {
    let dir = project::cache_dir("bench")?.join(format!("image-{megabytes}"));
    let ready = dir.join("oci-layout");
    if ready.exists() {
        return Ok(dir);
    }
    let blobs = dir.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    for _ in 0..LAYERS {
        let (digest, size) = random_blob(&blobs, megabytes * 1_000_000 / LAYERS)?;
        layers.push(json!({ "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": size }));
        diff_ids.push(digest);
    }
    let store = |value: serde_json::Value, kind: &str| -> Result<serde_json::Value> {
        let text = value.to_string();
        let hex = hex::encode(Sha256::digest(&text));
        fs::write(blobs.join(&hex), &text)?;
        Ok(json!({ "mediaType": kind, "digest": format!("sha256:{hex}"), "size": text.len() }))
    };
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {}, "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = store(config, "application/vnd.oci.image.config.v1+json")?;
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = store(json!({ "schemaVersion": 2, "mediaType": kind, "config": config, "layers": layers }), kind)?;
    fs::write(dir.join("index.json"), json!({ "schemaVersion": 2, "manifests": [manifest] }).to_string())?;
    fs::write(ready, r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(dir)
}

fn random_blob(blobs: &Path, size: u64) -> Result<(String, u64)> {
    let aside = blobs.join("aside");
    let (mut source, mut file, mut hash) =
        (File::open("/dev/urandom")?.take(size), File::create(&aside)?, Sha256::new());
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = source.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
        file.write_all(&buffer[..count])?;
    }
    let hex = hex::encode(hash.finalize());
    fs::rename(aside, blobs.join(&hex))?;
    Ok((format!("sha256:{hex}"), size))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Waits until a registry responds on the port.
fn answering(port: u16) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !asked(port).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")) {
        if Instant::now() > deadline {
            bail!("nothing answers on port {port}");
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

fn asked(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"GET /v2/ HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The maximum memory of a process.
fn peak_kilobytes(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process is not on this machine")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let value = line.and_then(|line| line.split_whitespace().next()).context("the kernel reports no peak")?;
    Ok(value.parse::<u64>()? * 1024 / 1000)
}
