//! A snapshot of the environment that cirun was started in.

use std::{collections::BTreeMap, path::PathBuf};

/// The environment variables, the current directory, the machine and cirun's program.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The current directory.
    pub directory: PathBuf,
    /// The name of the machine.
    pub machine: String,
    /// The path of cirun's own program. It supervises host steps, and the gateway's image is made from it.
    pub program: PathBuf,
}

impl Environment {
    /// An environment with these variables and this current directory. The machine is `local`, and the program `cirun`.
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
