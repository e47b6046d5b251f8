//! What a run gives its host steps, where a container would find it by name and by mount.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cirun_project::{Compiled, PRIVATE_DIR, settings::AwsMode};

use crate::aws::emulated_delegate;

/// The variables of the emulated AWS: its keys, and `gateway`, its address on this machine, if it has one.
pub(crate) fn given(compiled: &Compiled, gateway: Option<&str>) -> BTreeMap<String, String> {
    if compiled.settings.aws.value != AwsMode::Emulated {
        return BTreeMap::new();
    }
    let delegate = emulated_delegate();
    let mut given = BTreeMap::from([
        ("AWS_ACCESS_KEY_ID", delegate.access_key),
        ("AWS_SECRET_ACCESS_KEY", delegate.secret_key.expose().to_owned()),
        // On a machine of EC2 that would be the machine's own role.
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]);
    given.extend(gateway.map(|address| ("AWS_ENDPOINT_URL", address.to_owned())));
    given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The places of files that plans name where containers have them, if the run has written them to `directory`.
pub(crate) fn own_files(names: &[&str], directory: &Path) -> BTreeMap<String, Option<PathBuf>> {
    let place = |name: &str| Some(directory.join(name)).filter(|file| file.is_file());
    names.iter().map(|name| (format!("{PRIVATE_DIR}/{name}"), place(name))).collect()
}
