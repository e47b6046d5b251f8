//! Requests about containers, networks and volumes: those of the run, and new ones, which then belong to the run.

use hyper::{Request, Response, StatusCode};
use serde_json::Value;

use super::{
    answer::{self, Body, BoxError, passed},
    asked::Asked,
    container,
    document::{Object, known, object_of, text_of},
    endpoints::{Kind, Use},
    fields, forward,
    label::label,
    lists, mounts,
    refusal::Refusal,
    state::Proxy,
    whose::{Deed, Presence},
};
use crate::socket_proxy::new_names::Fate;

/// The position of an object's name in a path: `/containers/NAME`.
const NAME: usize = 1;

/// Answers a request about one object.
pub(super) async fn one(proxy: &Proxy, mut asked: Asked, kind: Kind, what: Use) -> Result<Response<Body>, BoxError> {
    let name = asked.address.segments().get(NAME).cloned().unwrap_or_default();
    let deed = if what == Use::Remove { Deed::Remove } else { Deed::Use };
    let id = match kind {
        Kind::Container => proxy.container(&name).await?,
        Kind::Network => proxy.network(&name, deed).await?,
        Kind::Volume | Kind::All => {
            proxy.volume(&name, deed).await?;
            name
        }
    };
    asked.address = asked.address.with_segment(NAME, &id);
    match what {
        Use::Describe => lists::described(forward::ask(proxy.engine_socket(), asked.plain()?).await?).await,
        Use::Look | Use::Change | Use::Remove => forward::pass(proxy.engine_socket(), asked.plain()?).await,
        Use::Fill => forward::pass(proxy.engine_socket(), asked.archive()?).await,
        Use::Join => {
            let request = asked.plain()?;
            forward::join(proxy.engine_socket(), request, asked.upgrade).await
        }
    }
}

/// Answers `POST /containers/create`.
pub(super) async fn create_container(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let object = asked.object().await?;
    let described = container::describe(object, &proxy.places, &proxy.labels())?;
    proxy.provide(&described.needs).await?;
    make(proxy, asked.json(described.object)?).await
}

/// Answers `POST /containers/NAME/update`.
pub(super) async fn update_container(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let object = container::updated(asked.object().await?, &proxy.places)?;
    in_container(proxy, asked, object).await
}

/// Answers `POST /containers/NAME/exec`.
pub(super) async fn create_exec(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let object = known(asked.object().await?, "a program", fields::EXEC, proxy.places.reach)?;
    in_container(proxy, asked, object).await
}

async fn in_container(proxy: &Proxy, mut asked: Asked, object: Object) -> Result<Response<Body>, BoxError> {
    let id = proxy.container(asked.address.segments().get(NAME).map_or("", String::as_str)).await?;
    asked.address = asked.address.with_segment(NAME, &id);
    forward::pass(proxy.engine_socket(), asked.json(object)?).await
}

/// Answers a request about a program in a container.
pub(super) async fn exec(proxy: &Proxy, asked: Asked, what: Use) -> Result<Response<Body>, BoxError> {
    let id = asked.address.segments().get(NAME).cloned().unwrap_or_default();
    if !id.chars().all(|each| each.is_ascii_hexdigit()) {
        return Err(Refusal::bad(format_args!("`{id}` is not an id")).into());
    }
    // The engine itself reports one that it does not know.
    if let Ok(found) = proxy.shared.engine.docker.inspect_exec(&id).await {
        proxy.container(found.container_id.as_deref().unwrap_or_default()).await?;
    }
    if what != Use::Join {
        return forward::pass(proxy.engine_socket(), asked.plain()?).await;
    }
    let object = known(asked.object().await?, "a program", fields::EXEC_START, proxy.places.reach)?;
    let request = asked.json(object)?;
    forward::join(proxy.engine_socket(), request, asked.upgrade).await
}

/// Answers `POST /commit`.
pub(super) async fn commit(proxy: &Proxy, mut asked: Asked) -> Result<Response<Body>, BoxError> {
    let id = proxy.container(asked.address.parameter("container").unwrap_or_default()).await?;
    let object = container::committed(asked.object().await?, proxy.places.reach)?;
    if let Some(name) = asked.address.parameter("repo") {
        proxy.note_name(name, asked.address.parameter("tag"), Fate::Removed).await;
    }
    asked.address = asked.address.with("container", &id);
    let request = if object.is_empty() { asked.plain()? } else { asked.json(object)? };
    make(proxy, request).await
}

/// Answers `POST /networks/create`.
pub(super) async fn create_network(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let mut object = known(asked.object().await?, "a network", fields::NETWORK, proxy.places.reach)?;
    let driver = text_of(&object, "Driver")?;
    if !matches!(driver, "" | "bridge") {
        let what = format!("a network of the driver `{driver}`");
        return Err(Refusal::forbidden(what, "it would join the machine's own network").into());
    }
    if !matches!(text_of(&object, "Scope")?, "" | "local") {
        return Err(Refusal::forbidden("a network of a Swarm", "Swarm belongs to the machine").into());
    }
    let options = object_of(&mut object, "Options")?;
    if options.contains_key("com.docker.network.bridge.name") {
        return Err(Refusal::forbidden("a network with a bridge of its choice", "it may belong to others").into());
    }
    object.insert("Options".to_owned(), Value::Object(options));
    label(&mut object, &proxy.labels())?;
    make(proxy, asked.json(object)?).await
}

/// Answers `POST /networks/NAME/connect` and `…/disconnect`.
pub(super) async fn connect_network(proxy: &Proxy, mut asked: Asked) -> Result<Response<Body>, BoxError> {
    let network = asked.address.segments().get(NAME).cloned().unwrap_or_default();
    let id = proxy.network(&network, Deed::Use).await?;
    let mut object = known(asked.object().await?, "a connection", fields::CONNECTION, proxy.places.reach)?;
    let container = proxy.container(text_of(&object, "Container")?).await?;
    object.insert("Container".to_owned(), container.into());
    asked.address = asked.address.with_segment(NAME, &id);
    forward::pass(proxy.engine_socket(), asked.json(object)?).await
}

/// Answers `POST /volumes/create`.
pub(super) async fn create_volume(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    let mut object = known(asked.object().await?, "a volume", fields::VOLUME, proxy.places.reach)?;
    mounts::driver(text_of(&object, "Driver")?)?;
    let options = object_of(&mut object, "DriverOpts")?;
    mounts::driver_options(&options)?;
    object.insert("DriverOpts".to_owned(), Value::Object(options));
    let name = text_of(&object, "Name")?.to_owned();
    let presence = match name.as_str() {
        "" => Presence::Free,
        name => proxy.volume_or_free(&mounts::volume_name(name)?).await?,
    };
    if presence == Presence::There {
        // As the engine does: it returns the existing volume.
        let found = asked.address.other(&format!("/volumes/{name}"));
        let request = Request::builder().uri(found.written()).header("host", "docker");
        let (mut parts, body) =
            forward::ask(proxy.engine_socket(), request.body(answer::whole(""))?).await?.into_parts();
        if parts.status == StatusCode::OK {
            parts.status = StatusCode::CREATED;
        }
        return Ok(Response::from_parts(parts, passed(body)));
    }
    label(&mut object, &proxy.labels())?;
    make(proxy, asked.json(object)?).await
}

/// Forwards a request that creates an object: the end of the stage waits for it.
async fn make(proxy: &Proxy, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    if proxy.stage().ending.is_cancelled() {
        return Err(Refusal { status: 503, message: "the stage is ending".to_owned() }.into());
    }
    let engine = proxy.engine_socket().to_owned();
    let making = proxy.shared.making.spawn(async move { forward::ask(&engine, request).await });
    Ok(making.await??.map(passed))
}
