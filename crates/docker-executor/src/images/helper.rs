//! Images that come with cirun: imported from memory if the engine does not have the tag of their content.

use std::collections::HashMap;

use bollard::{
    body_full,
    models::ImageSummary,
    query_parameters::{CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions},
};
use cirun_engine::BackendError;
use cirun_image_ref::{DEFAULT_TAG, split_tag};
use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};

use crate::{Engine, HelperImage, error::engine_error, labels};

/// How long to keep an image of another build: a run of that build looks for it at the start of each stage, and uses it
/// during the stage.
const IN_USE: SignedDuration = SignedDuration::from_hours(1);

impl Engine {
    /// Ensures that the engine has a helper image; returns whether it was imported.
    ///
    /// # Errors
    /// [`BackendError::Image`] if the engine lacks an image that has no root file system to import,
    /// [`BackendError::Io`] if that cannot be created, [`BackendError::Engine`] if the engine refuses it.
    pub async fn ensure_helper_image(&self, image: &HelperImage) -> Result<bool, BackendError> {
        if self.has_image(&image.reference, None).await? {
            return Ok(false);
        }
        let Some(rootfs) = image.rootfs.clone() else {
            let reason = "the engine does not have this helper image, and it cannot be pulled".to_owned();
            return Err(BackendError::Image { image: image.reference.clone(), reason });
        };
        let what = || format!("make the image `{}`", image.reference);
        let tar = tokio::task::spawn_blocking(move || rootfs.make())
            .await
            .map_err(std::io::Error::other)
            .and_then(|made| made)
            .map_err(|source| BackendError::Io { what: what(), source })?;
        let (repository, tag) = split_tag(&image.reference);
        let mut changes = image.changes.clone();
        changes.push(format!("LABEL {}=helper", labels::ROLE));
        let options = CreateImageOptionsBuilder::new()
            .from_src("-")
            .repo(repository)
            .tag(tag.unwrap_or(DEFAULT_TAG))
            .changes(changes)
            .build();
        let answers = self.docker.create_image(Some(options), Some(body_full(tar)), None);
        answers.try_for_each(|_| async { Ok(()) }).await.map_err(|error| engine_error(what(), &error))?;
        self.forget_older(repository, &image.reference).await;
        Ok(true)
    }

    /// Removes what earlier builds of cirun imported into the same repository. An image that a container still uses
    /// stays until the next import.
    async fn forget_older(&self, repository: &str, current: &str) {
        let filters = HashMap::from([("label".to_owned(), vec![format!("{}=helper", labels::ROLE)])]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        let images = self.docker.list_images(Some(options)).await.unwrap_or_default();
        for name in outdated(images, repository, current, Timestamp::now()) {
            drop(self.docker.remove_image(&name, None::<RemoveImageOptions>, None).await);
        }
    }
}

/// The names of other builds' images in the repository, except those that a run may be about to use.
fn outdated(images: Vec<ImageSummary>, repository: &str, current: &str, now: Timestamp) -> Vec<String> {
    let old = images.into_iter().filter(|image| now.as_second() - image.created > IN_USE.as_secs());
    let names = old.flat_map(|image| image.repo_tags);
    names.filter(|name| split_tag(name).0 == repository && name != current).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_images_of_the_repository_are_outdated() {
        let image = |name: &str, created: i64| ImageSummary {
            repo_tags: vec![name.to_owned()],
            created,
            ..ImageSummary::default()
        };
        let images = vec![
            image("cirun.local/cirun:old", 0),
            image("cirun.local/cirun:young", 9_000),
            image("cirun.local/cirun:mine", 0),
            image("cirun.local/other:old", 0),
        ];
        let now = Timestamp::from_second(10_000).unwrap();
        assert_eq!(outdated(images, "cirun.local/cirun", "cirun.local/cirun:mine", now), ["cirun.local/cirun:old"]);
    }
}
