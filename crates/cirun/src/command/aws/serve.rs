//! `cirun aws serve`: the emulator on this machine, until interrupted.

use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use cirun_aws::Authority;
use cirun_aws_emulator::{
    Certificates, Config, EcrRegistry, Identity, Listen, OidcIssuer, PlainHttp, RequestLog, Seeds, Server, Strictness,
    Upstream, host_names,
};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_project::{Context, Paths};
use cirun_runner::{
    aws::ServeData,
    gateway::{OnDemand, SHUTDOWN, machine_scope, roots},
};
use cirun_terminal_text::shell_word;

use crate::{args::ServeOptions, console, exit::ExitCode, signals::Signals};

/// The keys if the seeds declare none: the example in AWS's documentation.
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// Serves until interrupted.
pub(super) async fn run(options: ServeOptions, context: Context<'_>) -> Result<ExitCode, Failure> {
    let upstream = match options.aws_endpoint_url.clone() {
        Some(endpoint) => Some(Upstream::new(endpoint.clone()).trusting(roots(&endpoint, context.environment)?)),
        None => None,
    };
    let signals = Signals::listen().map_err(|error| Failure::io("cannot listen to signals", error))?;
    let seeds = seeds(&options)?;
    let trust = trust(context.paths, &options, &seeds)?;
    let data = ServeData::open(options.data.clone(), &std::env::temp_dir())?;
    let served =
        serve(&options, context.paths, seeds.clone(), Arc::clone(&trust.certificates), upstream, data.path()).await;
    let result = match served {
        Ok(server) => {
            let printed = print(&options, &server, &seeds, &trust, &data);
            if printed.is_ok() {
                signals.stop.cancelled().await;
            }
            tokio::select! {
                () = server.shutdown(SHUTDOWN) => {}
                () = signals.kill.cancelled() => {}
            }
            printed.map(|()| ExitCode::Success)
        }
        Err(error) => Err(error),
    };
    data.close()?;
    result
}

async fn serve(
    options: &ServeOptions,
    paths: &Paths,
    seeds: Seeds,
    certificates: Arc<dyn Certificates>,
    upstream: Option<Upstream>,
    data: &Path,
) -> Result<Server, Failure> {
    let issuer = OidcIssuer::open(&paths.oidc()).map_err(Failure::aws)?;
    let (http, https) = addresses(options);
    let config = Config {
        listen: Listen { https: Some(https), http: Some(http), either: Vec::new() },
        tls: Some(certificates),
        default_account: options.account.clone(),
        default_region: options.region.clone(),
        create_on_push: options.create_repository,
        plain_http: PlainHttp { write: true, create_on_push: options.create_repository },
        strictness: if options.strict { Strictness::Strict } else { Strictness::Lenient },
        seeds,
        request_log: options.request_log.clone().map_or(RequestLog::Off, RequestLog::File),
        faults: options.faults.clone(),
        issuer: Some(issuer),
        upstream,
        ..Config::new(data)
    };
    cirun_aws_emulator::serve(config).await.map_err(|error| {
        let is_taken = matches!(error, cirun_aws_emulator::ServeError::Listen { .. });
        let failure = Failure::aws(error);
        match is_taken {
            true => failure.help("choose another address with `--listen` and `--tls`, or a free one with `--port 0`"),
            false => failure,
        }
    })
}

/// The addresses of the plain HTTP and the TLS endpoint.
fn addresses(options: &ServeOptions) -> (SocketAddr, SocketAddr) {
    let http = SocketAddr::new(options.listen.ip(), options.port.unwrap_or(options.listen.port()));
    let next = http.port().checked_add(1).filter(|_| http.port() != 0).unwrap_or(0);
    (http, options.tls.unwrap_or(SocketAddr::new(http.ip(), next)))
}

/// The seeds of the file. If they declare no user, one is added for the printed keys.
fn seeds(options: &ServeOptions) -> Result<Seeds, Failure> {
    let mut seeds = match &options.seed {
        None => Seeds::default(),
        Some(path) => {
            let text = fs::read_to_string(path)
                .map_err(|error| Failure::usage(format!("cannot read the seeds {}: {error}", path.display())))?;
            Seeds::from_toml(&text, &options.account, &options.region)
                .map_err(|error| Failure::input(format!("{}: {}", path.display(), error.to_string().trim_end())))?
        }
    };
    if seeds.identities.is_empty() {
        seeds.identities.push(Identity {
            access_key_id: KEY_ID.to_owned(),
            secret_access_key: SECRET_KEY.to_owned(),
            account: options.account.clone(),
            user: "local".to_owned(),
        });
    }
    Ok(seeds)
}

/// The certificates of the TLS endpoint, and the files that make clients trust them.
struct Trust {
    certificates: Arc<dyn Certificates>,
    names: Vec<String>,
    /// The authority's certificate.
    certificate: PathBuf,
    /// The authority's certificate and the public roots.
    bundle: PathBuf,
}

fn trust(paths: &Paths, options: &ServeOptions, seeds: &Seeds) -> Result<Trust, Failure> {
    let (http, https) = addresses(options);
    let addresses = [http.ip(), https.ip()].into_iter().filter(|ip| !ip.is_unspecified());
    let scope = machine_scope(addresses);
    let authority = Authority::load_or_create(&paths.data, &scope).map_err(Failure::aws)?;
    let names = names(options, seeds);
    let (certificate, bundle) = (paths.data.join("ca-certificate.pem"), paths.data.join("ca-bundle.pem"));
    for (path, text) in [(&certificate, authority.certificate_pem()), (&bundle, &authority.bundle_pem())] {
        fs::write(path, text).map_err(|error| Failure::io(path.display(), error))?;
    }
    let certificates = Arc::new(OnDemand::new(authority, true, names.clone()));
    Ok(Trust { certificates, names, certificate, bundle })
}

/// The names of the certificate: this machine, and AWS's names in all served regions.
fn names(options: &ServeOptions, seeds: &Seeds) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let (http, https) = addresses(options);
    let is_real = |ip: &IpAddr| !ip.is_unspecified();
    names.extend([http.ip(), https.ip()].iter().filter(|ip| is_real(ip)).map(ToString::to_string));
    let mut registries: Vec<EcrRegistry> = seeds.repositories.iter().map(|(registry, _)| registry.clone()).collect();
    registries.push(EcrRegistry::new(&options.account, &options.region));
    for name in host_names(&registries) {
        // A wildcard for the registries of all accounts in the region.
        names.push(name.split_once(".dkr.").map_or(name.clone(), |(_, rest)| format!("*.dkr.{rest}")));
    }
    names.sort();
    names.dedup();
    names
}

/// Prints the addresses, the keys and how clients use them.
fn print(
    options: &ServeOptions,
    server: &Server,
    seeds: &Seeds,
    trust: &Trust,
    data: &ServeData,
) -> Result<(), Failure> {
    let (http, https) = addresses(options);
    let (http, https) = (reachable(server.http.unwrap_or(http)), reachable(server.https.unwrap_or(https)));
    let Some(identity) = seeds.identities.first() else {
        return Err(Failure::new(FailureKind::Aws, "the emulated AWS has no user"));
    };
    let exports = [
        ("AWS_ENDPOINT_URL", format!("http://{http}")),
        ("AWS_CA_BUNDLE", trust.bundle.display().to_string()),
        ("AWS_ACCESS_KEY_ID", identity.access_key_id.clone()),
        ("AWS_SECRET_ACCESS_KEY", identity.secret_access_key.clone()),
        ("AWS_REGION", options.region.clone()),
        ("AWS_DEFAULT_REGION", options.region.clone()),
    ];
    let lines: String = exports.iter().map(|(name, value)| format!("export {name}={}\n", shell_word(value))).collect();
    console::data(&lines)?;
    let registry = EcrRegistry::new(&options.account, &options.region).host();
    let aws: Vec<&str> = trust.names.iter().map(String::as_str).filter(|name| name.contains(".amazonaws.")).collect();
    let kept = if data.is_temporary() { " (removed at the end)" } else { "" };
    let lines = [
        (
            "emulated AWS",
            if options.strict { "strict: as AWS".to_owned() } else { "lenient: accepts every caller".to_owned() },
        ),
        ("  HTTP", format!("http://{http}")),
        ("  TLS", format!("https://{https}, also as {}", aws.join(", "))),
        ("  CA", format!("{} (with the public roots: {})", trust.certificate.display(), trust.bundle.display())),
        ("  images", format!("docker push {http}/{registry}/REPOSITORY:TAG")),
        ("  tokens", format!("cirun aws token, or http://{http}/ng/api/oidc/account/local/token")),
        ("  data", format!("{}{kept}", data.path().display())),
    ];
    for (word, text) in lines {
        console::say(&format!("{word:<12} {text}"));
    }
    Ok(())
}

/// The address for clients on this machine: loopback, if the server listens on all addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from(([127, 0, 0, 1], address.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port())),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_a_client_can_reach() {
        let shown = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(shown("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(shown("[::]:1"), "[::1]:1");
        assert_eq!(shown("192.0.2.7:1"), "192.0.2.7:1");
    }
}
