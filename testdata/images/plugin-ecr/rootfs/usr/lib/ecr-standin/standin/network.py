"""HTTPS as Go programs do it: SSL_CERT_FILE, SSL_CERT_DIR, and AWS_CA_BUNDLE for AWS calls alone."""

import http.client
import ssl
from pathlib import Path

DEFAULT_ROOTS = "/etc/ssl/certs/ca-certificates.crt"
TIMEOUT_S = 20


def trust(env, aws=False):
    """Returns a TLS context with the roots that the environment names."""
    if aws and env.get("AWS_CA_BUNDLE"):
        # It replaces all other roots.
        return ssl.create_default_context(cafile=env["AWS_CA_BUNDLE"])
    context = ssl.create_default_context(cafile=env.get("SSL_CERT_FILE") or DEFAULT_ROOTS)
    for directory in filter(None, env.get("SSL_CERT_DIR", "").split(":")):
        # Go reads every file of the folder; OpenSSL only those named by a hash.
        for file in sorted(Path(directory).glob("*")):
            if file.is_file():
                context.load_verify_locations(cafile=file)
    return context


def request(context, method, host, path, headers, body=b""):
    """Sends one request; returns status, headers and text. `context` is None for plain HTTP."""
    if context is None:
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT_S)
    else:
        connection = http.client.HTTPSConnection(host, timeout=TIMEOUT_S, context=context)
    try:
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")
    except http.client.HTTPException as error:
        raise OSError(f"bad answer from {host}: {error!r}") from error
    finally:
        connection.close()


def aws_transport(env):
    """Returns the transport of `aws.Aws`."""
    context = trust(env, aws=True)

    def send(host, headers, body):
        status, _, text = request(context, "POST", host, "/", headers, body)
        return status, text

    return send
