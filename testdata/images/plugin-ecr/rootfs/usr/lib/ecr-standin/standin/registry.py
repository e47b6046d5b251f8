"""What kaniko asks the registry before it builds: may we push there?"""

import json

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
        status, answer, text = network.request(context, "POST", host, path, headers)
        if status == 202:
            cancel(context, host, answer.get("Location", ""), headers)
            return
    except OSError as error:
        raise PluginError(f"cannot reach the registry {host}: {error}") from error
    raise PluginError(
        f"checking push permission for {host}/{repository}: POST https://{host}{path}: {refusal(status, text)}"
    )


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
