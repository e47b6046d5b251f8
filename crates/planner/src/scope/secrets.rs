//! Looks up secrets by identifier, with the scopes of references.

use cirun_plan::Secret;

use crate::inputs::{SecretStore, Setting};

/// Finds a secret by its full name, then without the scope of its reference (`account.x` → `x`).
pub(crate) fn find(store: &dyn SecretStore, id: &str) -> Option<Setting<Secret>> {
    store.get(id).or_else(|| store.get(without_scope(id)?))
}

/// The identifier of a scoped reference.
pub(crate) fn without_scope(reference: &str) -> Option<&str> {
    reference.strip_prefix("account.").or_else(|| reference.strip_prefix("org."))
}

/// The three ways to set a secret, for a message.
pub(crate) fn remedy(id: &str) -> String {
    let bare = without_scope(id).unwrap_or(id);
    let variable: String = bare.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!(
        "set it with `--secret {bare}`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the \
         environment variable `CIRUN_SECRET_{variable}`"
    )
}
