//! Invalid values: each is reported with its place and its rule (the reference's page background).

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::{
    background::background,
    harness::{by_profile, diagnostics, plan_document, plan_steps, steps},
};

/// The diagnostics of a Background step with these lines in its `spec`, on a VM.
fn found(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("      {line}\n")).collect();
    let step = format!("- step:\n    type: Background\n    name: db\n    identifier: db\n    spec:\n{spec}");
    diagnostics(&plan_steps(Profile::Vm, &step, |_| {}))
}

#[test]
fn run_as_user() {
    let of = |value: &str| found(&format!("image: redis:7\nconnectorRef: hub\nrunAsUser: {value}"));
    let refused: String = ["abc", "1.5", "true", "-1", "\"1000:1000\""].map(of).concat();
    assert_snapshot!(refused, @r#"
    error[bad-user] `abc` is not a user id
      at `abc`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    error[bad-user] `1.5` is not a user id
      at `1.5`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    error[bad-user] `true` is not a user id
      at `true`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    error[bad-user] `-1` is not a user id
      at `-1`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    error[bad-user] `1000:1000` is not a user id
      at `"1000:1000"`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    "#);
    for value in ["0", "1000", "\"1000\"", "<+pipeline.sequenceId>"] {
        assert_eq!(of(value), "", "{value}");
    }
}

/// Of the infrastructure of a stage and of a step group.
#[test]
fn users_of_pods() {
    let pod = "{type: KubernetesDirect, spec: {connectorRef: k, namespace: n, runAsUser: root, containerSecurityContext: {runAsUser: \"0\", runAsGroup: -1}}}";
    let run =
        "- step: {type: Run, name: a, identifier: a, spec: {connectorRef: hub, image: \"busybox:1\", command: x}}";
    let text = format!(
        "pipeline:
  name: p
  identifier: p
  stages:
    - stage:
        name: s
        identifier: s
        type: CI
        spec:
          cloneCodebase: false
          infrastructure: {pod}
          execution: {{steps: [{run}]}}
    - stage:
        name: t
        identifier: t
        type: Custom
        spec:
          execution:
            steps:
              - stepGroup: {{name: g, identifier: g, stepGroupInfra: {pod}, steps: [{run}]}}
---
connector: {{name: hub, identifier: hub, type: DockerRegistry, spec: {{dockerRegistryUrl: \"https://index.docker.io/v2/\", providerType: DockerHub, auth: {{type: Anonymous}}}}}}
",
        run = run.trim_start_matches("- "),
    );
    assert_snapshot!(diagnostics(&plan_document(&text, |_| {})), @"
    error[bad-user] `root` is not a user id
      at `root`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    error[bad-user] `-1` is not a user id
      at `-1`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    error[bad-user] `root` is not a user id
      at `root`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    error[bad-user] `-1` is not a user id
      at `-1`: a whole number, and none below zero (background.run-as-user)
      help: write the number that the image's `/etc/passwd` has for the user, such as `1000`
    parity[step-group-infra] the steps of `g` see the stage's workspace
      at `KubernetesDirect`: in CI the group has a workspace of its own, empty at first
    ");
}

#[test]
fn names_of_variables() {
    let variables = "image: redis:7\nconnectorRef: hub\nenvVariables: {\"\": a, A B: b, A=B: c, 1A: d, a.b-c: e}";
    assert_snapshot!(background(variables), @"
    == kubernetes
    service db Background
      image: redis:7
      aliases: db
      env: =a
      env: A B=b
      env: A=B=c
      env: 1A=d
      env: a.b-c=e
    error[bad-env-name] a variable has no name
      at `a`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: write `NAME: VALUE`
    error[bad-env-name] `A B` is not a name that shells and pods accept
      at `A B`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: use letters, digits and `_`, and do not begin with a digit
    error[bad-env-name] `A=B` cannot be the name of a variable
      at `A=B`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: write `A: VALUE`
    error[bad-env-name] `1A` is not a name that shells and pods accept
      at `1A`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: use letters, digits and `_`, and do not begin with a digit
    == vm, cloud, docker
    service db Background
      image: redis:7
      aliases: db
      env: =a
      env: A B=b
      env: A=B=c
      env: 1A=d
      env: a.b-c=e
    error[bad-env-name] a variable has no name
      at `a`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: write `NAME: VALUE`
    warning[bad-env-name] `A B` is not a name that shells and pods accept
      at `A B`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: use letters, digits and `_`, and do not begin with a digit
    error[bad-env-name] `A=B` cannot be the name of a variable
      at `A=B`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: write `A: VALUE`
    warning[bad-env-name] `1A` is not a name that shells and pods accept
      at `1A`: a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)
      help: use letters, digits and `_`, and do not begin with a digit
        ");
}

#[test]
fn entrypoint_as_one_text() {
    assert_snapshot!(found("image: docker:dind\nconnectorRef: hub\nprivileged: true\nentrypoint: dockerd-entrypoint.sh --mtu=1450"), @"
    warning[entrypoint-in-one] `entrypoint` is a list: `dockerd-entrypoint.sh --mtu=1450` is the name of one program
      at `dockerd-entrypoint.sh --mtu=1450`: a list of arguments is needed here (background.entrypoint)
      help: write `entrypoint: [dockerd-entrypoint.sh, --mtu=1450]`
    ");
    assert_snapshot!(found("image: redis:7\nconnectorRef: hub\nentrypoint: redis-server"), @"
    warning[entrypoint-in-one] `entrypoint` is a list: `redis-server` is the name of one program
      at `redis-server`: a list of arguments is needed here (background.entrypoint)
      help: write `entrypoint: [redis-server]`
    ");
    assert_eq!(found("image: redis:7\nconnectorRef: hub\nentrypoint: [redis-server]"), "");
}

#[test]
fn aliases_with_blanks() {
    let aliases = "image: redis:7\nconnectorRef: hub\nnetworkAliases: [\"my cache\", cache]";
    assert_snapshot!(steps(Profile::Vm, &format!("- step:\n    type: Background\n    name: db\n    identifier: db\n    spec:\n{}", aliases.lines().map(|line| format!("      {line}\n")).collect::<String>())), @r#"
    service db Background
      image: redis:7
      aliases: db, cache
    warning[bad-host-name] `my cache` cannot be a host name
      at `["my cache", cache]`: a list of names in Docker's network (background.network-aliases)
      help: write each name as an item of its own, without spaces: no program can resolve this one
    "#);
}

#[test]
fn report_paths_that_are_no_patterns() {
    let paths = "image: redis:7\nconnectorRef: hub\nreports: {type: JUnit, spec: {paths: [\"out/*.xml\", \"a[.xml\", \"{a,b\"]}}";
    assert_snapshot!(found(paths), @r#"
    warning[bad-pattern] `a[.xml` is not a pattern: unclosed character class; missing ']'
      at `"a[.xml"`: a path or a pattern is needed here (outputs.report-paths)
      help: write `*` for a part of a name, `**` for directories, `{a,b}` for either, `[ab]` for one character
    warning[bad-pattern] `{a,b` is not a pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
      at `"{a,b"`: a path or a pattern is needed here (outputs.report-paths)
      help: write `*` for a part of a name, `**` for directories, `{a,b}` for either, `[ab]` for one character
    "#);
}

/// ECR and GCR need a path (images.path); the docs' own example of ECR has an account of 11 digits.
#[test]
fn images_of_clouds() {
    let of = |image: &str, connector: &str| found(&format!("image: \"{image}\"\nconnectorRef: {connector}"));
    let refused: String =
        ["123456789012.dkr.ecr.us-east-1.amazonaws.com", "us.gcr.io:latest"].map(|i| of(i, "hub")).concat();
    assert_snapshot!(refused, @r#"
    error[bad-image] `123456789012.dkr.ecr.us-east-1.amazonaws.com` is not an image
      at `"123456789012.dkr.ecr.us-east-1.amazonaws.com"`: images of ECR and GCR name a path (images.path)
      help: write `123456789012.dkr.ecr.us-east-1.amazonaws.com/PATH:TAG`
    error[bad-image] `us.gcr.io:latest` is not an image
      at `"us.gcr.io:latest"`: images of ECR and GCR name a path (images.path)
      help: write `us.gcr.io/PATH:TAG`
    "#);
    let image = "40000005317.dkr.ecr.us-east-1.amazonaws.com/todolist:0.2";
    let document = format!(
        "- step:\n    type: Background\n    name: db\n    identifier: db\n    spec:\n      image: {image}\n      connectorRef: keys\n"
    );
    let outcome = plan_steps(Profile::Vm, &document, |inputs| inputs.aws.mode = cirun_planner::AwsMode::Emulated);
    assert_snapshot!(crate::harness::render(&outcome), @"
    service db Background
      image: 40000005317.dkr.ecr.us-east-1.amazonaws.com/todolist:0.2
      auth: ECR by keys, key AKIAKEY
      aliases: db
    warning[invalid-name] `40000005317` is not the id of an AWS account
      at `40000005317.dkr.ecr.us-east-1.amazonaws.com/todolist:0.2`: an account's id is 12 digits, without separators
      help: this is an ECR image, and the registry does not exist: correct the account
    ");
}

/// The bare id of a service in a group resolves in a pod, and the message says so.
#[test]
fn the_bare_id_of_a_grouped_service() {
    let group = "
- stepGroup:
    identifier: g
    name: g
    steps:
      - step:
          type: Background
          name: db
          identifier: db
          spec: {image: \"redis:7\", connectorRef: hub}
      - step:
          type: Run
          name: ask
          identifier: ask
          spec: {image: \"busybox:1\", connectorRef: hub, command: \"nc -z db 6379; nc -z g_db 6379\"}
";
    assert_snapshot!(by_profile(group), @"
    == kubernetes
    StepGroup g (at most 1)
      service g.db Background
        image: redis:7
        aliases: g_db, db
      g.ask Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎nc -z db 6379; nc -z g_db 6379
    parity[service-host-name] `g.ask` reaches `db` by its id, which does not resolve in CI
      at `ask`: on Kubernetes a service is on `localhost` (network.localhost)
      help: use `localhost`, or add `db` to the infrastructure's `spec.hostNames`; locally the id resolves anyway
    parity[service-host-name] `g.ask` reaches `g_db` by its id, which does not resolve in CI
      at `ask`: on Kubernetes a service is on `localhost` (network.localhost)
      help: use `localhost`, or add `g_db` to the infrastructure's `spec.hostNames`; locally the id resolves anyway
    == vm, cloud, docker
    StepGroup g (at most 1)
      service g.db Background
        image: redis:7
        aliases: g_db
      g.ask Run
        image: busybox:1
        entrypoint: sh | -c
        command: set -e; nc -z db 6379; nc -z g_db 6379
    warning[service-in-group] `g.ask` reaches `db` by its id, which does not resolve
      at `ask`: a service in a step group is known as `GROUP_ID` (network.in-group)
      help: use `g_db`, or give the service `networkAliases: [db]`
    ");
}
