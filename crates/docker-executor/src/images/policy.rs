//! The images that a stage needs, and whether to pull them. Pure.

use cirun_plan::{Action, PlannedStage, PlannedStep, PullPolicy, RegistryAuth, Role, Text};
use indexmap::IndexMap;

use crate::PullOverride;

/// An image of some steps of the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageRequest {
    pub(crate) image: String,
    pub(crate) pull: PullPolicy,
    pub(crate) auth: Option<RegistryAuth>,
    pub(crate) needed: Needed,
}

/// The effect of a missing image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needed {
    /// The stage fails: no step runs without the image.
    ByStage,
    /// The steps with this image fail when their turn comes, and failure strategies apply.
    ByStep,
}

/// The pull settings of the run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) pull: PullOverride,
    pub(crate) offline: bool,
}

/// The action for an image.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Use,
    Pull,
    Refuse(&'static str),
}

/// The images that are available before the first step: without those that only a running step can name or build, those
/// of steps that are known not to run, and those whose program a local plugin replaces.
pub(crate) fn requests_of(stage: &PlannedStage) -> Vec<ImageRequest> {
    let mut requests: IndexMap<String, ImageRequest> = IndexMap::new();
    for step in stage.steps().into_iter().filter(|step| !step.image_from_run && may_run(step)) {
        let Action::Container(container) = &step.action else { continue };
        if container.local_plugin.is_some() {
            continue;
        }
        let image = match &container.image.value {
            Text::Known(image) => image.clone(),
            Text::Secret(image) => image.expose().to_owned(),
            Text::Deferred(_) => continue,
        };
        let pull = container.pull.value;
        let request = requests.entry(image.clone()).or_insert_with(|| ImageRequest {
            image,
            pull,
            auth: container.registry_auth.clone(),
            needed: Needed::ByStep,
        });
        if step.role == Role::Foreground || step.failure_strategies.is_empty() {
            request.needed = Needed::ByStage;
        }
        request.pull = eager(request.pull, pull);
        if request.auth.is_none() {
            request.auth.clone_from(&container.registry_auth);
        }
    }
    requests.into_values().collect()
}

fn may_run(step: &PlannedStep) -> bool {
    !step.when.condition.as_ref().is_some_and(|condition| condition.value.never_holds())
}

/// One pull serves all steps with the image, so the strictest of their policies applies.
fn eager(one: PullPolicy, other: PullPolicy) -> PullPolicy {
    match (one, other) {
        (PullPolicy::Always, _) | (_, PullPolicy::Always) => PullPolicy::Always,
        (PullPolicy::IfNotPresent, _) | (_, PullPolicy::IfNotPresent) => PullPolicy::IfNotPresent,
        (PullPolicy::Never, PullPolicy::Never) => PullPolicy::Never,
    }
}

pub(super) fn decide(written: PullPolicy, rules: Rules, present: bool) -> Decision {
    if rules.offline {
        return if present {
            Decision::Use
        } else {
            Decision::Refuse(
                "the engine does not have it, and `--offline` forbids pulling; pull it once without `--offline`",
            )
        };
    }
    let policy = match rules.pull {
        PullOverride::Yaml => written,
        PullOverride::Always => PullPolicy::Always,
        PullOverride::Missing => PullPolicy::IfNotPresent,
        PullOverride::Never => PullPolicy::Never,
    };
    match (policy, present) {
        (PullPolicy::Always, _) | (PullPolicy::IfNotPresent, false) => Decision::Pull,
        (PullPolicy::IfNotPresent | PullPolicy::Never, true) => Decision::Use,
        (PullPolicy::Never, false) => Decision::Refuse(
            "the engine does not have it, and the pull policy is Never; pull or build it, or use `--pull missing`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions() {
        let rules = |pull, offline| Rules { pull, offline };
        let mut table = String::new();
        for written in [PullPolicy::Always, PullPolicy::IfNotPresent, PullPolicy::Never] {
            for rules in [
                rules(PullOverride::Yaml, false),
                rules(PullOverride::Always, false),
                rules(PullOverride::Missing, false),
                rules(PullOverride::Never, false),
                rules(PullOverride::Always, true),
            ] {
                let word = |present| match decide(written, rules, present) {
                    Decision::Use => "use",
                    Decision::Pull => "pull",
                    Decision::Refuse(_) => "refuse",
                };
                let offline = if rules.offline { " offline" } else { "" };
                table.push_str(&format!(
                    "{written:?} --pull {:?}{offline}: present {}, absent {}\n",
                    rules.pull,
                    word(true),
                    word(false)
                ));
            }
        }
        insta::assert_snapshot!(table, @"
        Always --pull Yaml: present pull, absent pull
        Always --pull Always: present pull, absent pull
        Always --pull Missing: present use, absent pull
        Always --pull Never: present use, absent refuse
        Always --pull Always offline: present use, absent refuse
        IfNotPresent --pull Yaml: present use, absent pull
        IfNotPresent --pull Always: present pull, absent pull
        IfNotPresent --pull Missing: present use, absent pull
        IfNotPresent --pull Never: present use, absent refuse
        IfNotPresent --pull Always offline: present use, absent refuse
        Never --pull Yaml: present use, absent refuse
        Never --pull Always: present pull, absent pull
        Never --pull Missing: present use, absent pull
        Never --pull Never: present use, absent refuse
        Never --pull Always offline: present use, absent refuse
        ");
    }

    #[test]
    fn the_most_eager_policy_counts() {
        assert_eq!(eager(PullPolicy::Never, PullPolicy::IfNotPresent), PullPolicy::IfNotPresent);
        assert_eq!(eager(PullPolicy::IfNotPresent, PullPolicy::Always), PullPolicy::Always);
    }
}
