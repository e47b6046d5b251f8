//! Pulls by the guarded socket: what is kept on this machine is found there.

use hyper::{Method, Request, Response, StatusCode, body::Incoming, header::HOST};

use super::{
    PullRule,
    answer::{self, Body, BoxError},
    forward,
    names::Place,
    relay,
    serve::Guard,
};

/// Answers a pull of an image by API prefix, name and tag.
pub(super) async fn answer(
    guard: &Guard,
    request: Request<Incoming>,
    (prefix, name, tag): (&str, &str, &str),
) -> Result<Response<Body>, BoxError> {
    let place = Place::of(name);
    let rule = guard.settings.rules.pull(&place.registry);
    if rule == PullRule::Pass {
        return forward::pass(guard.engine_socket(), request).await;
    }
    let kept = place.kept_at(&guard.landing().await?.address);
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("fromImage", &kept)
        .append_pair("tag", tag)
        .extend_pairs(platform(&request))
        .finish();
    let asked = Request::builder()
        .method(Method::POST)
        .uri(format!("{prefix}/images/create?{query}"))
        .header(HOST, "docker")
        .body(answer::whole(Vec::new()))?;
    let response = forward::ask(guard.engine_socket(), asked).await?;
    if response.status() == StatusCode::OK {
        return Ok(named(guard, response, kept, (name, tag)));
    }
    match rule {
        PullRule::HereOnly(why) => Ok(answer::refusal(404, &format!("`{name}:{tag}`: {why}"))),
        PullRule::HereFirst | PullRule::Pass => forward::pass(guard.engine_socket(), request).await,
    }
}

fn platform(request: &Request<Incoming>) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    pairs.into_owned().filter(|(name, _)| name == "platform").collect()
}

/// The answer, with the image under the name that was asked for before it ends.
fn named(guard: &Guard, response: Response<Incoming>, kept: String, (name, tag): (&str, &str)) -> Response<Body> {
    let (copy, wanted) = match tag.contains(':') {
        // An image cannot be given a digest as its name.
        true => (format!("{kept}@{tag}"), None),
        false => (format!("{kept}:{tag}"), Some(format!("{name}:{tag}"))),
    };
    let (engine, shared) = (guard.shared.engine.clone(), guard.shared.clone());
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
