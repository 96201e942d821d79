"""Keys of NATS, nkeys: Ed25519, written as base32 with a letter in front for whose they are, made by the `openssl` command."""

import base64
import binascii
import subprocess

# What the first letter is made of, as NATS numbers it: O, A, U, and S of a secret.
_OPERATOR, _ACCOUNT, _USER, _SEED = 14, 0, 20, 18


class NKey:
    """A pair of keys: `public` names whose it is, `seed` is the secret; its file is `<name>.pem`."""

    def __init__(self, folder, name, role):
        self._file, self._message = folder / f"{name}.pem", folder / f"{name}.message"
        _openssl("genpkey", "-algorithm", "ed25519", "-out", self._file)
        prefix = role << 3
        # Both forms of the standard (RFC 8410) end with the 32 bytes of the key.
        secret = _openssl("pkey", "-in", self._file, "-outform", "DER")[-32:]
        public = _openssl("pkey", "-in", self._file, "-pubout", "-outform", "DER")[-32:]
        self.public = _text(bytes([prefix]) + public)
        self.seed = _text(bytes([_SEED << 3 | prefix >> 5, (prefix & 31) << 3]) + secret)

    @classmethod
    def of_operator(cls, folder):
        return cls(folder, "operator", _OPERATOR)

    @classmethod
    def of_account(cls, folder, name):
        return cls(folder, name, _ACCOUNT)

    @classmethod
    def of_user(cls, folder):
        return cls(folder, "user", _USER)

    def sign(self, message):
        """The signature of bytes."""
        self._message.write_bytes(message)
        return _openssl("pkeyutl", "-sign", "-rawin", "-inkey", self._file, "-in", self._message)


def _text(content):
    checked = content + binascii.crc_hqx(content, 0).to_bytes(2, "little")
    return base64.b32encode(checked).decode().rstrip("=")


def _openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout
