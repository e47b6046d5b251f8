//! The push policy: images reach a real registry only if the person allows its account or host.

mod image_rules;

use cirun_diagnostics::Failure;
use cirun_image_ref::{EcrRegistry, host_and_port, is_dns_name};
use cirun_planner::{Decided, RegistryTarget, StoreLocation, StoreTarget, StoreWork};
use cirun_project::settings::{AwsMode, EgressMode, PushMode, Settings};

pub(crate) use self::image_rules::SocketRules;

/// Refuses plans that would push where the settings do not allow it, before anything is built.
pub(crate) fn check(settings: &Settings, targets: &[RegistryTarget]) -> Result<(), Failure> {
    let on_aws = targets.iter().find(|target| target.ecr.is_some());
    match (settings.push.value, settings.aws.value, on_aws) {
        (PushMode::None, _, _) => Ok(()),
        (PushMode::Local, AwsMode::Off, Some(target)) => Err(Failure::usage(format!(
            "step `{}` pushes, and with `--aws off` no registry takes its image",
            target.step
        ))
        .help("`--push none` only builds; `--aws emulated` keeps images here")),
        (PushMode::Local, _, _) => stays_here(targets),
        (PushMode::Real, AwsMode::Emulated | AwsMode::Off, Some(target)) => {
            Err(Failure::usage(format!("step `{}` pushes to ECR: `--push real` needs `--aws real`", target.step))
                .help("or omit it: images then stay on this machine"))
        }
        (PushMode::Real, _, _) => allowed(settings, targets),
    }
}

/// Refuses plans that save or upload to a real store that is not allowed, or that use real S3 without real AWS.
pub(crate) fn check_stores(settings: &Settings, stores: &[StoreTarget]) -> Result<(), Failure> {
    for store in stores.iter().filter(|store| store.location == StoreLocation::Real) {
        let name = store.address.split_once("://").map_or(store.address.as_str(), |(_, name)| name);
        if store.address.starts_with("s3://") && settings.aws.value != AwsMode::Real {
            return Err(Failure::usage(format!(
                "step `{}` uses {}: `--push real` needs `--aws real`",
                store.step, store.address
            ))
            .help("or omit it: caches and uploads then stay on this machine"));
        }
        let writes = match store.work {
            StoreWork::Save | StoreWork::Upload => true,
            StoreWork::Restore => false,
        };
        let names = [name, store.address.as_str()];
        if writes && !settings.allow_accounts.iter().any(|allowed| names.contains(&allowed.value.as_str())) {
            return Err(Failure::usage(format!("step `{}` would write to {}", store.step, store.address))
                .help(format!("allow it with `--allow-account {name}`, or `allow-account` in config.toml")));
        }
    }
    Ok(())
}

/// Refuses to close the network if the settings need connections outside, such as real AWS or real pushes.
pub(crate) fn check_egress(settings: &Settings) -> Result<(), Failure> {
    let word = match settings.egress.value {
        EgressMode::All => return Ok(()),
        EgressMode::None => "none",
        EgressMode::Aws => "aws",
    };
    if settings.aws.value == AwsMode::Real || settings.push.value == PushMode::Real {
        return Err(Failure::usage(format!(
            "`--egress {word}` closes the network, and real AWS or a real push needs it"
        ))
        .help("use `--aws emulated --push local` with it, or omit it"));
    }
    Ok(())
}

/// Refuses pushes to a host that is not a DNS name, such as an IP address: the gateway cannot take its place. A host that a
/// running step decides is checked when the step pushes.
fn stays_here(targets: &[RegistryTarget]) -> Result<(), Failure> {
    let mut hosts = targets.iter().flat_map(|target| target.hosts().map(move |host| (target, host)));
    match hosts.find(|(_, host)| !is_dns_name(host)) {
        None => Ok(()),
        Some((target, host)) => Err(Failure::usage(format!(
            "step `{}` would push to `{host}`, which is no name",
            target.step
        ))
        .help(format!(
            "only a registry with a DNS name can be kept here; `--push none` only builds; `--push real --allow-account \
                 {host}` pushes"
        ))),
    }
}

fn allowed(settings: &Settings, targets: &[RegistryTarget]) -> Result<(), Failure> {
    for target in targets {
        if target.decided == Decided::WhileRunning {
            return Err(Failure::usage(format!(
                "step `{}` would push to `{}`, which is only known when the step runs",
                target.step, target.host
            ))
            .help("name a registry that is known before the run, or omit `--push real`"));
        }
        for host in target.written() {
            let ecr = EcrRegistry::parse(host);
            let whose = ecr.as_ref().map_or(host, |ecr| ecr.account.as_str());
            if !is_allowed(settings, ecr.as_ref(), host) {
                return Err(Failure::usage(format!("step `{}` would push to `{whose}`", target.step))
                    .help(format!("allow it with `--allow-account {whose}`, or `allow-account` in config.toml")));
            }
        }
    }
    Ok(())
}

/// Whether images may go to a registry: by its account if it is an ECR registry, else by its host, with or without port.
pub(crate) fn is_allowed(settings: &Settings, ecr: Option<&EcrRegistry>, host: &str) -> bool {
    let whose = ecr.map_or(host, |ecr| ecr.account.as_str());
    let names = [whose, host_and_port(whose).0];
    settings.allow_accounts.iter().any(|allowed| names.contains(&allowed.value.as_str()))
}

#[cfg(test)]
mod tests {
    use cirun_image_ref::Locality;
    use cirun_plan::StepPath;
    use cirun_planner::Access;
    use cirun_project::settings::{Layer, Origin, Trust, Values};

    use super::*;

    /// The verdict on a push to the ECR registry of an account (`Ok`), or to the registry at a host (`Err`).
    fn verdict(values: Values, to: Result<&str, &str>) -> String {
        let layers = vec![Layer { origin: Origin::Flag, values }];
        let (settings, _) = Settings::resolve(layers, Trust::UserOnly);
        let registry = |account: &str| EcrRegistry { account: account.to_owned(), region: "us-east-1".to_owned() };
        let host = to.map_or_else(str::to_owned, |account| registry(account).host());
        let target = RegistryTarget {
            step: StepPath::new("build", ["push"]),
            locality: Locality::of(&host, ["service"]),
            decided: if host.contains('<') { Decided::WhileRunning } else { Decided::BeforeRun },
            host,
            repository: "shop".to_owned(),
            ecr: to.ok().map(registry),
            login_host: None,
            login: None,
            caches: Vec::new(),
            access: Access::Login,
            buildkit_apart: false,
        };
        match check(&settings, &[target]) {
            Ok(()) => "goes on".to_owned(),
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    /// The verdict on a step that uploads to an address, or restores from it.
    fn store_verdict(values: Values, address: &str, work: StoreWork) -> String {
        let (settings, _) = Settings::resolve(vec![Layer { origin: Origin::Flag, values }], Trust::UserOnly);
        let location = if settings.push.value == PushMode::Real { StoreLocation::Real } else { StoreLocation::Here };
        let store = StoreTarget { step: "up".to_owned(), address: address.to_owned(), work, location, s3: None };
        match check_stores(&settings, &[store]) {
            Ok(()) => "goes on".to_owned(),
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn real_stores_are_written_to_only_if_allowed() {
        let values = |aws, push, allowed: &[&str]| Values {
            aws: Some(aws),
            push: Some(push),
            allow_account: allowed.iter().map(|id| (*id).to_owned()).collect(),
            ..Values::default()
        };
        use StoreWork::{Restore, Save, Upload};
        let real = |allowed: &[&str]| values(AwsMode::Real, PushMode::Real, allowed);
        let rows = [
            (values(AwsMode::Emulated, PushMode::Local, &[]), "s3://b", Upload, "goes on"),
            (real(&[]), "s3://b", Upload, "step `up` would write to s3://b"),
            (real(&["c"]), "s3://b", Save, "step `up` would write to s3://b"),
            (real(&["b"]), "s3://b", Save, "goes on"),
            (real(&[]), "s3://b", Restore, "goes on"),
            (
                values(AwsMode::Emulated, PushMode::Real, &["b"]),
                "s3://b",
                Restore,
                "step `up` uses s3://b: `--push real` needs `--aws real`",
            ),
            (values(AwsMode::Off, PushMode::Real, &["gs://b"]), "gs://b", Upload, "goes on"),
        ];
        for (values, address, work, expected) in rows {
            assert_eq!(store_verdict(values, address, work), expected, "{address} {work:?}");
        }
    }

    #[test]
    fn real_pushes_need_permission() {
        let values = |aws, push, allowed: &[&str]| Values {
            aws: Some(aws),
            push: Some(push),
            allow_account: allowed.iter().map(|id| (*id).to_owned()).collect(),
            ..Values::default()
        };
        let ours = Ok("123456789012");
        let rows = [
            (values(AwsMode::Emulated, PushMode::Local, &[]), ours, "goes on"),
            (values(AwsMode::Emulated, PushMode::Local, &[]), Err("docker.io"), "goes on"),
            (values(AwsMode::Off, PushMode::Local, &[]), Err("quay.io"), "goes on"),
            (values(AwsMode::Emulated, PushMode::Local, &[]), Err("service:5000"), "goes on"),
            (values(AwsMode::Off, PushMode::Real, &[]), Err("service:5000"), "goes on"),
            (values(AwsMode::Off, PushMode::Real, &[]), Err("[::1]:5000"), "goes on"),
            (
                values(AwsMode::Off, PushMode::Real, &[]),
                Err("registry.localhost"),
                "step `push` would push to `registry.localhost`",
            ),
            (
                values(AwsMode::Off, PushMode::Real, &[]),
                Err("127.evil.example"),
                "step `push` would push to `127.evil.example`",
            ),
            (values(AwsMode::Off, PushMode::Real, &[]), Err("host:443"), "step `push` would push to `host:443`"),
            (values(AwsMode::Emulated, PushMode::Local, &[]), Err("<+steps.a.b>"), "goes on"),
            (
                values(AwsMode::Off, PushMode::Real, &["<+steps.a.b>"]),
                Err("<+steps.a.b>"),
                "step `push` would push to `<+steps.a.b>`, which is only known when the step runs",
            ),
            (
                values(AwsMode::Emulated, PushMode::Local, &[]),
                Err("10.0.0.7:5000"),
                "step `push` would push to `10.0.0.7:5000`, which is no name",
            ),
            (values(AwsMode::Real, PushMode::None, &[]), ours, "goes on"),
            (values(AwsMode::Real, PushMode::Local, &[]), ours, "goes on"),
            (values(AwsMode::Real, PushMode::Real, &[]), ours, "step `push` would push to `123456789012`"),
            (values(AwsMode::Real, PushMode::Real, &["1"]), ours, "step `push` would push to `123456789012`"),
            (values(AwsMode::Real, PushMode::Real, &["123456789012"]), ours, "goes on"),
            (
                values(AwsMode::Emulated, PushMode::Real, &[]),
                ours,
                "step `push` pushes to ECR: `--push real` needs `--aws real`",
            ),
            (values(AwsMode::Emulated, PushMode::Real, &[]), Err("quay.io"), "step `push` would push to `quay.io`"),
            (values(AwsMode::Emulated, PushMode::Real, &["quay.io"]), Err("quay.io"), "goes on"),
            (values(AwsMode::Off, PushMode::Real, &["reg.example"]), Err("reg.example:5000"), "goes on"),
            (
                values(AwsMode::Off, PushMode::Local, &[]),
                ours,
                "step `push` pushes, and with `--aws off` no registry takes its image",
            ),
        ];
        for (values, to, expected) in rows {
            assert_eq!(verdict(values, to), expected);
        }
    }
}
