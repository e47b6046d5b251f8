//! The options of `cirun aws`.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use cirun_aws_emulator::{Fault, Upstream};
use clap::{Args, Subcommand};
use jiff::{Span, SpanRelativeTo};

#[derive(Debug, Subcommand)]
pub(crate) enum AwsCommand {
    /// Serves STS, ECR, a registry and an OIDC issuer on this machine until interrupted
    Serve(Box<ServeOptions>),
    /// Prints a token of the local OIDC issuer, with the claims of the CI's
    Token(TokenOptions),
    /// Prints the least IAM policy that a run needed, from its request log
    Policy {
        /// The run, or the beginning of its id; by default the newest that called AWS
        run: Option<String>,
        /// Reads this request log (of `cirun aws serve`) in place of a run's
        #[arg(long, value_name = "FILE", conflicts_with = "run")]
        request_log: Option<PathBuf>,
    },
    /// Removes what no image needs from the local registry, or from the directory of `cirun aws serve`
    Gc {
        /// A directory of `cirun aws serve --data`, in place of the local registry
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        #[command(flatten)]
        options: GcOptions,
    },
}

/// Where `cirun aws serve` listens unless it is told otherwise; TLS is at the next port.
pub(crate) const SERVE_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4577);

/// What `cirun aws serve` serves.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    /// The address of the plain HTTP endpoint
    #[arg(long, value_name = "ADDRESS", default_value_t = SERVE_ADDRESS)]
    pub listen: SocketAddr,
    /// The port of the plain HTTP endpoint, in place of the address's; 0 takes a free one
    #[arg(long)]
    pub port: Option<u16>,
    /// The address of the TLS endpoint; by default the next port of the same address
    #[arg(long, value_name = "ADDRESS")]
    pub tls: Option<SocketAddr>,
    /// Where repositories and images are kept; by default a directory that is removed at the end
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// What exists from the start: repositories, identities with their keys, roles and whom they trust
    #[arg(long, value_name = "FILE")]
    pub seed: Option<PathBuf>,
    /// As AWS: signatures, keys, roles, trust policies and tokens must be right, and the registry asks for a login
    #[arg(long)]
    pub strict: bool,
    /// Creates a repository at its first push
    #[arg(long)]
    pub create_repository: bool,
    /// An error on purpose, such as sts:expired, ecr:throttle, registry:503*2 or registry:slow=300ms (repeatable)
    #[arg(long = "inject", value_name = "FAULT")]
    pub faults: Vec<Fault>,
    /// Notes each request, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub request_log: Option<PathBuf>,
    /// The account of callers whose key tells nothing else
    #[arg(long, value_name = "ID", default_value = "000000000000", value_parser = parse_account)]
    pub account: String,
    /// The region of calls that name none
    #[arg(long, value_name = "REGION", default_value = "us-east-1")]
    pub region: String,
    /// Forwards STS, ECR and S3 to LocalStack, moto or ministack, and answers what that does not know
    #[arg(long, value_name = "URL")]
    pub aws_endpoint_url: Option<Upstream>,
}

/// Whose token it is, and for whom.
#[derive(Debug, Args)]
pub(crate) struct TokenOptions {
    /// The account's identifier
    #[arg(long, value_name = "ID", default_value = "local")]
    pub account: String,
    /// The organization's identifier
    #[arg(long, value_name = "ID", default_value = "default")]
    pub org: String,
    /// The project's identifier
    #[arg(long, value_name = "ID", default_value = "default")]
    pub project: String,
    /// The pipeline's identifier
    #[arg(long, value_name = "ID", default_value = "")]
    pub pipeline: String,
    /// Whom it is for, in place of `sts.amazonaws.com`
    #[arg(long)]
    pub audience: Option<String>,
    /// Who says to have made it, in place of the hosted CI
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
}

/// What a collection spares.
#[derive(Debug, Clone, Args)]
pub(crate) struct GcOptions {
    /// Only says what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Spares what is younger, as its manifest may be on its way
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_duration)]
    pub grace: Duration,
    /// Also images without a tag that are older than this (`0s`: all)
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    pub untagged_after: Option<Duration>,
}

/// A port that leads to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relay {
    /// Where connections come in.
    pub port: u16,
    /// Where they go.
    pub target: u16,
}

pub(super) fn parse_relay(text: &str) -> Result<Relay, String> {
    let (port, target) = text.split_once('=').ok_or("expected PORT=PORT")?;
    let read = |port: &str| port.parse().map_err(|_| format!("`{port}` is not a port"));
    Ok(Relay { port: read(port)?, target: read(target)? })
}

fn parse_account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_account.then(|| text.to_owned()).ok_or_else(|| "an account id has 12 digits".to_owned())
}

/// Reads `90s`, `30m`, `24h`, `7d`.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time such as 90s, 30m, 24h or 7d".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let hour = Duration::from_secs(3600);
        assert_eq!(parse_duration("24h"), Ok(24 * hour));
        assert_eq!(parse_duration("7d"), Ok(7 * 24 * hour));
        assert_eq!(parse_duration("0s"), Ok(Duration::ZERO));
        for bad in ["", "7", "-1h", "1y", "soon"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
