//! Maps the paths of a plan to paths on the machine. Pure.
//!
//! A plan names paths as a container would see them. Two of them have other names on the machine: the directory of the
//! output files, and the workspace.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use cirun_engine::ReadyHost;
use indexmap::IndexMap;

use crate::HostConfig;

/// Variables whose value is the workspace; cirun sets them.
const WORKSPACE_VARIABLES: [&str; 2] = ["DRONE_WORKSPACE", "HARNESS_WORKSPACE"];

/// The paths of a stage.
#[derive(Debug, Clone)]
pub(crate) struct HostPaths {
    /// The path in the plan.
    pub(crate) planned_workspace: String,
    pub(crate) workspace: PathBuf,
    pub(crate) run_dir: PathBuf,
    /// The stage's home directory.
    pub(crate) home: PathBuf,
    /// See [`HostConfig::own_files`].
    pub(crate) own_files: BTreeMap<String, Option<PathBuf>>,
}

impl HostPaths {
    /// The step's environment added to what it inherits, with cirun's own paths mapped to the machine:
    ///
    /// - a value that is a path in the output directory, in any variable (only cirun puts files there); a variable that
    ///   names a file which this run does not have is removed;
    /// - the workspace variables, if they are in the planned workspace.
    ///
    /// Other values belong to the user, and stay.
    pub(crate) fn environment(
        &self,
        inherited: &BTreeMap<String, String>,
        step: &IndexMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut env = inherited.clone();
        env.insert("HOME".to_owned(), self.home.to_string_lossy().into_owned());
        for (name, value) in step {
            let mapped = match (self.own_files.get(value), self.engine_file(value)) {
                (Some(None), _) => continue,
                (Some(Some(file)), _) => Some(file.clone()),
                (None, Some(file)) => Some(file),
                (None, None) if WORKSPACE_VARIABLES.contains(&name.as_str()) => self.in_workspace(value),
                (None, None) => None,
            };
            env.insert(name.clone(), mapped.map_or_else(|| value.clone(), |path| path.to_string_lossy().into_owned()));
        }
        env
    }

    /// A step's output files.
    pub(crate) fn files_of<'s>(&'s self, host: &'s ReadyHost) -> cirun_step_files::Step<'s> {
        cirun_step_files::Step { run_dir: &self.run_dir, env: &host.env }
    }

    /// The local path of a file in the output directory; `None` for other paths.
    pub(crate) fn engine_file(&self, path: &str) -> Option<PathBuf> {
        self.below(HostConfig::ENGINE_DIR, &self.run_dir, path).filter(|file| *file != self.run_dir)
    }

    /// The local path of a path in the planned workspace; `None` for other paths.
    pub(crate) fn in_workspace(&self, path: &str) -> Option<PathBuf> {
        self.below(&self.planned_workspace, &self.workspace, path)
    }

    fn below(&self, planned: &str, real: &Path, path: &str) -> Option<PathBuf> {
        let rest = Path::new(path).strip_prefix(planned).ok()?;
        rest.components()
            .all(|part| matches!(part, Component::Normal(_)))
            .then(|| if rest.as_os_str().is_empty() { real.to_owned() } else { real.join(rest) })
    }

    /// The arguments with the local paths of the output files: the planner ends a script with lines that write to them
    /// (environment.files).
    pub(crate) fn arguments(&self, argv: &[String], env: &IndexMap<String, String>) -> Vec<String> {
        let mut argv = argv.to_vec();
        let Some((script, before)) = argv.split_last_mut() else { return argv };
        let Some(interpreter) = before.first() else { return argv };
        let quoting = Quoting::of(interpreter);
        for planned in env.values() {
            if let Some(file) = self.engine_file(planned).filter(|_| script.contains(planned.as_str())) {
                *script = script.replace(planned.as_str(), &quoting.embed(&file.to_string_lossy()));
            }
        }
        argv
    }
}

/// How to escape a path in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// An unquoted word of `sh` and `bash`: a backslash before each special character.
    Posix,
    /// An unquoted word of PowerShell: a backtick.
    PowerShell,
    /// In a quoted string of Python: a backslash before quotes and backslashes only.
    Python,
}

impl Quoting {
    fn of(interpreter: &str) -> Self {
        let name = Path::new(interpreter).file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        match name.as_ref() {
            "pwsh" | "powershell" => Self::PowerShell,
            "python" | "python3" => Self::Python,
            _ => Self::Posix,
        }
    }

    fn embed(self, path: &str) -> String {
        let mut word = String::with_capacity(path.len());
        for character in path.chars() {
            let plain = character.is_alphanumeric() || matches!(character, '/' | '.' | '_' | '-' | '+' | ':');
            match self {
                Self::Posix if !plain => word.push('\\'),
                Self::PowerShell if !plain => word.push('`'),
                Self::Python if matches!(character, '\'' | '"' | '\\') => word.push('\\'),
                Self::Posix | Self::PowerShell | Self::Python => {}
            }
            word.push(character);
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn paths(run_dir: &str) -> HostPaths {
        let own = [("ca.pem", Some("/certificates/ca.pem".into())), ("pod-token", None)];
        HostPaths {
            planned_workspace: "/harness".into(),
            workspace: "/home/me/shop".into(),
            run_dir: run_dir.into(),
            home: "/run/home".into(),
            own_files: own.map(|(name, place)| (format!("/tmp/engine/{name}"), place)).into(),
        }
    }

    fn map(pairs: &[(&str, &str)]) -> IndexMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn only_our_own_values_change() {
        let machine = map(&[("HOME", "/home/me"), ("LANG", "C"), ("KEPT", "/harness/m")]).into_iter().collect();
        let step = map(&[
            ("LANG", "C.UTF-8"),
            ("DRONE_OUTPUT", "/tmp/engine/build.a-output.env"),
            ("SSL_CERT_FILE", "/tmp/engine/ca.pem"),
            ("TOKEN_FILE", "/tmp/engine/pod-token"),
            ("TRAVERSAL", "/tmp/engine/../passwd"),
            ("BESIDE", "/tmp/engines/a"),
            ("DRONE_WORKSPACE", "/harness"),
            ("HARNESS_WORKSPACE", "/harness/sub"),
            ("USERS_OWN", "/harness/config.yaml"),
        ]);
        let env = paths("/run/r1").environment(&machine, &step);
        let shown: Vec<String> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_snapshot!(shown.join("\n"), @"
        BESIDE=/tmp/engines/a
        DRONE_OUTPUT=/run/r1/build.a-output.env
        DRONE_WORKSPACE=/home/me/shop
        HARNESS_WORKSPACE=/home/me/shop/sub
        HOME=/run/home
        KEPT=/harness/m
        LANG=C.UTF-8
        SSL_CERT_FILE=/certificates/ca.pem
        TRAVERSAL=/tmp/engine/../passwd
        USERS_OWN=/harness/config.yaml
        ");
    }

    fn script(interpreter: &str, text: &str) -> String {
        let env = map(&[("DRONE_OUTPUT", "/tmp/engine/a-output.env"), ("OTHER", "x")]);
        let argv = [interpreter.to_owned(), "-c".to_owned(), text.to_owned()];
        paths("/my runs/it's").arguments(&argv, &env).pop().unwrap_or_default()
    }

    #[test]
    fn scripts_write_to_the_real_output_file() {
        assert_snapshot!(script("sh", "make\necho \"A=$A\" >> /tmp/engine/a-output.env"), @r#"
        make
        echo "A=$A" >> /my\ runs/it\'s/a-output.env
        "#);
        assert_snapshot!(script("/usr/bin/pwsh", "x | Add-Content -Path /tmp/engine/a-output.env"), @"x | Add-Content -Path /my` runs/it`'s/a-output.env");
        assert_snapshot!(script("python3", "open('/tmp/engine/a-output.env', 'a')"), @r"open('/my runs/it\'s/a-output.env', 'a')");
        assert_snapshot!(script("sh", "cat /tmp/engine/b-output.env /harness/x"), @"cat /tmp/engine/b-output.env /harness/x");
    }

    #[test]
    fn a_lone_program_is_no_script() {
        let env = map(&[("DRONE_OUTPUT", "/tmp/engine/a")]);
        assert_eq!(paths("/r").arguments(&["/tmp/engine/a".to_owned()], &env), ["/tmp/engine/a"]);
        assert!(paths("/r").arguments(&[], &env).is_empty());
    }
}
