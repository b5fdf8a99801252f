"""A bridge that knows who may do what: its flags, and tokens for it."""

import base64
import hashlib
import hmac
import json
import os
import time

SECRET = "a secret of the scripts, and long enough for it"
EVERYTHING = {"publish": ["#", "$SYS/#"], "subscribe": ["#", "$SYS/#", "$share/g/#"], "max_qos": 2,
              "retain": True, "request": True, "history": True, "admin": True,
              "max_connections": 100000, "rate": "1000000/s"}


def flags(scratch, *more, anonymous=None):
    """What a guarded bridge is started with; its secret and its access file go into the scratch folder."""
    secret, access = scratch.file("secret"), scratch.file("access.yaml")
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(SECRET + "\n")
    with open(access, "w", encoding="utf-8") as file:
        json.dump({"anonymous": anonymous} if anonymous else {}, file)
    given = ["--jwt-secret-file", secret, "--streams-per-address", "100000", *more]
    return [*given, "--access-file", access] if anonymous else given


def token(subject, grants, lifetime=3600):
    """A token of HS256, as an issuer would make it."""
    claims = {"sub": subject, "aud": "mqtt-bridge", "exp": time.time() + lifetime, "mqtt": grants}
    signed = encode({"alg": "HS256", "typ": "JWT"}) + "." + encode(claims)
    signature = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return signed + "." + base64url(signature)


def encode(value):
    return base64url(json.dumps(value).encode())


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
