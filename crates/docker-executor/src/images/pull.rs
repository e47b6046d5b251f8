//! Gets the images of a stage, all at once.

use bollard::{auth::DockerCredentials, errors::Error, query_parameters::CreateImageOptionsBuilder};
use cirun_diagnostics::codes::run::EMULATED_IMAGE;
use cirun_engine::{BackendError, EventKind, ImageState};
use cirun_image_ref::{is_loopback, registry_of, with_tag};
use cirun_plan::RegistryAuth;
use futures_util::{StreamExt, future::join_all};
use tokio::sync::mpsc;

use super::{
    login::{DockerConfig, connector_login},
    policy::{Decision, ImageRequest, Needed, Rules, decide},
    progress::PullProgress,
    registry::LOST_NAMES,
};
use crate::{
    Engine, Mirror, NoPassword, Passwords,
    error::{engine_error, explain, is_missing},
};

/// The sources and policies of images.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImageSources<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) logins: &'a DockerConfig,
    pub(crate) passwords: &'a dyn Passwords,
    pub(crate) rules: Rules,
    pub(crate) platform: Option<&'a str>,
    pub(crate) mirror: Option<&'a Mirror>,
}

/// Checks or pulls every image. All are tried, so that one run reports all missing images. An image that only a step
/// needs may be missing: the step fails on its turn. `available` receives each image that is there.
pub(crate) async fn ensure_all(
    source: ImageSources<'_>,
    requests: &[ImageRequest],
    progress: &mpsc::Sender<EventKind>,
    available: impl Fn(&str),
) -> Result<(), BackendError> {
    let results = join_all(requests.iter().map(async |request| {
        let ensured = ensure_one(source, request, Some(progress)).await;
        ensured.inspect(|()| available(&request.image))
    }))
    .await;
    let mut errors = results.into_iter().zip(requests).filter_map(|(result, request)| match (result, request.needed) {
        (Err(BackendError::Image { .. }), Needed::ByStep) => None,
        (result, _) => result.err(),
    });
    let Some(first) = errors.next() else { return Ok(()) };
    let others: Vec<String> = errors
        .filter_map(|error| match error {
            BackendError::Image { image, .. } => Some(format!("`{image}`")),
            BackendError::Unreachable { .. } | BackendError::Engine { .. } | BackendError::Io { .. } => None,
        })
        .collect();
    match first {
        BackendError::Image { image, reason } if !others.is_empty() => {
            let reason = format!("{reason}; not available either: {}", others.join(", "));
            Err(BackendError::Image { image, reason })
        }
        other => Err(other),
    }
}

/// Checks or pulls one image.
pub(crate) async fn ensure_one(
    source: ImageSources<'_>,
    request: &ImageRequest,
    progress: Option<&mpsc::Sender<EventKind>>,
) -> Result<(), BackendError> {
    let image = &request.image;
    let found = source.engine.image_platform(image).await?;
    let present = found.as_deref().is_some_and(|found| fits(found, source.platform));
    // The machine's own registry needs no network.
    let rules = Rules { offline: source.rules.offline && !is_loopback(registry_of(image)), ..source.rules };
    // The mirror needs no network either.
    if decide(request.pull, Rules { offline: false, ..rules }, present) == Decision::Pull
        && let Some(copy) = source.mirror.and_then(|mirror| mirror.copy_of(image))
        && take_copy(source, image, &copy, progress).await?
    {
        return report(progress, image, ImageState::Done).await;
    }
    let result = match decide(request.pull, rules, present) {
        Decision::Use => {
            warn_of_emulation(source, image, found.as_deref(), progress).await;
            return report(progress, image, ImageState::Present).await;
        }
        Decision::Refuse(reason) => Err(reason.to_owned()),
        Decision::Pull => {
            report(progress, image, ImageState::Started).await?;
            match login_for(source, request).await {
                Ok(login) => {
                    let pulled = pull(source, image, login, progress).await;
                    pulled.map_err(|error| remedy(&explain(&error), image, present))
                }
                Err(error) => Err(error.to_string()),
            }
        }
    };
    match result {
        Ok(()) => {
            let pulled = source.engine.image_platform(image).await?;
            warn_of_emulation(source, image, pulled.as_deref(), progress).await;
            report(progress, image, ImageState::Done).await
        }
        Err(reason) => {
            report(progress, image, ImageState::Failed { reason: reason.clone() }).await?;
            Err(BackendError::Image { image: image.clone(), reason })
        }
    }
}

/// The login to send to the registry: the connector's, or the user's own if there is none.
async fn login_for(source: ImageSources<'_>, request: &ImageRequest) -> Result<Option<DockerCredentials>, NoPassword> {
    let registry = registry_of(&request.image);
    source.passwords.permit(registry)?;
    match &request.auth {
        Some(RegistryAuth::Password(password)) => Ok(Some(connector_login(password))),
        Some(RegistryAuth::Aws(login)) => {
            source.passwords.ask(login, registry).await.map(|password| Some(connector_login(&password)))
        }
        None => Ok(source.logins.login(registry).await),
    }
}

/// Takes an image from the mirror, and gives it its own name; `false` if the mirror does not have it.
async fn take_copy(
    source: ImageSources<'_>,
    image: &str,
    copy: &str,
    progress: Option<&mpsc::Sender<EventKind>>,
) -> Result<bool, BackendError> {
    let mut tagged = Ok(());
    for _ in 0..LOST_NAMES {
        if pull(source, copy, None, None).await.is_err() {
            return Ok(false);
        }
        tagged = source.engine.tag_image(copy, image).await;
        // Another run may have taken the same copy, and removed its name, meanwhile.
        if tagged.is_ok() {
            report(progress, image, ImageState::Started).await?;
            source.engine.untag_image(copy).await?;
            return Ok(true);
        }
    }
    tagged.map(|()| false)
}

/// A receiver that is gone needs no reports; the pull continues.
async fn report(
    progress: Option<&mpsc::Sender<EventKind>>,
    image: &str,
    state: ImageState,
) -> Result<(), BackendError> {
    if let Some(progress) = progress {
        drop(progress.send(EventKind::ImagePull { image: image.to_owned(), state }).await);
    }
    Ok(())
}

/// Reports an image for another processor than the engine's: it is slow with an emulator, and ends with `exec format
/// error` without one.
async fn warn_of_emulation(
    source: ImageSources<'_>,
    image: &str,
    platform: Option<&str>,
    progress: Option<&mpsc::Sender<EventKind>>,
) {
    let here = source.engine.platform();
    if let (Some(progress), Some(platform)) = (progress, platform)
        && platform != here
    {
        let message = format!(
            "the image `{image}` is for {platform} and the engine's machine is {here}: it runs only under emulation \
             (binfmt), and slowly"
        );
        drop(progress.send(EventKind::found(EMULATED_IMAGE, message, None)).await);
    }
}

/// Whether an image for the platform `found` can be used for `wanted` (`linux`, `linux/arm64`).
fn fits(found: &str, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| {
        let mut found = found.split('/');
        wanted.split('/').take(2).all(|part| found.next() == Some(part))
    })
}

async fn pull(
    source: ImageSources<'_>,
    image: &str,
    login: Option<DockerCredentials>,
    progress: Option<&mpsc::Sender<EventKind>>,
) -> Result<(), Error> {
    let mut options = CreateImageOptionsBuilder::new().from_image(&with_tag(image));
    if let Some(platform) = source.platform {
        options = options.platform(platform);
    }
    let mut messages = source.engine.docker.create_image(Some(options.build()), None, login);
    let mut bytes = PullProgress::default();
    while let Some(message) = messages.next().await {
        let message = message?;
        if let (Some(progress), Some((current, total))) = (progress, bytes.take(&message)) {
            let state = ImageState::Progress { current, total };
            // A busy receiver may miss a report: the next one has the newer state.
            drop(progress.try_send(EventKind::ImagePull { image: image.to_owned(), state }));
        }
    }
    Ok(())
}

/// Adds what to do about a refused pull.
fn remedy(reason: &str, image: &str, present: bool) -> String {
    let registry = registry_of(image);
    let advice =
        if reason.contains("no such host") || reason.contains("connection refused") || reason.contains("timeout") {
            format!("`{registry}` cannot be reached from the engine")
        } else if reason.contains("denied") || reason.contains("unauthorized") || reason.contains("no basic auth") {
            format!("check the name, the step's connector, or `docker login {registry}`")
        } else if reason.contains("not found")
            || reason.contains("manifest unknown")
            || reason.contains("no matching manifest")
        {
            "check the name, the tag and the platform".to_owned()
        } else {
            format!("`docker pull {image}` shows the same problem")
        };
    let copy = if present { "; the engine has a copy, which `--pull missing` uses" } else { "" };
    format!("{reason} ({advice}{copy})")
}

impl Engine {
    /// Whether the engine has an image, for `platform` (`linux/arm64`) if there is one.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if it does not respond.
    pub async fn has_image(&self, image: &str, platform: Option<&str>) -> Result<bool, BackendError> {
        Ok(self.image_platform(image).await?.is_some_and(|found| fits(&found, platform)))
    }

    /// The platform of an image (`linux/arm64`), if the engine has it.
    async fn image_platform(&self, image: &str) -> Result<Option<String>, BackendError> {
        match self.docker.inspect_image(image).await {
            Ok(found) => {
                Ok(Some(format!("{}/{}", found.os.unwrap_or_default(), found.architecture.unwrap_or_default())))
            }
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(engine_error(format!("look for the image `{image}`"), &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms() {
        for (wanted, expected) in [
            (None, true),
            (Some("linux"), true),
            (Some("linux/arm64"), true),
            (Some("linux/arm64/v8"), true),
            (Some("linux/amd64"), false),
        ] {
            assert_eq!(fits("linux/arm64", wanted), expected, "{wanted:?}");
        }
    }

    #[test]
    fn remedies() {
        insta::assert_snapshot!(remedy("Get \"https://r.io/v2/\": dial tcp: lookup r.io: no such host", "r.io/a:1", true), @r#"Get "https://r.io/v2/": dial tcp: lookup r.io: no such host (`r.io` cannot be reached from the engine; the engine has a copy, which `--pull missing` uses)"#);
        insta::assert_snapshot!(remedy("pull access denied for a, repository does not exist", "a", false), @"pull access denied for a, repository does not exist (check the name, the step's connector, or `docker login docker.io`)");
        insta::assert_snapshot!(remedy("manifest for a:9 not found: manifest unknown", "a:9", false), @"manifest for a:9 not found: manifest unknown (check the name, the tag and the platform)");
    }
}
