//! The names that steps of a stage gave to images of the engine, and that go with the stage.

use std::collections::BTreeMap;

use bollard::query_parameters::RemoveImageOptionsBuilder;
use cirun_image_ref::{join_tag, with_tag};

use crate::Engine;

/// What happens to an image's name at the end of the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is removed.
    Removed,
    /// It stays, like images that cirun itself pulls.
    Stays,
}

/// The names that steps of a stage gave to images, if the engine did not have them before.
#[derive(Debug, Default)]
pub(crate) struct NewNames(BTreeMap<String, Fate>);

impl NewNames {
    /// Records a name.
    pub(super) fn note(&mut self, name: String, fate: Fate) {
        self.0.insert(name, fate);
    }

    /// Whether a step gave this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Removes the names that should not stay. An image that cannot be removed has another name, or is used elsewhere.
    pub(crate) async fn remove(self, engine: &Engine) {
        for (name, _) in self.0.into_iter().filter(|(_, fate)| *fate == Fate::Removed) {
            let options = RemoveImageOptionsBuilder::new().force(true).build();
            drop(engine.docker.remove_image(&name, Some(options), None).await);
        }
    }
}

/// A name with its tag.
pub(super) fn full_name(name: &str, tag: Option<&str>) -> String {
    match tag.filter(|tag| !tag.is_empty()) {
        Some(tag) => join_tag(name, tag),
        None => with_tag(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_names() {
        for (name, tag, expected) in [
            ("a", None, "a:latest"),
            ("a:1", None, "a:1"),
            ("r.io:80/a", None, "r.io:80/a:latest"),
            ("a", Some("2"), "a:2"),
            ("a", Some(""), "a:latest"),
            ("a", Some("sha256:0f"), "a@sha256:0f"),
            ("a@sha256:0f", None, "a@sha256:0f"),
        ] {
            assert_eq!(full_name(name, tag), expected);
        }
    }
}
