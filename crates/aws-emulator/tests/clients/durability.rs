//! The emulator as a killed process: accepted data is still there afterwards, and an upload can be continued.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use cirun_aws_emulator::Digest;

/// A server process, killed at the latest when the test ends.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(data: &Path) -> Result<Self> {
        let mut child = Command::new(program()?).arg(data).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().context("stdout is piped")?).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }

    /// Sends one request and returns status and headers, and the body.
    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<(String, Vec<u8>)> {
        let mut stream = TcpStream::connect(&self.address)?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n",
            self.address
        )?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").context("an answer has a head")?;
        Ok((String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL: no code of the process runs after it.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Finds the example program that cargo builds with the tests.
fn program() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).context("tests lie in target/<profile>/deps")?;
    let program = profile.join("examples/serve");
    ensure!(program.exists(), "{} was not built with the tests", program.display());
    Ok(program)
}

fn header(head: &str, name: &str) -> Result<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
    let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned());
    value.with_context(|| format!("no {name} in {head}"))
}

#[test]
fn what_was_accepted_survives_a_kill_and_an_upload_goes_on() -> Result<()> {
    let data = tempfile::tempdir()?;
    let process = Process::start(data.path())?;
    let config = Digest::of(b"{}");
    let (head, _) = process.send("POST", &format!("/v2/shop/blobs/uploads/?digest={config}"), "", b"{}")?;
    ensure!(head.starts_with("HTTP/1.1 201"), "{head}");
    let manifest = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{config}","size":2}},"layers":[]}}"#);
    let kind = "content-type: application/vnd.oci.image.manifest.v1+json\r\n";
    let (head, _) = process.send("PUT", "/v2/shop/manifests/1", kind, manifest.as_bytes())?;
    ensure!(head.starts_with("HTTP/1.1 201"), "{head}");
    let (head, _) = process.send("POST", "/v2/shop/blobs/uploads/", "", b"")?;
    let upload = header(&head, "location")?;
    process.send("PATCH", &upload, "", b"first,")?;
    // A piece that breaks off in the middle, together with the process.
    let mut broken = TcpStream::connect(&process.address)?;
    write!(broken, "PATCH {upload} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nhal")?;
    drop(process);

    let process = Process::start(data.path())?;
    let (head, body) = process.send("GET", "/v2/shop/manifests/1", "", b"")?;
    ensure!(head.starts_with("HTTP/1.1 200") && body == manifest.as_bytes(), "{head}");
    let (_, body) = process.send("GET", &format!("/v2/shop/blobs/{config}"), "", b"")?;
    assert_eq!(body, b"{}");
    let (head, _) = process.send("GET", &upload, "", b"")?;
    let have: usize = header(&head, "range")?.trim_start_matches("0-").parse::<usize>()? + 1;
    let whole = b"first,half";
    ensure!((6..=9).contains(&have), "{head}");
    let digest = Digest::of(whole);
    let range = format!("content-range: {have}-{}\r\n", whole.len() - 1);
    let (head, _) = process.send("PUT", &format!("{upload}?digest={digest}"), &range, &whole[have..])?;
    ensure!(head.starts_with("HTTP/1.1 201"), "{head}");
    let (_, body) = process.send("GET", &format!("/v2/shop/blobs/{digest}"), "", b"")?;
    assert_eq!(body, whole);
    Ok(())
}
