//! The labels of every container, network and volume of a run, by which cirun finds them again.

use std::collections::HashMap;

use cirun_engine::Owner;

use crate::Keep;

pub(crate) const RUN: &str = "cirun.run";
pub(crate) const STAGE: &str = "cirun.stage";
pub(crate) const STEP: &str = "cirun.step";
/// The containerised step group that the object belongs to.
pub(crate) const GROUP: &str = "cirun.group";
/// The purpose of the object: `step`, `service`, `pod`, `sidecar`, `network`, `shared`, [`SOCKET`], or the name of a
/// machine service.
pub(crate) const ROLE: &str = "cirun.role";
/// The role of objects that a step creates through the engine's socket.
pub(crate) const SOCKET: &str = "socket";
pub(crate) const PID: &str = "cirun.pid";
pub(crate) const BOOT_ID: &str = "cirun.boot-id";
pub(crate) const STARTED: &str = "cirun.started";
pub(crate) const HOST: &str = "cirun.host";
/// The object stays when its run has ended: no later run removes it.
pub(crate) const KEPT: &str = "cirun.kept";
/// The description from which a machine service's container was created.
pub(crate) const SPEC: &str = "cirun.spec";

/// The labels of all objects of a stage.
#[derive(Debug, Clone)]
pub(crate) struct StageLabels {
    base: Vec<(&'static str, String)>,
}

impl StageLabels {
    pub(crate) fn new(run: &str, stage: &str, owner: &Owner, keep: Keep) -> Self {
        let mut base = vec![
            (RUN, run.to_owned()),
            (STAGE, stage.to_owned()),
            (HOST, owner.host.clone()),
            (BOOT_ID, owner.boot_id.clone()),
            (PID, owner.pid.to_string()),
            (STARTED, owner.started.clone()),
        ];
        if keep == Keep::Everything {
            base.push((KEPT, "true".to_owned()));
        }
        Self { base }
    }

    /// The labels of all objects of a containerised step group of the stage.
    pub(crate) fn of_group(&self, group: &str) -> Self {
        let mut base = self.base.clone();
        base.push((GROUP, group.to_owned()));
        Self { base }
    }

    /// The labels of one object.
    pub(crate) fn of(&self, role: &str, step: Option<&str>) -> HashMap<String, String> {
        let mut labels: HashMap<String, String> =
            self.base.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        labels.insert(ROLE.to_owned(), role.to_owned());
        if let Some(step) = step {
            labels.insert(STEP.to_owned(), step.to_owned());
        }
        labels
    }
}

/// Reads the owner from an object's labels.
pub(crate) fn owner_of(labels: &HashMap<String, String>) -> Owner {
    let text = |key: &str| labels.get(key).cloned().unwrap_or_default();
    Owner { host: text(HOST), boot_id: text(BOOT_ID), pid: text(PID).parse().unwrap_or(0), started: text(STARTED) }
}

/// The API's filter for objects with all of these labels (`key` or `key=value`).
pub(crate) fn filter(labels: &[String]) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), labels.to_vec())])
}

/// The filter for the objects of one stage.
pub(crate) fn stage_filter(run: &str, stage: &str) -> HashMap<String, Vec<String>> {
    filter(&[format!("{RUN}={run}"), format!("{STAGE}={stage}")])
}

/// The filter for the objects of a containerised step group.
pub(crate) fn group_filter(run: &str, stage: &str, group: &str) -> HashMap<String, Vec<String>> {
    filter(&[format!("{RUN}={run}"), format!("{STAGE}={stage}"), format!("{GROUP}={group}")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_survives_the_labels() {
        let owner = Owner { host: "box pid:[1]".into(), boot_id: "b".into(), pid: 42, started: "99".into() };
        let labels = StageLabels::new("r1", "build", &owner, Keep::Nothing).of("step", Some("a.b"));
        assert_eq!(owner_of(&labels), owner);
        assert_eq!(labels[STEP], "a.b");
        assert_eq!(labels[ROLE], "step");
    }
}
