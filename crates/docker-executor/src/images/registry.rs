//! Tags and pushes: how base images get into the machine's own registry.

use bollard::query_parameters::{PushImageOptionsBuilder, RemoveImageOptions, TagImageOptionsBuilder};
use cirun_engine::BackendError;
use cirun_plan::RegistryAuth;
use futures_util::TryStreamExt;

use super::{login::connector_login, reference::split_tag};
use crate::{
    Engine,
    error::{engine_error, is_missing},
};

impl Engine {
    /// Gives an image a second name.
    ///
    /// # Errors
    /// [`BackendError::Engine`] when the engine refuses, or does not have `image`.
    pub async fn tag_image(&self, image: &str, new_name: &str) -> Result<(), BackendError> {
        let (repository, tag) = split_tag(new_name);
        let options = TagImageOptionsBuilder::new().repo(repository).tag(tag).build();
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

    /// Pushes an image to the registry that its name says.
    ///
    /// # Errors
    /// [`BackendError::Engine`] with the registry's refusal.
    pub async fn push_image(&self, image: &str, auth: Option<&RegistryAuth>) -> Result<(), BackendError> {
        let (repository, tag) = split_tag(image);
        let options = PushImageOptionsBuilder::new().tag(tag).build();
        let answers = self.docker.push_image(repository, Some(options), auth.map(connector_login));
        answers
            .try_for_each(|_| async { Ok(()) })
            .await
            .map_err(|error| engine_error(format!("push `{image}`"), &error))
    }
}
