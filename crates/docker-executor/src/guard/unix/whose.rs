//! Whose the engine's objects are: a step sees and changes those of its run, as if the engine had no others.

use std::collections::HashMap;

use bollard::{errors::Error, models::VolumeCreateRequest};

use super::{answer::BoxError, mounts::Needs, refusal::Refusal, serve::Guard};
use crate::{
    error::{explain, is_missing},
    labels::{self, RUN},
};

/// What a step does with a network or volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// Looks at it, or uses it.
    Use,
    /// Removes it.
    Remove,
}

/// The networks that every engine has.
const BUILT_IN: [&str; 3] = ["bridge", "none", "host"];
/// The containers of cirun that a step may see: those of CI.
const VISIBLE: [&str; 3] = ["step", "service", labels::SOCKET];
/// The networks and volumes of cirun that a step may use.
const USABLE: [&str; 3] = ["network", "shared", labels::SOCKET];

impl Guard {
    /// The id of a container that is the run's.
    ///
    /// # Errors
    /// A container that is not there, or is not the run's.
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

    /// The id of a network that is the run's, or every engine's.
    ///
    /// # Errors
    /// As [`Guard::container`].
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

    /// Demands that a volume is the run's.
    ///
    /// # Errors
    /// As [`Guard::container`].
    pub(super) async fn volume(&self, name: &str, deed: Deed) -> Result<(), BoxError> {
        plain("volume", name)?;
        let found = self.shared.engine.docker.inspect_volume(name).await;
        let found = found.map_err(|error| unknown("volume", name, &error))?;
        match self.is_usable(&found.labels, deed) {
            true => Ok(()),
            false => Err(foreign("volume", name).into()),
        }
    }

    /// Demands that a name is free for a volume of the run, or that the run has it already.
    ///
    /// # Errors
    /// A volume that somebody else has.
    pub(super) async fn volume_or_free(&self, name: &str) -> Result<Presence, BoxError> {
        plain("volume", name)?;
        match self.shared.engine.docker.inspect_volume(name).await {
            Ok(found) if self.is_usable(&found.labels, Deed::Use) => Ok(Presence::There),
            Ok(_) => Err(taken(name).into()),
            Err(error) if is_missing(&error) => Ok(Presence::Free),
            Err(error) => Err(explain(&error).into()),
        }
    }

    /// Demands that all that a description names is the run's, and makes the volumes that are not there.
    ///
    /// # Errors
    /// As [`Guard::container`], and the engine's.
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
            // Another run may have been quicker.
            let made = made.map_err(|error| explain(&error))?;
            if !self.is_usable(&made.labels, Deed::Use) {
                return Err(taken(name).into());
            }
        }
        Ok(())
    }

    /// The labels of what a step makes by the socket.
    pub(super) fn labels(&self) -> HashMap<String, String> {
        self.stage().own.host.labels.of(labels::SOCKET, None)
    }

    /// The run's label, as the engine filters by it.
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

/// Whether a volume is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is, and is the run's.
    There,
    /// It is not.
    Free,
}

/// A name or id, and no path.
fn plain(kind: &str, name: &str) -> Result<(), Refusal> {
    let is_plain =
        !name.is_empty() && name.chars().all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '.' | '-'));
    match is_plain {
        true => Ok(()),
        false => Err(Refusal::bad(format_args!("`{name}` is no name of a {kind}"))),
    }
}

fn unknown(kind: &str, name: &str, error: &Error) -> BoxError {
    match is_missing(error) {
        true => Refusal::missing(format_args!("No such {kind}: {name}")).into(),
        false => explain(error).into(),
    }
}

/// Of a container that cannot be made, clients take "not found" for its image, and pull it.
fn needed(error: BoxError) -> BoxError {
    match error.downcast::<Refusal>() {
        Ok(refusal) => Refusal { status: 409, ..*refusal }.into(),
        Err(error) => error,
    }
}

fn foreign(kind: &str, name: &str) -> Refusal {
    Refusal::missing(format_args!("No such {kind}: {name} (it is not this run's, and cirun's guard leaves it alone)"))
}

fn taken(name: &str) -> Refusal {
    let message = format!("the volume `{name}` is not this run's, and cirun's guard leaves it alone: use another name");
    Refusal { status: 409, message }
}
