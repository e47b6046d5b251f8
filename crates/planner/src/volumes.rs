//! Volumes of a pod (`infrastructure.spec.volumes`, `stepGroupInfra.spec.volumes`; harness-schema.md 2.4): what they are here.

use cirun_expressions::Template;
use cirun_parser::{Diagnostic, Node, Span};
use cirun_plan::{Mount, Profile, Text, Traced};

use crate::resolve::Ctx;

/// What stands for a volume of a type, and what differs from the cluster.
struct Kind {
    word: &'static str,
    /// Whether an empty volume of the run takes its place.
    is_mounted: bool,
    differs: Option<&'static str>,
}

/// An empty directory is the same everywhere but for its `medium` and `size`. What else a volume holds is in the cluster, and
/// nothing of this machine is shown in place of a node's directory.
const KINDS: [Kind; 5] = [
    Kind { word: "EmptyDir", is_mounted: true, differs: None },
    Kind {
        word: "PersistentVolumeClaim",
        is_mounted: true,
        differs: Some("what the claim holds is in the cluster: here it is empty, and gone after the run"),
    },
    Kind {
        word: "HostPath",
        is_mounted: true,
        differs: Some("a directory of the node: here it is empty, and gone after the run"),
    },
    Kind { word: "ConfigMap", is_mounted: false, differs: Some("it is in the cluster: nothing is mounted here") },
    Kind { word: "Secret", is_mounted: false, differs: Some("it is in the cluster: nothing is mounted here") },
];

/// The types of `spec.type` of a `HostPath` that are no directories.
const NO_DIRECTORIES: [&str; 5] = ["File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice"];

/// The volumes that every container of a pod has; none on other infrastructure.
pub(crate) fn of(ctx: &Ctx<'_>, profile: Profile, volumes: Option<&Node>) -> Vec<Traced<Mount>> {
    match profile {
        Profile::Kubernetes => {
            volumes.map(Node::items).unwrap_or_default().iter().filter_map(|one| volume(ctx, one)).collect()
        }
        Profile::Vm | Profile::Cloud | Profile::Docker => Vec::new(),
    }
}

fn volume(ctx: &Ctx<'_>, node: &Node) -> Option<Traced<Mount>> {
    let path = text(ctx, node.get("mountPath")?)?;
    let (word, at) = (text(ctx, node.get("type")?)?, node.get("type")?.span);
    let Some(kind) = KINDS.iter().find(|kind| kind.word == word.value) else {
        ctx.notes.report(
            Diagnostic::error("unknown-word", format!("unknown type of volume `{}`", word.value))
                .at(at, "no such type")
                .help(format!("write one of {}", KINDS.map(|kind| kind.word).join(", "))),
        );
        return None;
    };
    let spec = |key: &str| node.get("spec")?.get(key)?.text().filter(|text| !text.is_empty());
    let is_directory = spec("type").is_none_or(|word| !NO_DIRECTORIES.contains(&word));
    let differs = match (kind.differs, kind.is_mounted && !is_directory) {
        (Some(_), true) => Some("something of the node that is no directory: nothing is mounted here"),
        (Some(differs), false) => Some(differs),
        (None, _) if spec("medium").is_some() || spec("size").is_some() => {
            Some("it is on disk here, without the `medium` and `size` of the cluster")
        }
        (None, _) => None,
    };
    if let Some(differs) = differs {
        ctx.notes.report(
            Diagnostic::parity("pod-volume", format!("the `{}` at `{}` is another one here", kind.word, path.value))
                .at(at, differs),
        );
    }
    (kind.is_mounted && is_directory && !path.value.is_empty())
        .then(|| Traced::new(Mount { path: path.value }, path.origin))
}

fn text(ctx: &Ctx<'_>, node: &Node) -> Option<Traced<String>> {
    let (template, _) = Template::parse(node.text()?);
    let span: Span = node.span;
    match ctx.as_text(ctx.evaluate(&template, span).value) {
        Text::Known(text) => Some(Traced::new(text, ctx.written(span))),
        waiting @ (Text::Secret(_) | Text::Deferred(_)) => {
            ctx.notes.report(
                Diagnostic::error("decided-too-late", format!("`{}` cannot be part of a volume", waiting.shown()))
                    .at(span, "volumes must be known before the stage begins"),
            );
            None
        }
    }
}
