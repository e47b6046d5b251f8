//! Pipelines with one mistake each, all of which the service's schema refuses when the pipeline is saved: a null, the wrong
//! shape, a required field that is not there, a word that is none of a field's. They are made of valid ones.

use serde_json::json;

use super::*;

/// `spec` of a step, by its type; each field that the type has.
const STEPS: &[(&str, &str)] = &[
    (
        "Run",
        r#"{command: echo, connectorRef: c, image: a, envVariables: {A: b}, imagePullPolicy: Always, outputVariables: [{name: V}], privileged: true, reports: {type: JUnit, spec: {paths: [a.xml]}}, resources: {limits: {cpu: "1", memory: 1Gi}}, runAsUser: "1", shell: Sh, outputAlias: {key: k, scope: Stage}}"#,
    ),
    (
        "Background",
        r#"{command: echo, connectorRef: c, image: a, entrypoint: [a], envVariables: {A: b}, imagePullPolicy: Always, portBindings: {"1": "2"}, privileged: true, reports: {type: JUnit, spec: {paths: [a.xml]}}, resources: {limits: {memory: 1Gi}}, runAsUser: "1", shell: Sh}"#,
    ),
    (
        "Plugin",
        r#"{connectorRef: c, image: a, entrypoint: [a], imagePullPolicy: Always, privileged: true, reports: {type: JUnit, spec: {paths: [a.xml]}}, resources: {limits: {memory: 1Gi}}, runAsUser: "1", settings: {a: b}, uses: u}"#,
    ),
    (
        "Test",
        r#"{command: echo, connectorRef: c, image: a, envVariables: {A: b}, imagePullPolicy: Always, outputVariables: [{name: V, type: String, value: x}], privileged: true, reports: {type: JUnit, spec: {paths: [a.xml]}}, resources: {limits: {memory: 1Gi}}, runAsUser: "1", shell: Sh}"#,
    ),
    (
        "RunTests",
        r#"{language: Java, buildTool: Maven, frameworkVersion: "6.0", args: a, packages: p, testAnnotations: t, runOnlySelectedTests: true, enableTestSplitting: true, testSplitStrategy: ClassTiming, preCommand: a, postCommand: b, connectorRef: c, image: a, imagePullPolicy: Always, envVariables: {A: b}, privileged: true, reports: {type: JUnit, spec: {paths: [a.xml]}}, resources: {limits: {memory: 1Gi}}, runAsUser: "1", shell: Sh}"#,
    ),
    (
        "GitClone",
        r#"{build: {type: branch, spec: {branch: main}}, connectorRef: c, repoName: r, cloneDirectory: d, depth: 1, sslVerify: true, lfs: true, fetchTags: true, sparseCheckout: [a], submoduleStrategy: recursive, preFetchCommand: a, outputFilePathsContent: [a], privileged: true, resources: {limits: {memory: 1Gi}}, runAsUser: "1"}"#,
    ),
    (
        "BuildAndPushECR",
        r#"{connectorRef: c, region: r, account: "123456789012", imageName: i, tags: [t], dockerfile: d, context: c, target: t, buildArgs: {a: b}, labels: {a: b}, envVariables: {a: b}, baseImageConnectorRefs: [a], cacheFrom: [a], cacheTo: a, caching: true, optimize: true, remoteCacheImage: r, resources: {limits: {memory: 1Gi}}, runAsUser: "1"}"#,
    ),
    (
        "BuildAndPushDockerRegistry",
        r#"{connectorRef: c, repo: r, tags: [t], dockerfile: d, context: c, target: t, buildArgs: {a: b}, labels: {a: b}, envVariables: {a: b}, baseImageConnectorRefs: [a], cacheFrom: [a], cacheTo: a, caching: true, optimize: true, remoteCacheRepo: r, resources: {limits: {memory: 1Gi}}, runAsUser: "1"}"#,
    ),
    (
        "BuildAndPushGAR",
        r#"{connectorRef: c, host: h, projectID: p, imageName: i, tags: [t], dockerfile: d, context: c, target: t, buildArgs: {a: b}, labels: {a: b}, caching: true, optimize: true, remoteCacheImage: r, runAsUser: "1"}"#,
    ),
    (
        "BuildAndPushGCR",
        r#"{connectorRef: c, host: h, projectID: p, imageName: i, tags: [t], dockerfile: d, context: c, target: t, buildArgs: {a: b}, labels: {a: b}, optimize: true, remoteCacheImage: r, runAsUser: "1"}"#,
    ),
    (
        "BuildAndPushACR",
        r#"{connectorRef: c, repository: r, tags: [t], subscriptionId: s, dockerfile: d, context: c, target: t, buildArgs: {a: b}, labels: {a: b}, optimize: true, runAsUser: "1"}"#,
    ),
    (
        "SaveCacheS3",
        r#"{connectorRef: c, region: r, bucket: b, key: k, sourcePaths: [a], endpoint: e, pathStyle: true, override: true, archiveFormat: Tar, runAsUser: "1", resources: {limits: {memory: 1Gi}}}"#,
    ),
    (
        "RestoreCacheS3",
        r#"{connectorRef: c, region: r, bucket: b, key: k, endpoint: e, pathStyle: true, failIfKeyNotFound: true, preserveMetadata: true, archiveFormat: Tar, runAsUser: "1"}"#,
    ),
    ("SaveCacheGCS", r#"{connectorRef: c, bucket: b, key: k, sourcePaths: [a], override: true, archiveFormat: Tar}"#),
    ("RestoreCacheGCS", r#"{connectorRef: c, bucket: b, key: k, failIfKeyNotFound: true, archiveFormat: Gzip}"#),
    (
        "SaveCacheAzure",
        r#"{connectorRef: c, storageAccount: s, containerName: n, key: k, sourcePaths: [a], override: true, archiveFormat: Tar}"#,
    ),
    (
        "RestoreCacheAzure",
        r#"{connectorRef: c, storageAccount: s, containerName: n, key: k, sourcePaths: [a], failIfKeyNotFound: true}"#,
    ),
    ("SaveCache", r#"{providerType: S3, connectorRef: c, bucket: b, key: k, sourcePaths: [a]}"#),
    ("RestoreCache", r#"{providerType: Gcs, connectorRef: c, bucket: b, key: k}"#),
    (
        "S3Upload",
        r#"{connectorRef: c, region: r, bucket: b, sourcePath: s, target: t, endpoint: e, stripPrefix: x, runAsUser: "1"}"#,
    ),
    ("GCSUpload", r#"{connectorRef: c, bucket: b, sourcePath: s, target: t}"#),
    ("ArtifactoryUpload", r#"{connectorRef: c, sourcePath: s, target: t, uploadAsFlat: true}"#),
    ("HarUpload", r#"{registryRef: r, sourcePath: s, packageType: MAVEN, packageName: n, packageVersion: v}"#),
    ("Action", r#"{uses: u, with: {a: b}, env: {a: b}}"#),
    ("Bitrise", r#"{uses: u, with: {a: b}, env: {a: b}}"#),
    ("Wait", r#"{duration: 10m}"#),
    ("Policy", r#"{policySets: [a], type: Custom, policySpec: {payload: x}}"#),
];

/// `spec` of a CI stage without its steps, by what it shows.
const STAGES: &[(&str, &str)] = &[
    (
        "Cloud",
        r#"{cloneCodebase: true, platform: {os: Linux, arch: Amd64}, runtime: {type: Cloud, spec: {size: small, nestedVirtualization: true}}, caching: {enabled: true, key: k, paths: [a], override: true, policy: pull}, buildIntelligence: {enabled: true}, slsa_provenance: {enabled: true}, sharedPaths: [a]}"#,
    ),
    (
        "DockerRuntime",
        r#"{cloneCodebase: true, platform: {os: Linux, arch: Arm64}, runtime: {type: Docker, spec: {harnessImageConnectorRef: c}}}"#,
    ),
    (
        "KubernetesDirect",
        r#"{cloneCodebase: true, infrastructure: {type: KubernetesDirect, spec: {connectorRef: c, namespace: n, annotations: {a: b}, labels: {a: b}, nodeSelector: {a: b}, automountServiceAccountToken: true, containerSecurityContext: {allowPrivilegeEscalation: true, privileged: true, runAsUser: 1, capabilities: {add: [A], drop: [B]}}, harnessImageConnectorRef: c, hostNames: [h], initTimeout: 10m, os: Linux, priorityClassName: p, runAsUser: "1", serviceAccountName: s, tolerations: [{effect: e, key: k, operator: o, value: v, tolerationSeconds: 1}], volumes: [{type: EmptyDir, mountPath: /a}], imagePullPolicy: Always}}}"#,
    ),
    (
        "VM",
        r#"{infrastructure: {type: VM, spec: {type: Pool, spec: {poolName: p, identifier: i, os: Linux, harnessImageConnectorRef: c, initTimeout: 10m}}}}"#,
    ),
    ("UseFromStage", r#"{infrastructure: {useFromStage: s}}"#),
    (
        "Services",
        r#"{serviceDependencies: [{identifier: s, name: s, type: Service, spec: {image: i, connectorRef: c}}]}"#,
    ),
];

/// What stages, steps and step groups have besides their identity and `spec`.
const FLOW: &str = r#"{failureStrategies: [{onFailure: {errors: [AllErrors], action: {type: Retry, spec: {retryCount: 2, retryIntervals: [10s], onRetryFailure: {action: {type: Ignore}}}}}}], strategy: {matrix: {a: ["1", "2"]}}}"#;
const PIPELINE: &str = r#"{identifier: p, name: p, tags: {a: b}, description: d, timeout: 1h, allowStageExecutions: true, delegateSelectors: [a], flowControl: {barriers: [{identifier: b, name: b}]}, properties: {ci: {codebase: {connectorRef: c, repoName: r, build: {type: branch, spec: {branch: main}}, depth: 1, cloneDirectory: d, prCloneStrategy: MergeCommit, sslVerify: true, lfs: true, sparseCheckout: [a], preFetchCommand: x, resources: {limits: {cpu: "1", memory: 1Gi}}}}}, variables: [{name: v, type: String, value: x}]}"#;

/// Required fields, by the place that has them.
const REQUIRED: &[(&str, &[&str])] = &[
    ("step", &["identifier", "name", "type", "spec"]),
    ("stage", &["identifier", "name", "type"]),
    ("build", &["type", "spec"]),
    ("codebase", &["build"]),
    ("onFailure", &["errors", "action"]),
    ("action", &["type"]),
    ("when", &["stageStatus"]),
    ("runtime", &["type", "spec"]),
    ("infrastructure", &["type", "spec"]),
    ("KubernetesDirect", &["connectorRef", "namespace"]),
    ("VM", &["type", "spec"]),
    ("outputAlias", &["key", "scope"]),
    ("template", &["templateRef"]),
    ("RunTests", &["language", "buildTool"]),
    ("GitClone", &["build"]),
    ("BuildAndPushECR", &["connectorRef", "region", "account", "imageName", "tags"]),
    ("BuildAndPushDockerRegistry", &["connectorRef", "repo", "tags"]),
    ("BuildAndPushGAR", &["connectorRef", "host", "projectID", "imageName", "tags"]),
    ("BuildAndPushGCR", &["connectorRef", "host", "projectID", "imageName", "tags"]),
    ("BuildAndPushACR", &["connectorRef", "repository", "tags"]),
    ("SaveCacheS3", &["connectorRef", "bucket", "key", "sourcePaths"]),
    ("RestoreCacheS3", &["connectorRef", "bucket", "key"]),
    ("SaveCacheGCS", &["connectorRef", "bucket", "key", "sourcePaths"]),
    ("RestoreCacheGCS", &["connectorRef", "bucket", "key"]),
    ("SaveCacheAzure", &["connectorRef", "storageAccount", "containerName", "key", "sourcePaths"]),
    ("RestoreCacheAzure", &["connectorRef", "storageAccount", "containerName", "key", "sourcePaths"]),
    ("SaveCache", &["providerType", "connectorRef", "bucket", "key", "sourcePaths"]),
    ("RestoreCache", &["providerType", "connectorRef", "bucket", "key"]),
    ("S3Upload", &["connectorRef", "region", "bucket", "sourcePath"]),
    ("GCSUpload", &["connectorRef", "bucket", "sourcePath"]),
    ("ArtifactoryUpload", &["connectorRef", "sourcePath", "target"]),
    ("HarUpload", &["registryRef", "sourcePath", "packageType"]),
    ("Action", &["uses"]),
    ("Bitrise", &["uses"]),
    ("Wait", &["duration"]),
    ("Policy", &["policySets", "policySpec"]),
];

/// Fields that take some words only, and durations.
const WORDS: &[&str] = &[
    "shell",
    "imagePullPolicy",
    "privileged",
    "language",
    "buildTool",
    "frameworkVersion",
    "testSplitStrategy",
    "archiveFormat",
    "providerType",
    "packageType",
    "duration",
    "timeout",
    "os",
    "arch",
    "size",
    "policy",
    "scope",
    "cloneCodebase",
    "nestedVirtualization",
    "depth",
    "prCloneStrategy",
    "errors",
];

/// Fields that take anything, or maps of it.
const FREE: &[&str] = &["settings", "with", "env", "policySpec", "matrix", "onRetryFailure"];
/// Texts that may be numbers.
const NUMBERS: &[&str] = &["runAsUser", "cpu", "value", "versionLabel"];

fn yaml(text: &str) -> Value {
    let mut sources = Sources::default();
    let id = sources.add("", text);
    json_of(&crate::parse_documents(&sources, id).tree[0].root)
}

fn pipeline(stage: Value, step: Value) -> Value {
    let mut stage = stage;
    stage["execution"] = json!({"steps": [{"step": step}]});
    let mut pipeline = yaml(PIPELINE);
    pipeline["stages"] = json!([{"stage": {"identifier": "s", "name": "s", "type": "CI", "spec": stage}}]);
    json!({"pipeline": pipeline})
}

/// Valid pipelines, with what they show.
fn valid() -> Vec<(&'static str, Value)> {
    let cloud = || yaml("{platform: {os: Linux, arch: Amd64}, runtime: {type: Cloud, spec: {}}}");
    let step = |kind: &str, spec: &str| json!({"identifier": "x", "name": "x", "type": kind, "spec": yaml(spec)});
    let mut found: Vec<_> = STEPS.iter().map(|(kind, spec)| (*kind, pipeline(cloud(), step(kind, spec)))).collect();
    for (name, stage) in STAGES {
        let mut whole = yaml(stage);
        if *name == "Services" {
            whole["runtime"] = cloud()["runtime"].clone();
        }
        found.push((name, pipeline(whole, step("Run", "{command: a}"))));
    }
    let mut flow = step("Run", "{command: a}");
    for (name, value) in yaml(FLOW).as_object().unwrap() {
        flow[name] = value.clone();
    }
    flow["when"] = yaml("{stageStatus: Success, condition: <+a>}");
    flow["timeout"] = json!("10m");
    found.push(("flow", pipeline(cloud(), flow)));
    let reference = yaml("{identifier: x, name: x, template: {templateRef: t, versionLabel: v1}}");
    found.push(("template", pipeline(cloud(), reference)));
    found
}

/// Every pipeline with one mistake, and what the mistake is.
fn mutants(name: &str, document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for path in paths(document, String::new()) {
        let Some((owner, field)) = path.rsplit_once('/') else { continue };
        let place = path.split('/').collect::<Vec<_>>();
        if place.iter().any(|part| FREE.contains(part)) {
            continue;
        }
        let owner_name = owner.rsplit('/').next().unwrap_or_default();
        let is_word = WORDS.contains(&field)
            || WORDS.contains(&place[place.len() - 2])
            || matches!(field, "identifier" | "name") && matches!(owner_name, "pipeline" | "stage" | "step");
        let mut with = |what: &str, value: Value| {
            let mut mutant = document.clone();
            *mutant.pointer_mut(&path).unwrap() = value;
            found.push((format!("{name}: {path}: {what}"), mutant));
        };
        with("null", Value::Null);
        match document.pointer(&path).unwrap() {
            Value::Object(_) => {
                with("number", json!(7));
                with("list", json!([]));
            }
            Value::Array(_) => {
                with("number", json!(7));
                with("map", json!({"a": "b"}));
            }
            Value::String(_) => {
                with("map", json!({"a": "b"}));
                if !NUMBERS.contains(&field) {
                    with("number", json!(7));
                }
                if is_word {
                    with("word", json!("no such word!"));
                }
            }
            Value::Bool(_) | Value::Number(_) => {
                with("list", json!(["a"]));
                with("map", json!({"a": "b"}));
            }
            Value::Null => {}
        }
        let kind =
            document.pointer(owner.strip_suffix("/spec").unwrap_or_default()).and_then(|step| step["type"].as_str());
        let is_required = REQUIRED.iter().any(|(place, fields)| {
            fields.contains(&field) && (*place == owner_name || owner_name == "spec" && Some(*place) == kind)
        });
        if is_required {
            let mut mutant = document.clone();
            mutant.pointer_mut(owner).unwrap().as_object_mut().unwrap().remove(field);
            found.push((format!("{name}: {path}: removed"), mutant));
        }
    }
    found
}

/// JSON pointers of all nodes below the root.
fn paths(node: &Value, at: String) -> Vec<String> {
    let children: Vec<(String, &Value)> = match node {
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{at}/{name}"), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (format!("{at}/{index}"), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    children
        .into_iter()
        .flat_map(|(path, value)| {
            let below = paths(value, path.clone());
            std::iter::once(path).chain(below)
        })
        .collect()
}

#[test]
fn each_mistake_is_refused() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let (mut refused, mut taken) = (0, Vec::new());
    // What all of the pipelines have is mutated once.
    let mut seen = std::collections::HashSet::new();
    for (name, document) in valid() {
        let mistakes: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(mistakes.is_empty(), "{name}: {mistakes:?}");
        for (what, mutant) in mutants(name, &document) {
            if !seen.insert(mutant.to_string()) || !is_new(name, &what) {
                continue;
            }
            if validator.is_valid(&mutant) { taken.push(what) } else { refused += 1 }
        }
    }
    assert!(taken.is_empty(), "{} of {} are taken:\n{}", taken.len(), taken.len() + refused, taken.join("\n"));
    assert!(refused > 1000, "{refused}");
}

/// Whether a mistake is in what this pipeline is there for.
fn is_new(name: &str, what: &str) -> bool {
    let in_step = what.contains("/execution/steps/0/step/");
    let in_stage = what.contains("/stages/0/stage/spec/") && !what.contains("/execution/");
    if STEPS.iter().any(|(kind, _)| *kind == name) || matches!(name, "flow" | "template") {
        in_step || (name == "Run" && !in_stage)
    } else {
        in_stage
    }
}
