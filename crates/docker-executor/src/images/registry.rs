//! Tags and pushes: how base images get into the machine's own registry.

use bollard::{
    errors::Error,
    query_parameters::{PushImageOptionsBuilder, RemoveImageOptions, TagImageOptionsBuilder},
};
use cirun_engine::BackendError;
use cirun_image_ref::split_tag;
use futures_util::TryStreamExt;

use crate::{
    Engine,
    error::{engine_error, explain, is_missing},
};

/// The tag of a name without one.
pub(super) const LATEST: &str = "latest";

/// How often another's removal of a name may be met before it is given up.
pub(super) const LOST_NAMES: u32 = 10;

impl Engine {
    /// Pushes an image of the engine under another name, which the engine has only meanwhile. Others may be doing the same
    /// with the same name at the same time.
    ///
    /// # Errors
    /// [`BackendError::Engine`] when the engine refuses, does not have `image`, or the registry refuses.
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
    /// [`BackendError::Engine`] when the engine refuses, or does not have `image`.
    pub async fn tag_image(&self, image: &str, new_name: &str) -> Result<(), BackendError> {
        let (repository, tag) = split_tag(new_name);
        let options = TagImageOptionsBuilder::new().repo(repository).tag(tag.unwrap_or(LATEST)).build();
        let tagged = self.docker.tag_image(image, Some(options)).await;
        tagged.map_err(|error| engine_error(format!("tag `{image}` as `{new_name}`"), &error))
    }

    /// Removes a name of an image (and the image with its last name).
    ///
    /// # Errors
    /// [`BackendError::Engine`] when the engine refuses; a name that it does not have is no error.
    pub async fn untag_image(&self, image: &str) -> Result<(), BackendError> {
        match self.docker.remove_image(image, None::<RemoveImageOptions>, None).await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(engine_error(format!("remove the image `{image}`"), &error)),
        }
    }

    async fn push(&self, image: &str) -> Result<(), Error> {
        let (repository, tag) = split_tag(image);
        let options = PushImageOptionsBuilder::new().tag(tag.unwrap_or(LATEST)).build();
        let answers = self.docker.push_image(repository, Some(options), None);
        answers.try_for_each(|_| async { Ok(()) }).await
    }
}

/// Somebody else has removed the name since it was given.
fn has_lost_its_name(error: &Error) -> bool {
    let text = explain(error);
    ["does not exist locally", "tag does not exist"].iter().any(|pattern| text.contains(pattern))
}
