"""What `nsc` makes: an operator, who gives accounts, which give users, each with a token that the one before has signed."""

import base64
import json
import time

from .nkey import NKey

_ALL = -1
_LIMITS = {"subs": _ALL, "data": _ALL, "payload": _ALL}
_ACCOUNT_LIMITS = _LIMITS | {"imports": _ALL, "exports": _ALL, "wildcards": True, "conn": _ALL, "leaf": _ALL}
_JETSTREAM = {"mem_storage": _ALL, "disk_storage": _ALL, "streams": _ALL, "consumer": _ALL}


class Operator:
    """`configuration` is for a server of NATS that trusts it; `credentials` is the file of a `user` of an account that may use
    JetStream."""

    def __init__(self, folder):
        folder.mkdir()
        key = NKey.of_operator(folder)
        system, account = NKey.of_account(folder, "system"), NKey.of_account(folder, "chat")
        self.user = NKey.of_user(folder)
        accounts = {
            system.public: _token(key, system, {"type": "account", "limits": _ACCOUNT_LIMITS}),
            account.public: _token(key, account, {"type": "account", "limits": _ACCOUNT_LIMITS | _JETSTREAM}),
        }
        preloaded = "\n".join(f'{name}: "{token}"' for name, token in accounts.items())
        self.configuration = (
            f'operator: "{_token(key, key, {"type": "operator"})}"\n'
            f"system_account: {system.public}\n"
            f"resolver: MEMORY\nresolver_preload: {{\n{preloaded}\n}}"
        )
        token = _token(account, self.user, {"type": "user", "pub": {}, "sub": {}} | _LIMITS)
        self.credentials = (
            f"-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{self.user.seed}\n------END USER NKEY SEED------\n"
        )


def _token(issuer, subject, claims):
    """A JSON web token (RFC 7519), with the algorithm that NATS has for its keys."""
    body = {"iat": int(time.time()), "iss": issuer.public, "sub": subject.public, "nats": claims | {"version": 2}}
    text = f"{_part({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{_part(body)}"
    return f"{text}.{_base64(issuer.sign(text.encode()))}"


def _part(content):
    return _base64(json.dumps(content).encode())


def _base64(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
