//! Names of the objects of a run: `cirun-<run>-<stage>…`, readable in `docker ps`.

use std::collections::BTreeMap;

/// The name of a stage's network, and the prefix of its other objects.
pub(crate) fn stage_name(run: &str, stage: &str) -> String {
    format!("cirun-{}-{}", clean(run), clean(stage))
}

/// The name of an object of the stage.
pub(crate) fn object_name(stage_name: &str, object: &str) -> String {
    format!("{stage_name}-{}", clean(object))
}

/// The engine allows `[a-zA-Z0-9_.-]`; identifiers of Harness may have `$`.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-') { c } else { '_' }).collect()
}

/// Returns each name once: a retried step gets a new one, because its first container may not be removed yet.
#[derive(Debug, Default)]
pub(crate) struct UniqueNames(BTreeMap<String, usize>);

impl UniqueNames {
    pub(crate) fn take(&mut self, name: String) -> String {
        let uses = self.0.entry(name.clone()).or_insert(0);
        *uses += 1;
        if *uses == 1 { name } else { format!("{name}-{uses}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readable_and_allowed() {
        assert_eq!(object_name(&stage_name("r1", "build"), "tests.$unit"), "cirun-r1-build-tests._unit");
    }

    #[test]
    fn a_retry_gets_its_own_name() {
        let mut names = UniqueNames::default();
        assert_eq!(names.take("a".to_owned()), "a");
        assert_eq!(names.take("a".to_owned()), "a-2");
        assert_eq!(names.take("b".to_owned()), "b");
    }
}
