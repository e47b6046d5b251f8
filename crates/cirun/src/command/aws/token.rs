//! `cirun aws token`: prints a token of the local OIDC issuer, which takes the place of CI's issuer.

use cirun_aws_emulator::{Audience, OidcIssuer, Workload};
use cirun_diagnostics::Failure;
use cirun_project::Context;
use jiff::Timestamp;

use crate::{args::TokenOptions, console, exit::ExitCode};

/// Prints a token.
pub(super) fn run(options: &TokenOptions, context: Context<'_>) -> Result<ExitCode, Failure> {
    let issuer = OidcIssuer::open(&context.paths.oidc()).map_err(Failure::aws)?;
    let workload = Workload {
        account_id: options.account.clone(),
        organization_id: options.org.clone(),
        project_id: options.project.clone(),
        pipeline_id: options.pipeline.clone(),
    };
    let audience = Audience { audience: options.audience.clone(), issuer: options.issuer.clone() };
    let token = issuer.token_for(&workload, &audience, Timestamp::now()).map_err(Failure::aws)?;
    console::data(&format!("{token}\n"))?;
    Ok(ExitCode::Success)
}
