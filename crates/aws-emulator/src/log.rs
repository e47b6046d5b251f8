//! The request log: one entry per request, with the parameters that identify the flow, and without secrets.

mod policy;

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;

pub use self::policy::least_policy;

/// The target of log entries.
#[derive(Clone, Debug, Default)]
pub enum RequestLog {
    /// Nowhere.
    #[default]
    Off,
    /// A file with one JSON object per line, each appended at once: several processes may share it.
    File(PathBuf),
    /// A receiver in this process.
    Channel(UnboundedSender<LogEntry>),
}

/// The part of AWS of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// The Security Token Service.
    Sts,
    /// The control plane of the Elastic Container Registry.
    Ecr,
    /// An OCI registry.
    Registry,
    /// The local OIDC issuer's documents.
    Oidc,
    /// Google's token services.
    Google,
    /// Microsoft's sign-in and resource list.
    Azure,
    /// Buckets; their calls are forwarded.
    S3,
    /// A name that the emulator does not answer for.
    Unknown,
}

/// How a request identifies its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    /// With a SigV4 signature.
    Signed,
    /// With a web identity token instead of a signature.
    Unsigned,
    /// With a registry token.
    Basic,
    /// Not at all.
    None,
}

/// An answered request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogEntry {
    /// When it arrived.
    pub time: Timestamp,
    /// The requested host name, without the port.
    pub host: String,
    /// The part of AWS.
    pub service: Service,
    /// The API's action, or the registry operation (`PutManifest`).
    pub action: String,
    /// The ARN of the caller.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub principal: Option<String>,
    /// The id of the signing key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub access_key_id: Option<String>,
    /// The caller's credentials.
    pub auth: AuthKind,
    /// The parameters that identify the flow: `RoleArn`, `repository`, `tag`, …
    pub params: BTreeMap<String, String>,
    /// The HTTP status.
    pub status: u16,
    /// The error's code.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Bytes of content received.
    pub bytes_in: u64,
    /// Bytes of content sent.
    pub bytes_out: u64,
    /// Milliseconds until the response began.
    pub ms: u64,
}

impl LogEntry {
    /// Returns an entry with only the target of the request.
    pub(crate) fn begin(time: Timestamp, host: String) -> Self {
        Self {
            time,
            host,
            service: Service::Unknown,
            action: String::new(),
            principal: None,
            access_key_id: None,
            auth: AuthKind::None,
            params: BTreeMap::new(),
            status: 0,
            error: None,
            bytes_in: 0,
            bytes_out: 0,
            ms: 0,
        }
    }

    /// Adds a parameter.
    pub(crate) fn param(&mut self, name: &str, value: impl ToString) {
        self.params.insert(name.to_owned(), value.to_string());
    }
}

/// An open log.
pub(crate) enum Log {
    Off,
    File(Arc<File>),
    Channel(UnboundedSender<LogEntry>),
}

impl Log {
    pub(crate) fn open(target: &RequestLog) -> io::Result<Self> {
        Ok(match target {
            RequestLog::Off => Self::Off,
            RequestLog::File(path) => Self::File(Arc::new(OpenOptions::new().create(true).append(true).open(path)?)),
            RequestLog::Channel(sender) => Self::Channel(sender.clone()),
        })
    }

    /// Adds an entry. If the log cannot be written, the request does not fail.
    pub(crate) fn write(&self, entry: LogEntry) {
        match self {
            Self::Off => {}
            Self::File(file) => {
                let mut line = serde_json::to_vec(&entry).expect("an entry is strings and numbers");
                line.push(b'\n');
                // A single write call: the kernel keeps lines of several processes separate.
                (&**file).write_all(&line).ok();
            }
            Self::Channel(sender) => {
                sender.send(entry).ok();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_processes_stay_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("requests.jsonl");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    // Each has its own open file, like separate processes.
                    let log = Log::open(&RequestLog::File(path.clone())).unwrap();
                    for _ in 0..50 {
                        log.write(LogEntry::begin(Timestamp::UNIX_EPOCH, "sts.amazonaws.com".repeat(40)));
                    }
                });
            }
        });
        let text = std::fs::read_to_string(&path).unwrap();
        let entries = text.lines().map(serde_json::from_str::<LogEntry>);
        assert_eq!(entries.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.host.len() == 680)).count(), 200);
    }
}
