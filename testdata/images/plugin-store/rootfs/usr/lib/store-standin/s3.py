"""The four calls to S3 that the plugins make, signed with AWS Signature Version 4."""

import hashlib
import hmac
import http.client
import ssl
import urllib.parse
import xml.etree.ElementTree as xml
from datetime import datetime, timezone

DEFAULT_ROOTS = "/etc/ssl/certs/ca-certificates.crt"


class PluginError(Exception):
    """A reason to fail the step."""


class S3:
    """A bucket, at the endpoint that the variables name."""

    def __init__(self, env):
        self.env = env
        self.bucket = env.get("PLUGIN_BUCKET", "")
        self.region = env.get("PLUGIN_REGION") or "us-east-1"
        endpoint = env.get("PLUGIN_ENDPOINT") or f"https://s3.{self.region}.amazonaws.com"
        parts = urllib.parse.urlsplit(endpoint if "://" in endpoint else f"https://{endpoint}")
        self.plain = parts.scheme == "http"
        if env.get("PLUGIN_PATH_STYLE") == "true":
            self.host, self.base = parts.netloc, f"/{self.bucket}"
        else:
            self.host, self.base = f"{self.bucket}.{parts.netloc}", ""

    def address(self, name):
        return f"{self.host}{self.base}/{name}"

    def put(self, name, body):
        self.demand(self.call("PUT", name, body=body), name)

    def get(self, name):
        return self.demand(self.call("GET", name), name)

    def exists(self, name):
        return self.call("HEAD", name)[0] == 200

    def list(self, prefix):
        text = self.demand(self.call("GET", "", {"list-type": "2", "prefix": prefix}), prefix)
        return [node.text for node in xml.fromstring(text).iter() if node.tag.endswith("}Key")]

    def demand(self, answer, name):
        status, body = answer
        if status != 200:
            raise PluginError(f"{self.address(name)}: status {status}: {body[:300].decode(errors='replace')}")
        return body

    def call(self, method, name, query=None, body=b""):
        path = f"{self.base}/{urllib.parse.quote(name)}"
        text = "&".join(f"{key}={urllib.parse.quote(value, safe='')}" for key, value in sorted((query or {}).items()))
        headers = self.signed(method, path, text, body)
        if self.plain:
            connection = http.client.HTTPConnection(self.host, timeout=60)
        else:
            roots = self.env.get("AWS_CA_BUNDLE") or self.env.get("SSL_CERT_FILE") or DEFAULT_ROOTS
            context = ssl.create_default_context(cafile=roots)
            connection = http.client.HTTPSConnection(self.host, timeout=60, context=context)
        try:
            connection.request(method, path + (f"?{text}" if text else ""), body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as error:
            raise OSError(f"bad answer from {self.host}: {error!r}") from error
        finally:
            connection.close()

    def signed(self, method, path, query, body):
        env = self.env
        key = env.get("PLUGIN_ACCESS_KEY") or env.get("AWS_ACCESS_KEY_ID")
        secret = env.get("PLUGIN_SECRET_KEY") or env.get("AWS_SECRET_ACCESS_KEY")
        if not key or not secret:
            raise PluginError("no credentials: neither PLUGIN_ACCESS_KEY nor AWS_ACCESS_KEY_ID is set")
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": self.host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
        if env.get("AWS_SESSION_TOKEN"):
            headers["x-amz-security-token"] = env["AWS_SESSION_TOKEN"]
        listed = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        request = f"{method}\n{path}\n{query}\n{lines}\n{listed}\n{digest}"
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        derived = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            derived = hmac.digest(derived, part.encode(), "sha256")
        signature = hmac.digest(derived, to_sign.encode(), "sha256").hex()
        credential = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={listed}, Signature={signature}"
        return {**headers, "authorization": credential}
