//! The part of the machine's environment that a host step inherits: what programs need, and no credentials. Pure.
//!
//! An allow list, because no list could name every variable with a token, the socket of an agent or the address of an
//! engine.

use std::collections::BTreeMap;

/// The inherited variables.
const PASSED_ON: [&str; 24] = [
    // Paths of programs, the user, and the format of text, time and terminals.
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
    // Paths of toolchains and libraries.
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

/// Further prefixes of names: `LC_ALL` and the like.
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
