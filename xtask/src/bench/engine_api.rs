//! The engine's own API over its socket: what a container costs without any client around it.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// Creates, starts, waits for and removes a container that runs `command`.
pub(super) fn run_container(socket: &Path, image: &str, command: &[&str]) -> Result<()> {
    let created = request(socket, "POST", "/containers/create", &json!({"Image": image, "Cmd": command}))?;
    let id = created["Id"].as_str().context("the engine gives a new container an id")?;
    request(socket, "POST", &format!("/containers/{id}/start"), &Value::Null)?;
    let ended = request(socket, "POST", &format!("/containers/{id}/wait"), &Value::Null)?;
    request(socket, "DELETE", &format!("/containers/{id}"), &Value::Null)?;
    if ended["StatusCode"] == 0 { Ok(()) } else { bail!("the container ended with {ended}") }
}

/// One request on a connection of its own. HTTP/1.0, so that the answer has no chunks.
fn request(socket: &Path, method: &str, path: &str, body: &Value) -> Result<Value> {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let mut stream = UnixStream::connect(socket).with_context(|| socket.display().to_string())?;
    write!(
        stream,
        "{method} /v1.41{path} HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    parsed(&answer).with_context(|| format!("{method} {path}"))
}

/// The JSON of an answer; null if it has no body.
fn parsed(answer: &str) -> Result<Value> {
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of its headers")?;
    let status: u16 = head.split(' ').nth(1).and_then(|code| code.parse().ok()).context("the answer has no status")?;
    match status {
        204 => Ok(Value::Null),
        200..300 => Ok(serde_json::from_str(body)?),
        _ => bail!("the engine answered {status}: {}", body.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_json_or_the_engines_error() {
        assert_eq!(parsed("HTTP/1.0 201 Created\r\nA: b\r\n\r\n{\"Id\":\"c0\"}\n").unwrap()["Id"], "c0");
        assert_eq!(parsed("HTTP/1.0 204 No Content\r\n\r\n").unwrap(), Value::Null);
        let refused = parsed("HTTP/1.0 404 Not Found\r\n\r\n{\"message\":\"no such image\"}\n").unwrap_err();
        assert_eq!(refused.to_string(), "the engine answered 404: {\"message\":\"no such image\"}");
    }
}
