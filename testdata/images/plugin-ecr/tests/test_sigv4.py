"""Signatures that botocore 1.x makes of the same requests at the same time."""

import unittest
from datetime import datetime, timezone

from standin import sigv4
from standin.aws import Credentials

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


class Signatures(unittest.TestCase):
    def signature(self, token, service, region, host, headers, body):
        credentials = Credentials("AKIDEXAMPLE", SECRET, token)
        signed = sigv4.signed(credentials, service, region, host, headers, body, NOW)
        return signed["Authorization"].partition(" Credential=AKIDEXAMPLE/20260102/")[2]

    def test_a_form(self):
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = b"Action=AssumeRole&Version=2011-06-15"
        self.assertEqual(
            self.signature("", "sts", "us-east-1", "sts.amazonaws.com", headers, body),
            "us-east-1/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
            "Signature=ab774bdee9d73902a81c6e2f8a84ed8d507f57cf37f0406996a9a3740e3f9eb9",
        )

    def test_json_with_a_session_token(self):
        target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        self.assertEqual(
            self.signature("session", "ecr", "eu-west-1", "api.ecr.eu-west-1.amazonaws.com", headers, b"{}"),
            "eu-west-1/ecr/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "
            "Signature=8b25a031f2e5e16967ff01c5c5470f0f19fdfb7e1f2ddfca4e35dbe4bc2cdd8b",
        )
