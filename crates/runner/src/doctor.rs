//! Checks what works on this machine, what does not, and how to fix it.

mod engine;
pub(crate) mod machine;

use std::net::SocketAddr;

use cirun_aws::{Authority, IdentityOptions, resolve_identity};
use cirun_diagnostics::with_causes;
use cirun_project::{Compiled, Context, Paths};

use crate::gateway::machine_scope;

/// What a finding means for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It works.
    Good,
    /// It does not work, but runs can do without it.
    Remark,
    /// Runs that need it fail.
    Bad,
}

/// The result of one check.
#[derive(Debug)]
pub struct Finding {
    /// What it means for a run.
    pub state: State,
    /// What was checked, in one word.
    pub what: &'static str,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Finding {
    /// A check that passed.
    pub fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { state: State::Good, what, text: text.into(), remedy: None }
    }

    /// A check of something that runs can do without.
    pub fn remark(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Remark, what, text: text.into(), remedy: Some(remedy.into()) }
    }

    /// A check that failed.
    pub fn bad(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Bad, what, text: text.into(), remedy: Some(remedy.into()) }
    }
}

/// Checks what runs need: the engine with the images of `pipeline` (called only if there is an engine), the
/// certificates, AWS, the addresses `serve` of `cirun aws
/// serve`, and the disk.
pub async fn examine(
    context: Context<'_>,
    pipeline: impl FnOnce() -> Option<Compiled>,
    serve: [SocketAddr; 2],
) -> Vec<Finding> {
    let mut findings = engine::look(context, pipeline).await;
    findings.push(authority(context.paths));
    findings.push(aws().await);
    findings.push(machine::ports(serve));
    findings.push(machine::records(&context.paths.runs()));
    findings
}

/// Whether containers can run, according to the findings of [`examine`].
pub fn has_engine(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.state != State::Bad || !engine::IS_NEEDED.contains(&finding.what))
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
