//! A complete stage, as a team would write it.

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::steps;

const STAGE: &str = r#"
- step:
    type: Background
    name: redis
    identifier: redis
    spec: {connectorRef: hub, image: "redis:7"}
- step:
    type: Run
    name: test
    identifier: test
    spec:
      connectorRef: hub
      image: golang:1.22
      shell: Bash
      command: |-
        make test
        export VERSION=1.2
      envVariables: {CACHE: "redis:6379"}
      outputVariables: [{name: VERSION}]
- step:
    type: BuildAndPushECR
    name: push
    identifier: push
    spec:
      connectorRef: keys
      region: us-east-1
      account: "123456789012"
      imageName: shop
      tags: ["<+execution.steps.test.output.outputVariables.VERSION>", latest]
- step:
    type: Run
    name: verify
    identifier: verify
    spec:
      connectorRef: hub
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:latest
      command: ./verify
"#;

#[test]
fn on_kubernetes() {
    assert_snapshot!(steps(Profile::Kubernetes, STAGE), @r#"
    service redis Background
      image: redis:7
      aliases: redis
    test Run
      image: golang:1.22
      entrypoint: bash | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎make test⏎export VERSION=1.2⏎echo "VERSION=$VERSION" >> /tmp/engine/test-output.env
      env: CACHE=redis:6379
      output: VERSION
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=<+execution.steps.test.output.outputVariables.VERSION>,latest
      env: PLUGIN_SNAPSHOT_MODE=redo
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    verify Run
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:latest
      pull: Always
      entrypoint: sh | -c
      command: set -e⏎set +x⏎if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi⏎./verify
      image from run: yes
    parity[service-host-name] `test` reaches `redis` by its id, which does not resolve in CI
      at `test`: on Kubernetes a service is on `localhost` (network.localhost)
      help: use `localhost`, or add `redis` to the infrastructure's `spec.hostNames`; locally the id resolves anyway
    "#);
}

#[test]
fn on_vm() {
    assert_snapshot!(steps(Profile::Vm, STAGE), @r#"
    service redis Background
      image: redis:7
      aliases: redis
    test Run
      image: golang:1.22
      entrypoint: bash | -c
      command: set -e; make test⏎export VERSION=1.2⏎echo "VERSION=$VERSION" >> /tmp/engine/test-output.env
      env: CACHE=redis:6379
      output: VERSION
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_REGISTRY=123456789012.dkr.ecr.us-east-1.amazonaws.com
      env: PLUGIN_REPO=shop
      env: PLUGIN_REGION=us-east-1
      env: PLUGIN_TAGS=<+execution.steps.test.output.outputVariables.VERSION>,latest
      env: PLUGIN_DAEMON_OFF=true
      env: PLUGIN_ACCESS_KEY=AKIAKEY
      env: PLUGIN_SECRET_KEY=***
    verify Run
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/shop:latest
      pull: Always
      entrypoint: sh | -c
      command: set -e; ./verify
      image from run: yes
    "#);
}
