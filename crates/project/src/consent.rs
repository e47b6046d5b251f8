//! Consent: before a run reaches beyond its own containers, cirun asks the user, and remembers the answer for the same
//! documents.
//!
//! No run starts before this check. Without a terminal, cirun cannot ask, and a run without consent does not start.

mod content;
mod grant;
mod store;

use std::path::{Path, PathBuf};

use cirun_diagnostics::Failure;
use cirun_plan::PlannedStage;
use cirun_terminal_text::human_count;
pub use store::{Consents, Remembered};

use self::grant::Grant;
use crate::{Compiled, Context, Dialogue, settings::Settings};

/// A run's request for consent.
#[derive(Debug)]
pub struct Request {
    /// The repository's directory.
    repository: PathBuf,
    /// The digest of its documents.
    content: String,
    /// What the run asks for; empty if it needs no consent.
    grants: Vec<Grant>,
}

impl Request {
    /// Collects what a run of this plan needs consent for.
    pub fn of(compiled: &Compiled) -> Self {
        Self {
            repository: compiled.repository_trust.repository.clone(),
            content: content::digest(&compiled.sources),
            grants: grant::of(compiled),
        }
    }

    /// The digest of the repository's documents.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// A line for commands that only show the pipeline: what a run would ask for. None if a run would not ask, or not start.
    pub fn announced(&self, compiled: &Compiled) -> Option<String> {
        if compiled.errors() > 0 || self.is_settled(compiled) {
            return None;
        }
        let kinds = grant::counted(&self.grants);
        Some(format!("a run asks for consent first: {kinds}; `cirun local` lists them, `--trust` allows them"))
    }

    fn is_settled(&self, compiled: &Compiled) -> bool {
        compiled.repository_trust.is_trusted || self.grants.is_empty() || Consents::of(&compiled.paths).cover(self)
    }

    fn list(&self) -> String {
        format!("{} asks for more than its own containers:\n{}", self.repository.display(), grant::list(&self.grants))
    }

    /// Asks the person, and remembers a yes.
    pub(crate) fn is_granted_now(&self, consents: &Consents, person: &dyn Dialogue) -> Result<bool, Failure> {
        person.say(&self.list());
        let answer = person.agrees("allow this, now and for later runs with the same pipeline and templates? [y/N] ");
        let granted = answer.is_ok_and(|agrees| agrees);
        if granted {
            consents.remember(self)?;
        }
        Ok(granted)
    }
}

/// Checks that the run has consent for all that it asks for. If `asks` is set, asks the person for what is missing.
///
/// # Errors
/// Consent is missing, or cannot be remembered.
pub fn demand(compiled: &Compiled, request: &Request, context: Context<'_>, asks: bool) -> Result<(), Failure> {
    if request.is_settled(compiled) {
        return Ok(());
    }
    let person = context.person;
    if !asks || !person.can_answer() {
        person.say(&request.list());
        let count = human_count(request.grants.len(), "grant");
        return Err(Failure::input(format!(
            "the run needs consent for {count}, and there is no terminal to ask at; nothing was started"
        ))
        .help("`--trust` allows it for one run; at a terminal cirun asks once and remembers the answer"));
    }
    match request.is_granted_now(&Consents::of(&compiled.paths), person)? {
        true => Ok(()),
        false => Err(Failure::input("the run was not allowed; nothing was started")
            .help("`--trust` allows one run without a question")),
    }
}

/// What the instances of a stage need beyond what was allowed for the stage's outline, in words; none if they need no more.
pub fn beyond(outline: &PlannedStage, stages: &[PlannedStage], settings: &Settings) -> Option<String> {
    let more = grant::beyond(outline, stages, settings);
    (!more.is_empty()).then(|| {
        let steps: Vec<String> = more.iter().map(|grant| format!("`{}`", grant.to)).collect();
        format!("{} ({})", grant::counted(&more), steps.join(", "))
    })
}

/// The repository of `here`, as consent is remembered for it: without links, or `here` itself outside of a repository.
///
/// # Errors
/// The directory does not exist.
pub fn repository_of(here: &Path) -> Result<PathBuf, Failure> {
    let root = crate::find_upwards(here, ".git").unwrap_or_else(|| here.to_owned());
    std::fs::canonicalize(&root).map_err(|error| Failure::usage(format!("there is no {}: {error}", root.display())))
}
