//! What a run was started with, but no secret.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The file of a record that holds it.
pub(super) const FILE: &str = "invocation.json";

/// Where and how a run was started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Invocation {
    /// The current directory.
    pub directory: PathBuf,
    /// The arguments after the program's name, without `--secret` and its value.
    pub arguments: Vec<String>,
    /// The secrets that were given as arguments, by identifier.
    pub secrets: Vec<String>,
    /// What a person answered to missing inputs, by path.
    pub answers: Vec<(String, String)>,
    /// The digest of the documents that were run; `--trust` among the arguments was for those.
    #[serde(default)]
    pub content: Option<String>,
}

impl Invocation {
    /// Takes the values of secrets out of `arguments`.
    pub(crate) fn new(directory: PathBuf, arguments: impl IntoIterator<Item = String>) -> Self {
        let mut invocation = Self { directory, ..Self::default() };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let pair = match argument.strip_prefix("--secret") {
                Some("") => arguments.next(),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            };
            match pair {
                Some(pair) => invocation.secrets.push(pair.split('=').next().unwrap_or_default().to_owned()),
                None => invocation.arguments.push(argument),
            }
        }
        invocation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_is_kept() {
        let words = ["local", "--secret", "a=hush", "ci.yaml", "--secret=b=quiet", "--secret-file", "s.env"];
        let invocation = Invocation::new("/w".into(), words.map(str::to_owned));
        assert_eq!(invocation.arguments, ["local", "ci.yaml", "--secret-file", "s.env"]);
        assert_eq!(invocation.secrets, ["a", "b"]);
    }
}
