"""The servers that broadcast, and how each is told what a cell needs."""
import functools
import os
import re
import subprocess

from .paths import BROADCAST_SERVER, BUILD, NIO_BROADCAST, PEER_PYTHON, PYTHON_PEER

REFERENCE, EXAMPLE, SUBJECT = "reference", "example", "broadcast-server"
LOGGING = "broadcast-server, logging"
NAMES = [REFERENCE, EXAMPLE, SUBJECT, "nio", "websockets"]
COMPARED = (REFERENCE, SUBJECT)

CERTIFICATE, KEY = os.path.join(BUILD, "tls", "certificate.pem"), os.path.join(BUILD, "tls", "key.pem")


@functools.cache
def flags_of_subject():
    help_text = subprocess.run([BROADCAST_SERVER, "start", "--help"], capture_output=True, text=True).stdout
    return frozenset(re.findall(r"--[a-z-]+", help_text))


def make_certificate():
    if os.path.exists(CERTIFICATE):
        return
    os.makedirs(os.path.dirname(CERTIFICATE), exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
         "3650", "-subj", "/CN=localhost", "-keyout", KEY, "-out", CERTIFICATE],
        check=True, capture_output=True,
    )


def c_server(name, features):
    # lws has one way to compress, which loses messages and aborts the process: the example does without.
    if name == EXAMPLE and "compression" in features:
        return None
    command = [f"{BUILD}/c-{name}", "--port", "{port}", "--envelope", "none" if "plain" in features else "text"]
    if name == REFERENCE:
        command += ["--compression", "on" if "compression" in features else "off"]
    if "tls" in features:
        command += ["--cert", CERTIFICATE, "--key", KEY]
    return command


def subject(features, logs=False):
    """None as long as the program has no flag for what the cell needs."""
    flags = flags_of_subject()
    command = [BROADCAST_SERVER, "start", "--port", "{port}", "--host", "127.0.0.1"]
    command += ["--log-file", "{log}"] if logs else ["--no-log-file", "--log-level", "warning"]
    if "compression" in features and "--compression" not in flags:
        return None
    if "--compression" in flags:
        command += ["--compression", "on" if "compression" in features else "off"]
    if "plain" in features:
        if "--envelope" not in flags:
            return None
        command += ["--envelope", "none"]
    if "tls" in features:
        if "--tls-cert" not in flags:
            return None
        command += ["--tls-cert", CERTIFICATE, "--tls-key", KEY]
    return command


def command(name, features=frozenset()):
    """The command that serves, with {port} for the port, or None if this server cannot do what is asked."""
    if name in (REFERENCE, EXAMPLE):
        return c_server(name, features)
    if name == SUBJECT:
        return subject(features)
    if name == LOGGING:
        return subject(features, logs=True)
    if "tls" in features:
        return None
    envelope = "none" if "plain" in features else "text"
    if name == "nio":
        return None if "compression" in features else [NIO_BROADCAST, "{port}", envelope]
    return [PEER_PYTHON, PYTHON_PEER, "{port}", envelope, "on" if "compression" in features else "off"]
