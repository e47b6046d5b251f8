//! The given secrets as the planner's [`SecretStore`].

use cirun_plan::Secret;
use cirun_planner::{SecretStore, Setting};

use super::Secrets;

impl SecretStore for Secrets {
    fn get(&self, id: &str) -> Option<Setting<Secret>> {
        self.get(id).map(|(value, given_by)| Setting { value, given_by })
    }
}

/// The secrets of a plan that is only shown: a missing secret looks like a masked one.
#[derive(Debug)]
pub(crate) struct Shown(pub(crate) Secrets);

impl SecretStore for Shown {
    fn get(&self, id: &str) -> Option<Setting<Secret>> {
        SecretStore::get(&self.0, id)
    }

    fn stand_in(&self) -> Option<Setting<Secret>> {
        Some(Setting { value: Secret::new("***"), given_by: "no value is given".to_owned() })
    }
}
