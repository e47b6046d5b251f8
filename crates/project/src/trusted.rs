//! Finds a repository with the settings that are followed: those that need consent only with it.

use cirun_diagnostics::Failure;

use crate::{
    Context, Located, PlanRequest, Purpose, compile,
    consent::{Consents, Request},
    find, say_beyond,
    settings::Trust,
};

/// Finds everything that planning needs, and says which settings of the repository are not followed.
///
/// # Errors
/// No pipeline, workspace or valid settings.
pub fn locate(request: &PlanRequest, context: Context<'_>) -> Result<Located, Failure> {
    let located = find(request, context, Trust::UserOnly)?;
    if located.standing.is_trusted || located.standing.beyond.is_empty() {
        return Ok(located);
    }
    if let Some(trusted) = for_settings(&located, request, context)? {
        return Ok(trusted);
    }
    say_beyond(&located.standing.beyond, context.person);
    Ok(located)
}

/// The repository with all of its settings, if consent for them is remembered or given now.
fn for_settings(located: &Located, plan: &PlanRequest, context: Context<'_>) -> Result<Option<Located>, Failure> {
    let consents = Consents::of(context.paths);
    let asks = plan.asks_consent && !plan.no_input && context.person.can_answer();
    if !asks && consents.given_to(&located.standing.repository).is_empty() {
        return Ok(None);
    }
    let trusted = || find(plan, context, Trust::Repository);
    // Only a look at what would be followed: nothing is started.
    let Ok(compiled) = compile(trusted()?, plan, context, Purpose::Show) else { return Ok(None) };
    let request = Request::of(&compiled);
    let granted = consents.cover(&request) || asks && request.is_granted_now(&consents, context.person)?;
    if granted { trusted().map(Some) } else { Ok(None) }
}
