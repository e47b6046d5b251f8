//! The policies of a repository as texts: what it has, and how calls show it.

use serde_json::{Value, json};

use super::{Call, EcrError, Repository};
use crate::storage::PolicyKind;

/// A kind of policy, in ECR's words.
pub(super) struct PolicyText {
    pub(super) kind: PolicyKind,
    /// The error if there is none.
    missing: (&'static str, &'static str),
    /// The field with the text.
    field: &'static str,
}

/// Who may use the repository.
pub(super) const ACCESS: PolicyText = PolicyText {
    kind: PolicyKind::Access,
    missing: ("RepositoryPolicyNotFoundException", "Repository policy"),
    field: "policyText",
};

/// Which images expire.
pub(super) const LIFECYCLE: PolicyText = PolicyText {
    kind: PolicyKind::Lifecycle,
    missing: ("LifecyclePolicyNotFoundException", "Lifecycle policy"),
    field: "lifecyclePolicyText",
};

impl PolicyText {
    /// The text of the repository's policy.
    pub(super) fn current(&self, call: &Call, repository: &Repository) -> Result<String, EcrError> {
        let text = call.emulator.store.policy(&repository.at, self.kind).map_err(repository.error())?;
        let (code, what) = self.missing;
        text.ok_or_else(|| repository.without(code, what))
    }

    /// The answer of calls about the policy.
    pub(super) fn render(&self, repository: &Repository, text: &str) -> Value {
        json!({
            "registryId": repository.registry.account,
            "repositoryName": repository.at.name.as_str(),
            self.field: text,
        })
    }
}
