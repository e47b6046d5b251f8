//! The plan as JSON (product.md, Plan JSON). Secrets are `***`; deferred text stays as written, with a mark.

mod variables;

use std::{
    borrow::Cow,
    io::{self, BufWriter, Write},
};

use serde::{Serialize, Serializer, ser::SerializeSeq};

use self::variables::{Form, SharedLayers, Variables, WrittenVariables};
use crate::{
    Action, Condition, ContainerisedGroup, Mount, NetworkModel, Node, Plan, PlannedStage, PlannedStep, PortBinding,
    Profile, PullPolicy, Role, SkipReason, StageStatus, Text, Traced, indented::Indented, quantity,
};

/// The plan as one JSON document, indented, with a line end.
pub fn to_json(plan: &Plan) -> String {
    let mut bytes = Vec::new();
    // Every key is a string and every value is plain data: serialising it into memory cannot fail.
    write_json(plan, &mut bytes).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes what [`to_json`] returns, one step at a time: the JSON is several times larger than the plan.
///
/// # Errors
/// Any error of `out`.
pub fn write_json(plan: &Plan, out: impl Write) -> io::Result<()> {
    write_version(1, plan, &Form::Whole(WrittenVariables::default()), out)
}

/// Writes the plan as one JSON document in version 2: a stage's variables are in `environments` once, and the `env` of a
/// step is a list of layers, each of which overrides those before it. All else is as in [`write_json`].
///
/// # Errors
/// Any error of `out`.
pub fn write_json_v2(plan: &Plan, out: impl Write) -> io::Result<()> {
    let environments = plan.stages.iter().flat_map(PlannedStage::steps).filter_map(|step| match &step.action {
        Action::Container(container) => Some(&container.env),
        Action::Host(host) => Some(&host.env),
        Action::Wait(_) | Action::Skip(_) => None,
    });
    write_version(2, plan, &Form::Layers(SharedLayers::of(environments)), out)
}

fn write_version(version: u32, plan: &Plan, form: &Form<'_>, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, out);
    let environments = match form {
        Form::Whole(_) => None,
        Form::Layers(layers) => Some(layers),
    };
    write(&WirePlan { version, pipeline: &plan.pipeline, environments, stages: Each(&plan.stages, form) }, &mut out)?;
    out.write_all(b"\n")?;
    out.flush()
}

fn write(value: &impl Serialize, out: &mut impl Write) -> serde_json::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Indented::default()))
}

#[derive(Serialize)]
struct WirePlan<'a> {
    version: u32,
    pipeline: &'a str,
    /// The variables that steps share, in version 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    environments: Option<&'a SharedLayers<'a>>,
    stages: Each<'a, PlannedStage>,
}

/// A list whose items are serialised one after the other.
struct Each<'a, T>(&'a [T], &'a Form<'a>);

impl Serialize for Each<'_, PlannedStage> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|stage| WireStage::new(stage, self.1)))
    }
}

impl Serialize for Each<'_, Node> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        for node in self.0 {
            match node {
                Node::Step(step) if step.role == Role::Service => {}
                Node::Step(step) => items.serialize_element(&WireNode::Step(Box::new(WireStep::new(step, self.1))))?,
                Node::Group(group) => {
                    items.serialize_element(&WireNode::Group { id: &group.id, steps: Each(&group.steps, self.1) })?;
                }
                Node::Parallel(nodes) => items.serialize_element(&WireNode::Parallel(Each(nodes, self.1)))?,
            }
        }
        items.end()
    }
}

#[derive(Serialize)]
struct WireStage<'a> {
    id: &'a str,
    name: &'a str,
    profile: &'static str,
    network: &'static str,
    workspace: &'a str,
    shared_paths: Vec<&'a str>,
    services: Vec<WireStep<'a>>,
    execution: Each<'a, Node>,
    /// Why the stage does not run on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_here: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    undecided: &'a [String],
    /// The step groups with a pod or network of their own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    containerised: Vec<WireContainerised<'a>>,
}

#[derive(Serialize)]
struct WireContainerised<'a> {
    path: &'a str,
    profile: &'static str,
    network: &'static str,
    shared_paths: Vec<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum WireNode<'a> {
    Step(Box<WireStep<'a>>),
    Group { id: &'a str, steps: Each<'a, Node> },
    Parallel(Each<'a, Node>),
}

#[derive(Serialize)]
struct WireStep<'a> {
    id: &'a str,
    path: &'a str,
    #[serde(rename = "type")]
    step_type: &'a str,
    name: &'a str,
    /// `container`, `host`, `wait` or `skipped`.
    runs: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_reason: Option<&'a str>,
    image: Option<Cow<'a, str>>,
    /// The local replacement of the image's program, with its arguments.
    #[serde(rename = "stand_in", skip_serializing_if = "Option::is_none")]
    local_plugin: Option<&'a [String]>,
    pull: Option<&'static str>,
    entrypoint: Option<Vec<Cow<'a, str>>>,
    command: Option<Vec<Cow<'a, str>>>,
    script: Option<Cow<'a, str>>,
    #[serde(serialize_with = "variables::or_none")]
    env: Option<Variables<'a>>,
    aliases: Vec<&'a str>,
    ports: Vec<WirePort>,
    privileged: bool,
    user: Option<Cow<'a, str>>,
    cpu: Option<String>,
    memory: Option<String>,
    timeout_s: u64,
    /// How often CI starts the step until it succeeds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<i64>,
    when: WireWhen,
    outputs: Vec<WireOutput<'a>>,
    reports: Vec<Cow<'a, str>>,
    connector: Option<&'a str>,
    /// For a service, the next foreground step: the service starts when its turn comes.
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_before: Option<Option<&'a str>>,
    /// Whether some of the texts above depend on a running step.
    #[serde(skip_serializing_if = "is_false")]
    deferred: bool,
}

#[derive(Serialize)]
struct WirePort {
    host: u16,
    container: u16,
}

#[derive(Serialize)]
struct WireWhen {
    status: &'static str,
    condition: Option<String>,
    /// The value of the condition, if the plan knows it.
    holds: Option<bool>,
}

#[derive(Serialize)]
struct WireOutput<'a> {
    name: &'a str,
    secret: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl<'a> WireStage<'a> {
    fn new(stage: &'a PlannedStage, form: &'a Form<'a>) -> Self {
        let steps = stage.steps();
        let next = |index: usize| steps[index..].iter().find(|step| step.role == Role::Foreground);
        let services = steps.iter().enumerate().filter(|(_, step)| step.role == Role::Service);
        let services = services.map(|(index, step)| WireStep {
            starts_before: Some(next(index).map(|step| step.path.full())),
            ..WireStep::new(step, form)
        });
        Self {
            id: &stage.id.0,
            name: &stage.name,
            profile: stage.profile.value.as_str(),
            network: network(stage.profile.value),
            workspace: &stage.workspace,
            shared_paths: paths(&stage.shared_paths),
            services: services.collect(),
            execution: Each(&stage.execution, form),
            not_here: stage.not_here.as_deref(),
            undecided: &stage.undecided,
            containerised: stage.containerised.iter().map(WireContainerised::new).collect(),
        }
    }
}

impl<'a> WireContainerised<'a> {
    fn new(group: &'a ContainerisedGroup) -> Self {
        let profile = group.profile.value;
        Self {
            path: group.path.as_str(),
            profile: profile.as_str(),
            network: network(profile),
            shared_paths: paths(&group.shared_paths),
        }
    }
}

fn network(profile: Profile) -> &'static str {
    match profile.network() {
        NetworkModel::Pod => "pod",
        NetworkModel::Bridge => "bridge",
    }
}

fn paths(mounts: &[Traced<Mount>]) -> Vec<&str> {
    mounts.iter().map(|mount| mount.value.path.as_str()).collect()
}

impl<'a> WireStep<'a> {
    fn new(step: &'a PlannedStep, form: &'a Form<'a>) -> Self {
        let mut wire = Self::bare(step);
        match &step.action {
            Action::Container(container) => {
                wire.runs = "container";
                wire.image = Some(wire.text(&container.image.value));
                wire.local_plugin =
                    container.local_plugin.as_ref().map(|local_plugin| local_plugin.value.words.as_slice());
                wire.pull = Some(pull(container.pull.value));
                wire.entrypoint = container.entrypoint.as_ref().map(|argv| wire.texts(&argv.value));
                wire.command = container.command.as_ref().map(|argv| wire.texts(&argv.value));
                wire.script = container.script.as_ref().map(|script| wire.text(&script.value));
                wire.env = Some(Variables { env: &container.env, form });
                wire.aliases = container.aliases.iter().map(|alias| alias.value.as_str()).collect();
                wire.ports = container.ports.iter().map(|port| WirePort::new(port.value)).collect();
                wire.privileged = container.privileged.value;
                wire.user = container.user.as_ref().map(|user| wire.text(&user.value));
                wire.cpu = container.nano_cpus.as_ref().map(|cpus| quantity::cpus(cpus.value));
                wire.memory = container.memory_bytes.as_ref().map(|bytes| quantity::memory(bytes.value));
                wire.connector = container.connector.as_ref().map(|connector| connector.value.as_str());
            }
            Action::Host(host) => {
                wire.runs = "host";
                wire.command = Some(wire.texts(&host.argv));
                wire.script = host.script.as_ref().map(|script| wire.text(&script.value));
                wire.env = Some(Variables { env: &host.env, form });
                wire.ports = host.ports.iter().map(|port| WirePort::new(port.value)).collect();
            }
            Action::Wait(_) => wire.runs = "wait",
            Action::Skip(reason) => wire.skip_reason = Some(skip_reason(reason)),
        }
        wire.reports = step.reports.iter().map(|report| wire.text(&report.value)).collect();
        wire
    }

    fn bare(step: &'a PlannedStep) -> Self {
        let outputs = step.outputs.iter().map(|output| WireOutput { name: &output.name, secret: output.secret });
        Self {
            id: &step.id,
            path: step.path.full(),
            step_type: &step.step_type,
            name: &step.name,
            runs: "skipped",
            skip_reason: None,
            image: None,
            local_plugin: None,
            pull: None,
            entrypoint: None,
            command: None,
            script: None,
            env: None,
            aliases: Vec::new(),
            ports: Vec::new(),
            privileged: false,
            user: None,
            cpu: None,
            memory: None,
            timeout_s: step.timeout.value.as_secs(),
            retry: step.retry.as_ref().map(|retry| retry.value),
            when: WireWhen::new(step),
            outputs: outputs.collect(),
            reports: Vec::new(),
            connector: None,
            starts_before: None,
            deferred: false,
        }
    }

    fn text(&mut self, text: &'a Text) -> Cow<'a, str> {
        self.deferred |= text.is_deferred();
        text.shown_text()
    }

    fn texts(&mut self, texts: &'a [Text]) -> Vec<Cow<'a, str>> {
        texts.iter().map(|text| self.text(text)).collect()
    }
}

impl WirePort {
    fn new(port: PortBinding) -> Self {
        Self { host: port.host, container: port.container }
    }
}

impl WireWhen {
    fn new(step: &PlannedStep) -> Self {
        let (condition, holds) = match step.when.condition.as_ref().map(|condition| &condition.value) {
            None => (None, None),
            Some(Condition::Known { holds, source }) => (Some(source.source().to_owned()), Some(*holds)),
            Some(Condition::Null { source }) => (Some(source.source().to_owned()), None),
            Some(Condition::Deferred(pieces)) => (Some(pieces.shown()), None),
        };
        let status = match step.when.status {
            StageStatus::Success => "Success",
            StageStatus::Failure => "Failure",
            StageStatus::All => "All",
        };
        Self { status, condition, holds }
    }
}

fn pull(policy: PullPolicy) -> &'static str {
    match policy {
        PullPolicy::Always => "Always",
        PullPolicy::IfNotPresent => "IfNotPresent",
        PullPolicy::Never => "Never",
    }
}

fn skip_reason(reason: &SkipReason) -> &str {
    match reason {
        SkipReason::NotRunLocally { why } => why,
        SkipReason::NotSelected => "not selected",
    }
}
