//! Random plans with random outcomes keep the guarantees of the event stream.

use std::collections::{HashMap, HashSet};

use cirun_plan::{Attempts, FailureAction, Node, StageStatus, When};
use proptest::prelude::*;

use crate::{
    EventKind, Stream,
    testing::{Behaviour, FakeBackend, Recorded, Runner, behaves, group_with, looped, parallel, plan, stage, step},
};

/// A tree without ids; they are given in written order.
#[derive(Debug, Clone)]
enum Shape {
    Step { service: bool, status: StageStatus, action: Option<FailureAction>, timeout: u64 },
    Group(Vec<Shape>, StageStatus, Option<FailureAction>),
    Loop(Vec<Shape>, usize),
    Parallel(Vec<Shape>),
}

fn status() -> impl Strategy<Value = StageStatus> {
    prop_oneof![4 => Just(StageStatus::Success), 1 => Just(StageStatus::Failure), 2 => Just(StageStatus::All)]
}

fn action() -> impl Strategy<Value = Option<FailureAction>> {
    let attempts = |count| Attempts { count, intervals: vec![std::time::Duration::from_secs(3)] };
    let simple = prop_oneof![
        Just(FailureAction::Ignore),
        Just(FailureAction::MarkAsSuccess),
        Just(FailureAction::MarkAsFailure),
        Just(FailureAction::Abort),
        Just(FailureAction::StageRollback),
        (0_u32..3).prop_map(move |count| FailureAction::RetryStepGroup(attempts(count))),
    ];
    let retry = (0_u32..3, simple.clone())
        .prop_map(move |(count, then)| FailureAction::Retry { attempts: attempts(count), then: Box::new(then) });
    prop_oneof![2 => Just(None), 2 => simple.prop_map(Some), 1 => retry.prop_map(Some)]
}

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = (prop::bool::weighted(0.2), status(), action(), 1_u64..9)
        .prop_map(|(service, status, action, timeout)| Shape::Step { service, status, action, timeout });
    leaf.prop_recursive(4, 24, 4, |inner| {
        let nodes = prop::collection::vec(inner, 0..4);
        prop_oneof![
            (nodes.clone(), status(), action()).prop_map(|(nodes, status, action)| Shape::Group(nodes, status, action)),
            (nodes.clone(), 1_usize..3).prop_map(|(nodes, width)| Shape::Loop(nodes, width)),
            nodes.prop_map(Shape::Parallel),
        ]
    })
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    let behaviour = (0_u64..12, 0_u8..12, any::<bool>()).prop_map(|(takes, end, obeys)| {
        let behaviour =
            behaves().prints("before").writes(takes, Stream::Stderr, b"late").writes(1, Stream::Stdout, b"\nlast");
        let behaviour = if obeys { behaviour } else { behaviour.ignores_stop() };
        match end {
            0..=5 => behaviour,
            6..=8 => behaviour.exits(1),
            9 => behaviour.breaks(),
            10 => behaviour.panics(),
            _ => behaviour.cannot_start(127, "no"),
        }
    });
    (behaviour, 0_u64..4).prop_map(|(behaviour, seconds)| behaviour.prepares_in(seconds))
}

fn node(shape: Shape, next: &mut usize) -> Node {
    *next += 1;
    let id = format!("n{next}");
    let all =
        |shapes: Vec<Shape>, next: &mut usize| shapes.into_iter().map(|shape| node(shape, next)).collect::<Vec<_>>();
    match shape {
        Shape::Step { service, status, action, timeout } => {
            let step = step(&id).when(status).timeout(timeout);
            let step = action.into_iter().fold(step, |step, action| step.on_failure("AllErrors", action));
            if service { step.service().node() } else { step.node() }
        }
        Shape::Group(shapes, status, action) => {
            group_with(&id, When { status, condition: None }, action, all(shapes, next))
        }
        Shape::Loop(shapes, width) => looped(&id, width, all(shapes, next)),
        Shape::Parallel(shapes) => parallel(all(shapes, next)),
    }
}

fn check(run: &Recorded, steps: &[String]) -> Result<(), TestCaseError> {
    let mut finished: HashMap<String, usize> = HashMap::new();
    let mut started = HashSet::new();
    for (index, event) in run.events.iter().enumerate() {
        let is_last = index + 1 == run.events.len();
        prop_assert_eq!(matches!(event.kind, EventKind::RunFinished { .. }), is_last);
        match &event.kind {
            EventKind::StepStarted { step, .. } => {
                prop_assert!(!finished.contains_key(step.as_str()), "{step} starts after its end");
                started.insert(step.as_str().to_owned());
            }
            EventKind::StepOutput { step, .. } => {
                prop_assert!(started.contains(step.as_str()), "{step} prints before its start");
                prop_assert!(!finished.contains_key(step.as_str()), "{step} prints after its end");
            }
            EventKind::StepFinished { step, .. } => *finished.entry(step.as_str().to_owned()).or_default() += 1,
            _ => {}
        }
    }
    for step in steps {
        prop_assert_eq!(finished.get(step).copied(), Some(1), "{}", step);
    }
    prop_assert_eq!(finished.len(), steps.len());
    let calls = run.backend.calls();
    prop_assert_eq!(
        calls.iter().filter(|call| call.starts_with("start ")).count(),
        calls.iter().filter(|call| *call == "destroy").count()
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn promises(
        shapes in prop::collection::vec(shape(), 1..5),
        behaviours in prop::collection::vec(behaviour(), 1..12),
        cancels in prop::collection::vec(0_u64..20, 0..3),
        look_ahead in 0_usize..3,
    ) {
        let mut next = 0;
        let nodes: Vec<_> = shapes.into_iter().map(|shape| node(shape, &mut next)).collect();
        let plan = plan([stage("build", nodes), stage("test", [step("last")])]);
        let steps: Vec<String> = plan.stages.iter().flat_map(|stage| stage.steps()).map(|step| step.path.to_string()).collect();
        let backend = steps.iter().zip(behaviours.iter().cycle()).fold(FakeBackend::new(), |backend, (path, behaviour)| {
            backend.step(path, behaviour.clone()).step(path, behaves())
        });
        let runner = cancels.into_iter().fold(Runner::new(backend).look_ahead(look_ahead), Runner::cancels_after);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let run = runtime.expect("a runtime can be built").block_on(runner.run(&plan));
        check(&run, &steps)?;
    }
}
