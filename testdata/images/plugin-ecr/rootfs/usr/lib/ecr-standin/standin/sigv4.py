"""AWS Signature Version 4 for requests with a body and no query."""

import hashlib
import hmac


def signed(credentials, service, region, host, headers, body, now):
    """Returns the headers of a POST to `/` with host, date, token and signature added; `now` is in UTC."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "Host": host, "X-Amz-Date": stamp}
    if credentials.token:
        headers["X-Amz-Security-Token"] = credentials.token
    names = sorted(headers, key=str.lower)
    listed = ";".join(name.lower() for name in names)
    canonical_headers = "".join(f"{name.lower()}:{headers[name].strip()}\n" for name in names)
    request = f"POST\n/\n\n{canonical_headers}\n{listed}\n{hashlib.sha256(body).hexdigest()}"

    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{scope}, SignedHeaders={listed}, Signature={signature}"
    )
    return headers
