//! What was pushed in a run, read from the emulator's request log: what really arrived, not what was asked for.

use std::{fs, io, path::Path};

use cirun_aws_emulator::{LogEntry, Service};
use indexmap::IndexMap;

/// The log's file in the record's directory of the emulator.
pub(crate) const REQUEST_LOG: &str = "requests.jsonl";

/// A manifest that arrived under a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pushed {
    /// The registry's host name, as in production.
    pub registry: String,
    /// The repository.
    pub repository: String,
    /// The tag.
    pub tag: String,
    /// The manifest's digest.
    pub digest: String,
}

/// The tags that were pushed, in order; a tag pushed twice is listed once, with its last digest.
pub(crate) fn pushed(directory: &Path) -> io::Result<Vec<Pushed>> {
    match fs::read_to_string(directory.join(REQUEST_LOG)) {
        Ok(text) => Ok(parse(&text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn parse(log: &str) -> Vec<Pushed> {
    let mut pushed = IndexMap::new();
    for entry in log.lines().filter_map(|line| serde_json::from_str::<LogEntry>(line).ok()) {
        let is_push = entry.service == Service::Registry && entry.action == "PutManifest" && entry.status < 300;
        let param = |name: &str| entry.params.get(name).cloned();
        if let (true, Some(repository), Some(tag), Some(digest)) =
            (is_push, param("repository"), param("tag"), param("digest"))
        {
            let key = (entry.host.clone(), repository.clone(), tag.clone());
            pushed.insert(key, Pushed { registry: entry.host, repository, tag, digest });
        }
    }
    pushed.into_values().collect()
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
        ]
        .join("\n");
        let pushed = parse(&log);
        assert_eq!(pushed.len(), 1);
        assert_eq!((pushed[0].tag.as_str(), pushed[0].digest.as_str()), ("1", "sha256:c"));
    }
}
