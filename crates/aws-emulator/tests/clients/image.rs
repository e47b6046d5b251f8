//! Images for the clients to push: OCI layouts with layers of any size.

use std::{fs, path::Path};

use anyhow::Result;
use cirun_aws_emulator::Digest;
use serde_json::json;

/// Writes an OCI layout with one image of these layers and returns its digest.
pub(crate) fn write_layout(dir: &Path, layers: &[Vec<u8>]) -> Result<Digest> {
    let blobs = dir.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    let store = |bytes: &[u8], media_type: &str| -> Result<serde_json::Value> {
        let digest = Digest::of(bytes);
        fs::write(blobs.join(digest.hex()), bytes)?;
        Ok(json!({ "mediaType": media_type, "digest": digest.to_string(), "size": bytes.len() }))
    };
    let layer = |bytes: &Vec<u8>| store(bytes, "application/vnd.oci.image.layer.v1.tar");
    let descriptors = layers.iter().map(layer).collect::<Result<Vec<_>>>()?;
    let diff_ids: Vec<String> = layers.iter().map(|layer| Digest::of(layer).to_string()).collect();
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
    });
    let config = store(config.to_string().as_bytes(), "application/vnd.oci.image.config.v1+json")?;
    let manifest_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({ "schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": descriptors });
    let manifest = manifest.to_string();
    let index = json!({ "schemaVersion": 2, "manifests": [store(manifest.as_bytes(), manifest_type)?] });
    fs::write(dir.join("index.json"), index.to_string())?;
    fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(Digest::of(manifest.as_bytes()))
}

/// Returns the bytes of an empty tar archive with a comment, so that two layers can differ.
pub(crate) fn tar_layer(name: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[108..115].copy_from_slice(b"0000000");
    header[116..123].copy_from_slice(b"0000000");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[136..147].copy_from_slice(b"00000000000");
    header[148..156].copy_from_slice(b"        ");
    header[156] = b'0';
    header[257..263].copy_from_slice(b"ustar\0");
    header[263..265].copy_from_slice(b"00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let padding = content.len().next_multiple_of(512) - content.len();
    [&header[..], content, &vec![0; padding + 1024]].concat()
}
