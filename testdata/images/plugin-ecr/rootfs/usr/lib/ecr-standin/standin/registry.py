"""What kaniko asks the registry before it builds: may we push there?"""

import json
import re
import urllib.parse

from . import layout, network
from .errors import PluginError


def check_push(env, host, repository, auth, insecure):
    """Starts an upload and takes it back.

    Raises PluginError with the registry's own words if it refuses.
    """
    context = None if insecure else network.trust(env)
    headers = {"Authorization": f"Basic {layout.encode(auth)}"} if auth else {}
    path = f"/v2/{repository}/blobs/uploads/"
    try:
        # The challenge of the address without a login says whether it is to be exchanged for a token.
        _, answer, _ = network.request(context, "GET", host, "/v2/", {})
        challenge = answer.get("WWW-Authenticate", "")
        if challenge.startswith("Bearer "):
            headers = bearer(context, challenge, f"repository:{repository}:push,pull", headers)
        status, answer, text = network.request(context, "POST", host, path, headers)
        if status == 202:
            cancel(context, host, answer.get("Location", ""), headers)
            return
    except OSError as error:
        raise PluginError(f"cannot reach the registry {host}: {error}") from error
    raise PluginError(
        f"checking push permission for {host}/{repository}: POST https://{host}{path}: {refusal(status, text)}"
    )


def place(image):
    """Returns the host and the repository at which an image's name is pushed."""
    host = layout.host_of(image)
    if host == "docker.io":
        return "index.docker.io", image.removeprefix("docker.io/")
    return host, image.partition("/")[2]


def bearer(context, challenge, scope, login):
    """Exchanges a login for the token that the challenge asks for; returns the header."""
    given = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    realm = urllib.parse.urlsplit(given["realm"])
    query = urllib.parse.urlencode({"scope": scope, "service": given.get("service", "")})
    status, _, text = network.request(context, "GET", realm.netloc, f"{realm.path}?{query}", login)
    if status != 200:
        raise PluginError(f"GET {given['realm']}: {refusal(status, text)}")
    return {"Authorization": f"Bearer {json.loads(text)['token']}"}


def cancel(context, host, location, headers):
    path = location.split(host, 1)[-1]
    if path.startswith("/"):
        network.request(context, "DELETE", host, path, headers)


def refusal(status, text):
    """Returns a registry's error as `NAME_UNKNOWN: message`."""
    try:
        first = json.loads(text)["errors"][0]
        return f"{first['code']}: {first.get('message', '')} (status {status})"
    except (ValueError, LookupError, TypeError):
        return {401: "UNAUTHORIZED: 401 Unauthorized", 403: "DENIED: 403 Forbidden"}.get(status, f"status {status}")
