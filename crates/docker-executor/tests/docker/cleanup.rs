//! Nothing is left behind: after a failure, a cancellation, a crash.

use std::time::Duration;

use cirun_engine::{Backend, Cleaned, Inventory, ObjectKind, OwnedObject, Owner, Selection};
use cirun_plan::Profile;

use super::bench::{Bench, PATIENCE, code, engine, service, step, wires};

fn kinds(objects: &[OwnedObject]) -> Vec<(ObjectKind, &str)> {
    objects.iter().map(|object| (object.kind, object.role.as_str())).collect()
}

#[tokio::test]
async fn every_object_carries_the_runs_labels() {
    let bench = Bench::started(Profile::Kubernetes, &[]).await;
    let (_output, _ends) = bench.serve(&service("db", "exec sleep 1000", |_| {})).await;
    let owned = bench.owned().await;
    let expected = [
        (ObjectKind::Container, "service"),
        (ObjectKind::Container, "pod"),
        (ObjectKind::Volume, "shared"),
        (ObjectKind::Network, "network"),
    ];
    assert_eq!(kinds(&owned), expected);
    let me = Owner::current();
    assert!(owned.iter().all(|object| object.owner == me), "{owned:?}");
    bench.finish().await;
}

#[tokio::test]
async fn a_step_without_a_waiter() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let (io, mut chunks) = wires();
    let step = step("endless", "echo up; exec sleep 1000", |_| {});
    tokio::select! {
        exit = bench.backend.run(&step, io) => panic!("it ended: {exit:?}"),
        _ = chunks.recv() => {}
    }
    assert!(bench.owned().await.iter().any(|object| object.role == "step"));
    bench.finish().await;
}

/// The engine carries on with requests whose client has gone, so nothing may appear later either.
#[tokio::test]
async fn a_stage_whose_start_was_cut_off() {
    let mut runs = Vec::new();
    for cut_off_after in [1, 20, 50, 80, 120, 160, 220, 300] {
        let bench = Bench::new(Profile::Kubernetes).await;
        drop(tokio::time::timeout(Duration::from_millis(cut_off_after), bench.start(&[])).await);
        runs.push(bench.run_id.clone());
        bench.finish().await;
    }
    let mut left = engine().await.list_owned().await.unwrap();
    left.retain(|object| object.run.as_ref().is_some_and(|run| runs.contains(run)));
    assert_eq!(left, []);
}

#[tokio::test]
async fn destroying_twice_and_without_a_start() {
    let bench = Bench::new(Profile::Docker).await;
    assert_eq!(bench.backend.destroy_stage(PATIENCE).await.unwrap(), Vec::<String>::new());
    bench.start(&[]).await.unwrap();
    assert_eq!(bench.backend.destroy_stage(PATIENCE).await.unwrap(), Vec::<String>::new());
    bench.finish().await;
}

#[tokio::test]
async fn a_step_leaves_no_container() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    assert_eq!(bench.run(&step("quick", "exit 0", |_| {})).await.exit, code(0));
    let gone = async {
        while bench.owned().await.iter().any(|object| object.role == "step") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("the container stays");
    bench.finish().await;
}

/// With a host name of its own, so that other tests and this one do not remove each other's objects.
#[tokio::test]
async fn a_dead_run_is_reaped_and_a_living_one_is_not() {
    let host = tempfile::tempdir().unwrap().path().display().to_string();
    let me = Owner { host: host.clone(), ..Owner::current() };
    let owned_by = |owner: Owner| Bench::with(Profile::Docker, |config| config.owner = owner);
    // A process id above the largest of Linux.
    let dead = owned_by(Owner { pid: 0x7fff_ffff, ..me.clone() }).await;
    let rebooted = owned_by(Owner { boot_id: "an earlier boot".into(), ..me.clone() }).await;
    let elsewhere = owned_by(Owner { host: format!("{host}/other"), boot_id: "its boot".into(), ..me.clone() }).await;
    let living = owned_by(me.clone()).await;
    for bench in [&dead, &rebooted, &elsewhere, &living] {
        bench.start(&[]).await.unwrap();
    }
    let (_output, _ends) = dead.serve(&service("db", "exec sleep 1000", |_| {})).await;

    let count = |cleaned: &Cleaned| {
        [&dead, &rebooted, &elsewhere, &living].map(|bench| {
            cleaned.removed.iter().filter(|object| object.run.as_deref() == Some(bench.run_id.as_str())).count()
        })
    };
    let dry = living.engine.clean(&Selection::DeadRuns, &me, true).await.unwrap();
    assert_eq!(count(&dry), [3, 2, 0, 0]);
    assert_eq!(dead.owned().await.len(), 3, "a dry run removed something");
    let cleaned = living.engine.reap_dead_runs(&me).await.unwrap();
    assert_eq!(count(&cleaned), [3, 2, 0, 0]);
    assert_eq!((dead.owned().await, rebooted.owned().await), (Vec::new(), Vec::new()));
    assert_eq!((elsewhere.owned().await.len(), living.owned().await.len()), (2, 2));
    for bench in [dead, rebooted, elsewhere, living] {
        bench.finish().await;
    }
}
