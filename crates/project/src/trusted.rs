//! Finds a project and the settings to follow: those of the repository that need trust only with consent.

use cirun_diagnostics::Failure;

use crate::{
    Context, Located, PlanRequest, Purpose, compile,
    consent::{Consents, Request},
    find, say_beyond,
    settings::Trust,
};

/// Finds everything that planning needs, asks for consent if the request allows it, and warns of settings of the repository
/// that are not followed.
///
/// # Errors
/// No pipeline, workspace or valid settings.
pub fn locate(request: &PlanRequest, context: Context<'_>) -> Result<Located, Failure> {
    let located = find(request, context, Trust::UserOnly)?;
    if located.repository_trust.is_trusted || located.repository_trust.beyond.is_empty() {
        return Ok(located);
    }
    if let Some(trusted) = for_settings(&located, request, context)? {
        return Ok(trusted);
    }
    say_beyond(&located.repository_trust.beyond, context.person);
    Ok(located)
}

/// Locates the project again with all settings of the repository, if consent for them is remembered or given now.
fn for_settings(located: &Located, plan: &PlanRequest, context: Context<'_>) -> Result<Option<Located>, Failure> {
    let consents = Consents::of(context.paths);
    let asks = plan.asks_consent && !plan.no_input && context.person.can_answer();
    if !asks && consents.given_to(&located.repository_trust.repository).is_empty() {
        return Ok(None);
    }
    let trusted = || find(plan, context, Trust::Repository);
    // The purpose is to see what the settings lead to: nothing is started.
    let Ok(compiled) = compile(trusted()?, plan, context, Purpose::Show) else { return Ok(None) };
    let request = Request::of(&compiled);
    let granted = consents.cover(&request) || asks && request.is_granted_now(&consents, context.person)?;
    if granted { trusted().map(Some) } else { Ok(None) }
}
