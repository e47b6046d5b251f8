//! The values of `--secret`.

use std::{io::ErrorKind, path::PathBuf};

use cirun_diagnostics::{Failure, FailureKind};
use cirun_plan::Secret;

use super::VARIABLE_PREFIX;
use crate::Dialogue;

/// A secret of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenSecret {
    /// The secret's identifier.
    pub id: String,
    /// Where its value comes from.
    pub source: Source,
}

/// Where the value of a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `ID`: cirun asks for it.
    Asked,
    /// `ID=@FILE`: the content of a file.
    File(PathBuf),
    /// `ID=VALUE`: the command line, which every user of the machine can read.
    Value(Secret),
}

impl GivenSecret {
    /// Parses the option's value.
    ///
    /// # Errors
    /// [`BadSecret`], which does not quote the value.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let (id, source) = match text.split_once('=') {
            None => (text, Source::Asked),
            Some((id, value)) => match value.strip_prefix('@') {
                Some("") => return Err(BadSecret::NoFile),
                Some(path) => (id, Source::File(path.into())),
                None => (id, Source::Value(Secret::new(value))),
            },
        };
        if id.is_empty() {
            return Err(BadSecret::NoIdentifier);
        }
        Ok(Self { id: id.to_owned(), source })
    }
}

/// A value of the option that names no secret, or no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSecret {
    /// Nothing after `@`.
    #[error("expected the name of a file after `@`")]
    NoFile,
    /// Nothing before `=`.
    #[error("expected the identifier of a secret")]
    NoIdentifier,
}

/// Warns of values on the command line, which every user of the machine can read in the list of processes.
pub(crate) fn warn_of_values(secrets: &[GivenSecret], person: &dyn Dialogue) {
    for GivenSecret { id, source } in secrets {
        match source {
            Source::Value(_) => person.say(&format!(
                "warning: `--secret {id}=…` shows the value in the list of processes: `--secret {id}` asks for it, \
                 `--secret {id}=@FILE` reads it, and so do `--secret-file` and {VARIABLE_PREFIX}{id}"
            )),
            Source::Asked | Source::File(_) => {}
        }
    }
}

/// Asks for the value of a secret at the terminal, without showing what is typed.
pub(crate) fn ask(id: &str, person: &dyn Dialogue) -> Result<Secret, Failure> {
    let help = format!("`--secret {id}=@FILE`, `--secret-file` or {VARIABLE_PREFIX}{id} give it without one");
    if !person.can_answer() {
        return Err(Failure::usage(format!("`--secret {id}` asks for the value, and there is no terminal")).help(help));
    }
    match person.ask_unseen(&format!("secret {id}: ")) {
        Ok(Some(value)) if !value.is_empty() => Ok(Secret::new(value)),
        Ok(_) => Err(Failure::input(format!("no value was given for the secret `{id}`")).help(help)),
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Err(Failure::new(FailureKind::Interrupted, "interrupted; nothing was started"))
        }
        Err(error) => Err(Failure::io("cannot read from the terminal", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_form() {
        let source = |text: &str| GivenSecret::parse(text).map(|given| (given.id, given.source));
        assert_eq!(source("key"), Ok(("key".to_owned(), Source::Asked)));
        assert_eq!(source("key=@a/b.pem"), Ok(("key".to_owned(), Source::File("a/b.pem".into()))));
        assert_eq!(source("key=a=b"), Ok(("key".to_owned(), Source::Value(Secret::new("a=b")))));
        assert_eq!(source("key="), Ok(("key".to_owned(), Source::Value(Secret::new("")))));
        assert!(source("").is_err() && source("=x").is_err() && source("key=@").is_err());
    }
}
