//! The names of services (the reference's page network).

use super::{BRIDGES, BUSYBOX, EVERYWHERE, REDIS, indent, read, run, steps, web};
use crate::it::support::{Stage, run_step};

#[test]
fn on_a_bridge_under_their_ids() {
    let environment = steps(&[web("shop"), web("depot"), read("a", "shop"), read("b", "depot")]);
    for infra in BRIDGES {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!((events.output("a"), events.output("b")), (vec!["shop"], vec!["depot"]), "{infra}");
    }
}

#[test]
fn in_a_group_under_both_ids() {
    let group = format!(
        "- stepGroup:\n    name: g\n    identifier: g\n    steps:\n{}{}",
        indent(&web("shop"), 6),
        indent(&read("near", "g_shop"), 6)
    );
    let environment = steps(&[group]);
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("g.near"), ["shop"], "{infra}");
    }
}

/// In a pod the service's own id also resolves, and the message about it says so.
#[test]
fn in_a_group_of_a_pod_under_the_bare_id() {
    let group = format!(
        "- stepGroup:\n    name: g\n    identifier: g\n    steps:\n{}{}",
        indent(&web("shop"), 6),
        indent(&read("near", "shop"), 6)
    );
    let (output, events) = run(&steps(&[group]), &["--infra", "kubernetes"], 0);
    assert_eq!(events.output("g.near"), ["shop"]);
    drop(output.says("`g.near` reaches `shop` by its id, which does not resolve in CI"));
}

#[test]
fn in_a_nested_group_under_the_innermost() {
    let inner = format!("- stepGroup:\n    name: in\n    identifier: in\n    steps:\n{}", indent(&web("shop"), 6));
    let outer = format!("- stepGroup:\n    name: out\n    identifier: out\n    steps:\n{}", indent(&inner, 6));
    let (_, events) = run(&steps(&[outer, read("a", "in_shop")]), &[], 0);
    assert_eq!(events.output("a"), ["shop"]);
}

#[test]
fn on_kubernetes_on_localhost_and_by_id_as_help() {
    let environment = steps(&[web("shop"), read("a", "localhost"), read("b", "shop")]);
    let (output, events) = run(&environment, &["--infra", "kubernetes"], 0);
    assert_eq!((events.output("a"), events.output("b")), (vec!["shop"], vec!["shop"]));
    drop(output.says("which does not resolve in CI"));
}

/// Two servers of one loop: each has its own name in both network models, and on a bridge its own ports.
#[test]
fn instances_of_a_loop() {
    let repeat = "identifier: svc\n    strategy:\n      repeat:\n        times: 2";
    let service = web("svc").replace("identifier: svc", repeat).replace("echo svc", "echo svc<+strategy.iteration>");
    let (_, events) = run(&steps(&[service.clone(), read("a", "svc_0"), read("b", "svc_1")]), &[], 0);
    assert_eq!((events.output("a"), events.output("b")), (vec!["svc0"], vec!["svc1"]));
    let apart = service.replace("-p 8080", "-p 808<+strategy.iteration>");
    let second = read("b", "svc_1").replace(":8080", ":8081");
    let (_, events) = run(&steps(&[apart, read("a", "svc_0"), second]), &["--infra", "kubernetes"], 0);
    assert_eq!((events.output("a"), events.output("b")), (vec!["svc0"], vec!["svc1"]));
}

#[test]
fn legacy_service_dependencies() {
    let service = "serviceDependencies:\n  - identifier: depot\n    name: depot\n    type: Service\n    spec:\n      connectorRef: account.harnessImage\n      image: cirun.local/busybox:1\n      envVariables:\n        WORD: legacy\n      entrypoint:\n        - sh\n        - -c\n        - mkdir /tmp/w; echo $WORD > /tmp/w/id; exec httpd -f -p 8080 -h /tmp/w\n";
    let pipeline = Stage::kubernetes().step(&read("a", "localhost")).pipeline();
    // The list is next to `execution`.
    let beside = format!("{}          execution:\n", indent(service, 10));
    let (_, events) = run(&super::engine(&pipeline.replace("          execution:\n", &beside)), &[], 0);
    assert_eq!(events.output("a"), ["legacy"]);
}

/// Their arguments are those of the image's own program.
#[test]
fn arguments_of_legacy_services() {
    let service = "serviceDependencies:\n  - identifier: db\n    name: db\n    type: Service\n    spec:\n      connectorRef: account.harnessImage\n      image: cirun.local/redis:7\n      args:\n        - --port\n        - \"7001\"\n";
    let ping = run_step("ping", "redis-cli -h localhost -p 7001 ping").replace(BUSYBOX, REDIS);
    let pipeline = Stage::kubernetes().step(&ping).pipeline();
    let beside = format!("{}          execution:\n", indent(service, 10));
    let (_, events) = run(&super::engine(&pipeline.replace("          execution:\n", &beside)), &[], 0);
    assert_eq!(events.output("ping"), ["PONG"]);
}

#[test]
fn network_aliases() {
    let service = web("shop")
        .replace("      shell: Sh", "      networkAliases:\n        - catalog\n        - shop.local\n      shell: Sh");
    let environment = steps(&[service, read("a", "catalog"), read("b", "shop.local")]);
    for infra in BRIDGES {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!((events.output("a"), events.output("b")), (vec!["shop"], vec!["shop"]), "{infra}");
    }
}
