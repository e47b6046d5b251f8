//! What is read by hand of the `spec` of steps.

use cirun_diagnostics::Spanned;

use crate::{
    FieldKind, Node, Text, TextList,
    lower::{
        context::Context,
        entries::{check_word, read},
        spec::{FromNode, check_tables, fields},
    },
    model::{
        BackgroundSpec, BuildAndPushSpec, BuildTarget, BuildTargetKind, ReportsSpec, Resources, RunSpec, RunTestsSpec,
        resources::{AMOUNTS, RESOURCES},
    },
};

/// A Background step; a legacy service has arguments besides.
pub(crate) fn background(spec: &Node, cx: &mut Context) -> BackgroundSpec {
    BackgroundSpec::read_known(spec, cx, None)
}

/// A RunTests step, with the fields that it shares with Run.
pub(crate) fn run_tests(spec: &Node, cx: &mut Context) -> RunTestsSpec {
    let run = RunSpec::read_known(spec, cx);
    RunTestsSpec::read_known(spec, cx, run)
}

/// A build-and-push step for a registry of that kind.
pub(crate) fn build_and_push(spec: &Node, cx: &mut Context, kind: BuildTargetKind) -> BuildAndPushSpec {
    let target = BuildTarget::read(kind, spec, cx);
    let mut build = BuildAndPushSpec::read_known(spec, cx, target);
    build.remote_cache_image = build.remote_cache_image.or_else(|| read(spec, "remoteCacheRepo", cx));
    build
}

fields! {
    REPORTS {
        "type": FieldKind::Enum(REPORT_TYPES);
        "spec": FieldKind::Object(PATHS);
    }
    PATHS {
        "paths": FieldKind::TextList;
    }
}

/// The formats of test reports.
const REPORT_TYPES: &[&str] = &["JUnit"];

impl FromNode for Resources {
    const KIND: FieldKind = FieldKind::Named("resources");

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[RESOURCES], cx) {
            return None;
        }
        let mut amounts = |name: &str| {
            let amounts = node.get(name).filter(|amounts| check_tables(amounts, &[AMOUNTS], cx))?;
            Some((read::<Text>(amounts, "cpu", cx), read::<Text>(amounts, "memory", cx)))
        };
        let (limit_cpu, limit_memory) = amounts("limits").unwrap_or_default();
        let (request_cpu, request_memory) = amounts("requests").unwrap_or_default();
        Some(Self { limit_cpu, limit_memory, request_cpu, request_memory })
    }
}

impl FromNode for ReportsSpec {
    const KIND: FieldKind = FieldKind::Named("reports");

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        // In the documentation of the Test step, the paths have no map around them.
        if !node.items().is_empty() {
            let paths = TextList::from_node(node, cx);
            return Some(Self { kind: None, paths, span: node.span });
        }
        if !check_tables(node, &[REPORTS], cx) {
            return None;
        }
        if let Some(word) = node.get("type").filter(|word| !word.is_null() && word.text().is_some()) {
            check_word(
                &Spanned { value: word.text().unwrap_or_default().to_owned(), span: word.span },
                REPORT_TYPES,
                cx,
            );
        }
        let spec = node.get("spec").filter(|spec| check_tables(spec, &[PATHS], cx));
        let paths = spec.and_then(|spec| read(spec, "paths", cx));
        Some(Self { kind: read(node, "type", cx), paths, span: node.span })
    }
}
