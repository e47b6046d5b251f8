//! A snapshot of the process's environment: the only place that reads it.

use std::{collections::BTreeMap, env, io, path::PathBuf};

/// The environment and the current directory, once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    /// The current directory.
    pub directory: PathBuf,
}

impl Environment {
    /// Takes the snapshot; variables that are not UTF-8 are left out.
    pub(crate) fn capture() -> io::Result<Self> {
        let variables =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Self { variables: variables.collect(), directory: env::current_dir()? })
    }

    /// The same variables in another current directory.
    pub(crate) fn in_directory(self, directory: PathBuf) -> Self {
        Self { directory, ..self }
    }

    /// A variable; an empty one counts as unset.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.variables.iter()
    }
}
