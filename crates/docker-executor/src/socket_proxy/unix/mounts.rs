//! The mounts that a step may request. Pure, except for the lookup of paths.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    document::{Object, known, object_of, text_of},
    fields,
    label::label,
    places::{MountSource, Places},
    refusal::Refusal,
    walk::Missing,
};

/// The objects in a description, which must belong to the run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) containers: Vec<String>,
    pub(super) networks: Vec<String>,
    /// Volumes; those that do not exist are created.
    pub(super) volumes: Vec<String>,
}

/// Checks `SOURCE:TARGET[:MODE]`, and returns it with the path on this machine.
///
/// # Errors
/// A source outside the stage, or a mode that affects the machine.
pub(super) fn bind(bind: &str, places: &Places, needs: &mut Needs) -> Result<String, Refusal> {
    let parts: Vec<&str> = bind.split(':').collect();
    let (source, target, modes) = match parts[..] {
        // An anonymous volume.
        [_] => return Ok(bind.to_owned()),
        [source, target] => (source, target, ""),
        [source, target, modes] => (source, target, modes),
        _ => return Err(Refusal::bad(format_args!("`{bind}` is not a mount"))),
    };
    for mode in modes.split(',').filter(|mode| !mode.is_empty()) {
        if !fields::MODES.contains(&mode) {
            return Err(Refusal::forbidden(format_args!("a mount with `{mode}`"), "it would affect the machine"));
        }
    }
    let source = match source.starts_with('/') {
        true => places.find(source, Missing::Made)?,
        false => MountSource::Volume(volume_name(source)?),
    };
    let source = match source {
        MountSource::Volume(name) => {
            needs.volumes.push(name.clone());
            name
        }
        MountSource::Path(path) => {
            let path = path.display().to_string();
            if path.contains(':') {
                return Err(Refusal::bad(format_args!("`{path}` has a colon: use a mount with `type=bind`")));
            }
            path
        }
    };
    let modes = if modes.is_empty() { String::new() } else { format!(":{modes}") };
    Ok(format!("{source}:{target}{modes}"))
}

/// Checks a mount, and returns it with the path on this machine.
///
/// # Errors
/// As [`bind`]; a type or driver that is not allowed.
pub(super) fn mount(
    mount: Value,
    places: &Places,
    labels: &HashMap<String, String>,
    needs: &mut Needs,
) -> Result<Object, Refusal> {
    let Value::Object(mount) = mount else { return Err(Refusal::bad("a mount is not an object")) };
    let mut mount = known(mount, "a mount", fields::MOUNT, places.reach)?;
    let bind_options = object_of(&mut mount, "BindOptions")?;
    let volume_options = object_of(&mut mount, "VolumeOptions")?;
    let source = text_of(&mount, "Source")?.to_owned();
    match text_of(&mount, "Type")? {
        "tmpfs" | "image" => return Ok(mount),
        "bind" => {
            let options = known(bind_options, "a mount", fields::BIND_OPTIONS, places.reach)?;
            let propagation = text_of(&options, "Propagation")?;
            if !matches!(propagation, "" | "private" | "rprivate" | "slave" | "rslave") {
                let what = format!("a mount with the propagation `{propagation}`");
                return Err(Refusal::forbidden(what, "it would affect the machine"));
            }
            let missing = match options.get("CreateMountpoint") {
                Some(Value::Bool(true)) => Missing::Made,
                Some(_) | None => Missing::Refused,
            };
            match places.find(&source, missing)? {
                MountSource::Path(path) => {
                    mount.insert("Source".to_owned(), path.display().to_string().into());
                    if !options.is_empty() {
                        mount.insert("BindOptions".to_owned(), Value::Object(options));
                    }
                }
                MountSource::Volume(name) => {
                    needs.volumes.push(name.clone());
                    mount.insert("Type".to_owned(), "volume".into());
                    mount.insert("Source".to_owned(), name.into());
                }
            }
        }
        "volume" => {
            let mut options = known(volume_options, "a volume", fields::VOLUME_OPTIONS, places.reach)?;
            let driver_config = object_of(&mut options, "DriverConfig")?;
            let mut driver_config = known(driver_config, "a volume", fields::DRIVER_CONFIG, places.reach)?;
            driver(text_of(&driver_config, "Name")?)?;
            if !object_of(&mut driver_config, "Options")?.is_empty() {
                let more = "make it before, with `docker volume create`";
                return Err(Refusal::forbidden("a mount that makes a volume with options", more));
            }
            label(&mut options, labels)?;
            mount.insert("VolumeOptions".to_owned(), Value::Object(options));
            if !source.is_empty() {
                needs.volumes.push(volume_name(&source)?);
            }
        }
        other => return Err(Refusal::bad(format_args!("the proxy does not know mounts of type `{other}`"))),
    }
    Ok(mount)
}

/// Checks the driver of a volume.
///
/// # Errors
/// A driver other than the engine's own.
pub(super) fn driver(name: &str) -> Result<(), Refusal> {
    match name {
        "" | "local" => Ok(()),
        other => {
            Err(Refusal::forbidden(format_args!("a volume of the driver `{other}`"), "the proxy only knows `local`"))
        }
    }
}

/// Checks the options of the engine's own driver: with them it mounts any path or address of the machine.
///
/// # Errors
/// Options other than those of a directory in memory.
pub(super) fn driver_options(options: &Object) -> Result<(), Refusal> {
    let refused = |what: String| {
        Err(Refusal::forbidden(format_args!("a volume with {what}"), "only volumes in memory are allowed"))
    };
    for name in options.keys() {
        let value = text_of(options, name)?;
        match name.as_str() {
            "type" | "device" if value == "tmpfs" => {}
            "o" => {
                const KNOWN: [&str; 11] =
                    ["size", "mode", "uid", "gid", "nr_inodes", "nodev", "nosuid", "noexec", "noatime", "ro", "rw"];
                let mut words = value.split(',').map(|word| word.split('=').next().unwrap_or(word).trim());
                if let Some(other) = words.find(|word| !KNOWN.contains(word)) {
                    return refused(format!("the option `{other}`"));
                }
            }
            other => return refused(format!("`{other}={value}`")),
        }
    }
    match options.is_empty() || options.get("type").is_some() {
        true => Ok(()),
        false => refused("options, but without a type".to_owned()),
    }
}

/// Checks the name of a volume.
///
/// # Errors
/// Anything that the engine could take for a path.
pub(super) fn volume_name(name: &str) -> Result<String, Refusal> {
    let is_name = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '.' | '-'));
    match is_name {
        true => Ok(name.to_owned()),
        false => Err(Refusal::bad(format_args!("`{name}` is neither the name of a volume nor an absolute path"))),
    }
}
