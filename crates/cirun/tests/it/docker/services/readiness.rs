//! Waiting for services, races, and services that end (docs/background.md).

use super::{BUSYBOX, EVERYWHERE, REDIS, background, run, script, steps};
use crate::it::support::{Events, docker, run_step};

/// A Redis server that starts slowly.
fn slow_redis(seconds: u32) -> String {
    background("db", REDIS, &format!("shell: Sh\ncommand: sleep {seconds}; exec redis-server --protected-mode no"))
}

/// A step that connects once, like one whose author never saw the race.
fn ask_once() -> String {
    run_step("ask", "redis-cli -h db ping").replace(BUSYBOX, REDIS)
}

/// The message of the only diagnostic with this code.
fn diagnostic<'a>(events: &'a Events, code: &str) -> &'a str {
    let found: Vec<_> = events.of("diagnostic").filter(|event| event["code"] == code).collect();
    assert_eq!(found.len(), 1, "{code}: {found:?}");
    found[0]["message"].as_str().unwrap()
}

#[test]
fn steps_wait_and_the_race_is_reported() {
    let environment = steps(&[slow_redis(3), ask_once()]);
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("ask"), ["PONG"], "{infra}");
        assert!(events.one("service_ready", "db")["after_ms"].as_u64().unwrap() >= 2900, "{infra}");
        assert!(events.position("service_ready", "db") < events.position("step_started", "ask"), "{infra}");
        let race = diagnostic(&events, "service-race");
        assert!(race.contains("after `ask` could have begun: CI does not wait"), "{race}");
    }
}

/// The plan has no difference; the run finds one.
#[test]
fn a_race_counts_for_strict_parity() {
    let environment = steps(&[slow_redis(3), ask_once()]);
    let (output, events) = run(&environment, &["--strict-parity"], 7);
    assert_eq!(events.end(), ("succeeded".to_owned(), 7));
    drop(output.says("error: the run found 1 difference from CI"));
    let waits = run_step("ask", "until redis-cli -h db ping; do sleep 0.2; done").replace(BUSYBOX, REDIS);
    let environment = steps(&[background("db", REDIS, ""), waits]);
    drop(run(&environment, &["--strict-parity"], 0));
}

#[test]
fn no_wait_is_as_in_ci() {
    let environment = steps(&[slow_redis(4), ask_once()]);
    let (_, events) = run(&environment, &["--no-wait"], 1);
    assert_eq!(events.one("step_finished", "ask")["outcome"], "failed");
}

#[test]
fn a_delay_forces_the_race() {
    let redis = background("db", REDIS, "");
    let again = run_step("again", "until redis-cli -h db ping; do sleep 0.2; done").replace(BUSYBOX, REDIS);
    let environment = steps(&[redis, again]);
    let (_, events) = run(&environment, &["--service-delay", "db=3s"], 0);
    assert!(events.position("step_started", "again") < events.position("service_started", "db"));
    assert!(diagnostic(&events, "service-race").contains("after `again` began"));
    let environment = steps(&[background("db", REDIS, ""), ask_once()]);
    let (_, events) = run(&environment, &["--service-delay", "db=5s"], 1);
    assert_eq!(events.one("step_finished", "db")["outcome"], "skipped");
    let unknown = environment.cirun(&["local", "ci.yaml", "--service-delay", "bd=5s"]).exits(2);
    drop(unknown.says("`--service-delay` names no Background step: `bd`").says("there are: db"));
}

#[test]
fn a_health_check_of_the_image_decides() {
    let image = format!("cirun.local/it-healthy:{}", std::process::id());
    let container = docker(&["create", REDIS]);
    let check = "HEALTHCHECK CMD test -e /tmp/healthy";
    docker(&["commit", "--change", check, container.trim(), &image]);
    docker(&["rm", container.trim()]);
    let spec = "shell: Sh\ncommand: redis-server --protected-mode no & sleep 2; touch /tmp/healthy; wait";
    let environment = steps(&[background("db", &image, spec), ask_once()]);
    let (_, events) = run(&environment, &["--pull", "never"], 0);
    assert!(events.one("service_ready", "db")["after_ms"].as_u64().unwrap() >= 1900);
    docker(&["rmi", &image]);
}

/// The limit is 30 s.
#[test]
fn one_that_is_never_ready() {
    let redis = background("db", REDIS, "entrypoint:\n  - sh\n  - -c\n  - echo migrating; exec sleep 1000");
    let (_, events) = run(&steps(&[redis, run_step("a", "echo on")]), &[], 0);
    assert_eq!(events.output("a"), ["on"]);
    let message = diagnostic(&events, "service-not-ready");
    assert!(message.contains("within 30 s") && message.contains("migrating"), "{message}");
}

#[test]
fn the_end_of_a_service_is_reported_at_once() {
    let dying = script("db", "echo no disk; exit 9");
    let environment = steps(&[dying, run_step("a", "sleep 2")]);
    for infra in EVERYWHERE {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        let exited = events.one("service_exited", "db");
        assert_eq!((&exited["exit_code"], &exited["tail"]), (&9.into(), &serde_json::json!(["no disk"])), "{infra}");
        assert!(events.position("service_exited", "db") < events.position("step_finished", "a"), "{infra}");
    }
}

#[test]
fn the_last_words_of_a_dead_service_are_repeated_when_a_step_fails() {
    let dying = script("db", "echo panic: disk full; exit 9");
    let (output, _) = run(&steps(&[dying, run_step("a", "sleep 2; exit 1")]), &[], 1);
    let words = output.words();
    let end = &words[words.find("✗ a failed").unwrap()..];
    assert!(end.contains("service `db` had ended") && end.contains("panic: disk full"), "{end}");
}

#[test]
fn the_end_of_a_service_can_fail_the_stage() {
    let environment = steps(&[script("db", "sleep 1; exit 9"), run_step("a", "sleep 100"), run_step("b", "true")]);
    let (_, events) = run(&environment, &["--fail-on-service-exit"], 1);
    assert_eq!(events.outcomes(), "a aborted, b skipped");
    assert_eq!(events.end(), ("failed".to_owned(), 1));
}

#[test]
fn logs_are_kept_in_the_record() {
    let environment = steps(&[script("db", "echo one; echo two; exit 0"), run_step("a", "sleep 1; echo three")]);
    drop(run(&environment, &[], 0));
    let log =
        |step: &str| std::fs::read_to_string(environment.record().join(format!("logs/build/{step}.log"))).unwrap();
    assert_eq!((log("db"), log("a")), ("one\ntwo\n".to_owned(), "three\n".to_owned()));
}
