//! Volumes of a pod (`infrastructure.spec.volumes`, `stepGroupInfra.spec.volumes`; infra.volumes) and their local
//! equivalents.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_expressions::Template;
use cirun_parser::Node;
use cirun_plan::{Mount, Profile, Storage, Text, Traced};

use super::quantity;
use crate::scope::Ctx;

/// The owner of the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PodOwner {
    /// A stage.
    Stage,
    /// A containerised step group.
    StepGroup,
}

/// The local equivalent of a volume type, and the difference from the cluster.
struct VolumeKind {
    word: &'static str,
    /// Whether a stage may have it; a step group may have any.
    is_for_stages: bool,
    /// Whether an empty volume of the run replaces it.
    is_mounted: bool,
    differs: Option<&'static str>,
}

/// An empty directory is the same everywhere, except for the `size` of one on disk. The content of other volumes is in
/// the cluster, and no directory of this machine replaces a node's directory.
const KINDS: [VolumeKind; 5] = [
    VolumeKind { word: "EmptyDir", is_for_stages: true, is_mounted: true, differs: None },
    VolumeKind {
        word: "PersistentVolumeClaim",
        is_for_stages: true,
        is_mounted: true,
        differs: Some("the claim's content is in the cluster: here the volume is empty, and removed after the run"),
    },
    VolumeKind {
        word: "HostPath",
        is_for_stages: true,
        is_mounted: true,
        differs: Some("a directory of the node: here the volume is empty, and removed after the run"),
    },
    VolumeKind {
        word: "ConfigMap",
        is_for_stages: false,
        is_mounted: false,
        differs: Some("it is in the cluster: nothing is mounted here"),
    },
    VolumeKind {
        word: "Secret",
        is_for_stages: false,
        is_mounted: false,
        differs: Some("it is in the cluster: nothing is mounted here"),
    },
];

/// The values of `spec.type` of a `HostPath` that are not directories.
const NO_DIRECTORIES: [&str; 5] = ["File", "FileOrCreate", "Socket", "CharDevice", "BlockDevice"];

/// The volumes in every container of a pod; none on other infrastructure.
pub(crate) fn of(ctx: &Ctx<'_>, profile: Profile, owner: PodOwner, volumes: Option<&Node>) -> Vec<Traced<Mount>> {
    match profile {
        Profile::Kubernetes => {
            volumes.map(Node::items).unwrap_or_default().iter().filter_map(|one| volume(ctx, owner, one)).collect()
        }
        Profile::Vm | Profile::Cloud | Profile::Docker => Vec::new(),
    }
}

fn volume(ctx: &Ctx<'_>, owner: PodOwner, node: &Node) -> Option<Traced<Mount>> {
    let path = text(ctx, node.get("mountPath")?)?;
    let (word, at) = (text(ctx, node.get("type")?)?, node.get("type")?.span);
    let Some(kind) = KINDS.iter().find(|kind| kind.word == word.value) else {
        ctx.notes.report(
            codes::UNKNOWN_WORD
                .says(format!("unknown type of volume `{}`", word.value))
                .at(at, "no such type")
                .help(format!("write one of {}", KINDS.map(|kind| kind.word).join(", "))),
        );
        return None;
    };
    if owner == PodOwner::Stage && !kind.is_for_stages {
        report_rejected(ctx, kind, at);
        return None;
    }
    let spec = |key: &str| node.get("spec")?.get(key)?.text().filter(|text| !text.is_empty());
    let is_directory = spec("type").is_none_or(|word| !NO_DIRECTORIES.contains(&word));
    let storage = storage(ctx, kind, node);
    let differs = match (kind.differs, kind.is_mounted && !is_directory) {
        (Some(_), true) => Some("not a directory of the node: nothing is mounted here"),
        (Some(differs), false) => Some(differs),
        (None, _) => match storage {
            Storage::Memory { .. } => None,
            Storage::Disk if spec("medium").is_some() => Some("it is on disk here, not in the `medium` of the cluster"),
            Storage::Disk if spec("size").is_some() => Some("it is on disk here, where its `size` is no limit"),
            Storage::Disk => None,
        },
    };
    if let Some(differs) = differs {
        ctx.notes.report(
            codes::POD_VOLUME.says(format!("the `{}` at `{}` differs here", kind.word, path.value)).at(at, differs),
        );
    }
    (kind.is_mounted && is_directory && !path.value.is_empty())
        .then(|| Traced::new(Mount { path: path.value, storage }, path.origin))
}

fn report_rejected(ctx: &Ctx<'_>, kind: &VolumeKind, at: Span) {
    let words: Vec<&str> = KINDS.iter().filter(|kind| kind.is_for_stages).map(|kind| kind.word).collect();
    ctx.notes.report(
        codes::REJECTED_INPUT
            .says(format!("a stage has no volumes of type `{}`", kind.word))
            .at(at, format!("a CI stage takes {} (infra.volumes)", words.join(", ")))
            .help(
                "put the steps in a step group with `stepGroupInfra`, which may have it, or pass its values as secrets",
            ),
    );
}

/// The medium of an empty directory; the others are on disk.
fn storage(ctx: &Ctx<'_>, kind: &VolumeKind, node: &Node) -> Storage {
    let field =
        |key: &str| node.get("spec")?.get(key).filter(|field| field.text().is_some_and(|text| !text.is_empty()));
    let medium = field("medium").and_then(|medium| text(ctx, medium));
    if kind.differs.is_some() || medium.is_none_or(|medium| medium.value != "Memory") {
        return Storage::Disk;
    }
    let size = field("size").and_then(|size| Some((size.span, text(ctx, size)?)));
    let limit_bytes = size.and_then(|(at, size)| match quantity::memory_bytes(&size.value) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            ctx.notes.report(
                codes::BAD_QUANTITY
                    .says(format!("the size {error}"))
                    .at(at, "the size of the volume")
                    .help("write bytes with a suffix and without a space, such as `500Mi` or `1G`"),
            );
            None
        }
    });
    Storage::Memory { limit_bytes }
}

fn text(ctx: &Ctx<'_>, node: &Node) -> Option<Traced<String>> {
    let (template, _) = Template::parse(node.text()?);
    let span: Span = node.span;
    match ctx.as_text(ctx.evaluate(&template, span).value) {
        Text::Known(text) => Some(Traced::new(text, ctx.written(span))),
        waiting @ (Text::Secret(_) | Text::Deferred(_)) => {
            ctx.notes.report(
                codes::DECIDED_TOO_LATE
                    .says(format!("`{}` cannot be part of a volume", waiting.shown()))
                    .at(span, "volumes must be known before the stage begins"),
            );
            None
        }
    }
}
