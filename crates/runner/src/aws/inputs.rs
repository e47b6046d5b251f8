//! Decides who signs in to AWS in a plan, and with which token.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use cirun_aws_emulator::{OidcIssuer, Workload};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_parser::model::{AwsCredential, AzureCredential, Connector, ConnectorSpec, GcpCredential, Pipeline};
use cirun_plan::Secret;
use cirun_planner::{AwsInputs, AwsMode, DelegateIdentity, RunFacts, Setting, WebIdentity};
use cirun_project::{AwsQuestion, Environment, POD_TOKEN_FILE, PRIVATE_DIR, settings};
use indexmap::IndexMap;
use jiff::Timestamp;

/// Decides who signs in to AWS, and with what. `oidc` is the directory of the local OIDC issuer's key.
pub(crate) fn inputs(question: AwsQuestion<'_>, environment: &Environment, oidc: &Path) -> Result<AwsInputs, Failure> {
    let AwsQuestion { settings, pipeline, facts, .. } = question;
    let mode = match settings.aws.value {
        settings::AwsMode::Emulated => AwsMode::Emulated,
        settings::AwsMode::Real => AwsMode::Real,
        settings::AwsMode::Off => AwsMode::Off,
    };
    let oidc_token = match mode {
        AwsMode::Emulated if question.running || uses_oidc(question.connectors) => {
            Some(local_token(pipeline, facts, oidc)?)
        }
        AwsMode::Emulated | AwsMode::Off => None,
        AwsMode::Real => given_token(question, environment)?,
    };
    let delegate = match mode {
        AwsMode::Emulated => Some(emulated_delegate()),
        AwsMode::Real | AwsMode::Off => question.delegate.cloned(),
    };
    let web_identity = (mode == AwsMode::Emulated).then(|| WebIdentity {
        token_file: format!("{PRIVATE_DIR}/{POD_TOKEN_FILE}"),
        role: "cirun-pod".to_owned(),
        given_by: "the local OIDC issuer".to_owned(),
    });
    let create_repository = settings.create_repository.value && mode == AwsMode::Real;
    let forwarded = mode == AwsMode::Emulated && settings.aws_endpoint_url.is_some();
    Ok(AwsInputs { mode, delegate, web_identity, oidc_token, create_repository, forwarded })
}

/// The delegate's identity on the emulated AWS, which accepts any keys. The access key identifies the delegate in logs.
pub fn emulated_delegate() -> DelegateIdentity {
    DelegateIdentity {
        access_key: "AKIACIRUNDELEGATE000".to_owned(),
        secret_key: Secret::new("the-emulated-aws-knows-everyone"),
        session_token: None,
        region: None,
        given_by: "the emulated AWS".to_owned(),
    }
}

fn local_token(pipeline: &Pipeline, facts: &RunFacts, oidc: &Path) -> Result<Setting<Secret>, Failure> {
    let text = |field: &Option<cirun_parser::Text>, default: &str| match field.as_ref().map(|text| &text.value) {
        Some(cirun_parser::ParameterField::Literal(value)) => value.clone(),
        Some(cirun_parser::ParameterField::Expression(_)) | None => default.to_owned(),
    };
    let workload = Workload {
        account_id: facts.account.clone(),
        organization_id: text(&pipeline.org, &facts.org),
        project_id: text(&pipeline.project, &facts.project),
        pipeline_id: pipeline.identifier.as_ref().map_or_else(String::new, |id| id.value.clone()),
    };
    let now = Timestamp::from_millisecond(facts.now_ms).unwrap_or_default();
    let token = OidcIssuer::open(oidc).and_then(|issuer| issuer.token(&workload, now));
    let token = token.map_err(|error| {
        Failure::aws(error).help("the local OIDC issuer keeps its key there: make it writable, or set XDG_DATA_HOME")
    })?;
    Ok(Setting { value: Secret::new(token), given_by: "the local OIDC issuer".to_owned() })
}

/// The token for real AWS, from the first of these that is given: a file, a variable, the output of a command.
fn given_token(question: AwsQuestion<'_>, environment: &Environment) -> Result<Option<Setting<Secret>>, Failure> {
    if let Some(path) = &question.request.oidc_token_file {
        let token = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(FailureKind::Aws, format!("cannot read the OIDC token {}: {error}", path.display()))
        })?;
        return Ok(Some(Setting { value: Secret::new(token.trim()), given_by: "--oidc-token-file".to_owned() }));
    }
    if let Some(token) = environment.get("CIRUN_OIDC_TOKEN") {
        return Ok(Some(Setting { value: Secret::new(token.trim()), given_by: "CIRUN_OIDC_TOKEN".to_owned() }));
    }
    let Some(command) = question.settings.oidc_token_command.as_ref().filter(|_| uses_oidc(question.connectors)) else {
        return Ok(None);
    };
    let given_by = format!("`oidc-token-command` ({})", command.origin);
    let value = match question.running {
        true => token_of(&command.value, &given_by)?,
        // Showing a plan starts no programs, and tokens are masked anyway.
        false => Secret::new(format!("the output of {}", command.value)),
    };
    Ok(Some(Setting { value, given_by }))
}

/// Whether any connector signs in with the CI service's token.
fn uses_oidc(connectors: &IndexMap<String, Connector>) -> bool {
    connectors.values().any(|connector| match &connector.spec {
        ConnectorSpec::Aws(aws) => matches!(aws.credential, AwsCredential::Oidc { .. }),
        ConnectorSpec::Gcp(gcp) => matches!(gcp.credential, GcpCredential::Oidc { .. }),
        ConnectorSpec::Azure(azure) => matches!(azure.credential, AzureCredential::Oidc { .. }),
        ConnectorSpec::Docker(_) | ConnectorSpec::Artifactory(_) | ConnectorSpec::Git(_) | ConnectorSpec::Other(_) => {
            false
        }
    })
}

/// Runs the command in a shell. The person sees its standard error.
fn token_of(command: &str, given_by: &str) -> Result<Secret, Failure> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let failed = |why: String| {
        Failure::new(FailureKind::Aws, format!("{given_by} gives no OIDC token: {why}"))
            .help(format!("it must print the token and nothing else: `{command}`"))
    };
    let output = Command::new(shell).arg(flag).arg(command).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(format!("it ended with {}", output.status)));
    }
    let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    // A token has three parts in base64. Other output would be refused later, and an error might show it.
    let is_token = token.split('.').count() == 3 && !token.contains(char::is_whitespace);
    if is_token { Ok(Secret::new(token)) } else { Err(failed("its output is not a token".to_owned())) }
}
