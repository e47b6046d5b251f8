//! The containers that a step may create. Pure, except for the lookup of paths.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    document::{self, Object, known, list_of, object_of, text_of, texts_of},
    fields,
    label::label,
    mounts::{self, Needs},
    places::Places,
    refusal::{MORE, Refusal},
};
use crate::SocketReach;

/// An accepted description, with the objects that must belong to the run.
pub(super) struct Described {
    pub(super) object: Object,
    pub(super) needs: Needs,
}

/// Checks the description of a container, and adds the run's labels.
///
/// # Errors
/// A setting that a step may not use: why, and what allows it.
pub(super) fn describe(
    object: Object,
    places: &Places,
    labels: &HashMap<String, String>,
) -> Result<Described, Refusal> {
    let mut object = known(object, "a container", fields::CONTAINER, places.reach)?;
    let mut needs = Needs::default();
    let host = host(object_of(&mut object, "HostConfig")?, places, labels, &mut needs)?;
    let networking = object_of(&mut object, "NetworkingConfig")?;
    let mut networking = known(networking, "a container's networks", fields::NETWORKING, places.reach)?;
    let endpoints = object_of(&mut networking, "EndpointsConfig")?;
    needs.networks.extend(endpoints.keys().cloned());
    networking.insert("EndpointsConfig".to_owned(), Value::Object(endpoints));
    label(&mut object, labels)?;
    object.insert("NetworkingConfig".to_owned(), Value::Object(networking));
    object.insert("HostConfig".to_owned(), Value::Object(host));
    Ok(Described { object, needs })
}

/// Checks the settings of a container from which an image is made.
///
/// # Errors
/// As [`describe`].
pub(super) fn committed(object: Object, reach: SocketReach) -> Result<Object, Refusal> {
    let mut object = known(object, "an image", fields::CONTAINER, reach)?;
    for name in ["HostConfig", "NetworkingConfig"] {
        object.remove(name);
    }
    Ok(object)
}

/// Checks new limits of a container.
///
/// # Errors
/// As [`describe`].
pub(super) fn updated(object: Object, places: &Places) -> Result<Object, Refusal> {
    let mut needs = Needs::default();
    let object = host(object, places, &HashMap::new(), &mut needs)?;
    match needs == Needs::default() {
        true => Ok(object),
        false => Err(Refusal::bad("limits of a container name other containers, networks or volumes")),
    }
}

/// The network in the network mode of a container or a build.
///
/// # Errors
/// The machine's own network.
pub(super) fn network_mode(mode: &str, what: &str, reach: SocketReach, needs: &mut Needs) -> Result<(), Refusal> {
    match mode.split_once(':') {
        None if mode.is_empty() || mode == "default" => {}
        None if mode == "host" => opened(reach, format_args!("{what} on the machine's own network"))?,
        Some(("container", name)) => needs.containers.push(name.to_owned()),
        None => needs.networks.push(mode.to_owned()),
        Some(_) => return Err(Refusal::bad(format_args!("`{mode}` is not a network of {what}"))),
    }
    Ok(())
}

fn host(
    object: Object,
    places: &Places,
    labels: &HashMap<String, String>,
    needs: &mut Needs,
) -> Result<Object, Refusal> {
    let reach = places.reach;
    let mut object = known(object, "a container", fields::HOST, reach)?;
    network_mode(text_of(&object, "NetworkMode")?, "a container", reach, needs)?;
    for (name, what) in [
        ("PidMode", "among the machine's processes"),
        ("IpcMode", "in the machine's shared memory"),
        ("UTSMode", "under the machine's name"),
        ("UsernsMode", "with the machine's users"),
        ("CgroupnsMode", "in the machine's control groups"),
        ("Cgroup", "in another's control group"),
    ] {
        namespace(text_of(&object, name)?, what, reach, needs)?;
    }
    for added in texts_of(&object, "CapAdd")? {
        let upper = added.to_ascii_uppercase();
        if !fields::HARMLESS.contains(&upper.strip_prefix("CAP_").unwrap_or(&upper)) {
            opened(reach, format_args!("a container with the capability `{added}`"))?;
        }
    }
    for option in texts_of(&object, "SecurityOpt")? {
        if !matches!(option.as_str(), "no-new-privileges" | "no-new-privileges:true" | "no-new-privileges=true") {
            let shown: String = option.chars().take(40).collect();
            opened(reach, format_args!("a container with the security option `{shown}`"))?;
        }
    }
    let runtime = text_of(&object, "Runtime")?;
    if !matches!(runtime, "" | "runc" | "io.containerd.runc.v2") {
        opened(reach, format_args!("a container of the runtime `{runtime}`"))?;
    }
    let logging = object_of(&mut object, "LogConfig")?;
    let logging = known(logging, "a container's log", &[document::checked("Type"), document::any("Config")], reach)?;
    let driver = text_of(&logging, "Type")?;
    if !fields::LOG_DRIVERS.contains(&driver) {
        opened(reach, format_args!("a container whose output goes to `{driver}`"))?;
    }
    if !logging.is_empty() {
        object.insert("LogConfig".to_owned(), Value::Object(logging));
    }
    for name in texts_of(&object, "VolumesFrom")? {
        needs.containers.push(name.split(':').next().unwrap_or(&name).to_owned());
    }
    for link in texts_of(&object, "Links")? {
        needs.containers.push(link.split(':').next().unwrap_or(&link).trim_start_matches('/').to_owned());
    }
    mounts::driver(text_of(&object, "VolumeDriver")?)?;
    let binds = texts_of(&object, "Binds")?;
    let binds = binds.iter().map(|bind| mounts::bind(bind, places, needs).map(Value::String));
    let binds = binds.collect::<Result<Vec<_>, _>>()?;
    let mounts = list_of(&mut object, "Mounts")?;
    let mounts = mounts.into_iter().map(|mount| mounts::mount(mount, places, labels, needs).map(Value::Object));
    let mounts = mounts.collect::<Result<Vec<_>, _>>()?;
    for (name, list) in [("Binds", binds), ("Mounts", mounts)] {
        if !list.is_empty() {
            object.insert(name.to_owned(), Value::Array(list));
        }
    }
    Ok(object)
}

fn namespace(mode: &str, what: &str, reach: SocketReach, needs: &mut Needs) -> Result<(), Refusal> {
    match mode.split_once(':') {
        Some(("container", name)) => needs.containers.push(name.to_owned()),
        None if matches!(mode, "" | "private" | "shareable" | "none") => {}
        None | Some(_) => opened(reach, format_args!("a container {what} (`{mode}`)"))?,
    }
    Ok(())
}

/// Settings that only an open socket allows.
fn opened(reach: SocketReach, what: std::fmt::Arguments<'_>) -> Result<(), Refusal> {
    match reach {
        SocketReach::Open => Ok(()),
        SocketReach::Limited => Err(Refusal::forbidden(what, MORE)),
    }
}

#[cfg(test)]
mod tests;
