//! Images of the engine that steps name, load and remove.
//!
//! The engine's images belong to the machine. Names that steps add are removed with their stage; existing names stay.

use cirun_image_ref::{Repository, split_tag};
use hyper::Response;

use super::{
    answer::{Body, BoxError},
    asked::Asked,
    forward,
    push::image_of,
    refusal::Refusal,
    relay,
    state::Proxy,
};
use crate::{
    PullRule,
    socket_proxy::new_names::{Fate, full_name},
};

/// Answers `POST /images/NAME/tag`.
pub(super) async fn tag(proxy: &Proxy, asked: &Asked) -> Result<Response<Body>, BoxError> {
    let name = asked.address.parameter("repo").unwrap_or_default();
    proxy.note_name(name, asked.address.parameter("tag"), Fate::Removed).await;
    forward::pass(proxy.engine_socket(), asked.plain()?).await
}

/// Answers `DELETE /images/NAME`.
pub(super) async fn remove(proxy: &Proxy, asked: &Asked) -> Result<Response<Body>, BoxError> {
    let name = asked.address.segments().get(1..).unwrap_or_default().join("/");
    if let Ok(image) = proxy.shared.engine.docker.inspect_image(&name).await {
        let tags = image.repo_tags.unwrap_or_default();
        let full = full_name(&name, None);
        // A removal by id removes all names of the image.
        let gone = if tags.contains(&full) { vec![full] } else { tags };
        let foreign = gone.iter().find(|name| !proxy.stage().new_names().has(name));
        if let Some(foreign) = foreign {
            let reason = "this machine had it before the run";
            return Err(Refusal::forbidden(format_args!("the removal of the image `{foreign}`"), reason).into());
        }
    }
    forward::pass(proxy.engine_socket(), asked.plain()?).await
}

/// Answers `POST /images/load`.
pub(super) async fn load(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let before = proxy.all_names().await?;
    let answer = forward::ask(proxy.engine_socket(), asked.archive()?).await?;
    let (stage, shared) = (proxy.stage().clone(), proxy.shared.clone());
    Ok(answer.map(|body| {
        relay::then(&shared, body, move |said| async move {
            for name in said.loaded.into_iter().filter(|name| !before.contains(name)) {
                stage.new_names().note(name, Fate::Removed);
            }
        })
    }))
}

/// Answers `GET /distribution/NAME/json`: the engine would contact the registry.
pub(super) async fn distribution(proxy: &Proxy, asked: &Asked) -> Result<Response<Body>, BoxError> {
    let name = image_of(asked.address.segments());
    let (repository, _) = split_tag(&name);
    match proxy.settings.rules.pull(&Repository::of(repository).registry) {
        PullRule::HereOnly(why) => Err(Refusal::missing(format_args!("`{name}`: {why}")).into()),
        PullRule::Pass | PullRule::HereFirst => forward::pass(proxy.engine_socket(), asked.plain()?).await,
    }
}
