//! What a codebase or a GitClone step checks out: `build`.

use cirun_diagnostics::Spanned;

use crate::{
    FieldInfo, FieldKind, Node, Text,
    lower::{
        context::Context,
        entries::{check_word, read},
        spec::{FromNode, REQUIRED, check_tables, fields},
    },
    model::BuildSpec,
};

fields! {
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

const BUILD_SPECS: &[(&str, &[FieldInfo])] =
    &[("branch", BUILD_BRANCH), ("tag", BUILD_TAG), ("PR", BUILD_PR), ("commitSha", BUILD_COMMIT)];

const BUILD_TYPES: &[&str] = &["branch", "tag", "PR", "commitSha"];

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
