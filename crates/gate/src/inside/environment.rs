//! The environment of a command: the container's, with the command's variables on top.

use std::{
    collections::HashSet,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
};

/// Variables that an engine sets first, whoever gives their values.
const FIRST: [&str; 2] = ["PATH", "HOSTNAME"];

/// Puts `given` on top of the gate's `own` variables, in the order in which an engine would pass them to the first
/// process of a container: its own, the given ones, the rest of the image's.
pub(super) fn compose(own: Vec<(OsString, OsString)>, given: &[(Vec<u8>, Vec<u8>)]) -> Vec<(OsString, OsString)> {
    let given = given.iter().map(|(name, value)| (os(name), os(value)));
    let given: Vec<(OsString, OsString)> = given.collect();
    let lookup = |name: &str| given.iter().chain(&own).find(|(known, _)| known == name).cloned();
    let mut all: Vec<(OsString, OsString)> = FIRST.iter().filter_map(|name| lookup(name)).collect();
    let mut seen: HashSet<OsString> = all.iter().map(|(name, _)| name.clone()).collect();
    all.extend(given.into_iter().chain(own).filter(|(name, _)| seen.insert(name.clone())));
    all
}

fn os(bytes: &[u8]) -> OsString {
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engines_order() {
        let own = [("PATH", "/bin"), ("HOSTNAME", "c1"), ("LANG", "C"), ("HOME", "/root")];
        let own = own.map(|(name, value)| (OsString::from(name), OsString::from(value))).to_vec();
        let given = [("A", "1"), ("PATH", "/x"), ("LANG", "de")].map(|(name, value)| (name.into(), value.into()));
        let all =
            compose(own, &given).into_iter().map(|(name, value)| format!("{}={}", name.display(), value.display()));
        assert_eq!(all.collect::<Vec<_>>(), ["PATH=/x", "HOSTNAME=c1", "A=1", "LANG=de", "HOME=/root"]);
    }
}
