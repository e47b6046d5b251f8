//! What a host step inherits of the machine's environment: what a program needs to run, and no credential. Pure.
//!
//! A list of what is passed on, as none could name every variable that carries a token, a socket of an agent or the address of
//! an engine.

use std::collections::BTreeMap;

/// The variables that are passed on.
const PASSED_ON: [&str; 24] = [
    // Where programs are, who runs them, and how text, time and terminals look.
    "COLORTERM",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    // Where toolchains and libraries are installed.
    "ANDROID_HOME",
    "ANDROID_SDK_ROOT",
    "DEVELOPER_DIR",
    "DOTNET_ROOT",
    "GOROOT",
    "JAVA_HOME",
    "LD_LIBRARY_PATH",
    "NVM_DIR",
    "PKG_CONFIG_PATH",
    "PYENV_ROOT",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "SDKROOT",
    "VIRTUAL_ENV",
];

/// Further ones by the beginning of their names: `LC_ALL` and its kind.
const PASSED_ON_BEGINNING: &str = "LC_";

/// The variables of `machine` that steps inherit.
pub(crate) fn passed_on(machine: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_passed_on = |name: &str| PASSED_ON.contains(&name) || name.starts_with(PASSED_ON_BEGINNING);
    machine.into_iter().filter(|(name, _)| is_passed_on(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credential_is_passed_on() {
        let passed = ["PATH", "LANG", "LC_ALL", "TERM", "TZ", "USER", "LOGNAME", "SHELL", "TMPDIR", "JAVA_HOME"];
        let kept_back = [
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "CIRUN_SECRET_API",
            "DBUS_SESSION_BUS_ADDRESS",
            "DOCKER_CONFIG",
            "DOCKER_HOST",
            "GITHUB_TOKEN",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "HOME",
            "HTTPS_PROXY",
            "KUBECONFIG",
            "LD_PRELOAD",
            "NPM_TOKEN",
            "SSH_AUTH_SOCK",
            "XDG_CONFIG_HOME",
            "XDG_RUNTIME_DIR",
            "lc_all",
            "path",
        ];
        let machine = passed.iter().chain(&kept_back).map(|name| ((*name).to_owned(), "value".to_owned()));
        let mut expected = passed.to_vec();
        expected.sort_unstable();
        assert_eq!(passed_on(machine.collect()).into_keys().collect::<Vec<_>>(), expected);
    }
}
