//! A step's `spec`, by its type.

use cirun_diagnostics::{Spanned, nearest};

use crate::{
    Node, Value, codes,
    lower::{
        context::{Context, StageKind},
        spec::{check_tables, is_map},
    },
    model::{OtherSpec, StepSpec},
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
