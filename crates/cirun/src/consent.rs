//! Consent: what a run of a repository reaches beyond containers of its own is asked for once, and remembered for the same
//! content.
//!
//! Everything a repository decides goes through here before anything starts. Without a terminal nothing is asked, and nothing
//! starts.

mod content;
mod grant;
mod store;

use std::path::{Path, PathBuf};

use cirun_diagnostics::{Failure, FailureKind};
use cirun_plan::PlannedStage;
use cirun_report::human_count;
pub(crate) use store::{Consents, Remembered};

use self::grant::Grant;
use crate::{
    args::PlanOptions,
    console,
    console::Typed,
    environment::Environment,
    session::{Located, Session},
    settings::Settings,
};

/// How long one look for an answer takes; it is looked for again.
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);

/// What a run asks for.
#[derive(Debug)]
pub(crate) struct Request {
    /// The repository's directory.
    repository: PathBuf,
    /// The digest of its documents.
    content: String,
    /// What it would be given; empty if nothing takes consent.
    grants: Vec<Grant>,
}

/// Whether a person may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// At a terminal.
    AtTerminal,
    /// Never.
    Never,
}

impl Asking {
    /// For a command that runs steps.
    pub(crate) fn of(plan: &PlanOptions) -> Self {
        if console::is_interactive() && !plan.no_input { Self::AtTerminal } else { Self::Never }
    }
}

impl Request {
    /// What a run of this plan asks for.
    pub(crate) fn of(session: &Session) -> Self {
        Self {
            repository: session.standing.repository.clone(),
            content: content::digest(&session.sources),
            grants: grant::of(session),
        }
    }

    /// The digest of the repository's documents.
    pub(crate) fn content(&self) -> &str {
        &self.content
    }

    /// A line for who looks at a pipeline, if it would run and ask.
    pub(crate) fn announced(&self, session: &Session) -> Option<String> {
        if session.errors() > 0 || self.is_settled(session) {
            return None;
        }
        let kinds = grant::counted(&self.grants);
        Some(format!("a run asks for consent first: {kinds}; `cirun local` lists them, `--trust` allows them"))
    }

    fn is_settled(&self, session: &Session) -> bool {
        session.standing.is_trusted || self.grants.is_empty() || Consents::of(&session.paths).cover(self)
    }

    fn list(&self) -> String {
        format!("{} asks for more than its own containers:\n{}", self.repository.display(), grant::list(&self.grants))
    }

    /// Asks a person, and remembers a yes.
    fn is_granted_now(&self, consents: &Consents) -> Result<bool, Failure> {
        console::say(&self.list());
        console::prompt("allow this, now and for later runs with the same pipeline and templates? [y/N] ");
        let granted = loop {
            match console::type_line(LOOK) {
                Ok(Typed::Nothing) => {}
                Ok(Typed::Line(line)) => break is_yes(&line),
                Ok(Typed::End) | Err(_) => break false,
            }
        };
        if granted {
            consents.remember(self)?;
        }
        Ok(granted)
    }
}

fn is_yes(line: &str) -> bool {
    ["y", "yes"].iter().any(|word| line.trim().eq_ignore_ascii_case(word))
}

/// Fails unless everything that the run reaches beyond containers of its own is allowed.
pub(crate) fn demand(session: &Session, request: &Request, asking: Asking) -> Result<(), Failure> {
    if request.is_settled(session) {
        return Ok(());
    }
    match asking {
        Asking::AtTerminal if request.is_granted_now(&Consents::of(&session.paths))? => Ok(()),
        Asking::AtTerminal => Err(Failure::new(FailureKind::Input, "the run was not allowed; nothing was started")
            .help("`--trust` allows one run without a question")),
        Asking::Never => {
            console::say(&request.list());
            let count = human_count(request.grants.len(), "grant");
            Err(Failure::new(
                FailureKind::Input,
                format!("the run needs consent for {count}, and there is no terminal to ask at; nothing was started"),
            )
            .help("`--trust` allows it for one run; at a terminal cirun asks once and remembers the answer"))
        }
    }
}

/// What the instances of a stage would be given that its outline was not, for a person; none where all was allowed with it.
pub(crate) fn beyond(outline: &PlannedStage, stages: &[PlannedStage], settings: &Settings) -> Option<String> {
    let more = grant::beyond(outline, stages, settings);
    (!more.is_empty()).then(|| {
        let steps: Vec<String> = more.iter().map(|grant| format!("`{}`", grant.to)).collect();
        format!("{} ({})", grant::counted(&more), steps.join(", "))
    })
}

/// The repository with all of its settings, where consent for them is remembered or given now; `trusted` finds it so.
pub(crate) fn for_settings(
    located: &Located,
    trusted: impl Fn() -> Result<Located, Failure>,
    plan: &PlanOptions,
    environment: &Environment,
    asking: Asking,
) -> Result<Option<Located>, Failure> {
    let consents = Consents::of(&located.paths);
    if asking == Asking::Never && consents.given_to(&located.standing.repository).is_empty() {
        return Ok(None);
    }
    let Some(session) = Session::preview(trusted()?, plan, environment) else { return Ok(None) };
    let request = Request::of(&session);
    let granted = consents.cover(&request) || asking == Asking::AtTerminal && request.is_granted_now(&consents)?;
    if granted { trusted().map(Some) } else { Ok(None) }
}

/// The directory by which consent for what is run in `here` is remembered.
pub(crate) fn repository_of(here: &Path) -> Result<PathBuf, Failure> {
    let root = crate::paths::find_upwards(here, ".git").unwrap_or_else(|| here.to_owned());
    std::fs::canonicalize(&root).map_err(|error| Failure::usage(format!("there is no {}: {error}", root.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for (line, expected) in
            [("y\n", true), (" Yes ", true), ("", false), ("no", false), ("yess", false), ("\n", false)]
        {
            assert_eq!(is_yes(line), expected, "{line:?}");
        }
    }
}
