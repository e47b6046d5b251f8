//! Builds through the proxied socket: their base images are looked up like those of pulls.

use std::collections::BTreeMap;

use cirun_image_ref::{DEFAULT_TAG, Repository, is_digest, join_tag, split_tag};
use hyper::{Response, StatusCode};
use serde::Deserialize;

use super::{
    answer::{Body, BoxError},
    asked::Asked,
    build_context::BuildContext,
    container::network_mode,
    dockerfile::{self, Arguments},
    fields, forward, login,
    mounts::Needs,
    pull,
    refusal::{DIND, MORE, Refusal},
    relay,
    state::Proxy,
};
use crate::{PullRule, SocketReach, socket_proxy::new_names::Fate};

/// How an engine reports that containerd stores its images.
const CONTAINERD_STORE: &str = "io.containerd.snapshotter";

/// The results that a client may request of BuildKit.
#[derive(Deserialize)]
struct Output {
    #[serde(rename = "Type", default)]
    kind: String,
    #[serde(rename = "Attrs", default)]
    attributes: BTreeMap<String, String>,
}

/// Answers `POST /build`.
pub(super) async fn answer(proxy: &Proxy, mut asked: Asked) -> Result<Response<Body>, BoxError> {
    let mut needs = Needs::default();
    check(&asked, proxy.places.reach, &mut needs)?;
    proxy.provide(&needs).await?;
    for (_, name) in asked.address.parameters().iter().filter(|(name, _)| name == "t") {
        proxy.note_name(name, None, Fate::Removed).await;
    }
    if asked.address.parameter("version") == Some("2") {
        // BuildKit requests the files from the client.
        return forward::pass(proxy.engine_socket(), asked.archive()?).await;
    }
    let context = BuildContext::receive(asked.body(), &proxy.settings.directory).await?;
    let text = context.text_of(asked.address.parameter("dockerfile").unwrap_or("Dockerfile")).await?;
    let bases = dockerfile::images(&text, &arguments(&asked)?);
    if bases.iter().any(|base| rule(proxy, base) != PullRule::Pass) {
        let pulls = asked.address.is_on("pull");
        for base in &bases {
            get(proxy, &asked, base, pulls).await?;
        }
        // All are available, or the engine may get them from anywhere.
        asked.address = asked.address.without("pull");
    }
    forward::pass(proxy.engine_socket(), asked.with(Some("application/x-tar"), context.body()?)?).await
}

/// Answers `POST /session`: it carries the engine's requests about a build that [`check`] has accepted.
pub(super) async fn session(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let request = asked.plain()?;
    forward::join(proxy.engine_socket(), request, asked.upgrade).await
}

/// Answers `POST /grpc`, by which clients use BuildKit itself. With Docker's own image store it only creates images of
/// the engine; with containerd's it can also push them.
pub(super) async fn buildkit(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    if proxy.places.reach == SocketReach::Limited {
        let status = proxy.shared.engine.docker.info().await?.driver_status.unwrap_or_default();
        if status.iter().flatten().any(|word| word.contains(CONTAINERD_STORE)) {
            let reason = format!(
                "with this engine's image store it can push unseen; `DOCKER_BUILDKIT=0` builds without it, and {MORE}"
            );
            return Err(Refusal::forbidden("BuildKit's own protocol", &reason).into());
        }
    }
    session(proxy, asked).await
}

fn rule(proxy: &Proxy, image: &str) -> PullRule {
    proxy.settings.rules.pull(&Repository::of(split_tag(image).0).registry)
}

/// The build's arguments.
fn arguments(asked: &Asked) -> Result<Arguments, Refusal> {
    let Some(text) = asked.address.parameter("buildargs") else { return Ok(Arguments::new()) };
    let read: BTreeMap<String, Option<String>> = serde_json::from_str(text)
        .map_err(|error| Refusal::bad(format_args!("`buildargs` cannot be read: {error}")))?;
    Ok(read.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Gets an image from this machine, or from the registry of its name.
async fn get(proxy: &Proxy, asked: &Asked, image: &str, pulls: bool) -> Result<(), BoxError> {
    let (name, tag) = split_tag(image);
    let (place, tag) = (Repository::of(name), tag.unwrap_or(DEFAULT_TAG));
    let is_there = proxy.shared.engine.docker.inspect_image(image).await.is_ok();
    let rule = proxy.settings.rules.pull(&place.registry);
    if !pulls && (is_there || rule == PullRule::Pass) {
        return Ok(());
    }
    let platform = asked.address.parameter("platform");
    if rule != PullRule::Pass {
        let kept = place.kept_at(&proxy.landing().await?.address);
        if pulled(proxy, pull::request(&asked.address, &kept, tag, platform)?).await?.is_none() {
            if is_digest(tag) {
                let reason = "the engine cannot name an image of the local registry by digest: use its tag";
                return Err(Refusal::missing(format_args!("`{image}`: {reason}")).into());
            }
            let copy = join_tag(&kept, tag);
            proxy.note_name(name, Some(tag), Fate::Removed).await;
            proxy.shared.engine.tag_image(&copy, &format!("{name}:{tag}")).await?;
            return Ok(proxy.shared.engine.untag_image(&copy).await?);
        }
        if let PullRule::HereOnly(why) = rule {
            return Err(Refusal::missing(format_args!("`{image}`: {why}")).into());
        }
    }
    let mut request = pull::request(&asked.address, name, tag, platform)?;
    if let Some(login) = login::of_build(&asked.headers, &place.registry) {
        request.headers_mut().insert("x-registry-auth", login);
    }
    proxy.note_name(name, Some(tag), Fate::Stays).await;
    match pulled(proxy, request).await? {
        None => Ok(()),
        Some(reason) => Err(Refusal::missing(reason).into()),
    }
}

/// Pulls an image; returns why it could not.
async fn pulled(proxy: &Proxy, request: hyper::Request<Body>) -> Result<Option<String>, BoxError> {
    let answer = forward::ask(proxy.engine_socket(), request).await?;
    let status = answer.status();
    let said = relay::read(answer.into_body()).await;
    match (status, said.failure) {
        (StatusCode::OK, failure) => Ok(failure),
        (status, failure) => Ok(Some(failure.unwrap_or_else(|| status.to_string()))),
    }
}

/// Checks what the build is asked to do besides building.
fn check(asked: &Asked, reach: SocketReach, needs: &mut Needs) -> Result<(), Refusal> {
    let address = &asked.address;
    if let Some((name, _)) = address.parameters().iter().find(|(name, _)| !fields::BUILD.contains(&name.as_str())) {
        return Err(Refusal::forbidden(format_args!("a build with `{name}`"), "the proxy does not know it"));
    }
    match address.parameter("remote") {
        None | Some("client-session") => {}
        Some(source) => {
            let reason =
                format!("the engine would fetch it over the machine's own network: fetch it in the step; {DIND}");
            return Err(Refusal::forbidden(format_args!("a build of `{source}`"), &reason));
        }
    }
    network_mode(address.parameter("networkmode").unwrap_or_default(), "a build", reach, needs)?;
    for name in ["securityopt", "cgroupparent"] {
        let is_given = address.parameter(name).is_some_and(|value| !matches!(value, "null" | "[]"));
        if is_given && reach == SocketReach::Limited {
            return Err(Refusal::forbidden(format_args!("a build with `{name}`"), MORE));
        }
    }
    let outputs = address.parameter("outputs").map_or(Ok(Vec::new()), serde_json::from_str::<Vec<Output>>);
    let outputs = outputs.map_err(|error| Refusal::bad(format_args!("`outputs` cannot be read: {error}")))?;
    for output in outputs {
        let attribute = |name: &str| output.attributes.get(name).is_some_and(|value| value != "false");
        if output.kind == "registry" || attribute("push") || attribute("push-by-digest") {
            let reason = "cirun cannot check the target: build the image, then use `docker push`";
            return Err(Refusal::forbidden("a build that pushes its result", reason));
        }
    }
    Ok(())
}
