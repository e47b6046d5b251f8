//! Sets up the gateway of a run and the forwarding of its AWS calls.

use cirun_aws::Authority;
use cirun_aws_emulator::{OidcIssuer, Upstream};
use cirun_diagnostics::Failure;
use cirun_docker_executor::{Bind, Engine, Sidecar};
use cirun_image_ref::Endpoint;
use cirun_project::{
    BUILDKIT_FILE, POD_TOKEN_FILE, PRIVATE_DIR, TRUST_BUNDLE_FILE,
    settings::{AwsMode, EgressMode, PushMode, Setting},
};

use super::RunSetup;
use crate::{
    OwnImage,
    gateway::{
        self, Answered, MachineRegistry, Orders, Outside, RegistriesFile, Route,
        on_machine::{Alone, AloneOrders},
    },
    record::readable_by_all,
};

/// The endpoint that the emulated AWS forwards calls to, and the way there.
#[derive(Debug)]
pub(crate) struct Forwarding {
    pub(crate) given: Setting<Endpoint>,
    pub(crate) route: Route,
}

/// The parts of a run's gateway; empty if the run has none.
#[derive(Debug, Default)]
pub(crate) struct Gateway {
    pub(crate) sidecar: Option<Sidecar>,
    /// The files that make containers trust the gateway.
    pub(crate) files: Vec<Bind>,
}

/// What a gateway needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GatewayInputs<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) own: &'a OwnImage,
    pub(crate) registry: &'a MachineRegistry,
    pub(crate) forwarding: Option<&'a Forwarding>,
}

impl RunSetup<'_> {
    /// The endpoint that the emulated AWS forwards calls to, and the way there; `None` if it forwards none.
    pub(crate) fn forwarding(self) -> Result<Option<Forwarding>, Failure> {
        let settings = &self.compiled.settings;
        let Some(given) = settings.aws_endpoint_url.clone() else { return Ok(None) };
        if settings.aws.value != AwsMode::Emulated {
            return Err(Failure::usage(format!("`aws-endpoint-url` ({}) needs `--aws emulated`", given.origin))
                .help("the emulated AWS forwards calls there; real AWS has endpoints of its own"));
        }
        let route = gateway::route(&given.value, self.compiled.plan())?;
        Ok(Some(Forwarding { given, route }))
    }

    /// The gateway of the run's stages, and the files that make containers trust it. A run has one if AWS is emulated (its
    /// steps may ask for any name of AWS), if it is closed, or if its pushes stay on this machine.
    #[tracing::instrument(name = "set up the gateway", level = "debug", skip_all)]
    pub(crate) async fn gateway(self, inputs: GatewayInputs<'_>) -> Result<Gateway, Failure> {
        let GatewayInputs { engine, own, registry, forwarding } = inputs;
        let settings = &self.compiled.settings;
        let planned = &self.compiled.planned;
        let aws = settings.aws.value == AwsMode::Emulated;
        let closed = settings.egress.value != EgressMode::All;
        let names = gateway::names(planned, settings);
        if !gateway::kept_here(planned, settings).is_empty() || !names.is_empty() {
            registry.ensure().await?;
        }
        if !aws && !closed && names.is_empty() {
            return Ok(Gateway::default());
        }
        let authority = Authority::of_run(&gateway::scope(&names, aws)).map_err(Failure::aws)?;
        let mut files = vec![self.file(TRUST_BUNDLE_FILE, &authority.bundle_pem())?];
        if planned.targets.iter().any(|target| target.buildkit_apart) {
            let trust = format!("{PRIVATE_DIR}/{TRUST_BUNDLE_FILE}");
            files.push(self.file(BUILDKIT_FILE, &gateway::buildkit_config(planned, &names, &trust)?)?);
        }
        if let Some(token) = &self.compiled.pod_token {
            files.push(self.file(POD_TOKEN_FILE, token.expose())?);
        }
        let issuer = OidcIssuer::open(&self.compiled.paths.oidc()).map_err(Failure::aws)?;
        let orders = Orders {
            create_on_push: settings.create_repository.value,
            registry: settings.registry.value.clone(),
            issuer: issuer.key(),
            faults: self.options.faults.clone(),
            aws,
            outside: if closed { Outside::Refused } else { Outside::Asked },
            upstream: match forwarding {
                Some(Forwarding { given, route }) => {
                    Some(route.open(given, self.record, self.context.environment).await?)
                }
                None => None,
            },
            plain: self.host_steps_call_aws()
                || (settings.push.value == PushMode::Local && self.gives_the_socket() && !names.is_empty()),
        };
        let answered = Answered {
            planned,
            names: &names,
            registries: RegistriesFile::of(planned, settings),
            authority: &authority,
        };
        let sidecar = gateway::gateway(own, answered, self.record, orders)?;
        if let Some(running) = registry.running() {
            for (name, local) in &settings.base_images {
                running.seed(engine, name, &local.value).await?;
            }
        }
        Ok(Gateway { sidecar: Some(sidecar), files })
    }

    /// The emulated AWS of a run without an engine.
    pub(crate) async fn serve_alone(self) -> Result<Option<Alone>, Failure> {
        if !self.host_steps_call_aws() {
            return Ok(None);
        }
        let settings = &self.compiled.settings;
        let upstream = match &settings.aws_endpoint_url {
            Some(given) => Some(
                Upstream::new(given.value.clone()).trusting(gateway::roots(&given.value, self.context.environment)?),
            ),
            None => None,
        };
        let orders = AloneOrders {
            issuer: OidcIssuer::open(&self.compiled.paths.oidc()).map_err(Failure::aws)?,
            create_on_push: settings.create_repository.value,
            faults: self.options.faults.clone(),
            upstream,
        };
        Alone::serve(self.record, orders).await.map(Some)
    }

    /// Writes a file that every container mounts read-only in [`PRIVATE_DIR`].
    fn file(self, name: &str, content: &str) -> Result<Bind, Failure> {
        let source = self.record.private()?.join(name);
        let written = std::fs::write(&source, content).and_then(|()| readable_by_all(&source));
        written.map_err(|error| Failure::io(source.display(), error))?;
        Ok(Bind { source, target: format!("{PRIVATE_DIR}/{name}"), read_only: true })
    }
}
