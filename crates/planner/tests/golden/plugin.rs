//! The Plugin step and its settings (plugin.settings).

use insta::assert_snapshot;

use crate::harness::{by_profile, difference};

const BASE: &str = "image: plugins/slack:1\nconnectorRef: hub\n";

fn step(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("      {line}\n")).collect();
    format!("- step:\n    type: Plugin\n    name: say\n    identifier: say\n    spec:\n{spec}")
}

fn with(spec: &str) -> String {
    difference(&step(BASE), &step(&format!("{BASE}{spec}")), |_| {})
}

#[test]
fn image_keeps_its_own_entrypoint() {
    assert_snapshot!(by_profile(&step(BASE)), @"
    == kubernetes, vm, cloud, docker
    say Plugin
      image: plugins/slack:1
    ");
}

#[test]
fn image_required() {
    assert_snapshot!(by_profile(&step("settings: {a: b}")), @"
    == kubernetes, vm, docker
    say Plugin
      skipped: it has no image
    error[missing-required-input] `Plugin` step `say` needs `image` on PROFILE
      at `say`: required, except beside `uses` on `cloud` (plugin.image)
      help: set `image`
    == cloud
    say Plugin
      skipped: it has no image
    error[missing-required-input] `Plugin` step `say` needs `image` on PROFILE
      at `say`: required, except beside `uses` on `cloud` (plugin.image)
      help: set `image` or `uses`
    ");
}

#[test]
fn uses_is_for_hosted_only() {
    assert_snapshot!(by_profile(&step("uses: harness/plugin")), @"
    == kubernetes, vm, docker
    say Plugin
      skipped: hosted plugins by repository (`uses`) run on the VM of Harness Cloud only
    error[missing-required-input] `Plugin` step `say` needs `image` on PROFILE
      at `say`: required, except beside `uses` on `cloud` (plugin.image)
      help: set `image`
    error[rejected-input] `uses` is refused on PROFILE
      at `harness/plugin`: only `cloud` takes it (plugin.uses)
      help: remove `uses`
    == cloud
    say Plugin
      skipped: hosted plugins by repository (`uses`) run on the VM of Harness Cloud only
    ");
}

#[test]
fn settings_scalars() {
    assert_snapshot!(with("settings: {room: ops, fooBar: true, with-dash: 3, secret: <+secrets.getValue(\"token\")>}"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_ROOM=ops
    + env: PLUGIN_FOOBAR=true
    + env: PLUGIN_WITH-DASH=3
    + env: PLUGIN_SECRET=***
    ");
}

#[test]
fn settings_lists_are_joined() {
    assert_snapshot!(with("settings: {tags: [a, 1, <+secrets.getValue(\"token\")>]}"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_TAGS=***
    ");
}

#[test]
fn settings_structures_are_json() {
    assert_snapshot!(with("settings: {map: {a: 1, b: [x, {c: true}], d: {}, e: <+pipeline.name>, f: \"1\"}}"), @r#"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_MAP={⏎  "a" : 1,⏎  "b" : [ "x", {⏎    "c" : true⏎  } ],⏎  "d" : { },⏎  "e" : "p",⏎  "f" : "1"⏎}
    "#);
}

#[test]
fn entrypoint_replaces_the_images() {
    assert_snapshot!(with("entrypoint: [sh, -c, date]"), @"
    == kubernetes, vm, cloud, docker
    + entrypoint: sh | -c | date
    ");
}

#[test]
fn privileged_is_not_offered_everywhere() {
    assert_snapshot!(with("privileged: true"), @"
    == kubernetes
    + privileged: pipeline.yaml:21:31
    == vm, cloud, docker
    + privileged: pipeline.yaml:21:31
    + note[not-offered-input] the Studio does not offer `privileged` on PROFILE
    + at `true`: from YAML it has its effect (plugin.privileged)
    ");
}

#[test]
fn reports() {
    assert_snapshot!(with("reports: {type: JUnit, spec: {paths: [out.xml]}}"), @"
    == kubernetes, vm, cloud, docker
    + report: out.xml
    ");
}

#[test]
fn env_variables_override_settings() {
    assert_snapshot!(with("settings: {room: ops}\nenvVariables: {PLUGIN_ROOM: mine}"), @"
    == kubernetes, vm, cloud, docker
    + env: PLUGIN_ROOM=mine
    ");
}
