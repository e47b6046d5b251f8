//! The push policy for pushes and pulls by the engine's socket.

use std::{
    fs::OpenOptions,
    io::Write,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use cirun_docker_executor::{ImageRules, KeptImage, NoRegistry, PullRule, PushRule};
use cirun_image_ref::{EcrRegistry, canonical_registry, is_aws_name, is_loopback};
use cirun_planner::RegistryTarget;
use cirun_project::{
    Compiled, Dialogue,
    settings::{AwsMode, PushMode, Settings},
};
use futures_util::future::{BoxFuture, FutureExt};

use super::is_allowed;
use crate::gateway::{KEPT_LOG, MachineRegistry, Pushed};

/// The rules of a run.
#[derive(Debug)]
pub(crate) struct SocketRules {
    settings: Settings,
    targets: Vec<RegistryTarget>,
    registry: Arc<MachineRegistry>,
    /// The log of kept images.
    kept: Mutex<PathBuf>,
    person: &'static dyn Dialogue,
}

impl SocketRules {
    /// The rules for the settings and pushes of `compiled`. `directory` gets the log of kept images.
    pub(crate) fn new(
        compiled: &Compiled,
        registry: Arc<MachineRegistry>,
        directory: &std::path::Path,
        person: &'static dyn Dialogue,
    ) -> Self {
        let targets = compiled.planned.targets.clone();
        let kept = Mutex::new(directory.join(KEPT_LOG));
        Self { settings: compiled.settings.clone(), targets, registry, kept, person }
    }
}

impl ImageRules for SocketRules {
    fn push(&self, registry: &str) -> PushRule {
        push(&self.settings, &self.targets, registry)
    }

    fn pull(&self, registry: &str) -> PullRule {
        pull(&self.settings, &self.targets, registry)
    }

    fn machine_registry(&self) -> BoxFuture<'_, Result<String, NoRegistry>> {
        async {
            self.registry.ensure().await.map(|running| running.host()).map_err(|error| NoRegistry(error.to_string()))
        }
        .boxed()
    }

    fn kept(&self, image: &KeptImage) {
        let KeptImage { registry, repository, tag, digest } = image.clone();
        let path = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let line = serde_json::to_string(&Pushed { registry, repository, tag, digest }).map_err(Into::into);
        let written = line.and_then(|line| {
            let mut file = OpenOptions::new().create(true).append(true).open(&*path)?;
            writeln!(file, "{line}")
        });
        if let Err(error) = written {
            self.person.say(&format!("warning: cannot record the push of an image in {}: {error}", path.display()));
        }
    }
}

/// The plan's push to the registry, if it has one.
fn target<'t>(targets: &'t [RegistryTarget], registry: &str) -> Option<&'t RegistryTarget> {
    let registry = canonical_registry(registry);
    targets.iter().find(|target| target.hosts().any(|host| canonical_registry(host) == registry))
}

fn push(settings: &Settings, targets: &[RegistryTarget], registry: &str) -> PushRule {
    let ecr = EcrRegistry::parse(registry);
    let planned = target(targets, registry);
    match (settings.push.value, settings.aws.value) {
        // Loopback is the engine's machine, and never a service of the stage.
        _ if is_loopback(registry) => PushRule::Pass,
        (PushMode::Local, _) => match (&ecr, planned) {
            (Some(_), _) => PushRule::Keep { login: true },
            (None, Some(target)) => PushRule::Keep { login: !target.is_open() },
            (None, None) => PushRule::Refuse(format!(
                "cirun refuses the push to {registry}: `--push local` keeps images of ECR, and of the registries that \
                 build-and-push steps of the pipeline push to; `--push real --allow-account {registry}` allows this \
                 one"
            )),
        },
        (PushMode::None, _) => PushRule::Refuse(format!("cirun refuses the push to {registry}: `--push none`")),
        (PushMode::Real, AwsMode::Emulated) if is_aws_name(registry) => {
            PushRule::Refuse(format!("cirun refuses the push to {registry}: AWS is emulated, use `--aws real`"))
        }
        (PushMode::Real, _) if is_allowed(settings, ecr.as_ref(), registry) => PushRule::Pass,
        (PushMode::Real, _) => {
            let whose = ecr.as_ref().map_or(registry, |ecr| ecr.account.as_str());
            PushRule::Refuse(format!("cirun refuses the push to {registry}: allow it with `--allow-account {whose}`"))
        }
    }
}

fn pull(settings: &Settings, targets: &[RegistryTarget], registry: &str) -> PullRule {
    let is_ecr = EcrRegistry::parse(registry).is_some();
    let kept = settings.push.value == PushMode::Local && !is_loopback(registry);
    match settings.aws.value {
        AwsMode::Emulated if is_aws_name(registry) => PullRule::HereOnly(
            "AWS is emulated, and the local registry does not have it: push it first, or use `--aws real`".to_owned(),
        ),
        AwsMode::Emulated | AwsMode::Real | AwsMode::Off => {
            if kept && (is_ecr || target(targets, registry).is_some()) {
                PullRule::HereFirst
            } else {
                PullRule::Pass
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cirun_image_ref::Locality;
    use cirun_plan::StepPath;
    use cirun_planner::{Access, Decided};
    use cirun_project::settings::{Layer, Origin, Trust, Values};

    use super::*;

    const ECR: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";

    const NO_ECR: &str = "21098765432.dkr.ecr.us-east-1.amazonaws.com";

    /// The rules for a push to and a pull from each registry. The plan pushes to Docker Hub, and to `open.example` without login.
    fn table(aws: AwsMode, push_mode: PushMode, allowed: &[&str]) -> String {
        let allow_account = allowed.iter().map(|id| (*id).to_owned()).collect();
        let values = Values { aws: Some(aws), push: Some(push_mode), allow_account, ..Values::default() };
        let (settings, _) = Settings::resolve(vec![Layer { origin: Origin::Flag, values }], Trust::UserOnly);
        let target = |host: &str, access| RegistryTarget {
            step: StepPath::new("build", ["push"]),
            host: host.to_owned(),
            decided: Decided::BeforeRun,
            locality: Locality::Elsewhere,
            repository: "team/shop".to_owned(),
            ecr: None,
            login_host: None,
            login: None,
            caches: Vec::new(),
            access,
            buildkit_apart: false,
        };
        let targets = [target("index.docker.io", Access::Anonymous), target("open.example:5000", Access::Anonymous)];
        let registries = [
            ECR,
            NO_ECR,
            "docker.io",
            "open.example:5000",
            "quay.io",
            "registry:5000",
            "127.evil.example",
            "localhost:5000",
        ];
        let rows = registries.map(|registry| {
            let pushed = match push(&settings, &targets, registry) {
                PushRule::Pass => "out",
                PushRule::Keep { login: true } => "kept",
                PushRule::Keep { login: false } => "kept without login",
                PushRule::Refuse(_) => "refused",
            };
            let pulled = match pull(&settings, &targets, registry) {
                PullRule::Pass => "there",
                PullRule::HereFirst => "here first",
                PullRule::HereOnly(_) => "here only",
            };
            let name = registry.split('.').next().unwrap_or(registry);
            format!("{name}: {pushed}, {pulled}\n")
        });
        rows.concat()
    }

    #[test]
    fn nothing_leaves_the_machine_unless_allowed() {
        insta::assert_snapshot!(table(AwsMode::Emulated, PushMode::Local, &["quay.io"]), @"
        123456789012: kept, here only
        21098765432: refused, here only
        docker: kept, here first
        open: kept without login, here first
        quay: refused, there
        registry:5000: refused, there
        127: refused, there
        localhost:5000: out, there
        ");
        insta::assert_snapshot!(table(AwsMode::Real, PushMode::Local, &[]), @"
        123456789012: kept, here first
        21098765432: refused, there
        docker: kept, here first
        open: kept without login, here first
        quay: refused, there
        registry:5000: refused, there
        127: refused, there
        localhost:5000: out, there
        ");
        insta::assert_snapshot!(table(AwsMode::Real, PushMode::Real, &["123456789012", "open.example"]), @"
        123456789012: out, there
        21098765432: refused, there
        docker: refused, there
        open: out, there
        quay: refused, there
        registry:5000: refused, there
        127: refused, there
        localhost:5000: out, there
        ");
        insta::assert_snapshot!(table(AwsMode::Emulated, PushMode::Real, &["123456789012", "quay.io"]), @"
        123456789012: refused, here only
        21098765432: refused, here only
        docker: refused, there
        open: refused, there
        quay: out, there
        registry:5000: refused, there
        127: refused, there
        localhost:5000: out, there
        ");
        insta::assert_snapshot!(table(AwsMode::Off, PushMode::None, &["quay.io"]), @"
        123456789012: refused, there
        21098765432: refused, there
        docker: refused, there
        open: refused, there
        quay: refused, there
        registry:5000: refused, there
        127: refused, there
        localhost:5000: out, there
        ");
    }
}
