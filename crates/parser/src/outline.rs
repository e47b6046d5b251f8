//! The model as compact text, for golden tests: names are those of the YAML, so that renaming a field of a struct
//! changes no snapshot. Texts are quoted, expressions, numbers and booleans are not.

use indexmap::IndexMap;

use crate::{
    Flag, Int, Node, ParameterField, Spanned, Text, TextList, TextMap,
    model::{
        ArtifactoryAuth, AwsConnector, AwsCredential, AzureAuth, AzureConnector, AzureCredential, BuildSpec,
        BuildTarget, Connector, ConnectorSpec, DockerAuth, ExecutionNode, FailureActionSpec, FailureStrategySpec,
        GcpConnector, GcpCredential, Infrastructure, Lowered, OtherSpec, ReportsSpec, Resources, Runtime,
        SecretDocument, ServiceDependency, Stage, StageNode, StageSpec, Step, StepGroup, StepGroupInfra, StepSpec,
        StoreStep, StrategySpec, TemplateBody, Variable, VariableType, WhenSpec,
    },
    testing::flow,
};

/// What is shown of a value.
#[derive(Debug, Default)]
pub(crate) enum Shown {
    #[default]
    Nothing,
    Line(String),
    List(Vec<Shown>),
    Map(Vec<(String, Shown)>),
}

/// A part of the model that can be shown.
pub(crate) trait Outline {
    fn outline(&self) -> Shown;
}

impl Shown {
    pub(crate) fn render(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Line(_) => false,
            Self::List(items) => items.is_empty(),
            Self::Map(entries) => entries.iter().all(|(_, value)| value.is_empty()),
        }
    }

    fn write(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        match self {
            Self::Nothing => {}
            Self::Line(line) => out.push_str(&format!("{indent}{line}\n")),
            Self::List(items) => {
                for item in items {
                    match item {
                        Self::Line(line) => out.push_str(&format!("{indent}- {line}\n")),
                        Self::Nothing | Self::List(_) | Self::Map(_) => {
                            out.push_str(&format!("{indent}-\n"));
                            item.write(depth + 1, out);
                        }
                    }
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries.iter().filter(|(_, value)| !value.is_empty()) {
                    match value {
                        Self::Line(line) => out.push_str(&format!("{indent}{key}: {line}\n")),
                        Self::Nothing | Self::List(_) | Self::Map(_) => {
                            out.push_str(&format!("{indent}{key}\n"));
                            value.write(depth + 1, out);
                        }
                    }
                }
            }
        }
    }
}

fn map<const N: usize>(entries: [(&str, Shown); N]) -> Shown {
    Shown::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn line(text: &str) -> Shown {
    Shown::Line(text.to_owned())
}

fn merged(parts: impl IntoIterator<Item = Shown>) -> Shown {
    let entries = parts.into_iter().flat_map(|part| match part {
        Shown::Map(entries) => entries,
        Shown::Nothing => Vec::new(),
        Shown::Line(_) | Shown::List(_) => vec![(String::new(), part)],
    });
    Shown::Map(entries.collect())
}

impl<T: Outline> Outline for Option<T> {
    fn outline(&self) -> Shown {
        self.as_ref().map(Outline::outline).unwrap_or_default()
    }
}

impl<T: Outline> Outline for Vec<T> {
    fn outline(&self) -> Shown {
        Shown::List(self.iter().map(Outline::outline).collect())
    }
}

impl<T: Outline> Outline for Box<T> {
    fn outline(&self) -> Shown {
        (**self).outline()
    }
}

impl Outline for Spanned<String> {
    fn outline(&self) -> Shown {
        if self.value.is_empty() { Shown::Nothing } else { line(&self.value) }
    }
}

impl Outline for Node {
    fn outline(&self) -> Shown {
        line(&flow(self))
    }
}

impl Outline for IndexMap<String, Node> {
    fn outline(&self) -> Shown {
        Shown::Map(self.iter().map(|(key, value)| (key.clone(), value.outline())).collect())
    }
}

fn parameter<T>(value: &Spanned<ParameterField<T>>, literal: impl FnOnce(&T) -> Shown) -> Shown {
    match &value.value {
        ParameterField::Literal(value) => literal(value),
        ParameterField::Expression(template) => line(&format!("expression {}", template.source().escape_debug())),
    }
}

impl Outline for Text {
    fn outline(&self) -> Shown {
        parameter(self, |text| line(&format!("{text:?}")))
    }
}

impl Outline for Flag {
    fn outline(&self) -> Shown {
        parameter(self, |flag| line(&flag.to_string()))
    }
}

impl Outline for Int {
    fn outline(&self) -> Shown {
        parameter(self, |number| line(&number.to_string()))
    }
}

impl Outline for TextList {
    fn outline(&self) -> Shown {
        parameter(self, |items| if items.is_empty() { line("[]") } else { items.outline() })
    }
}

impl Outline for TextMap {
    fn outline(&self) -> Shown {
        parameter(self, |entries| {
            Shown::Map(entries.iter().map(|(key, value)| (key.0.value.clone(), value.outline())).collect())
        })
    }
}

impl Outline for Lowered {
    fn outline(&self) -> Shown {
        let (kind, body) = match self {
            Self::Pipeline(pipeline) => ("pipeline", pipeline.outline()),
            Self::Template(template) => ("template", template.outline()),
            Self::InputSet(set) => ("inputSet", set.outline()),
            Self::Overlay(overlay) => ("overlayInputSet", overlay.outline()),
            Self::Connector(connector) => ("connector", connector.outline()),
            Self::Secret(secret) => ("secret", secret.outline()),
            Self::Trigger(trigger) => ("trigger", trigger.outline()),
        };
        map([(kind, body)])
    }
}

impl Outline for TemplateBody {
    fn outline(&self) -> Shown {
        match self {
            Self::Step(step) => map([("step", step.outline())]),
            Self::StepGroup(group) => map([("stepGroup", group.outline())]),
            Self::Stage(stage) => map([("stage", stage.outline())]),
            Self::Pipeline(pipeline) => map([("pipeline", pipeline.outline())]),
            Self::Other => line("not read"),
        }
    }
}

impl Outline for StageNode {
    fn outline(&self) -> Shown {
        match self {
            Self::Stage(stage) => map([("stage", stage.outline())]),
            Self::Parallel(stages) => map([("parallel", stages.outline())]),
        }
    }
}

impl Outline for Stage {
    fn outline(&self) -> Shown {
        let spec = match &self.spec {
            StageSpec::Ci(ci) => map([("CI", ci.outline())]),
            StageSpec::Other { kind, execution } => map([("type", kind.outline()), ("steps", execution.outline())]),
            StageSpec::Template => Shown::Nothing,
        };
        let common = map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("template", self.template.outline()),
            ("variables", self.variables.outline()),
            ("when", self.when.outline()),
            ("failureStrategies", self.failure_strategies.outline()),
            ("strategy", self.strategy.outline()),
            ("timeout", self.timeout.outline()),
            ("delegateSelectors", self.delegate_selectors.outline()),
        ]);
        merged([common, spec])
    }
}

impl Outline for Runtime {
    fn outline(&self) -> Shown {
        map([("type", self.kind.outline()), ("spec", self.spec.outline())])
    }
}

impl Outline for Infrastructure {
    fn outline(&self) -> Shown {
        let named = map([("type", self.kind.outline()), ("useFromStage", self.use_from_stage.outline())]);
        merged([named, self.spec.outline()])
    }
}

impl Outline for ServiceDependency {
    fn outline(&self) -> Shown {
        let named = map([("identifier", self.identifier.outline()), ("name", self.name.outline())]);
        merged([named, self.spec.outline(), map([("args", self.args.outline())])])
    }
}

impl Outline for Variable {
    fn outline(&self) -> Shown {
        let kind = match self.kind {
            VariableType::String => "String",
            VariableType::Number => "Number",
            VariableType::Secret => "Secret",
        };
        map([
            ("name", self.name.outline()),
            ("type", line(kind)),
            ("value", self.value.outline()),
            ("default", self.default.outline()),
            ("required", self.required.outline()),
        ])
    }
}

impl Outline for BuildSpec {
    fn outline(&self) -> Shown {
        match self {
            Self::Branch(text) => map([("branch", text.outline())]),
            Self::Tag(text) => map([("tag", text.outline())]),
            Self::PullRequest(text) => map([("PR", text.outline())]),
            Self::Commit(text) => map([("commitSha", text.outline())]),
            Self::Expression(text) => text.outline(),
        }
    }
}

impl Outline for ExecutionNode {
    fn outline(&self) -> Shown {
        match self {
            Self::Step(step) => map([("step", step.outline())]),
            Self::Group(group) => map([("stepGroup", group.outline())]),
            Self::Parallel(nodes) => map([("parallel", nodes.value.outline())]),
        }
    }
}

impl Outline for Step {
    fn outline(&self) -> Shown {
        let common = map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("template", self.template.outline()),
            ("timeout", self.timeout.outline()),
            ("when", self.when.outline()),
            ("failureStrategies", self.failure_strategies.outline()),
            ("strategy", self.strategy.outline()),
            ("policySets", self.policy_sets.outline()),
        ]);
        let kind = if self.kind.value.is_empty() { "no type" } else { &self.kind.value };
        let spec = match self.spec.outline() {
            spec if spec.is_empty() => line("{}"),
            spec => spec,
        };
        merged([common, if matches!(self.spec, StepSpec::Template) { Shown::Nothing } else { map([(kind, spec)]) }])
    }
}

impl Outline for StepSpec {
    fn outline(&self) -> Shown {
        match self {
            Self::Run(spec) => spec.outline(),
            Self::Background(spec) => spec.outline(),
            Self::Plugin(spec) => spec.outline(),
            Self::GitClone(spec) => spec.outline(),
            Self::BuildAndPush(spec) => spec.outline(),
            Self::Store(spec) => spec.outline(),
            Self::RunTests(spec) => spec.outline(),
            Self::Wait(spec) => spec.outline(),
            Self::Other(OtherSpec { why, fields }) => {
                let fields = fields.iter().map(|(key, value)| (key.value.clone(), value.outline())).collect();
                merged([map([("not run", line(why))]), Shown::Map(fields)])
            }
            Self::Template => Shown::Nothing,
        }
    }
}

impl Outline for StoreStep {
    fn outline(&self) -> Shown {
        Shown::Nothing
    }
}

impl Outline for BuildTarget {
    fn outline(&self) -> Shown {
        match self {
            Self::Ecr { region, account, image_name } => {
                map([("region", region.outline()), ("account", account.outline()), ("imageName", image_name.outline())])
            }
            Self::Docker { repo, registry_ref } => {
                map([("repo", repo.outline()), ("registryRef", registry_ref.outline())])
            }
            Self::Gar { host, project_id, image_name } | Self::Gcr { host, project_id, image_name } => map([
                ("host", host.outline()),
                ("projectID", project_id.outline()),
                ("imageName", image_name.outline()),
            ]),
            Self::Acr { repository, subscription_id } => {
                map([("repository", repository.outline()), ("subscriptionId", subscription_id.outline())])
            }
        }
    }
}

impl Outline for StepGroup {
    fn outline(&self) -> Shown {
        map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("template", self.template.outline()),
            ("when", self.when.outline()),
            ("failureStrategies", self.failure_strategies.outline()),
            ("strategy", self.strategy.outline()),
            ("sharedPaths", self.shared_paths.outline()),
            ("variables", self.variables.outline()),
            ("stepGroupInfra", self.infra.outline()),
            ("steps", self.steps.outline()),
        ])
    }
}

impl Outline for StepGroupInfra {
    fn outline(&self) -> Shown {
        merged([map([("type", self.kind.outline())]), self.spec.outline()])
    }
}

impl Outline for Resources {
    fn outline(&self) -> Shown {
        map([
            ("limits.cpu", self.limit_cpu.outline()),
            ("limits.memory", self.limit_memory.outline()),
            ("requests.cpu", self.request_cpu.outline()),
            ("requests.memory", self.request_memory.outline()),
        ])
    }
}

impl Outline for ReportsSpec {
    fn outline(&self) -> Shown {
        map([("type", self.kind.outline()), ("paths", self.paths.outline())])
    }
}

impl Outline for WhenSpec {
    fn outline(&self) -> Shown {
        map([("status", self.status.outline()), ("condition", self.condition.outline())])
    }
}

impl Outline for FailureStrategySpec {
    fn outline(&self) -> Shown {
        map([("errors", self.errors.outline()), ("action", self.action.outline())])
    }
}

impl Outline for FailureActionSpec {
    fn outline(&self) -> Shown {
        map([
            ("type", self.kind.outline()),
            ("retryCount", self.retry_count.outline()),
            ("retryIntervals", self.retry_intervals.outline()),
            ("condition", self.condition.outline()),
            ("timeout", self.timeout.outline()),
            ("then", self.then.outline()),
        ])
    }
}

impl Outline for StrategySpec {
    fn outline(&self) -> Shown {
        let row = |row: &IndexMap<String, Text>| {
            Shown::Map(row.iter().map(|(axis, value)| (axis.clone(), value.outline())).collect())
        };
        map([
            ("matrix", self.matrix.as_ref().map(Outline::outline).unwrap_or_default()),
            ("exclude", Shown::List(self.exclude.iter().map(row).collect())),
            ("nodeName", self.node_name.outline()),
            ("maxConcurrency", self.max_concurrency.outline()),
            ("parallelism", self.parallelism.outline()),
            ("repeat", self.repeat.outline()),
            ("when", self.when.outline()),
        ])
    }
}

impl Outline for Connector {
    fn outline(&self) -> Shown {
        let named = map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("orgIdentifier", self.org.outline()),
            ("projectIdentifier", self.project.outline()),
        ]);
        let spec = match &self.spec {
            ConnectorSpec::Aws(aws) => map([("Aws", aws.outline())]),
            ConnectorSpec::Docker(docker) => map([("DockerRegistry", docker.outline())]),
            ConnectorSpec::Gcp(gcp) => map([("Gcp", gcp.outline())]),
            ConnectorSpec::Azure(azure) => map([("Azure", azure.outline())]),
            ConnectorSpec::Artifactory(artifactory) => map([("Artifactory", artifactory.outline())]),
            ConnectorSpec::Other(kind) => map([("type", kind.outline())]),
        };
        merged([named, spec])
    }
}

impl Outline for ArtifactoryAuth {
    fn outline(&self) -> Shown {
        match self {
            Self::UsernamePassword { username, username_ref, password_ref } => map([
                ("UsernamePassword", line("")),
                ("username", username.outline()),
                ("usernameRef", username_ref.outline()),
                ("passwordRef", password_ref.outline()),
            ]),
            Self::Anonymous => line("Anonymous"),
            Self::Oidc => line("OidcAuthentication"),
        }
    }
}

impl Outline for GcpConnector {
    fn outline(&self) -> Shown {
        let credential = match &self.credential {
            GcpCredential::Manual { secret_key_ref } => {
                map([("credential", line("ManualConfig")), ("secretKeyRef", secret_key_ref.outline())])
            }
            GcpCredential::Oidc { pool, provider, project, service_account } => map([
                ("credential", line("OidcAuthentication")),
                ("workloadPoolId", pool.outline()),
                ("providerId", provider.outline()),
                ("gcpProjectId", project.outline()),
                ("serviceAccountEmail", service_account.outline()),
            ]),
            GcpCredential::InheritFromDelegate => map([("credential", line("InheritFromDelegate"))]),
        };
        merged([credential, map([("delegateSelectors", self.delegate_selectors.outline())])])
    }
}

impl Outline for AzureConnector {
    fn outline(&self) -> Shown {
        match &self.credential {
            AzureCredential::Manual { client_id, tenant_id, auth } => map([
                ("credential", line("ManualConfig")),
                ("clientId", client_id.outline()),
                ("tenantId", tenant_id.outline()),
                ("auth", auth.as_ref().map(Outline::outline).unwrap_or_default()),
            ]),
            AzureCredential::Oidc { client_id, tenant_id, audience } => map([
                ("credential", line("OidcAuthentication")),
                ("clientId", client_id.outline()),
                ("tenantId", tenant_id.outline()),
                ("audience", audience.outline()),
            ]),
            AzureCredential::InheritFromDelegate { auth } => map([
                ("credential", line("InheritFromDelegate")),
                ("auth", auth.as_ref().map(Outline::outline).unwrap_or_default()),
            ]),
        }
    }
}

impl Outline for AzureAuth {
    fn outline(&self) -> Shown {
        match self {
            Self::Secret(secret) => map([("secretRef", secret.outline())]),
            Self::Certificate(certificate) => map([("certificateRef", certificate.outline())]),
            Self::SystemAssigned => line("SystemAssignedManagedIdentity"),
            Self::UserAssigned(client) => map([("clientId", client.outline())]),
        }
    }
}

impl Outline for AwsConnector {
    fn outline(&self) -> Shown {
        let credential = match &self.credential {
            AwsCredential::Manual { access_key, access_key_ref, secret_key_ref, session_token_ref } => map([
                ("credential", line("ManualConfig")),
                ("accessKey", access_key.outline()),
                ("accessKeyRef", access_key_ref.outline()),
                ("secretKeyRef", secret_key_ref.outline()),
                ("sessionTokenRef", session_token_ref.outline()),
            ]),
            AwsCredential::Oidc { iam_role_arn } => {
                map([("credential", line("OidcAuthentication")), ("iamRoleArn", iam_role_arn.outline())])
            }
            AwsCredential::InheritFromDelegate => map([("credential", line("InheritFromDelegate"))]),
            AwsCredential::Irsa => map([("credential", line("Irsa"))]),
        };
        let common = map([
            ("region", self.region.outline()),
            ("crossAccountAccess", self.cross_account.outline()),
            ("delegateSelectors", self.delegate_selectors.outline()),
        ]);
        merged([credential, common])
    }
}

impl Outline for DockerAuth {
    fn outline(&self) -> Shown {
        match self {
            Self::UsernamePassword { username, username_ref, password_ref, .. } => map([
                ("username", username.outline()),
                ("usernameRef", username_ref.outline()),
                ("passwordRef", password_ref.outline()),
            ]),
            Self::Anonymous => line("Anonymous"),
        }
    }
}

impl Outline for SecretDocument {
    fn outline(&self) -> Shown {
        map([("identifier", self.identifier.outline()), ("type", self.kind.outline())])
    }
}
