//! The images that a run pushed, read from the emulator's request log: those that arrived, not those that steps asked for.

use std::{fs, io, net::IpAddr, path::Path};

use cirun_aws_emulator::{LogEntry, Service};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The file name of the request log in the record's directory of the emulator.
pub const REQUEST_LOG: &str = "requests.jsonl";

/// The file beside it with the images that steps pushed by the engine's socket, and that the machine's registry kept.
pub(crate) const KEPT_LOG: &str = "kept.jsonl";

/// A pushed image: a manifest that arrived under a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// The registry's host name, as in production.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// The manifest's digest.
    pub digest: String,
}

/// The pushed tags, in order. A tag that was pushed twice is listed once, with its last digest. `directory` is the record's
/// directory of the emulator.
///
/// # Errors
/// A log cannot be read. A missing log counts as empty.
pub fn pushed(directory: &Path) -> io::Result<Vec<Pushed>> {
    let read = |name: &str| match fs::read_to_string(directory.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    };
    let mut pushed = parse(&read(REQUEST_LOG)?);
    pushed.extend(read(KEPT_LOG)?.lines().filter_map(|line| serde_json::from_str(line).ok()));
    let place = |image: &Pushed| (image.registry.clone(), image.repository.clone(), image.tag.clone());
    Ok(pushed.into_iter().map(|image| (place(&image), image)).collect::<IndexMap<_, _>>().into_values().collect())
}

fn parse(log: &str) -> Vec<Pushed> {
    let entries = log.lines().filter_map(|line| serde_json::from_str::<LogEntry>(line).ok());
    let arrived = entries.filter_map(|entry| {
        let is_push = entry.service == Service::Registry && entry.action == "PutManifest" && entry.status < 300;
        let param = |name: &str| entry.params.get(name).filter(|_| is_push).cloned();
        // Pushes by the engine's socket go to an address, and have the registry in the image's name.
        let is_address = entry.host.parse::<IpAddr>().is_ok();
        let registry = param("registry").filter(|_| is_address).unwrap_or_else(|| entry.host.clone());
        Some(Pushed { registry, repository: param("repository")?, tag: param("tag")?, digest: param("digest")? })
    });
    arrived.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(action: &str, status: u16, tag: &str, digest: &str) -> String {
        format!(
            r#"{{"time":"2026-11-20T12:00:00Z","host":"1.dkr.ecr","service":"registry","action":"{action}","auth":"basic","params":{{"repository":"shop","tag":"{tag}","digest":"{digest}"}},"status":{status},"bytes_in":1,"bytes_out":1,"ms":1}}"#
        )
    }

    #[test]
    fn lists_the_tags_that_arrived() {
        let log = [
            line("GetManifest", 200, "base", "sha256:0"),
            line("PutManifest", 201, "1", "sha256:a"),
            line("PutManifest", 403, "2", "sha256:b"),
            line("PutManifest", 201, "1", "sha256:c"),
            line("PutManifest", 201, "3", "sha256:d")
                .replace("1.dkr.ecr", "127.0.0.1")
                .replace("{\"rep", "{\"registry\":\"quay.io\",\"rep"),
        ]
        .join("\n");
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(REQUEST_LOG), log).unwrap();
        let kept =
            Pushed { registry: "r.io".into(), repository: "a".into(), tag: "1".into(), digest: "sha256:e".into() };
        fs::write(directory.path().join(KEPT_LOG), serde_json::to_string(&kept).unwrap()).unwrap();
        let pushed = pushed(directory.path()).unwrap();
        let shown = pushed
            .iter()
            .map(|image| format!("{}/{}:{} {}", image.registry, image.repository, image.tag, image.digest));
        insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
        1.dkr.ecr/shop:1 sha256:c
        quay.io/shop:3 sha256:d
        r.io/a:1 sha256:e
        ");
        assert!(super::pushed(&directory.path().join("nowhere")).unwrap().is_empty());
    }
}
