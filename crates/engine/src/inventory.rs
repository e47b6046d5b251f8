//! What a backend has made and may have left: listed and removed by what it is marked with, also by later runs.

use std::future::Future;

use crate::{BackendError, Liveness, Owner};

/// Lists and removes what runs of cirun have made. It needs no run: everything is recognised by its marks alone.
pub trait Inventory: Send + Sync {
    /// All objects of cirun, sorted by kind and name.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the backend does not respond.
    fn list_owned(&self) -> impl Future<Output = Result<Vec<OwnedObject>, BackendError>> + Send;

    /// Removes what `selection` names. An object that is already gone is listed as removed.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the backend does not respond; an object that cannot be removed is not an error.
    fn clean(
        &self,
        selection: &Selection,
        me: &Owner,
        dry_run: bool,
    ) -> impl Future<Output = Result<Cleaned, BackendError>> + Send;

    /// Removes what killed runs of this machine left: [`Selection::DeadRuns`].
    ///
    /// # Errors
    /// As [`Inventory::clean`].
    fn reap_dead_runs(&self, me: &Owner) -> impl Future<Output = Result<Cleaned, BackendError>> + Send {
        self.clean(&Selection::DeadRuns, me, false)
    }
}

/// An object of cirun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedObject {
    /// The kind of object.
    pub kind: ObjectKind,
    /// Its name.
    pub name: String,
    /// The run, unless it is the machine's.
    pub run: Option<String>,
    /// Its purpose (`step`, `service`, `registry`, …).
    pub role: String,
    /// The process that created it.
    pub owner: Owner,
    /// Whether it stays when its run has ended.
    pub kept: bool,
    /// Its state, as the backend calls it; containers only.
    pub state: Option<String>,
}

/// The kinds of objects, in the order of removal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// A container.
    Container,
    /// A volume.
    Volume,
    /// A network.
    Network,
}

/// Which objects to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// Those of one run.
    Run(String),
    /// Those with this role: a machine service and its volumes.
    Role(String),
    /// Those of runs whose process has ended, except what they were to keep.
    DeadRuns,
    /// Those of all runs except the ones that are known to be running.
    EndedRuns,
    /// All, including the machine's services and their volumes.
    Everything,
}

/// The result of a cleanup.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Removed, or to be removed in a dry run.
    pub removed: Vec<OwnedObject>,
    /// Not removed, with the reason.
    pub failed: Vec<(OwnedObject, String)>,
}

impl OwnedObject {
    /// Whether its run is still alive, as seen from the process `me`; the machine's objects have no run.
    pub fn liveness(&self, me: &Owner) -> Liveness {
        if self.run.is_some() { self.owner.liveness(me) } else { Liveness::Unknown }
    }
}

impl Selection {
    /// Whether it names an object, as seen from the process `me`.
    pub fn covers(&self, object: &OwnedObject, me: &Owner) -> bool {
        match self {
            Self::Run(run) => object.run.as_ref() == Some(run),
            Self::Role(role) => &object.role == role,
            Self::DeadRuns => !object.kept && object.liveness(me) == Liveness::Dead,
            Self::EndedRuns => object.run.is_some() && object.liveness(me) != Liveness::Alive,
            Self::Everything => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(run: Option<&str>, boot: &str) -> OwnedObject {
        let owner = Owner { host: "box".into(), boot_id: boot.into(), pid: 1, started: "1".into() };
        OwnedObject {
            kind: ObjectKind::Container,
            name: "c".into(),
            run: run.map(str::to_owned),
            role: "step".into(),
            owner,
            kept: false,
            state: None,
        }
    }

    #[test]
    fn selections() {
        let me = Owner { host: "box".into(), boot_id: "now".into(), pid: 2, started: "2".into() };
        let kept = OwnedObject { kept: true, ..object(Some("r3"), "before") };
        let living = OwnedObject { owner: Owner::current(), ..object(Some("r4"), "") };
        let objects = [object(Some("r1"), "before"), object(Some("r2"), ""), object(None, "before"), kept, living];
        let table = |selection: &Selection| objects.each_ref().map(|object| selection.covers(object, &me));
        assert_eq!(table(&Selection::Run("r2".into())), [false, true, false, false, false]);
        assert_eq!(table(&Selection::Role("step".into())), [true, true, true, true, true]);
        assert_eq!(table(&Selection::DeadRuns), [true, false, false, false, false]);
        assert_eq!(table(&Selection::Everything), [true, true, true, true, true]);
        let alive_here = Owner::current().liveness(&Owner::current()) == Liveness::Alive;
        let ended = objects.each_ref().map(|object| Selection::EndedRuns.covers(object, &Owner::current()));
        assert_eq!(ended, [true, true, false, true, !alive_here]);
    }
}
