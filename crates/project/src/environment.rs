//! A snapshot of the environment that cirun was started in.

use std::{collections::BTreeMap, path::PathBuf};

/// The environment variables, the current directory and the name of the machine.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The current directory.
    pub directory: PathBuf,
    /// The name of the machine.
    pub machine: String,
    /// cirun's own program, which supervises host steps and is the image of gateways.
    pub program: PathBuf,
}

impl Environment {
    /// These variables in this directory, on a machine and by a program of cirun's name.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>, directory: PathBuf) -> Self {
        let [machine, program] = ["local", "cirun"].map(str::to_owned);
        Self { variables: variables.into_iter().collect(), directory, machine, program: program.into() }
    }

    /// The same variables in another current directory.
    pub fn in_directory(self, directory: PathBuf) -> Self {
        Self { directory, ..self }
    }

    /// The value of a variable. An empty variable counts as unset.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables, empty ones included.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.variables.iter()
    }
}
