//! A repository that is filled through the control plane only.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    Digest,
    testing::{Answer, Bench},
};

/// The media type of the images.
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of lists.
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An emulator with the repository `shop`.
pub(super) struct Shop {
    pub(super) bench: Bench,
}

impl Shop {
    pub(super) async fn new() -> Self {
        let shop = Self { bench: Bench::new() };
        assert_eq!(shop.bench.ecr("CreateRepository", r#"{"repositoryName":"shop"}"#).await.status, 200);
        shop
    }

    /// Calls an action about the repository.
    pub(super) async fn call(&self, action: &str, mut input: Value) -> Answer {
        input["repositoryName"] = json!("shop");
        self.bench.ecr(action, &input.to_string()).await
    }

    /// Calls an action that succeeds.
    pub(super) async fn done(&self, action: &str, input: Value) -> Value {
        let answer = self.call(action, input).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.text());
        answer.json()
    }

    /// Calls an action that is refused; returns the code and the message.
    pub(super) async fn refused(&self, action: &str, input: Value) -> (String, String) {
        let answer = self.call(action, input).await;
        assert_eq!(answer.status, 400, "{action}: {}", answer.text());
        let text = |name: &str| answer.json()[name].as_str().unwrap_or_default().to_owned();
        (text("__type"), text("message"))
    }

    /// Sends a layer in one part.
    pub(super) async fn layer(&self, content: &[u8]) -> Digest {
        let digest = Digest::of(content);
        let id = self.done("InitiateLayerUpload", json!({})).await["uploadId"].clone();
        let part = json!({
            "uploadId": id,
            "partFirstByte": 0,
            "partLastByte": content.len() - 1,
            "layerPartBlob": STANDARD.encode(content),
        });
        self.done("UploadLayerPart", part).await;
        let answer =
            self.call("CompleteLayerUpload", json!({ "uploadId": id, "layerDigests": [digest.to_string()] })).await;
        let is_known = answer.text().contains("LayerAlreadyExistsException");
        assert!(answer.status == 200 || is_known, "{}", answer.text());
        digest
    }

    /// Returns the text of a manifest whose parts exist.
    pub(super) async fn manifest(&self, name: &str) -> String {
        let (config, layer) = (self.layer(b"{}").await, self.layer(name.as_bytes()).await);
        json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "digest": config.to_string(), "size": 2 },
            "layers": [{ "digest": layer.to_string(), "size": name.len() }],
        })
        .to_string()
    }

    /// Puts an image with tags; returns its digest.
    pub(super) async fn image(&self, name: &str, tags: &[&str]) -> String {
        let manifest = self.manifest(name).await;
        self.put(&manifest, tags).await
    }

    /// Puts a list of images.
    pub(super) async fn list(&self, images: &[&str], tags: &[&str]) -> String {
        let images: Vec<Value> =
            images.iter().map(|digest| json!({ "mediaType": MANIFEST, "digest": digest, "size": 1 })).collect();
        let list = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": images }).to_string();
        self.put(&list, tags).await
    }

    async fn put(&self, manifest: &str, tags: &[&str]) -> String {
        if tags.is_empty() {
            self.done("PutImage", json!({ "imageManifest": manifest })).await;
        }
        for tag in tags {
            self.done("PutImage", json!({ "imageManifest": manifest, "imageTag": tag })).await;
        }
        Digest::of(manifest.as_bytes()).to_string()
    }

    /// Lists the images: digests with their tags.
    pub(super) async fn images(&self) -> Vec<(String, Vec<String>)> {
        let described = self.done("DescribeImages", json!({})).await;
        let texts = |value: &Value| {
            let texts = value.as_array().into_iter().flatten();
            texts.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let images = described["imageDetails"].as_array().unwrap().iter();
        images.map(|image| (image["imageDigest"].as_str().unwrap().to_owned(), texts(&image["imageTags"]))).collect()
    }
}
