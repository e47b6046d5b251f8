//! A step's `spec`, by its type.

use cirun_diagnostics::{Spanned, nearest};

use crate::{
    FieldInfo, FieldKind, Node, Text, TextList, Value, codes,
    lower::{
        context::{Context, StageKind},
        flow::{check_word, read},
        spec::{FromNode, check_tables, fields, is_map},
    },
    model::{
        BackgroundSpec, BuildAndPushSpec, BuildSpec, BuildTarget, BuildTargetKind, OtherSpec, ReportsSpec, Resources,
        RunSpec, RunTestsSpec, StepSpec,
    },
    step_types::{STEP_TYPES, StepClass, StepType, step_type},
};

const NOT_CI: &str = "it is not a step of CI stages";
const NOT_A_TYPE: &str = "its type is not known";

/// Reads the `spec` of a step of type `kind`.
pub(crate) fn lower_spec(step: &Node, kind: &Spanned<String>, cx: &mut Context) -> StepSpec {
    let spec = step.get("spec");
    let Some(found) = step_type(&kind.value) else {
        unknown_type(kind, cx);
        return other(NOT_A_TYPE, spec);
    };
    if found.class == StepClass::NotCi {
        if cx.stage == StageKind::Ci {
            let message = format!("`{}` is not a step of CI stages", kind.value);
            let error = codes::NOT_CI_STEP.says(message).at(kind.span, "the service refuses it here");
            cx.report(error.help("put it in a Custom or Deployment stage, or use a Run step"));
        }
        return other(NOT_CI, spec);
    }
    let empty = Node { span: step.span, value: Value::Map(Vec::new()) };
    let spec = match spec {
        Some(spec) if check_spec(spec, found, cx) => spec,
        Some(_) | None => &empty,
    };
    match found.class {
        StepClass::Local(kind) => kind.read(spec, cx),
        StepClass::Skipped(why) => other(why, Some(spec)),
        StepClass::NotCi => other(NOT_CI, Some(spec)),
    }
}

fn check_spec(spec: &Node, kind: &StepType, cx: &mut Context) -> bool {
    match kind.spec {
        Some(tables) => check_tables(spec, tables, cx),
        None => is_map(spec, cx),
    }
}

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

fn other(why: &'static str, spec: Option<&Node>) -> StepSpec {
    let entries = spec.map_or(&[][..], Node::entries);
    let fields = entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect();
    StepSpec::Other(OtherSpec { why, fields })
}

fn unknown_type(kind: &Spanned<String>, cx: &mut Context) {
    if kind.value.is_empty() || cx.stage == StageKind::Other {
        return;
    }
    let ci = STEP_TYPES.iter().filter(|known| known.class != StepClass::NotCi);
    let help = match nearest(&kind.value, ci.map(|known| known.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let local = STEP_TYPES.iter().filter(|known| matches!(known.class, StepClass::Local(_)));
            let names: Vec<&str> = local.map(|known| known.name).collect();
            format!("the types of steps that run locally are {}", names.join(", "))
        }
    };
    let message = format!("unknown step type `{}`", kind.value);
    cx.report(codes::UNKNOWN_STEP_TYPE.says(message).at(kind.span, "no such step type").help(help));
}

fields! {
    RESOURCES {
        "limits": FieldKind::Object(AMOUNTS);
        "requests": FieldKind::Object(AMOUNTS);
    }
    AMOUNTS {
        "cpu": FieldKind::TextOrNumber;
        "memory": FieldKind::Text;
    }
    REPORTS {
        "type": FieldKind::Enum(REPORT_TYPES);
        "spec": FieldKind::Object(PATHS);
    }
    PATHS {
        "paths": FieldKind::TextList;
    }
    BUILD {
        "type": FieldKind::Enum(BUILD_TYPES), REQUIRED;
        "spec": FieldKind::ByType(BUILD_SPECS), REQUIRED;
    }
    BUILD_BRANCH {
        "branch": FieldKind::Text, REQUIRED;
    }
    BUILD_TAG {
        "tag": FieldKind::Text, REQUIRED;
    }
    BUILD_PR {
        "number": FieldKind::Text, REQUIRED;
    }
    BUILD_COMMIT {
        "commitSha": FieldKind::Text, REQUIRED;
    }
    BUILD_SPEC {
        "branch": FieldKind::Text;
        "tag": FieldKind::Text;
        "number": FieldKind::Text;
        "commitSha": FieldKind::Text;
    }
}

use crate::lower::spec::REQUIRED;

const BUILD_SPECS: &[(&str, &[FieldInfo])] =
    &[("branch", BUILD_BRANCH), ("tag", BUILD_TAG), ("PR", BUILD_PR), ("commitSha", BUILD_COMMIT)];

/// The formats of test reports.
const REPORT_TYPES: &[&str] = &["JUnit"];

const BUILD_TYPES: &[&str] = &["branch", "tag", "PR", "commitSha"];

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

impl FromNode for BuildSpec {
    const KIND: FieldKind = FieldKind::Object(BUILD);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if node.text().is_some_and(|text| text.contains("<+")) {
            return Text::from_node(node, cx).map(Self::Expression);
        }
        if !check_tables(node, &[BUILD], cx) {
            return None;
        }
        let Some(kind) = read::<Spanned<String>>(node, "type", cx) else {
            cx.missing("type", node.span);
            return None;
        };
        if kind.value.contains("<+") {
            return Text::from_node(node.get("type")?, cx).map(Self::Expression);
        }
        check_word(&kind, BUILD_TYPES, cx);
        let (key, build): (&str, fn(Text) -> Self) = match kind.value.to_ascii_lowercase().as_str() {
            "branch" => ("branch", Self::Branch),
            "tag" => ("tag", Self::Tag),
            "pr" => ("number", Self::PullRequest),
            "commitsha" => ("commitSha", Self::Commit),
            _ => return None,
        };
        let spec = node.get("spec").filter(|spec| !spec.is_null())?;
        if spec.text().is_some_and(|text| text.contains("<+")) {
            return Text::from_node(spec, cx).map(Self::Expression);
        }
        if !check_tables(spec, &[BUILD_SPEC], cx) {
            return None;
        }
        let value = read::<Text>(spec, key, cx);
        if value.is_none() {
            cx.missing(key, spec.span);
        }
        value.map(build)
    }
}
