//! Lifecycle policies: stored, previewed and applied.
//!
//! AWS applies a policy within a day. The emulator applies it when it is put, and again when a call is about the
//! repository and the last time was a day ago by the emulator's clock. Nothing happens to repositories without calls.

mod document;
mod evaluate;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::{document::Policy, evaluate::Candidate};
use super::{
    Call, EcrError, Repository,
    image::{Filter, images},
    image_id::ImageId,
    page::{page, with_token},
    policy_text::LIFECYCLE,
    token::seconds,
};
use crate::{StoreError, Tag, storage::PolicyKind};

/// The interval at which a policy is applied.
const EVERY: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    lifecycle_policy_text: Option<String>,
    image_ids: Option<Vec<ImageId>>,
    #[serde(default)]
    filter: Filter,
    max_results: Option<usize>,
    next_token: Option<String>,
}

fn read(call: &Call) -> Result<(Input, Repository), EcrError> {
    let input: Input = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    call.emulator.store.repository(&repository.at).map_err(repository.error())?;
    Ok((input, repository))
}

pub(super) fn put(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = read(call)?;
    let text = input.lifecycle_policy_text.ok_or_else(|| EcrError::missing("lifecyclePolicyText"))?;
    let policy = Policy::parse(&text)?;
    call.emulator.store.set_policy(&repository.at, PolicyKind::Lifecycle, Some(&text)).map_err(repository.error())?;
    apply(call, &repository, &policy)?;
    Ok(LIFECYCLE.render(&repository, &text))
}

pub(super) fn get(call: &Call) -> Result<Value, EcrError> {
    let (_, repository) = read(call)?;
    let text = LIFECYCLE.current(call, &repository)?;
    evaluated(call, &repository, LIFECYCLE.render(&repository, &text))
}

pub(super) fn delete(call: &Call) -> Result<Value, EcrError> {
    let (_, repository) = read(call)?;
    let text = LIFECYCLE.current(call, &repository)?;
    let answer = evaluated(call, &repository, LIFECYCLE.render(&repository, &text))?;
    call.emulator.store.set_policy(&repository.at, PolicyKind::Lifecycle, None).map_err(repository.error())?;
    Ok(answer)
}

/// Applies the repository's policy if it is due.
pub(super) fn apply_if_due(call: &Call, repository: &Repository) -> Result<(), EcrError> {
    let store = &call.emulator.store;
    let settings = match store.repository(&repository.at) {
        // The action itself reports the error.
        Err(StoreError::RepositoryNotFound(_)) => return Ok(()),
        settings => settings.map_err(repository.error())?,
    };
    let Some(before) = settings.lifecycle_evaluated_at else { return Ok(()) };
    if call.emulator.clock.now() < before + EVERY {
        return Ok(());
    }
    match store.policy(&repository.at, PolicyKind::Lifecycle).map_err(repository.error())? {
        Some(text) => apply(call, repository, &Policy::parse(&text)?),
        None => Ok(()),
    }
}

/// Removes the images that a policy expires.
fn apply(call: &Call, repository: &Repository, policy: &Policy) -> Result<(), EcrError> {
    let (store, now) = (&call.emulator.store, call.emulator.clock.now());
    for expired in expired(call, repository, policy, now)? {
        match store.delete_manifest(&repository.at, &expired.candidate.digest) {
            // Another process has removed it first.
            Ok(()) | Err(StoreError::ImageNotFound(_)) => {}
            Err(error) => return Err(repository.error()(error)),
        }
    }
    let note = |settings: &mut crate::storage::RepositorySettings| settings.lifecycle_evaluated_at = Some(now);
    store.change_repository(&repository.at, note).map_err(repository.error())?;
    Ok(())
}

/// Returns the images that a policy expires at the given time.
fn expired(
    call: &Call,
    repository: &Repository,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<evaluate::Expired>, EcrError> {
    let lists = call.emulator.store.lists(&repository.at).map_err(repository.error())?;
    let candidates = images(call, repository)?.into_iter().map(|image| Candidate {
        is_listed: lists.contains_key(&image.digest),
        digest: image.digest,
        tags: image.tags.iter().map(Tag::to_string).collect(),
        pushed_at: image.record.pushed_at,
    });
    Ok(evaluate::evaluate(policy, candidates.collect(), now))
}

/// A stored preview.
#[derive(Deserialize, Serialize)]
struct Preview {
    text: String,
    results: Vec<PreviewResult>,
}

#[derive(Clone, Deserialize, Serialize)]
struct PreviewResult {
    digest: String,
    tags: Vec<String>,
    pushed_at: Timestamp,
    rule: u64,
}

pub(super) fn start_preview(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = read(call)?;
    let text = match input.lifecycle_policy_text {
        Some(text) => text,
        None => LIFECYCLE.current(call, &repository)?,
    };
    let expired = expired(call, &repository, &Policy::parse(&text)?, call.emulator.clock.now())?;
    let results = expired.into_iter().map(|expired| PreviewResult {
        digest: expired.candidate.digest.to_string(),
        tags: expired.candidate.tags,
        pushed_at: expired.candidate.pushed_at,
        rule: expired.rule,
    });
    let preview = Preview { text: text.clone(), results: results.collect() };
    let kept = json!(preview).to_string();
    call.emulator
        .store
        .set_policy(&repository.at, PolicyKind::LifecyclePreview, Some(&kept))
        .map_err(repository.error())?;
    let mut answer = LIFECYCLE.render(&repository, &text);
    answer["status"] = json!("IN_PROGRESS");
    Ok(answer)
}

pub(super) fn get_preview(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = read(call)?;
    let kept = call.emulator.store.policy(&repository.at, PolicyKind::LifecyclePreview).map_err(repository.error())?;
    let kept =
        kept.ok_or_else(|| repository.without("LifecyclePolicyPreviewNotFoundException", "Lifecycle policy preview"))?;
    let Preview { text, results } =
        serde_json::from_str(&kept).map_err(|e| EcrError::Internal(format!("a preview is damaged: {e}")))?;
    let total = results.len();
    let status = input.filter.tag_status()?;
    let ids = input.image_ids.filter(|ids| !ids.is_empty());
    let is_asked_for = |result: &PreviewResult| {
        ids.as_ref().is_none_or(|ids| {
            ids.iter().any(|id| {
                id.image_digest.as_ref().is_none_or(|digest| *digest == result.digest)
                    && id.image_tag.as_ref().is_none_or(|tag| result.tags.contains(tag))
            })
        })
    };
    let shown = results.into_iter().filter(|result| status.takes(!result.tags.is_empty()) && is_asked_for(result));
    let key = |result: &PreviewResult| format!("{:030} {}", result.pushed_at.as_nanosecond(), result.digest);
    let (shown, next) = page(shown.collect(), key, input.max_results, input.next_token.as_deref())?;
    let shown: Vec<Value> = shown
        .into_iter()
        .map(|result| {
            json!({
                "imageTags": result.tags,
                "imageDigest": result.digest,
                "imagePushedAt": seconds(result.pushed_at),
                "action": { "type": "EXPIRE" },
                "appliedRulePriority": result.rule,
            })
        })
        .collect();
    let mut answer = LIFECYCLE.render(&repository, &text);
    answer["status"] = json!("COMPLETE");
    answer["previewResults"] = json!(shown);
    answer["summary"] = json!({ "expiringImageTotalCount": total });
    Ok(with_token(answer, next))
}

/// Adds the time when the policy was last applied.
fn evaluated(call: &Call, repository: &Repository, mut answer: Value) -> Result<Value, EcrError> {
    let settings = call.emulator.store.repository(&repository.at).map_err(repository.error())?;
    if let Some(time) = settings.lifecycle_evaluated_at {
        answer["lastEvaluatedAt"] = json!(seconds(time));
    }
    Ok(answer)
}
