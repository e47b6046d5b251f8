//! Inspection of images through the proxied socket: a kept image has its registry's digest, as after a push there.

use http_body_util::{BodyExt, Limited};
use hyper::{Response, StatusCode, header::CONTENT_LENGTH};
use serde_json::Value;

use super::{
    answer::{self, Body, BoxError},
    asked::Asked,
    forward,
    state::{KeptDigest, Proxy},
};

/// Larger than any description of an image.
const MAX_BYTES: usize = 16 << 20;

/// Answers `GET /images/NAME/json`.
pub(super) async fn answer(proxy: &Proxy, asked: &Asked) -> Result<Response<Body>, BoxError> {
    let known = proxy.digests();
    if known.is_empty() {
        return forward::pass(proxy.engine_socket(), asked.plain()?).await;
    }
    let (mut parts, body) = forward::ask(proxy.engine_socket(), asked.plain()?).await?.into_parts();
    let bytes = Limited::new(body, MAX_BYTES).collect().await?.to_bytes();
    let bytes = match serde_json::from_slice::<Value>(&bytes) {
        Ok(mut image) if parts.status == StatusCode::OK => {
            add(&mut image, &known);
            serde_json::to_vec(&image)?.into()
        }
        Ok(_) | Err(_) => bytes,
    };
    parts.headers.remove(CONTENT_LENGTH);
    Ok(Response::from_parts(parts, answer::whole(bytes)))
}

fn add(image: &mut Value, known: &[KeptDigest]) {
    let id = image["Id"].as_str().unwrap_or_default().to_owned();
    let mut digests = image["RepoDigests"].as_array().cloned().unwrap_or_default();
    for digest in known.iter().filter(|digest| digest.id == id) {
        let name = Value::String(format!("{}@{}", digest.name, digest.digest));
        if !digests.contains(&name) {
            digests.push(name);
        }
    }
    if let Some(image) = image.as_object_mut() {
        image.insert("RepoDigests".to_owned(), Value::Array(digests));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn digests_of_the_image_and_no_other() {
        let digest = |id: &str, name: &str| KeptDigest { id: id.into(), name: name.into(), digest: "sha256:d".into() };
        let known = [digest("sha256:1", "r.io/a"), digest("sha256:2", "r.io/b"), digest("sha256:1", "r.io/a")];
        let mut image = json!({"Id": "sha256:1", "RepoDigests": null});
        add(&mut image, &known);
        assert_eq!(image["RepoDigests"], json!(["r.io/a@sha256:d"]));
    }
}
