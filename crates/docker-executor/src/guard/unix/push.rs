//! Pushes by the guarded socket.

use bollard::query_parameters::ListImagesOptionsBuilder;
use cirun_engine::BackendError;
use hyper::{
    Method, Request, Response,
    body::Incoming,
    header::{HOST, HeaderValue},
};

use super::{
    KeptImage, PushRule,
    answer::{self, Body, BoxError},
    forward,
    inspect::Digest,
    login,
    names::Place,
    relay::{self, Said},
    serve::Guard,
};

/// The engine wants the header, with or without a login in it: `{}`.
const NO_LOGIN: &str = "e30=";

/// Answers the push of an image.
pub(super) async fn answer(
    guard: &Guard,
    request: Request<Incoming>,
    prefix: &str,
    name: &str,
    tag: Option<String>,
) -> Result<Response<Body>, BoxError> {
    let place = Place::of(name);
    match guard.settings.rules.push(&place.registry) {
        PushRule::Pass => forward::pass(guard.engine_socket(), request).await,
        PushRule::Refuse(why) => Ok(answer::refusal(403, &why)),
        PushRule::Keep { login } if login && !login::is_logged_in(request.headers()) => {
            Ok(answer::failure(&format!("no basic auth credentials: log in to {} first", place.registry)))
        }
        PushRule::Keep { .. } => keep(guard, prefix, name, tag, place).await,
    }
}

/// Answers a push of another kind: it goes where it leads, or nowhere.
pub(super) async fn answer_else(
    guard: &Guard,
    request: Request<Incoming>,
    name: &str,
) -> Result<Response<Body>, BoxError> {
    match guard.settings.rules.push(&Place::of(name).registry) {
        PushRule::Pass => forward::pass(guard.engine_socket(), request).await,
        PushRule::Refuse(why) => Ok(answer::refusal(403, &why)),
        PushRule::Keep { .. } => Ok(answer::refusal(
            403,
            &format!(
                "`{name}` would leave this machine, and such a push cannot be kept here: push the image with `docker push`"
            ),
        )),
    }
}

/// Pushes to the registry here, under a name that the engine has only meanwhile.
async fn keep(
    guard: &Guard,
    prefix: &str,
    name: &str,
    tag: Option<String>,
    place: Place,
) -> Result<Response<Body>, BoxError> {
    let landing = guard.landing().await?;
    let kept = place.kept_at(&landing.address);
    let tags = match &tag {
        Some(tag) => vec![tag.clone()],
        None => tags_of(guard, name).await?,
    };
    let query = tag.map(|tag| format!("?tag={tag}")).unwrap_or_default();
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("{prefix}/images/{kept}/push{query}"))
        .header(HOST, "docker")
        .header("x-registry-auth", HeaderValue::from_static(NO_LOGIN))
        .body(answer::whole(Vec::new()))?;
    let pushed = Pushed { name: name.to_owned(), kept, place, tags, front: landing.front };
    let begun = match pushed.tag(guard).await {
        Ok(()) => forward::ask(guard.engine_socket(), request).await,
        Err(reason) => {
            pushed.untag(guard).await;
            return Ok(answer::refusal(404, &reason));
        }
    };
    match begun {
        Ok(response) => {
            let (shared, guard) = (guard.shared.clone(), guard.clone());
            let done = move |said| async move { pushed.done(&guard, said).await };
            Ok(response.map(|body| relay::then(&shared, body, done)))
        }
        Err(error) => {
            pushed.untag(guard).await;
            Err(error)
        }
    }
}

/// A push under way to where the image is kept.
struct Pushed {
    /// The image as the step knows it, without tag.
    name: String,
    /// Its name meanwhile.
    kept: String,
    place: Place,
    tags: Vec<String>,
    /// It goes to the front, which notes what it gets.
    front: bool,
}

impl Pushed {
    /// Gives the image the name that it has meanwhile. The error is the engine's, for a person.
    async fn tag(&self, guard: &Guard) -> Result<(), String> {
        for tag in &self.tags {
            let (name, kept) = (format!("{}:{tag}", self.name), format!("{}:{tag}", self.kept));
            if let Err(BackendError::Engine { reason, .. }) = guard.shared.engine.tag_image(&name, &kept).await {
                return Err(reason);
            }
        }
        Ok(())
    }

    async fn untag(&self, guard: &Guard) {
        for tag in &self.tags {
            // Somebody else who pushes the same may have removed the name.
            drop(guard.shared.engine.untag_image(&format!("{}:{tag}", self.kept)).await);
        }
    }

    async fn done(self, guard: &Guard, said: Said) {
        for (tag, digest) in said.pushed.iter().filter(|_| !said.failed) {
            let image = guard.shared.engine.docker.inspect_image(&format!("{}:{tag}", self.kept)).await;
            if let Some(id) = image.ok().and_then(|image| image.id) {
                guard.remember(Digest { id, name: self.name.clone(), digest: digest.clone() });
            }
            if !self.front {
                let registry = self.place.host().to_owned();
                let (repository, tag, digest) = (self.place.repository.clone(), tag.clone(), digest.clone());
                guard.settings.rules.kept(&KeptImage { registry, repository, tag, digest });
            }
        }
        self.untag(guard).await;
    }
}

/// All tags that the engine has of an image.
async fn tags_of(guard: &Guard, name: &str) -> Result<Vec<String>, BoxError> {
    let filters = std::collections::HashMap::from([("reference".to_owned(), vec![name.to_owned()])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let images = guard.shared.engine.docker.list_images(Some(options)).await?;
    let names = images.into_iter().flat_map(|image| image.repo_tags);
    Ok(names.filter_map(|tagged| tagged.rsplit_once(':').map(|(_, tag)| tag.to_owned())).collect())
}
