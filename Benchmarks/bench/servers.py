"""The servers, and how each is told what a cell needs.

A name may have modifiers behind it: `broadcast-server, logging, before` is the program of the revision that `--against`
names, with a log file.
"""
import base64
import functools
import hmac
import json
import os
import re
import shutil
import subprocess
import time

from .paths import BUILD, NCHAN_MODULE, NCHAN_PEER, NIO_BROADCAST, PEER_PYTHON, PYTHON_PEER, REPOSITORY, broadcast_server, echo_bench

REFERENCE, EXAMPLE, SUBJECT, NIO, PYTHON = "reference", "example", "broadcast-server", "nio", "websockets"
NCHAN = "nchan"
LOGGING = f"{SUBJECT}, logging"
STORING = f"{SUBJECT}, state directory"
FORGETFUL = f"{SUBJECT}, no history"
# With rights and limits, none of which anybody comes up against; what connects shows TOKEN.
GUARDED = f"{SUBJECT}, rights"
BROADCASTING = (REFERENCE, SUBJECT, EXAMPLE, NIO, PYTHON)
C_EXAMPLE, C_DIRECT, CLOSURES, SEQUENCE = "c-example", "c-direct", "closures", "sequence"
ECHOING = (C_EXAMPLE, C_DIRECT, CLOSURES, SEQUENCE)
NAMES = BROADCASTING + ECHOING + (NCHAN,)
# Those that come from this package, and so from its revisions.
# Where nobody may send more than FLOOD_RATE messages a second.
LIMITED, FLOOD_RATE = f"{SUBJECT}, limited", 100
OWN = (SUBJECT, LOGGING, STORING, FORGETFUL, GUARDED, LIMITED, CLOSURES, SEQUENCE)

BEFORE = "before"
# Where the revision is whose servers are called `before`.
revision_folder = None

TLS = os.path.join(BUILD, "tls")
KEY_KINDS = {"ecdsa": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], "rsa": ["-newkey", "rsa:2048"]}


def before(name):
    return f"{name}, {BEFORE}"


def base(name):
    return name.split(", ")[0]


def is_before(name):
    return name.split(": ")[0].split(", ")[-1] == BEFORE


@functools.cache
def flags_of_subject(program):
    help_text = subprocess.run([program, "start", "--help"], capture_output=True, text=True).stdout
    return frozenset(re.findall(r"--[a-z-]+", help_text))


def has_nchan():
    return shutil.which("nginx") is not None and os.path.exists(NCHAN_MODULE)


# MARK: Certificates

def certificate_files(features):
    kind = "rsa" if "rsa" in features else "ecdsa"
    return os.path.join(TLS, f"{kind}-certificate.pem"), os.path.join(TLS, f"{kind}-key.pem")


def make_certificates():
    os.makedirs(TLS, exist_ok=True)
    for kind, flags in KEY_KINDS.items():
        certificate, key = certificate_files({kind})
        if os.path.exists(certificate):
            continue
        subprocess.run(
            ["openssl", "req", "-x509", *flags, "-nodes", "-days", "3650", "-subj", "/CN=localhost", "-keyout", key,
             "-out", certificate],
            check=True, capture_output=True,
        )


# MARK: Tokens

SECRET, SECRET_FILE = "a secret of a benchmark, which is none", os.path.join(BUILD, "secret")


def encoded(part):
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def make_token():
    """A token that lets its bearer do everything in the year to come (RFC 7515, HS256)."""
    claims = {"sub": "load", "exp": int(time.time()) + 365 * 86400, "channels": ["*"]}
    content = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
    return f"{content}.{encoded(hmac.digest(SECRET.encode(), content.encode(), 'sha256'))}"


TOKEN = make_token()
LIMITS = ["--rate-client-messages", "10000000", "--rate-client-bytes", "1G", "--rate-channel-messages", "10000000",
          "--rate-channel-bytes", "1G", "--rate-subject-messages", "10000000", "--rate-subject-bytes", "1G"]


def rights():
    with open(SECRET_FILE, "w") as file:
        file.write(SECRET)
    return ["--token-secret", SECRET_FILE, *LIMITS]


# MARK: Commands

def c_server(name, features):
    # lws has one way to compress, which loses messages and aborts the process: the example does without.
    if name == EXAMPLE and "compression" in features:
        return None
    command = [f"{BUILD}/c-{name}", "--port", "{port}", "--envelope", "none" if "plain" in features else "text"]
    if name == REFERENCE:
        command += ["--compression", "on" if "compression" in features else "off"]
    if "tls" in features:
        certificate, key = certificate_files(features)
        command += ["--cert", certificate, "--key", key]
    return command


def subject(program, features, modifiers):
    """None if the program has no flag for what the cell needs."""
    flags = flags_of_subject(program)
    command = [program, "start", "--port", "{port}", "--host", "127.0.0.1"]
    command += ["--log-file", "{log}"] if "logging" in modifiers else ["--no-log-file", "--log-level", "warning"]
    wanted = []
    if "--compression" in flags or "compression" in features:
        wanted += ["--compression", "on" if "compression" in features else "off"]
    if "plain" in features:
        wanted += ["--envelope", "none"]
    if "history" in features:
        wanted += ["--history-messages", "1000"]
    if "no history" in modifiers:
        wanted += ["--history-messages", "0"]
    if "state directory" in modifiers:
        wanted += ["--state-dir", "{state}"]
    if "rights" in modifiers:
        wanted += rights()
    if "limited" in modifiers:
        wanted += ["--rate-client-messages", str(FLOOD_RATE)]
    if "loops" in features:
        wanted += ["--threads", "2"]
    if "tls" in features:
        certificate, key = certificate_files(features)
        wanted += ["--tls-cert", certificate, "--tls-key", key]
    return command + wanted if flags.issuperset(flag for flag in wanted if flag.startswith("--")) else None


def peer(name, features):
    if "tls" in features or (name == NIO and "compression" in features):
        return None
    envelope = "none" if "plain" in features else "text"
    if name == NIO:
        return [NIO_BROADCAST, "{port}", envelope]
    return [PEER_PYTHON, PYTHON_PEER, "{port}", envelope, "on" if "compression" in features else "off"]


def command(name, features=frozenset()):
    """The command that serves, or None if this server cannot do what is asked. It has {port} for the port, {folder} and
    {log} for a folder and a file that are the run's own, and {state} for a folder on the disk."""
    base, *modifiers = name.split(", ")
    folder = revision_folder if BEFORE in modifiers else REPOSITORY
    if base == SUBJECT:
        return subject(broadcast_server(folder), features, modifiers)
    if base == NCHAN:
        return [NCHAN_PEER, "{port}", "{folder}"] if has_nchan() else None
    if base in (CLOSURES, SEQUENCE):
        return [echo_bench(folder), "{port}", base]
    if base in (C_EXAMPLE, C_DIRECT):
        return [f"{BUILD}/c-echo", "{port}", base.removeprefix("c-")]
    return c_server(base, features) if base in (REFERENCE, EXAMPLE) else peer(base, features)
