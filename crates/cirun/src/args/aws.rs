//! The options of `cirun aws`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use cirun_aws_emulator::Fault;
use cirun_image_ref::Endpoint;
use cirun_runner::inside::PortRelay;
use clap::{Args, Subcommand};
use jiff::{Span, SpanRelativeTo};

use super::bad_value::BadValue;

#[derive(Debug, Subcommand)]
pub(crate) enum AwsCommand {
    /// Serve STS, ECR, a registry and an OIDC issuer on this machine until interrupted
    Serve(Box<ServeOptions>),
    /// Print a token of the local OIDC issuer, with the same claims as in Harness CI
    Token(TokenOptions),
    /// Print the minimal IAM policy for a run, from its request log
    Policy {
        /// Run, or the first characters of its id (default: the latest run that called AWS)
        run: Option<String>,
        /// Read this request log, written by `cirun aws serve`, instead of a run's
        #[arg(long, value_name = "FILE", conflicts_with = "run")]
        request_log: Option<PathBuf>,
    },
    /// Remove unused data from the local registry, or from a directory of `cirun aws serve`
    Gc {
        /// Directory of `cirun aws serve --data` to use instead of the local registry
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        #[command(flatten)]
        options: GcOptions,
    },
}

/// The default address of `cirun aws serve`; TLS is at the next port.
pub(crate) const SERVE_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4577);

/// Options of `cirun aws serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// Address of the plain HTTP endpoint
    #[arg(long, value_name = "ADDRESS", default_value_t = SERVE_ADDRESS)]
    pub listen: SocketAddr,
    /// Port of the plain HTTP endpoint; overrides the one in `--listen`, and 0 takes a free port
    #[arg(long)]
    pub port: Option<u16>,
    /// Address of the TLS endpoint (default: the next port of the same address)
    #[arg(long, value_name = "ADDRESS")]
    pub tls: Option<SocketAddr>,
    /// Directory for repositories and images (default: a temporary directory)
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// File that declares the initial repositories, identities with their keys, and roles with their trust policies
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,
    /// Check signatures, keys, roles, trust policies and tokens as AWS does, and require a login at the registry
    #[arg(long)]
    pub strict: bool,
    /// Create a repository at its first push
    #[arg(long)]
    pub create_repository: bool,
    /// Return errors on purpose, such as sts:expired, ecr:throttle, registry:503*2 or registry:slow=300ms (repeatable)
    #[arg(long = "inject", value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Log each request to a file, as one JSON object per line
    #[arg(long, value_name = "FILE")]
    pub request_log: Option<PathBuf>,
    /// Account of callers whose access key belongs to no other account
    #[arg(long, value_name = "ID", default_value = "000000000000", value_parser = parse_account)]
    pub account: String,
    /// Region of calls that name none
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: String,
    /// Forward STS, ECR and S3 calls to LocalStack, moto or ministack, and answer only what it does not support
    #[arg(long, value_name = "URL")]
    pub aws_endpoint_url: Option<Endpoint>,
}

/// The subject and the audience of a token.
#[derive(Debug, Args)]
pub(crate) struct TokenOptions {
    /// Identifier of the account
    #[arg(long, value_name = "ID", default_value = "local")]
    pub account: String,
    /// Identifier of the organization
    #[arg(long, value_name = "ID", default_value = "default")]
    pub org: String,
    /// Identifier of the project
    #[arg(long, value_name = "ID", default_value = "default")]
    pub project: String,
    /// Identifier of the pipeline
    #[arg(long, value_name = "ID", default_value = "")]
    pub pipeline: String,
    /// Audience of the token (default: sts.amazonaws.com)
    #[arg(long)]
    pub audience: Option<String>,
    /// Issuer of the token (default: the issuer of Harness CI)
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
}

/// What garbage collection keeps.
#[derive(Debug, Clone, Args)]
pub(crate) struct GcOptions {
    /// Print what would be removed, and remove nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Keep data younger than this, because its manifest may still be pushed
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_duration)]
    pub grace: Duration,
    /// Also remove untagged images older than this (`0s`: all of them)
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub untagged_after: Option<Duration>,
}

pub(super) fn parse_relay(text: &str) -> Result<PortRelay, BadValue> {
    let (port, target) = text.split_once('=').ok_or(BadValue::Relay)?;
    let read = |port: &str| port.parse().map_err(|_| BadValue::Port(port.to_owned()));
    Ok(PortRelay { port: read(port)?, target: read(target)? })
}

fn parse_account(text: &str) -> Result<String, BadValue> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { Ok(text.to_owned()) } else { Err(BadValue::Account) }
}

/// Parses a duration such as `90s`, `30m`, `24h` or `7d`.
fn parse_duration(text: &str) -> Result<Duration, BadValue> {
    let span: Span = text.parse().map_err(|_| BadValue::Time)?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| BadValue::Time)?;
    Duration::try_from(duration).map_err(|_| BadValue::Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_durations() {
        let hour = Duration::from_secs(3600);
        assert_eq!(parse_duration("24h").ok(), Some(24 * hour));
        assert_eq!(parse_duration("7d").ok(), Some(7 * 24 * hour));
        assert_eq!(parse_duration("0s").ok(), Some(Duration::ZERO));
        for bad in ["", "7", "-1h", "1y", "soon"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
