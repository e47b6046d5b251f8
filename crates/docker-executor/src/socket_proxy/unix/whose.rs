//! Ownership of the engine's objects: a step sees and changes those of its run, as if the engine had no others.

use std::collections::HashMap;

use bollard::{errors::Error, models::VolumeCreateRequest};

use super::{answer::BoxError, mounts::Needs, refusal::Refusal, state::Proxy};
use crate::{
    error::{explain, is_missing},
    labels::{self, RUN},
};

/// The operation of a step on a network or volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Reads or uses it.
    Use,
    /// Removes it.
    Remove,
}

/// The networks of every engine.
const BUILT_IN: [&str; 3] = ["bridge", "none", "host"];
/// The roles of cirun's containers that a step may see: those that CI has too.
const VISIBLE: [&str; 3] = ["step", "service", labels::SOCKET];
/// The roles of cirun's networks and volumes that a step may use.
const USABLE: [&str; 3] = ["network", "shared", labels::SOCKET];

impl Proxy {
    /// The id of a container of the run.
    ///
    /// # Errors
    /// A container that does not exist, or does not belong to the run.
    pub(super) async fn container(&self, name: &str) -> Result<String, BoxError> {
        plain("container", name)?;
        let found = self.shared.engine.docker.inspect_container(name, None).await;
        let found = found.map_err(|error| unknown("container", name, &error))?;
        let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
        match self.is_visible(&labels) {
            true => Ok(found.id.unwrap_or_else(|| name.to_owned())),
            false => Err(foreign("container", name).into()),
        }
    }

    /// The id of a network that belongs to the run, or to every engine.
    ///
    /// # Errors
    /// As [`Proxy::container`].
    pub(super) async fn network(&self, name: &str, deed: Deed) -> Result<String, BoxError> {
        plain("network", name)?;
        let found = self.shared.engine.docker.inspect_network(name, None).await;
        let found = found.map_err(|error| unknown("network", name, &error))?;
        let is_built_in = found.name.as_deref().is_some_and(|name| BUILT_IN.contains(&name));
        let labels = found.labels.unwrap_or_default();
        match is_built_in && deed == Deed::Use || self.is_usable(&labels, deed) {
            true => Ok(found.id.unwrap_or_else(|| name.to_owned())),
            false => Err(foreign("network", name).into()),
        }
    }

    /// Requires that a volume belongs to the run.
    ///
    /// # Errors
    /// As [`Proxy::container`].
    pub(super) async fn volume(&self, name: &str, deed: Deed) -> Result<(), BoxError> {
        plain("volume", name)?;
        let found = self.shared.engine.docker.inspect_volume(name).await;
        let found = found.map_err(|error| unknown("volume", name, &error))?;
        match self.is_usable(&found.labels, deed) {
            true => Ok(()),
            false => Err(foreign("volume", name).into()),
        }
    }

    /// Requires that a volume name is free, or already belongs to the run.
    ///
    /// # Errors
    /// A volume of another owner.
    pub(super) async fn volume_or_free(&self, name: &str) -> Result<Presence, BoxError> {
        plain("volume", name)?;
        match self.shared.engine.docker.inspect_volume(name).await {
            Ok(found) if self.is_usable(&found.labels, Deed::Use) => Ok(Presence::There),
            Ok(_) => Err(taken(name).into()),
            Err(error) if is_missing(&error) => Ok(Presence::Free),
            Err(error) => Err(explain(&error).into()),
        }
    }

    /// Requires that all objects in a description belong to the run, and creates the missing volumes.
    ///
    /// # Errors
    /// As [`Proxy::container`], and the engine's.
    pub(super) async fn provide(&self, needs: &Needs) -> Result<(), BoxError> {
        for name in &needs.containers {
            self.container(name).await.map_err(needed)?;
        }
        for name in &needs.networks {
            self.network(name, Deed::Use).await.map_err(needed)?;
        }
        for name in &needs.volumes {
            if self.volume_or_free(name).await? == Presence::There {
                continue;
            }
            let labels = Some(self.labels());
            let request = VolumeCreateRequest { name: Some(name.clone()), labels, ..VolumeCreateRequest::default() };
            let docker = self.shared.engine.docker.clone();
            let made = self.shared.make(async move { docker.create_volume(request).await }).await;
            // Another run may have created it first.
            let made = made.map_err(|error| explain(&error))?;
            if !self.is_usable(&made.labels, Deed::Use) {
                return Err(taken(name).into());
            }
        }
        Ok(())
    }

    /// The labels of objects that a step creates through the socket.
    pub(super) fn labels(&self) -> HashMap<String, String> {
        self.stage().own.host.labels.of(labels::SOCKET, None)
    }

    /// The run's label, as a filter of the engine.
    pub(super) fn run_label(&self) -> String {
        format!("{RUN}={}", self.shared.config.run_id)
    }

    /// Whether a step may see a container with these labels.
    pub(super) fn is_visible(&self, labels: &HashMap<String, String>) -> bool {
        self.has_role(labels, &VISIBLE)
    }

    /// Whether a step may use, or remove, a network or volume with these labels.
    pub(super) fn is_usable(&self, labels: &HashMap<String, String>, deed: Deed) -> bool {
        match deed {
            Deed::Use => self.has_role(labels, &USABLE),
            Deed::Remove => self.has_role(labels, &[labels::SOCKET]),
        }
    }

    fn has_role(&self, labels: &HashMap<String, String>, roles: &[&str]) -> bool {
        let role = labels.get(labels::ROLE).map_or("", String::as_str);
        labels.get(RUN) == Some(&self.shared.config.run_id) && roles.contains(&role)
    }
}

/// The state of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It exists, and belongs to the run.
    There,
    /// It does not exist.
    Free,
}

/// Checks that a text is a name or id, not a path.
fn plain(kind: &str, name: &str) -> Result<(), Refusal> {
    let is_plain =
        !name.is_empty() && name.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '.' | '-'));
    match is_plain {
        true => Ok(()),
        false => Err(Refusal::bad(format_args!("`{name}` is not the name of a {kind}"))),
    }
}

fn unknown(kind: &str, name: &str, error: &Error) -> BoxError {
    match is_missing(error) {
        true => Refusal::missing(format_args!("No such {kind}: {name}")).into(),
        false => explain(error).into(),
    }
}

/// If a container cannot be created, clients read "not found" as a missing image, and pull it.
fn needed(error: BoxError) -> BoxError {
    match error.downcast::<Refusal>() {
        Ok(refusal) => Refusal { status: 409, ..*refusal }.into(),
        Err(error) => error,
    }
}

fn foreign(kind: &str, name: &str) -> Refusal {
    Refusal::missing(format_args!(
        "No such {kind}: {name} (it does not belong to this run, and cirun's socket proxy protects \
        it)"
    ))
}

fn taken(name: &str) -> Refusal {
    let message = format!(
        "the volume `{name}` does not belong to this run, and cirun's socket proxy protects it: use another \
        name"
    );
    Refusal { status: 409, message }
}
