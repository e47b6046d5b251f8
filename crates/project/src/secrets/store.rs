//! The secrets that were given, as the planner asks for them.

use cirun_plan::Secret;
use cirun_planner::{SecretStore, Setting};

use super::Secrets;

impl SecretStore for Secrets {
    fn get(&self, id: &str) -> Option<Setting<Secret>> {
        self.get(id).map(|(value, given_by)| Setting { value, given_by })
    }
}

/// The secrets of a plan that is only looked at: a missing one is shown as all are.
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
