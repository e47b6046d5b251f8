//! Images of the engine that steps name, load and remove.
//!
//! The engine's images belong to the machine. Names that steps add are removed with their stage; existing names stay.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use cirun_image_ref::{Repository, split_tag};
use hyper::Response;

use super::{
    PullRule,
    answer::{Body, BoxError},
    asked::Asked,
    forward,
    push::image_of,
    refusal::Refusal,
    relay,
    serve::Guard,
};
use crate::{Engine, error::is_missing};

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
    fn note(&mut self, name: String, fate: Fate) {
        self.0.insert(name, fate);
    }

    fn has(&self, name: &str) -> bool {
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

impl Guard {
    /// Records a name that an image is about to get, unless the engine already has it.
    pub(super) async fn note_name(&self, name: &str, tag: Option<&str>, fate: Fate) {
        let full = full(name, tag);
        let is_new = match self.shared.engine.docker.inspect_image(&full).await {
            Ok(_) => false,
            Err(error) => is_missing(&error),
        };
        if is_new && !full.contains('@') {
            self.stage().new_names().note(full, fate);
        }
    }

    /// The names of all images that the engine has.
    async fn all_names(&self) -> Result<BTreeSet<String>, BoxError> {
        let options = ListImagesOptionsBuilder::new().filters(&HashMap::<String, Vec<String>>::new()).build();
        let images = self.shared.engine.docker.list_images(Some(options)).await?;
        Ok(images.into_iter().flat_map(|image| image.repo_tags).collect())
    }
}

/// A name with its tag.
fn full(name: &str, tag: Option<&str>) -> String {
    match (tag.filter(|tag| !tag.is_empty()), split_tag(name)) {
        (Some(digest), _) if digest.contains(':') => format!("{name}@{digest}"),
        (Some(tag), _) => format!("{name}:{tag}"),
        (None, (_, Some(_))) => name.to_owned(),
        (None, (name, None)) => format!("{name}:latest"),
    }
}

/// Answers `POST /images/NAME/tag`.
pub(super) async fn tag(guard: &Guard, asked: &Asked) -> Result<Response<Body>, BoxError> {
    let name = asked.address.parameter("repo").unwrap_or_default();
    guard.note_name(name, asked.address.parameter("tag"), Fate::Removed).await;
    forward::pass(guard.engine_socket(), asked.plain()?).await
}

/// Answers `DELETE /images/NAME`.
pub(super) async fn remove(guard: &Guard, asked: &Asked) -> Result<Response<Body>, BoxError> {
    let name = asked.address.segments().get(1..).unwrap_or_default().join("/");
    if let Ok(image) = guard.shared.engine.docker.inspect_image(&name).await {
        let tags = image.repo_tags.unwrap_or_default();
        let full = full(&name, None);
        // A removal by id removes all names of the image.
        let gone = if tags.contains(&full) { vec![full] } else { tags };
        let foreign = gone.iter().find(|name| !guard.stage().new_names().has(name));
        if let Some(foreign) = foreign {
            let reason = "this machine had it before the run";
            return Err(Refusal::forbidden(format_args!("the removal of the image `{foreign}`"), reason).into());
        }
    }
    forward::pass(guard.engine_socket(), asked.plain()?).await
}

/// Answers `POST /images/load`.
pub(super) async fn load(guard: &Guard, asked: Asked) -> Result<Response<Body>, BoxError> {
    let before = guard.all_names().await?;
    let answer = forward::ask(guard.engine_socket(), asked.archive()?).await?;
    let (stage, shared) = (guard.stage().clone(), guard.shared.clone());
    Ok(answer.map(|body| {
        relay::then(&shared, body, move |said| async move {
            for name in said.loaded.into_iter().filter(|name| !before.contains(name)) {
                stage.new_names().note(name, Fate::Removed);
            }
        })
    }))
}

/// Answers `GET /distribution/NAME/json`: the engine would contact the registry.
pub(super) async fn distribution(guard: &Guard, asked: &Asked) -> Result<Response<Body>, BoxError> {
    let name = image_of(asked.address.segments());
    let (repository, _) = split_tag(&name);
    match guard.settings.rules.pull(&Repository::of(repository).registry) {
        PullRule::HereOnly(why) => Err(Refusal::missing(format_args!("`{name}`: {why}")).into()),
        PullRule::Pass | PullRule::HereFirst => forward::pass(guard.engine_socket(), asked.plain()?).await,
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
            assert_eq!(full(name, tag), expected);
        }
    }
}
