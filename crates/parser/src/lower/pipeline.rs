//! The root of a pipeline, its variables and its codebase.

use cirun_diagnostics::{Spanned, nearest};

use crate::{
    FieldKind, Flag, Node, Parse, Text, codes,
    lower::{
        context::{Context, Identity, start_of},
        entries::read,
        identifier,
        leaf::short,
        spec::{FromNode, REQUIRED, check_tables, fields},
    },
    model::{CI_PROPERTIES, Codebase, PROPERTIES, Pipeline, Variable, VariableType},
    words::VARIABLE_TYPES,
};

/// Reads the value of `pipeline:`; `None` if it is not a map.
pub fn lower_pipeline(node: &Node) -> Parse<Option<Pipeline>> {
    let mut cx = Context::new(Identity::Required);
    let tree = lower(node, &mut cx);
    cx.finish(tree)
}

pub(super) fn lower(node: &Node, cx: &mut Context) -> Option<Pipeline> {
    if node.is_null() {
        cx.expected_map(node);
    }
    if !check_tables(node, &[Pipeline::FIELDS], cx) {
        return None;
    }
    let identity = std::mem::replace(&mut cx.identity, Identity::Required);
    let codebase = node.get("properties").and_then(|properties| codebase(properties, cx));
    let pipeline = Pipeline::read_known(node, cx, codebase);
    match &pipeline.identifier {
        Some(identifier) => identifier::check(identifier, cx),
        None if identity == Identity::Required => incomplete("identifier", node, cx),
        None => {}
    }
    identifier::check_unique(pipeline.all_stages().map(|stage| &stage.identifier), "stages", cx);
    match node.get("stages").filter(|stages| !stages.is_null()) {
        Some(stages) => cx.demand_item("stages", stages),
        None if pipeline.template.is_none() => incomplete("stages", node, cx),
        None => {}
    }
    Some(pipeline)
}

/// Reports missing fields that the service requires but a local run does not.
fn incomplete(field: &str, node: &Node, cx: &mut Context) {
    let message = format!("the pipeline has no `{field}`");
    let warning = codes::INCOMPLETE_PIPELINE.says(message).at(start_of(node.span), "in this pipeline");
    cx.report(warning.help(format!("add `{field}:`")));
}

fn codebase(properties: &Node, cx: &mut Context) -> Option<Codebase> {
    check_tables(properties, &[PROPERTIES], cx).then_some(())?;
    let ci = properties.get("ci").filter(|ci| check_tables(ci, &[CI_PROPERTIES], cx))?;
    read(ci, "codebase", cx)
}

fields! {
    VARIABLE {
        "name": FieldKind::Named("variableName"), REQUIRED;
        "type": VARIABLE_TYPES, REQUIRED;
        "value": FieldKind::TextOrNumber, REQUIRED;
        "default": FieldKind::TextOrNumber;
        "description": FieldKind::Text;
        "required": FieldKind::Flag;
        "metadata": FieldKind::Any;
        "uuid": FieldKind::Text;
        "__uuid": FieldKind::Text;
    }
}

impl FromNode for Variable {
    const KIND: FieldKind = FieldKind::Object(VARIABLE);

    fn from_node(node: &Node, cx: &mut Context) -> Option<Self> {
        if !check_tables(node, &[VARIABLE], cx) {
            return None;
        }
        let Some(name) = read::<Spanned<String>>(node, "name", cx) else {
            cx.missing("name", node.span);
            return None;
        };
        if !is_variable_name(&name.value) {
            let message = format!("`{}` is not a variable name", short(&name.value));
            cx.report(codes::BAD_VARIABLE_NAME.says(message).at(name.span, "the service refuses it"));
        }
        let kind = variable_type(node, cx);
        Some(Self {
            name,
            kind,
            value: read::<Text>(node, "value", cx),
            default: read::<Text>(node, "default", cx),
            required: read::<Flag>(node, "required", cx),
        })
    }
}

/// The type of a variable; text if it is missing or unknown.
fn variable_type(node: &Node, cx: &mut Context) -> VariableType {
    let Some(word) = read::<Spanned<String>>(node, "type", cx) else { return VariableType::String };
    match word.value.as_str() {
        "String" => VariableType::String,
        "Number" => VariableType::Number,
        "Secret" => VariableType::Secret,
        other => {
            let help = match nearest(other, ["String", "Number", "Secret"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the types are String, Number and Secret".to_owned(),
            };
            let message = format!("`{other}` is not a type of variables");
            cx.report(codes::UNEXPECTED_VALUE.says(message).at(word.span, "read as `String`").help(help));
            VariableType::String
        }
    }
}

fn is_variable_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '-');
    name.contains("<+") || (name.len() <= 128 && name.starts_with(first) && name.chars().all(rest))
}
