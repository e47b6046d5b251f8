//! How a run was started, without secrets.

use std::path::PathBuf;

use cirun_engine::{MASK, Masker};
use cirun_project::secrets::{GivenSecret, Source};
use serde::{Deserialize, Serialize};

/// The invocation's file in a record.
pub(super) const FILE: &str = "invocation.json";

/// How a run was started, for `cirun rerun`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The current directory.
    pub directory: PathBuf,
    /// The arguments after the program's name, without the values of secrets.
    pub arguments: Vec<String>,
    /// The identifiers of the secrets whose values were among the arguments.
    pub secrets: Vec<String>,
    /// The person's answers to missing inputs: path and value.
    pub answers: Vec<(String, String)>,
    /// The digest of the documents. A recorded `--trust` applies to these documents only.
    #[serde(default)]
    pub content: Option<String>,
}

impl Invocation {
    /// Records `arguments` without the values of secrets.
    pub fn new(directory: PathBuf, arguments: impl IntoIterator<Item = String>) -> Self {
        let mut invocation = Self { directory, ..Self::default() };
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let given = match argument.strip_prefix("--secret") {
                Some("") => arguments.next(),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            };
            match given.map(|given| (GivenSecret::parse(&given), given)) {
                None => invocation.arguments.push(argument),
                // A rerun asks again, or reads the file again.
                Some((Ok(GivenSecret { source: Source::Asked | Source::File(_), .. }), given)) => {
                    invocation.arguments.push(format!("--secret={given}"));
                }
                Some((Ok(GivenSecret { id, source: Source::Value(_) }), _)) => invocation.secrets.push(id),
                // Cannot happen: no run starts with an invalid argument.
                Some((Err(_), _)) => {}
            }
        }
        invocation
    }

    /// Masks secrets that are also in other arguments, such as variables and inputs.
    pub fn mask(&mut self, masker: &Masker) {
        let answers = self.answers.iter_mut().map(|(_, answer)| answer);
        for text in self.arguments.iter_mut().chain(answers) {
            *text = masker.mask(text).into_owned();
        }
    }

    /// Whether something is masked, so that the run cannot be repeated.
    pub fn is_masked(&self) -> bool {
        self.arguments.iter().chain(self.answers.iter().map(|(_, answer)| answer)).any(|text| text.contains(MASK))
    }
}

#[cfg(test)]
mod tests {
    use cirun_plan::Secret;

    use super::*;

    #[test]
    fn secrets_are_not_recorded() {
        let words = [
            "local",
            "--secret",
            "a=hush",
            "ci.yaml",
            "--secret=b=quiet",
            "--secret-file",
            "s.env",
            "--var",
            "x=-hush-",
        ];
        let mut invocation = Invocation::new("/w".into(), words.map(str::to_owned));
        assert_eq!(invocation.arguments, ["local", "ci.yaml", "--secret-file", "s.env", "--var", "x=-hush-"]);
        assert_eq!(invocation.secrets, ["a", "b"]);
        assert!(!invocation.is_masked());
        invocation.answers.push(("p".to_owned(), "hush".to_owned()));
        invocation.mask(&Masker::new(&[Secret::new("hush")]));
        assert_eq!(invocation.arguments.last().map(String::as_str), Some("x=-**************-"));
        assert_eq!(invocation.answers, [("p".to_owned(), MASK.to_owned())]);
        assert!(invocation.is_masked());
    }

    #[test]
    fn secrets_to_ask_for_or_read_stay_in_the_arguments() {
        let words = ["local", "--secret", "a", "--secret=b=@key.pem", "--secret", "c=hush"];
        let invocation = Invocation::new("/w".into(), words.map(str::to_owned));
        assert_eq!(invocation.arguments, ["local", "--secret=a", "--secret=b=@key.pem"]);
        assert_eq!(invocation.secrets, ["c"]);
    }
}
