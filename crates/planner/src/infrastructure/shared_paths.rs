//! Directories that the steps of a stage, or of a containerised step group, share besides the workspace
//! (infra.shared-paths).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::{TextList, model::ExecutionNode};
use cirun_plan::{Mount, Storage, Text, Traced};

use super::{containerised, platform::WORKSPACE};
use crate::scope::Ctx;

/// The shared paths of a stage or group itself, those of the step groups in it that share its surroundings, and the
/// volumes of its pod; each path once.
pub(crate) fn of(
    ctx: &Ctx<'_>,
    own: Option<&TextList>,
    nodes: &[ExecutionNode],
    volumes: &[Traced<Mount>],
) -> Vec<Traced<Mount>> {
    let mut lists: Vec<&TextList> = own.into_iter().collect();
    of_groups(ctx, nodes, &mut lists);
    let mut mounts: Vec<Traced<Mount>> = Vec::new();
    for list in lists {
        for path in ctx.list(list) {
            let Text::Known(shown) = path.value else { continue };
            if is_reserved(ctx, list, &shown) || mounts.iter().any(|mount| mount.value.path == shown) {
                continue;
            }
            mounts.push(Traced::new(Mount { path: shown, storage: Storage::Disk }, path.origin));
        }
    }
    for volume in volumes {
        if mounts.iter().all(|mount| mount.value.path != volume.value.path) {
            mounts.push(volume.clone());
        }
    }
    mounts
}

fn of_groups<'n>(ctx: &Ctx<'_>, nodes: &'n [ExecutionNode], lists: &mut Vec<&'n TextList>) {
    for node in nodes {
        match node {
            ExecutionNode::Step(_) => {}
            ExecutionNode::Parallel(nodes) => of_groups(ctx, &nodes.value, lists),
            ExecutionNode::Group(group) if containerised::is(ctx, group) => {}
            ExecutionNode::Group(group) => {
                lists.extend(&group.shared_paths);
                of_groups(ctx, &group.steps, lists);
            }
        }
    }
}

/// Whether a path is empty, as the Studio writes it, or one that the service refuses.
fn is_reserved(ctx: &Ctx<'_>, list: &TextList, path: &str) -> bool {
    let reserved = matches!(path.trim_end_matches('/'), WORKSPACE | "/addon");
    if reserved {
        ctx.notes.report(
            codes::RESERVED_PATH
                .says(format!("`{path}` cannot be a shared path"))
                .at(list.span, "a reserved path (infra.reserved-paths)")
                .help("the workspace is shared anyway: remove it from `sharedPaths`"),
        );
    }
    reserved || path.is_empty()
}
