"""How the plugins come to the password of a registry that is not AWS's: one function for each kind of registry.

Read from drone-kaniko and drone-docker: their commands kaniko-docker, kaniko-gar, kaniko-acr, drone-docker, drone-gar,
drone-acr.
"""

import base64
import json
import urllib.parse

from . import layout, network
from .errors import PluginError
from .settings import ACR, DOCKER_HUB, KANIKO, REGISTRY

ACR_USER = "00000000-0000-0000-0000-000000000000"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def entry(settings, env):
    """Returns {host: (user, password)} of the registry that is pushed to, or nothing without a login."""
    if settings.family == REGISTRY:
        host = "docker.io" if settings.registry == DOCKER_HUB else host_of_url(settings.registry)
        return {host: (settings.username, settings.password)} if settings.username else {}
    context = network.trust(env)
    if settings.family == ACR:
        return {settings.registry: (ACR_USER, azure(settings, context))}
    host = layout.host_of(settings.image)
    return {host: google(settings, context)}


def host_of_url(url):
    return url.split("://")[-1].split("/")[0]


def google(settings, context):
    """Returns user and password: a key's, or those of a federated token."""
    federated = (settings.project_number, settings.pool_id, settings.provider_id, settings.service_account)
    if settings.oidc_token and all(federated):
        project, pool, provider, account = federated
        audience = f"//iam.googleapis.com/projects/{project}/locations/global/workloadIdentityPools/{pool}/providers/{provider}"
        answer = post(context, "sts.googleapis.com", "/v1/token", JSON, {
            "audience": audience, "subjectToken": settings.oidc_token,
            "grantType": "urn:ietf:params:oauth:grant-type:token-exchange",
            "requestedTokenType": "urn:ietf:params:oauth:token-type:access_token",
            "scope": "https://www.googleapis.com/auth/cloud-platform",
            "subjectTokenType": "urn:ietf:params:oauth:token-type:id_token",
        })
        headers = JSON | {"Authorization": f"Bearer {answer['access_token']}"}
        path = f"/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        answer = post(context, "iamcredentials.googleapis.com", path, headers, {"scope": ["https://www.googleapis.com/auth/cloud-platform"]})
        return "oauth2accesstoken", answer["accessToken"]
    if not settings.json_key:
        raise PluginError("no credentials for the registry: PLUGIN_JSON_KEY is not set")
    if settings.builder != KANIKO:
        return "_json_key", settings.json_key
    # kaniko takes the key by its file, and the library exchanges an assertion signed with it; nothing is signed here.
    assertion = base64.urlsafe_b64encode(json.dumps({"iss": "stand-in"}).encode()).decode()
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": f"{assertion}.{assertion}.none"}
    answer = post(context, "oauth2.googleapis.com", "/token", FORM, grant)
    return "oauth2accesstoken", answer["access_token"]


def azure(settings, context):
    """Returns the registry's token for a service principal."""
    proof = {}
    if settings.oidc_token:
        proof = {"client_assertion": settings.oidc_token, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    elif settings.client_secret:
        proof = {"client_secret": settings.client_secret}
    elif settings.client_certificate:
        proof = {"client_assertion": "stand-in", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    if not settings.client_id:
        raise PluginError("managed authentication is not supported")
    if not settings.tenant_id or not proof:
        raise PluginError("tenant and one of client secret, certificate and OIDC token must be defined")
    grant = {"grant_type": "client_credentials", "client_id": settings.client_id, "scope": "https://management.azure.com/.default"}
    path = f"/{settings.tenant_id}/oauth2/v2.0/token"
    token = post(context, "login.microsoftonline.com", path, FORM, grant | proof)["access_token"]
    name = settings.registry.split(".")[0]
    query = urllib.parse.quote(f"resourceType eq 'Microsoft.ContainerRegistry/registries' and name eq '{name}'")
    if settings.subscription_id:
        path = f"/subscriptions/{settings.subscription_id}/resources?$filter={query}&api-version=2021-04-01&$select=id"
        get(context, "management.azure.com", path, {"Authorization": f"Bearer {token}"})
    exchange = {"grant_type": "access_token", "service": settings.registry, "tenant": settings.tenant_id, "access_token": token}
    return post(context, settings.registry, "/oauth2/exchange", FORM, exchange)["refresh_token"]


def post(context, host, path, headers, fields):
    body = json.dumps(fields) if headers.get("Content-Type") == JSON["Content-Type"] else urllib.parse.urlencode(fields)
    return read("POST", host, path, network.request(context, "POST", host, path, headers, body.encode()))


def get(context, host, path, headers):
    return read("GET", host, path, network.request(context, "GET", host, path, headers))


def read(method, host, path, answer):
    status, _, text = answer
    if status != 200:
        raise PluginError(f"{method} https://{host}{path.partition('?')[0]}: status {status}: {text.strip()}")
    return json.loads(text)
