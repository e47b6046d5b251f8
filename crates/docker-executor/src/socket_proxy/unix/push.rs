//! Pushes through the proxied socket.

use bollard::query_parameters::ListImagesOptionsBuilder;
use cirun_engine::BackendError;
use cirun_image_ref::{Repository, join_tag};
use hyper::{
    Method, Request, Response,
    header::{HOST, HeaderValue},
};

use super::{
    address::Address,
    answer::{self, Body, BoxError},
    asked::Asked,
    forward, login,
    refusal::Refusal,
    relay::{self, Said},
    state::{KeptDigest, Proxy},
};
use crate::{KeptImage, PushRule};

/// The engine requires the header, with or without a login in it: `{}`.
const NO_LOGIN: &str = "e30=";

/// Answers the push of an image.
pub(super) async fn answer(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let name = image_of(asked.address.segments());
    let tag = asked.address.parameter("tag").map(str::to_owned);
    let place = Repository::of(&name);
    match proxy.settings.rules.push(&place.registry) {
        PushRule::Pass => forward::pass(proxy.engine_socket(), asked.plain()?).await,
        PushRule::Refuse(why) => Err(Refusal { status: 403, message: why }.into()),
        PushRule::Keep { login } if login && !login::is_logged_in(&asked.headers) => {
            Ok(answer::failure(&format!("no basic auth credentials: log in to {} first", place.registry)))
        }
        PushRule::Keep { .. } => keep(proxy, &asked.address, &name, tag, place).await,
    }
}

/// The image in a path `/images/NAME/…`.
pub(super) fn image_of(segments: &[String]) -> String {
    segments.get(1..segments.len().saturating_sub(1)).unwrap_or_default().join("/")
}

/// Pushes to this machine's registry, under a temporary name.
async fn keep(
    proxy: &Proxy,
    asked: &Address,
    name: &str,
    tag: Option<String>,
    place: Repository,
) -> Result<Response<Body>, BoxError> {
    let landing = proxy.landing().await?;
    let kept = place.kept_at(&landing.address);
    let tags = match &tag {
        Some(tag) => vec![tag.clone()],
        None => tags_of(proxy, name).await?,
    };
    let address = asked.other(&format!("/images/{kept}/push"));
    let address = tag.iter().fold(address, |address, tag| address.with("tag", tag));
    let request = Request::builder()
        .method(Method::POST)
        .uri(address.written())
        .header(HOST, "docker")
        .header("x-registry-auth", HeaderValue::from_static(NO_LOGIN))
        .body(answer::whole(Vec::new()))?;
    let pushed = Pushed { name: name.to_owned(), kept, place, tags, gateway: landing.gateway };
    let begun = match pushed.tag(proxy).await {
        Ok(()) => forward::ask(proxy.engine_socket(), request).await,
        Err(error) => {
            pushed.untag(proxy).await;
            let reason = match error {
                BackendError::Engine { reason, .. } => reason,
                other => other.to_string(),
            };
            return Ok(answer::refusal(404, &reason));
        }
    };
    match begun {
        Ok(response) => {
            let (shared, proxy) = (proxy.shared.clone(), proxy.clone());
            let done = move |said| async move { pushed.done(&proxy, said).await };
            Ok(response.map(|body| relay::then(&shared, body, done)))
        }
        Err(error) => {
            pushed.untag(proxy).await;
            Err(error)
        }
    }
}

/// A running push to this machine's registry.
struct Pushed {
    /// The image's name in the step, without a tag.
    name: String,
    /// Its temporary name.
    kept: String,
    place: Repository,
    tags: Vec<String>,
    /// Whether it goes to the gateway, which records what it receives.
    gateway: bool,
}

impl Pushed {
    /// Gives the image its temporary name.
    async fn tag(&self, proxy: &Proxy) -> Result<(), BackendError> {
        for tag in &self.tags {
            let (name, kept) = (join_tag(&self.name, tag), join_tag(&self.kept, tag));
            proxy.shared.engine.tag_image(&name, &kept).await?;
        }
        Ok(())
    }

    async fn untag(&self, proxy: &Proxy) {
        for tag in &self.tags {
            // Another push of the same image may have removed the name.
            drop(proxy.shared.engine.untag_image(&join_tag(&self.kept, tag)).await);
        }
    }

    async fn done(self, proxy: &Proxy, said: Said) {
        for (tag, digest) in said.pushed.iter().filter(|_| !said.failed) {
            let image = proxy.shared.engine.docker.inspect_image(&join_tag(&self.kept, tag)).await;
            if let Some(id) = image.ok().and_then(|image| image.id) {
                proxy.remember(KeptDigest { id, name: self.name.clone(), digest: digest.clone() });
            }
            if !self.gateway {
                let registry = self.place.host().to_owned();
                let (repository, tag, digest) = (self.place.path.clone(), tag.clone(), digest.clone());
                proxy.settings.rules.kept(&KeptImage { registry, repository, tag, digest });
            }
        }
        self.untag(proxy).await;
    }
}

/// All tags that the engine has of an image.
async fn tags_of(proxy: &Proxy, name: &str) -> Result<Vec<String>, BoxError> {
    let filters = std::collections::HashMap::from([("reference".to_owned(), vec![name.to_owned()])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let images = proxy.shared.engine.docker.list_images(Some(options)).await?;
    let names = images.into_iter().flat_map(|image| image.repo_tags);
    Ok(names.filter_map(|tagged| tagged.rsplit_once(':').map(|(_, tag)| tag.to_owned())).collect())
}
