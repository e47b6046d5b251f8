//! What host steps need instead of a container's name server and mounts.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cirun_project::{Compiled, PRIVATE_DIR, settings::AwsMode};

use crate::aws::emulated_delegate;

/// The environment variables of the emulated AWS for host steps: its keys, and its URL `gateway`. Empty if AWS is not emulated.
pub(crate) fn given(compiled: &Compiled, gateway: Option<&str>) -> BTreeMap<String, String> {
    if compiled.settings.aws.value != AwsMode::Emulated {
        return BTreeMap::new();
    }
    let delegate = emulated_delegate();
    let mut given = BTreeMap::from([
        ("AWS_ACCESS_KEY_ID", delegate.access_key),
        ("AWS_SECRET_ACCESS_KEY", delegate.secret_key.expose().to_owned()),
        // On an EC2 instance, steps would otherwise get the instance's role.
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]);
    given.extend(gateway.map(|address| ("AWS_ENDPOINT_URL", address.to_owned())));
    given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The files in [`PRIVATE_DIR`] that plans refer to, and their places in `directory`. `None` for a file that this run does not
/// have.
pub(crate) fn own_files(names: &[&str], directory: &Path) -> BTreeMap<String, Option<PathBuf>> {
    let place = |name: &str| Some(directory.join(name)).filter(|file| file.is_file());
    names.iter().map(|name| (format!("{PRIVATE_DIR}/{name}"), place(name))).collect()
}
