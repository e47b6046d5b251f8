//! `cirun ps` and `cirun clean`: list and remove what cirun created on the engine.

use std::collections::BTreeSet;

use cirun_diagnostics::Failure;
use cirun_engine::{Liveness, ObjectKind, OwnedObject, Owner, Selection};
use cirun_project::{Context, Paths, settings::EngineChoice};
use cirun_runner::{engines, local_store, record};
use cirun_terminal_text::human_count;

use crate::{console, exit::ExitCode};

/// Lists what cirun created on the engine.
pub(crate) async fn ps(context: Context<'_>) -> Result<ExitCode, Failure> {
    let engine = engines::find(EngineChoice::Auto, context.environment, context.paths).await?;
    let objects = engine.list_owned().await?;
    let me = Owner::current();
    let rows: Vec<[String; 5]> = objects.iter().map(|object| row(object, &me)).collect();
    console::data(&table(&["RUN", "OBJECT", "FOR", "NAME", "STATE"], &rows))?;
    Ok(ExitCode::Success)
}

/// Removes what cirun created on the engine, except for runs that still go on. With `all`, also removes the machine's registry
/// with its images, and the local caches.
pub(crate) async fn clean(
    context: Context<'_>,
    dry_run: bool,
    all: bool,
    run: Option<String>,
) -> Result<ExitCode, Failure> {
    if all && let Some(bytes) = local_store::clear_caches(context.paths, dry_run)? {
        console::data(&format!("caches {} ({bytes} bytes)\n", context.paths.caches().display()))?;
    }
    let mut stays = clean_records(context.paths, dry_run)?;
    let engine = engines::find(EngineChoice::Auto, context.environment, context.paths).await?;
    let selection = match run {
        Some(run) => Selection::Run(run),
        None if all => Selection::Everything,
        None => Selection::EndedRuns,
    };
    let me = Owner::current();
    let cleaned = engine.clean(&selection, &me, dry_run).await?;
    for object in &cleaned.removed {
        console::data(&format!("{} {}\n", kind(object.kind), object.name))?;
    }
    console::say(&match (cleaned.removed.len(), dry_run) {
        (0, _) => "there is nothing to remove".to_owned(),
        (count, false) => format!("removed {}", human_count(count, "object")),
        (count, true) => format!("would remove {}", human_count(count, "object")),
    });
    for (object, reason) in &cleaned.failed {
        console::say(&format!("error: {} {} stays: {reason}", kind(object.kind), object.name));
    }
    if selection == Selection::EndedRuns {
        let objects = engine.list_owned().await?;
        let living = objects.into_iter().filter(|object| object.liveness(&me) == Liveness::Alive);
        for run in living.filter_map(|object| object.run).collect::<BTreeSet<_>>() {
            console::say(&format!(
                "run {run} is in progress and is kept: `cirun clean --run {run}` removes its objects"
            ));
        }
    }
    stays |= !cleaned.failed.is_empty();
    Ok(if !stays { ExitCode::Success } else { ExitCode::Engine })
}

/// Removes what killed runs left in their records. Returns whether something could not be removed.
fn clean_records(paths: &Paths, dry_run: bool) -> Result<bool, Failure> {
    let left = record::left_behind(paths).map_err(|error| Failure::io(paths.runs().display(), error))?;
    let mut stays = false;
    for directory in left {
        match if dry_run { Ok(()) } else { record::remove_leftovers(&directory) } {
            Ok(()) => console::data(&format!("files of a killed run in {}\n", directory.display()))?,
            Err(error) => {
                stays = true;
                console::say(&format!("error: files of a killed run in {} stay: {error}", directory.display()));
            }
        }
    }
    Ok(stays)
}

fn row(object: &OwnedObject, me: &Owner) -> [String; 5] {
    let state = match object.liveness(me) {
        Liveness::Dead if object.kept => "kept".to_owned(),
        Liveness::Dead => "left behind".to_owned(),
        Liveness::Alive | Liveness::Unknown => object.state.clone().unwrap_or_default(),
    };
    [
        object.run.clone().unwrap_or_else(|| "(machine)".to_owned()),
        kind(object.kind).to_owned(),
        object.role.clone(),
        object.name.clone(),
        state,
    ]
}

fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Container => "container",
        ObjectKind::Volume => "volume",
        ObjectKind::Network => "network",
    }
}

fn table<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0).max(head[column].len());
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let body: String = rows.iter().map(|row| line(row.iter().map(String::as_str).collect())).collect();
    format!("{}{body}", line(head.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["1120".to_owned(), "x".to_owned()], ["7".to_owned(), "longer".to_owned()]];
        insta::assert_snapshot!(table(&["RUN", "NAME"], &rows), @r"
        RUN   NAME
        1120  x
        7     longer
        ");
    }
}
