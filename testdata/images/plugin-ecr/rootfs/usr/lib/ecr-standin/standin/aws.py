"""The calls to STS and ECR that the plugins make, over TLS to the hosts that their SDKs choose."""

import json
import urllib.parse
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from datetime import datetime, timezone

from . import sigv4
from .errors import AwsError, PluginError

STS_GLOBAL = "sts.amazonaws.com"
ECR_TARGET = "AmazonEC2ContainerRegistry_V20150921"


@dataclass(frozen=True)
class Credentials:
    """An AWS key, with the session token if it has one."""

    access_key: str
    secret_key: str
    token: str = ""


class Aws:
    """Calls AWS through `transport(host, headers, body) -> (status, text)`."""

    def __init__(self, transport, say):
        self.transport = transport
        self.say = say

    def assume_role(self, credentials, host, role, session, external_id=""):
        """Returns the role's credentials; 900 s is what the SDK asks for."""
        fields = {"RoleArn": role, "RoleSessionName": session, "DurationSeconds": "900"}
        if external_id:
            fields["ExternalId"] = external_id
        return self.sts(host, "AssumeRole", fields, credentials)

    def assume_role_with_web_identity(self, host, role, session, token, seconds=None):
        """Returns the role's credentials for an OIDC token; the request is not signed."""
        fields = {"RoleArn": role, "RoleSessionName": session, "WebIdentityToken": token}
        if seconds:
            fields["DurationSeconds"] = str(seconds)
        return self.sts(host, "AssumeRoleWithWebIdentity", fields, None)

    def sts(self, host, operation, fields, credentials):
        """Calls STS and returns the credentials of its answer."""
        body = urllib.parse.urlencode({"Action": operation, "Version": "2011-06-15", **fields}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        region = "us-east-1" if host == STS_GLOBAL else host.split(".")[1]
        status, text = self.call("sts", region, host, operation, headers, body, credentials)
        try:
            answer = xml.fromstring(text)
        except xml.ParseError as error:
            raise PluginError(f"{host} {operation}: no XML in the answer (status {status})") from error
        found = {node.tag.rpartition("}")[2]: node.text or "" for node in answer.iter()}
        if status != 200:
            raise AwsError(host, operation, status, found.get("Code", "?"), found.get("Message", ""))
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def ecr(self, region, operation, request, credentials):
        """Calls ECR and returns its answer."""
        host = f"api.ecr.{region}.amazonaws.com"
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{ECR_TARGET}.{operation}"}
        status, text = self.call("ecr", region, host, operation, headers, json.dumps(request).encode(), credentials)
        try:
            answer = json.loads(text or "{}")
        except ValueError as error:
            raise PluginError(f"{host} {operation}: no JSON in the answer (status {status})") from error
        if status != 200:
            code = answer.get("__type", "?").rpartition("#")[2]
            raise AwsError(host, operation, status, code, answer.get("message") or answer.get("Message", ""))
        return answer

    def call(self, service, region, host, operation, headers, body, credentials):
        self.say(f"{host} {operation}")
        if credentials:
            headers = sigv4.signed(credentials, service, region, host, headers, body, datetime.now(timezone.utc))
        try:
            return self.transport(host, headers, body)
        except OSError as error:
            raise PluginError(f"{host} {operation}: {error}") from error
