//! Tags and pushes, which copy base images into the machine's own registry.

use bollard::{
    errors::Error,
    query_parameters::{PushImageOptionsBuilder, RemoveImageOptions, TagImageOptionsBuilder},
};
use cirun_engine::BackendError;
use cirun_image_ref::{DEFAULT_TAG, split_tag};
use futures_util::TryStreamExt;

use crate::{
    Engine,
    error::{engine_error, explain, is_missing},
};

/// How often to retry if another run removes the name.
pub(super) const LOST_NAMES: u32 = 10;

impl Engine {
    /// Pushes an image of the engine under a temporary name. Others may do the same with the same name at the same
    /// time.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the engine refuses, does not have `image`, or the registry refuses.
    pub async fn publish_image(&self, image: &str, name: &str) -> Result<(), BackendError> {
        let mut tries = 0..LOST_NAMES;
        loop {
            self.tag_image(image, name).await?;
            match self.push(name).await {
                Err(error) if has_lost_its_name(&error) && tries.next().is_some() => {}
                pushed => {
                    self.untag_image(name).await?;
                    return pushed.map_err(|error| engine_error(format!("push `{name}`"), &error));
                }
            }
        }
    }

    /// Gives an image a second name.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the engine refuses, or does not have `image`.
    pub async fn tag_image(&self, image: &str, new_name: &str) -> Result<(), BackendError> {
        let (repository, tag) = split_tag(new_name);
        let options = TagImageOptionsBuilder::new().repo(repository).tag(tag.unwrap_or(DEFAULT_TAG)).build();
        let tagged = self.docker.tag_image(image, Some(options)).await;
        tagged.map_err(|error| engine_error(format!("tag `{image}` as `{new_name}`"), &error))
    }

    /// Removes a name of an image (and the image with its last name).
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the engine refuses; a name that it does not have is not an error.
    pub async fn untag_image(&self, image: &str) -> Result<(), BackendError> {
        match self.docker.remove_image(image, None::<RemoveImageOptions>, None).await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(engine_error(format!("remove the image `{image}`"), &error)),
        }
    }

    async fn push(&self, image: &str) -> Result<(), Error> {
        let (repository, tag) = split_tag(image);
        let options = PushImageOptionsBuilder::new().tag(tag.unwrap_or(DEFAULT_TAG)).build();
        let answers = self.docker.push_image(repository, Some(options), None);
        answers.try_for_each(|_| async { Ok(()) }).await
    }
}

/// Whether another run has removed the name meanwhile.
fn has_lost_its_name(error: &Error) -> bool {
    let text = explain(error);
    ["does not exist locally", "tag does not exist"].iter().any(|pattern| text.contains(pattern))
}
