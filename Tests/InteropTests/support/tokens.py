"""Tokens that joserfc makes, and what a server needs to accept them."""

import base64
import secrets
import time

from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

_REGISTRY = jws.JWSRegistry(algorithms=list(jws.JWSRegistry.algorithms))


def make_key(algorithm, kid=None):
    """A new private key for an algorithm."""
    parameters = {"kid": kid} if kid else None
    match algorithm[:2], algorithm[2:]:
        case "HS", bits:
            # Text, since a line break at the end of a file is not part of a secret.
            return OctKey.import_key(secrets.token_hex(int(bits) // 8), parameters)
        case ("RS" | "PS"), _:
            return RSAKey.generate_key(2048, parameters)
        case "ES", bits:
            return ECKey.generate_key({"256": "P-256", "384": "P-384", "512": "P-521"}[bits], parameters)
        case _:
            return OKPKey.generate_key("Ed448" if algorithm == "Ed448" else "Ed25519", parameters)


def make_token(key, algorithm, kid=None, **claims):
    """A token of somebody, with claims besides or instead; None leaves one out."""
    header = {"alg": algorithm} | ({"kid": kid} if kid else {})
    claims = {"sub": "ann", "exp": int(time.time()) + 600, "channels": {"team.*": ["publish"]}} | claims
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(header, claims, key, algorithms=[algorithm], registry=_REGISTRY)


def encode(part):
    """Base64url without padding."""
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def bearer(token):
    """The subprotocol by which a browser shows a token."""
    return "broadcast.bearer." + encode(token.encode()).decode()
