//! Containers that steps make by the guarded socket: one that is to have the engine's socket gets the guarded one.

use std::path::Path;

use http_body_util::{BodyExt, Limited};
use hyper::{Request, Response, body::Incoming, header::CONTENT_LENGTH};
use serde_json::Value;

use super::{
    answer::{self, Body, BoxError},
    forward,
    serve::Guard,
};

/// More than any description of a container has.
const MAX_BYTES: usize = 16 << 20;
/// Where the engine's socket usually is.
const USUAL: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// Answers `POST /containers/create`.
pub(super) async fn answer(guard: &Guard, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
    let (mut parts, body) = request.into_parts();
    let bytes = Limited::new(body, MAX_BYTES).collect().await?.to_bytes();
    let bytes = match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut container) => {
            guarded(&mut container, guard.engine_socket(), &guard.settings.socket());
            serde_json::to_vec(&container)?.into()
        }
        // The engine says what is wrong with it.
        Err(_) => bytes,
    };
    parts.headers.remove(CONTENT_LENGTH);
    let request = Request::from_parts(parts, answer::whole(bytes));
    Ok(forward::ask(guard.engine_socket(), request).await?.map(answer::passed))
}

/// Puts `guard` in the place of the engine's socket in the mounts of a container's description.
fn guarded(container: &mut Value, engine: &Path, guard: &Path) {
    let guard = guard.display().to_string();
    let is_engine = |source: &str| USUAL.contains(&source) || Path::new(source) == engine;
    let Some(host) = container.get_mut("HostConfig") else { return };
    for bind in host.get_mut("Binds").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some((source, rest)) = bind.as_str().and_then(|bind| bind.split_once(':'))
            && is_engine(source)
        {
            *bind = Value::String(format!("{guard}:{rest}"));
        }
    }
    for mount in host.get_mut("Mounts").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(source) = mount.get_mut("Source")
            && source.as_str().is_some_and(is_engine)
        {
            *source = Value::String(guard.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_engines_socket_is_replaced() {
        let mut container = json!({"Image": "a", "HostConfig": {
            "Binds": ["/var/run/docker.sock:/var/run/docker.sock:ro", "/src:/src", "volume:/v", "/run/me/docker.sock:/d"],
            "Mounts": [{"Type": "bind", "Source": "/run/docker.sock", "Target": "/s"}, {"Type": "tmpfs", "Target": "/t"}],
        }});
        guarded(&mut container, Path::new("/run/me/docker.sock"), Path::new("/g.sock"));
        assert_eq!(
            container["HostConfig"],
            json!({
                "Binds": ["/g.sock:/var/run/docker.sock:ro", "/src:/src", "volume:/v", "/g.sock:/d"],
                "Mounts": [{"Type": "bind", "Source": "/g.sock", "Target": "/s"}, {"Type": "tmpfs", "Target": "/t"}],
            })
        );
        for other in [json!({}), json!({"HostConfig": {"Binds": null, "Mounts": null}}), json!(7)] {
            let mut same = other.clone();
            guarded(&mut same, Path::new("/e"), Path::new("/g.sock"));
            assert_eq!(same, other);
        }
    }
}
