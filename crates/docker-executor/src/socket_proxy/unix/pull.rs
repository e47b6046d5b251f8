//! Pulls through the proxied socket, which find images that are kept on this machine, and images created from an
//! archive.

use cirun_image_ref::{DEFAULT_TAG, Repository, is_digest, join_tag, split_tag};
use hyper::{Method, Request, Response, StatusCode, body::Incoming, header::HOST};

use super::{
    address::Address,
    answer::{self, Body, BoxError},
    asked::Asked,
    forward,
    refusal::{DIND, Refusal},
    relay,
    state::Proxy,
};
use crate::{PullRule, socket_proxy::new_names::Fate};

/// Answers `POST /images/create`.
pub(super) async fn answer(proxy: &Proxy, mut asked: Asked) -> Result<Response<Body>, BoxError> {
    let Some(image) = asked.address.parameter("fromImage").map(str::to_owned) else {
        return import(proxy, asked).await;
    };
    let (name, tag) = match (asked.address.parameter("tag"), split_tag(&image)) {
        (Some(tag), _) => (image.as_str(), tag.to_owned()),
        (None, (name, tag)) => (name, tag.unwrap_or(DEFAULT_TAG).to_owned()),
    };
    let place = Repository::of(name);
    let rule = proxy.settings.rules.pull(&place.registry);
    if rule != PullRule::Pass {
        let kept = place.kept_at(&proxy.landing().await?.address);
        let platform = asked.address.parameter("platform");
        let response = forward::ask(proxy.engine_socket(), request(&asked.address, &kept, &tag, platform)?).await?;
        if response.status() == StatusCode::OK {
            proxy.note_name(name, Some(&tag), Fate::Removed).await;
            return Ok(named(proxy, response, kept, name, &tag));
        }
        if let PullRule::HereOnly(why) = rule {
            return Err(Refusal::missing(format_args!("`{name}:{tag}`: {why}")).into());
        }
    }
    proxy.note_name(name, Some(&tag), Fate::Stays).await;
    // The engine would use the archive's name of the two.
    asked.address = asked.address.without("fromSrc");
    forward::pass(proxy.engine_socket(), asked.plain()?).await
}

/// Creates an image from an archive of the step.
async fn import(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    match asked.address.parameter("fromSrc") {
        Some("-") => {
            if let Some(name) = asked.address.parameter("repo") {
                proxy.note_name(name, asked.address.parameter("tag"), Fate::Removed).await;
            }
            forward::pass(proxy.engine_socket(), asked.archive()?).await
        }
        Some(source) => {
            let reason =
                format!("the engine would fetch it over the machine's own network: fetch it in the step; {DIND}");
            Err(Refusal::forbidden(format_args!("an image from `{source}`"), &reason).into())
        }
        None => Err(Refusal::bad("the request names no image").into()),
    }
}

/// Pulls an image that is kept on this machine.
pub(super) fn request(
    asked: &Address,
    kept: &str,
    tag: &str,
    platform: Option<&str>,
) -> Result<Request<Body>, BoxError> {
    let address = asked.other("/images/create").with("fromImage", kept).with("tag", tag);
    let address = platform.into_iter().fold(address, |address, platform| address.with("platform", platform));
    let request = Request::builder().method(Method::POST).uri(address.written()).header(HOST, "docker");
    Ok(request.body(answer::whole(Vec::new()))?)
}

/// The response; before it ends, the image gets the requested name.
fn named(proxy: &Proxy, response: Response<Incoming>, kept: String, name: &str, tag: &str) -> Response<Body> {
    // An image cannot be given a digest as its name.
    let (copy, wanted) = (join_tag(&kept, tag), (!is_digest(tag)).then(|| join_tag(name, tag)));
    let (engine, shared) = (proxy.shared.engine.clone(), proxy.shared.clone());
    response.map(|body| {
        relay::then(&shared, body, move |said| async move {
            if let Some(wanted) = wanted.filter(|_| !said.failed)
                && engine.tag_image(&copy, &wanted).await.is_ok()
            {
                drop(engine.untag_image(&copy).await);
            }
        })
    })
}
