//! `cirun list`.

use insta::assert_snapshot;

use super::support::TestEnvironment;

#[test]
fn text() {
    let output = TestEnvironment::example("shop").cirun(&["list", "pipeline.yaml"]).exits(0);
    assert_snapshot!(output, @r"
    --- stdout
    build (kubernetes)
      cache              Background · service
      catalog            Background · service
      wait_for_services  Run
      unit_tests         Run
      lint               Run
      version            Run
      render             Run
      push               BuildAndPushECR
      announce           Run
    --- exit status: 0
    ");
}

#[test]
fn json() {
    let rows =
        TestEnvironment::example("shop").cirun(&["list", "pipeline-vm.yaml", "--format", "json"]).exits(0).json();
    let steps = rows[0]["steps"].as_array().unwrap();
    assert_eq!((&rows[0]["id"], &rows[0]["profile"]), (&"build".into(), &"vm".into()));
    let services: Vec<_> = steps.iter().filter(|step| step["service"] == true).map(|step| &step["path"]).collect();
    assert_eq!(services, ["build.cache", "build.catalog"]);
    assert_eq!(steps[7]["type"], "BuildAndPushECR");
}

#[test]
fn the_only_pipeline_under_harness_needs_no_name() {
    let environment = TestEnvironment::example("shop");
    let pipeline = environment.read("pipeline.yaml");
    let environment = environment.file(".harness/shop.yaml", &pipeline);
    let output = environment.cirun(&["list"]).exits(0);
    assert!(output.stdout.starts_with("build (kubernetes)\n"), "{output}");
    let two = environment.file(".harness/other.yaml", pipeline);
    assert_snapshot!(two.cirun(&["list"]).exits(2), @r"
    --- stderr
    error: there are 2 pipelines under [ROOT]/work/.harness:
      [ROOT]/work/.harness/other.yaml
      [ROOT]/work/.harness/shop.yaml
     help: name one of them
    --- exit status: 2
    ");
}
