//! `cirun doctor`: what works on this machine, what does not, and how to mend it.

mod engine;
mod machine;

use cirun_aws::{Authority, IdentityOptions, resolve_identity};
use cirun_diagnostics::{Failure, with_causes};
use cirun_project::{Context, Paths};
use cirun_runner::gateway::machine_scope;

use crate::{console, exit::ExitCode};

/// What a finding means for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It works.
    Good,
    /// A run may do without it, or finds another way.
    Remark,
    /// What needs it fails.
    Bad,
}

/// One look at one thing.
#[derive(Debug)]
struct Finding {
    state: State,
    what: &'static str,
    text: String,
    remedy: Option<String>,
}

impl Finding {
    fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { state: State::Good, what, text: text.into(), remedy: None }
    }

    fn remark(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Remark, what, text: text.into(), remedy: Some(remedy.into()) }
    }

    fn bad(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Bad, what, text: text.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at everything that a run relies on. AWS is optional; the engine decides the exit code.
pub(crate) async fn run(context: Context<'_>) -> Result<ExitCode, Failure> {
    let mut findings = engine::look(context).await;
    let has_engine =
        findings.iter().all(|finding| finding.state != State::Bad || !engine::IS_NEEDED.contains(&finding.what));
    findings.push(authority(context.paths));
    findings.push(aws().await);
    findings.push(machine::ports());
    findings.push(machine::records(&context.paths.runs()));
    let text: String = findings.iter().map(render).collect();
    console::data(&text)?;
    Ok(if has_engine { ExitCode::Success } else { ExitCode::Engine })
}

/// A line for what was found, and one for the remedy; further lines of a text stand under the first.
fn render(Finding { state, what, text, remedy }: &Finding) -> String {
    let mark = match state {
        State::Good => "ok",
        State::Remark => "note",
        State::Bad => "FAIL",
    };
    let indent = " ".repeat(20);
    let mut lines = format!("{mark:<4}  {what:<12}  {}\n", text.replace('\n', &format!("\n{indent}")));
    if let Some(remedy) = remedy {
        lines.push_str(&format!("{indent}→ {remedy}\n"));
    }
    lines
}

fn authority(paths: &Paths) -> Finding {
    match Authority::load_or_create(&paths.data, &machine_scope([])) {
        Ok(_) => Finding::good("certificates", paths.data.join("ca.pem").display().to_string()),
        Err(error) => Finding::bad("certificates", with_causes(&error), "make the directory writable"),
    }
}

async fn aws() -> Finding {
    let identity = match resolve_identity(&IdentityOptions::default()).await {
        Ok(identity) => identity,
        Err(error) => {
            let remedy =
                "only `--aws real` needs them: sign in (`aws sso login`), or name a profile with `--aws-profile`";
            return Finding::remark("AWS", with_causes(&error), remedy);
        }
    };
    match identity.caller().await {
        Ok(caller) => Finding::good("AWS", caller.arn),
        Err(error) => Finding::bad("AWS", with_causes(&error), "renew the credentials (`aws sso login`, …)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_and_what_to_do() {
        let findings = [
            Finding::good("engine", "Docker 27"),
            Finding::remark("AWS", "no credentials", "sign in"),
            Finding::bad("engine", "tried\n  a\n  b", "start one"),
        ];
        insta::assert_snapshot!(findings.iter().map(render).collect::<String>(), @r"
        ok    engine        Docker 27
        note  AWS           no credentials
                            → sign in
        FAIL  engine        tried
                              a
                              b
                            → start one
        ");
    }
}
