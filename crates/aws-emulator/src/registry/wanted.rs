//! Which requests the real registry of the same name may answer.

use cirun_image_ref::{DOCKER_HUB_REGISTRY, LoginKind};
use http::{HeaderMap, Method, header};

use super::{Call, Object, origin::Wanted};

/// The client's headers about acceptable responses.
const ASKED: [header::HeaderName; 2] = [header::ACCEPT, header::RANGE];

/// The request to forward if the content is missing here. A client that is about to push must get the answer from
/// here: a layer that only the real registry has would be missing in the pushed image.
pub(super) fn wanted(call: &Call<'_, '_>, object: &Object<'_>) -> Option<Wanted> {
    let reader = call.access.reader.as_ref()?;
    let method = &call.exchange.parts.method;
    let is_read = match (object, method) {
        (Object::Blob(_), &Method::GET) => true,
        (Object::Manifest(_), &Method::GET | &Method::HEAD) => !reader.pushes || *method == Method::GET,
        (Object::Tags, &Method::GET) => !reader.pushes,
        _ => false,
    };
    let tail = call.exchange.parts.uri.path_and_query()?.as_str();
    let host = match LoginKind::of(call.repository.registry.as_str()) {
        LoginKind::DockerHub => DOCKER_HUB_REGISTRY,
        LoginKind::Google | LoginKind::Azure | LoginKind::Other => call.repository.registry.as_str(),
    };
    let mut headers = HeaderMap::new();
    for name in ASKED {
        for value in call.exchange.parts.headers.get_all(&name) {
            headers.append(&name, value.clone());
        }
    }
    is_read.then(|| Wanted {
        host: host.to_owned(),
        path: tail.to_owned(),
        method: method.clone(),
        headers,
        user: reader.user.clone(),
    })
}
