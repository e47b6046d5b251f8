//! `cirun trust`: shows and revokes the consents for repositories.

use std::path::PathBuf;

use cirun_diagnostics::Failure;
use cirun_project::{
    Context,
    consent::{Consents, Remembered, repository_of},
};
use cirun_terminal_text::human_count;

use crate::{console, exit::ExitCode};

/// Shows or revokes the consents for one repository, or shows all consents.
pub(crate) fn run(
    directory: Option<PathBuf>,
    list: bool,
    revoke: bool,
    context: Context<'_>,
) -> Result<ExitCode, Failure> {
    let consents = Consents::of(context.paths);
    if list {
        console::data(&rendered(&consents.all()))?;
        return Ok(ExitCode::Success);
    }
    let here = &context.environment.directory;
    let directory = directory.map_or_else(|| here.clone(), |given| here.join(given));
    let repository = repository_of(&directory)?;
    if revoke {
        let count = human_count(consents.revoke(&repository)?, "consent");
        console::say(&format!("{count} for {} revoked", repository.display()));
        return Ok(ExitCode::Success);
    }
    let given = consents.given_to(&repository);
    if given.is_empty() {
        console::say(&format!("{} has no permissions beyond its own containers", repository.display()));
    }
    console::data(&rendered(&given))?;
    Ok(ExitCode::Success)
}

fn rendered(consents: &[Remembered]) -> String {
    let of_one = |Remembered { repository, content, given, grants }: &Remembered| {
        let content = content.get(..12).unwrap_or_default();
        let head = format!("{}, {given:.0}, for the content {content}:\n", repository.display());
        head + &grants.iter().map(|grant| format!("  {grant}\n")).collect::<String>()
    };
    consents.iter().map(of_one).collect()
}
