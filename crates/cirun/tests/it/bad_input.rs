//! Input that cannot be run: a diagnostic with its place, the exit code of the table, and nothing started.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, indent, run_step};

/// Runs `pipeline` without an engine: a command that tries to use one exits with 4 instead of the expected code.
fn local(pipeline: impl AsRef<[u8]>) -> TestEnvironment {
    TestEnvironment::pipeline(pipeline)
}

#[track_caller]
fn refused(environment: &TestEnvironment, code: i32) -> String {
    let output = environment.cirun(&["local", "ci.yaml"]).exits(code);
    assert_eq!(environment.records().len(), 0, "nothing was started, and nothing recorded\n{output}");
    output.to_string()
}

fn background(spec: &str) -> String {
    format!("- step:\n    name: db\n    identifier: db\n    type: Background\n    spec:\n{}", indent(spec, 6))
}

#[test]
fn unknown_step_type() {
    let pipeline = Stage::kubernetes().step(&run_step("a", "true").replace("type: Run", "type: Runn")).pipeline();
    assert_snapshot!(refused(&local(pipeline), 3), @r"
    --- stderr
    unknown-step-type

      × unknown step type `Runn`
        ╭─[ci.yaml:22:25]
     21 │                   identifier: a
     22 │                   type: Runn
        ·                         ──┬─
        ·                           ╰── no such step type
     23 │                   spec:
        ╰────
      help: did you mean `Run`?
    error: the pipeline has 1 error; nothing was started
    --- exit status: 3
    ");
}

#[test]
fn background_without_image_and_connector_on_kubernetes() {
    let pipeline =
        Stage::kubernetes().step(&background("command: redis-server")).step(&run_step("a", "true")).pipeline();
    assert_snapshot!(refused(&local(pipeline), 3), @r"
    --- stderr
    missing-required-input

      × `Background` step `db` needs `image` on kubernetes
        ╭─[ci.yaml:21:31]
     20 │                   name: db
     21 │                   identifier: db
        ·                               ─┬
        ·                                ╰── required, except on `vm` and `cloud`, where the service can run on the machine itself (background.image)
     22 │                   type: Background
        ╰────
      help: set `image`
    missing-required-input

      × `Background` step `db` needs `connectorRef` on kubernetes
        ╭─[ci.yaml:21:31]
     20 │                   name: db
     21 │                   identifier: db
        ·                               ─┬
        ·                                ╰── required on Kubernetes unless `harnessManagedImage` is set (background.connector)
     22 │                   type: Background
        ╰────
      help: set `connectorRef` or `harnessManagedImage`
    error: the pipeline has 2 errors; nothing was started
    --- exit status: 3
    ");
}

#[test]
fn port_bindings_on_kubernetes() {
    let spec = "connectorRef: images\nimage: cirun.local/redis:7\nportBindings:\n  \"6379\": \"6379\"";
    let pipeline = Stage::kubernetes().step(&background(spec)).step(&run_step("a", "true")).pipeline();
    assert_snapshot!(refused(&local(pipeline), 3), @r#"
    --- stderr
    rejected-input

      × `portBindings` is refused on kubernetes
        ╭─[ci.yaml:27:23]
     26 │                     portBindings:
     27 │                       "6379": "6379"
        ·                       ───────┬──────
        ·                              ╰── Kubernetes refuses them (background.port-bindings)
     28 │               - step:
        ╰────
      help: remove `portBindings`
    error: the pipeline has 1 error; nothing was started
    --- exit status: 3
    "#);
}

#[test]
fn a_connector_that_is_in_no_file() {
    let shop = TestEnvironment::example("shop").edit("pipeline.yaml", "connectorRef: aws\n", "connectorRef: awss\n");
    for command in ["list", "plan", "explain"] {
        let step: &[&str] = if command == "explain" { &["push", "AWS_ACCESS_KEY_ID"] } else { &[] };
        let output = shop.cirun(&[&[command, "pipeline.yaml"], step].concat()).exits(0);
        assert!(!output.stderr.contains("error"), "{output}");
    }
    let output = shop.cirun(&["check", "pipeline.yaml"]).exits(0);
    assert_snapshot!(output, @"
    --- stderr
    connector-assumed

      ☞ the connector `awss` is in no file
         ╭─[pipeline.yaml:132:35]
     131 │                   spec:
     132 │                     connectorRef: awss
         ·                                   ──┬─
         ·                                     ╰── the step gets keys of the emulated AWS
     133 │                     region: <+pipeline.variables.region>
         ╰────
      help: did you mean `aws`? Otherwise no action is needed; to use the
            connector, write it as `connector: {name: awss, identifier: awss,
            type: Aws, spec: {credential: {type: ManualConfig, spec: {accessKey:
            KEY_ID, secretKeyRef: SECRET_ID}}}}` in a YAML file under `.harness/`
            or under a directory named by `--include`
    pipeline.yaml: 0 errors, 0 warnings, 1 difference from CI
    a run asks for consent first: 1 image in place of a plugin's; `cirun local` lists them, `--trust` allows them
    --- exit status: 0
    ");
    let output = shop.cirun(&["plan", "--push", "real", "--aws", "off", "pipeline.yaml"]).exits(0);
    assert!(!output.stdout.contains("AWS_ACCESS_KEY_ID"), "nothing real is assumed");
}

#[test]
fn missing_secret() {
    let shop = TestEnvironment::example("shop").file("secrets.env", "");
    let output = shop.cirun(&["local", "pipeline.yaml"]).exits(3);
    assert_eq!(shop.records().len(), 0);
    assert_snapshot!(output, @r"
    --- stderr
    missing-secret

      × the secret `aws_secret_key` has no value
        ╭─[.harness/connectors.yaml:21:23]
     20 │         accessKey: AKIAIOSFODNN7EXAMPLE
     21 │         secretKeyRef: aws_secret_key
        ·                       ───────┬──────
        ·                              ╰── needed here
     22 │ ---
        ╰────
      help: set it with `--secret aws_secret_key`, which prompts for it, in a
            dotenv file with `--secret-file FILE`, or in the environment variable
            `CIRUN_SECRET_aws_secret_key`
    error: the pipeline has 1 error; nothing was started
    --- exit status: 3
    ");
}

#[test]
fn no_engine() {
    let environment = local(Stage::kubernetes().step(&run_step("a", "true")).pipeline());
    assert_snapshot!(environment.cirun(&["local", "ci.yaml"]).exits(4), @r"
    --- stderr
    error: no container engine: tried
      unix:///nonexistent/docker.sock (DOCKER_HOST): no such socket
     help: start Docker (or Podman, Colima, OrbStack, Rancher Desktop), or set DOCKER_HOST; host steps need no engine
    --- exit status: 4
    ");
}

#[test]
fn not_yaml() {
    assert_snapshot!(refused(&local("pipeline:\n  name: [a, b\n  stages:\n\t- x: {\n"), 3), @"
    --- stderr
    yaml-syntax

      × `: ` where no key is allowed
       ╭─[ci.yaml:3:9]
     2 │   name: [a, b
     3 │   stages:
       ·         ┬
       ·         ╰── cirun reads the document up to here
     4 │     - x: {
       ╰────
      help: quote the value if it holds a colon; check the line before this one
            and the indentation
    expected-text

      × expected a text, not a list
       ╭─[ci.yaml:2:9]
     1 │ pipeline:
     2 │   name: [a, b
       ·         ──
     3 │   stages:
       ╰────
      help: write one value, or quote it
    error: the pipeline has 2 errors; nothing was started
    --- exit status: 3
    ");
}

#[test]
fn not_text() {
    assert_snapshot!(refused(&local(b"pipeline:\n  name: \xff\xfe\n"), 3), @r"
    --- stderr
    not-utf8

      × the text is not UTF-8: byte 0xff in line 2
      help: save the file as UTF-8
    error: ci.yaml holds no pipeline that can be planned
    --- exit status: 3
    ");
}

#[test]
fn empty_file() {
    assert_snapshot!(refused(&local(""), 3), @r"
    --- stderr
    empty-document

      × there is no document in this text
       ╭─[ci.yaml:1:1]
       ╰────
    error: ci.yaml holds no pipeline that can be planned
    --- exit status: 3
    ");
}

#[test]
fn two_megabytes_that_are_no_pipeline() {
    let words = refused(&local("a: [1, 2]\n".repeat(200 * 1024)), 3);
    let last: Vec<_> = words.lines().rev().take(4).collect();
    assert_snapshot!(last.into_iter().rev().collect::<Vec<_>>().join("\n"), @r"
      help: remove one of them
    … and 204760 more like these
    error: ci.yaml holds no pipeline that can be planned
    --- exit status: 3
    ");
}

#[test]
fn more_than_is_read() {
    assert_snapshot!(refused(&local("a".repeat(17 * 1024 * 1024)), 3), @r"
    --- stderr
    error: cannot read ci.yaml: it is larger than 16777216 bytes
     help: check that it is the right file, or move parts of it into templates
    --- exit status: 3
    ");
}

#[test]
fn directory() {
    let environment = TestEnvironment::new().file("ci.yaml/file", "");
    assert_snapshot!(refused(&environment, 3), @r"
    --- stderr
    error: cannot read ci.yaml: it is a directory, not a regular file
     help: name the pipeline's file
    --- exit status: 3
    ");
}

#[test]
fn no_such_file() {
    assert_snapshot!(refused(&TestEnvironment::new(), 3), @r"
    --- stderr
    error: cannot read ci.yaml: No such file or directory (os error 2)
    --- exit status: 3
    ");
}

#[test]
fn bomb_of_aliases() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", [before.as_str(); 9].join(", ")));
    }
    text.push_str("pipeline: *a11\n");
    assert_snapshot!(refused(&local(text), 3), @r"
    --- stderr
    alias-expansion

      × aliases would make this document larger than 16777216 bytes
       ╭─[ci.yaml:6:20]
     5 │ a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]
     6 │ a5: &a5 [*a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4]
       ·                    ─┬─
       ·                     ╰── read as null
     7 │ a6: &a6 [*a5, *a5, *a5, *a5, *a5, *a5, *a5, *a5, *a5]
       ╰────
      help: write the values out
    expected-map

      × expected a map, not nothing
        ╭─[ci.yaml:13:11]
     12 │ a11: &a11 [*a10, *a10, *a10, *a10, *a10, *a10, *a10, *a10, *a10]
     13 │ pipeline: *a11
        ·           ────
        ╰────
      help: write `key: value` lines below the key
    error: ci.yaml holds no pipeline that can be planned
    --- exit status: 3
    ");
}

#[test]
fn several_mistakes_are_reported_at_once() {
    let steps = [run_step("a", "true").replace("type: Run", "type: Runn"), background("command: redis-server")];
    let pipeline = Stage::kubernetes().step(&steps[0]).step(&steps[1]).step("- step:\n    identifier: c\n").pipeline();
    let words = refused(&local(pipeline), 3);
    for place in ["ci.yaml:22:25", "ci.yaml:31:31", "ci.yaml:36:19"] {
        assert!(words.contains(place), "{place}\n{words}");
    }
}
