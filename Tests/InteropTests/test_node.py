"""The `WebSocket` that is part of Node."""

import os
import shutil
import subprocess

import pytest

from support.program import Program

SCRIPT = """
const check = (condition, what) => { if (!condition) throw new Error(what); };
const socket = new WebSocket(process.argv[1]);
socket.binaryType = "arraybuffer";
const events = [];
let wake = () => {};
const next = async () => {
    while (!events.length) await new Promise((resolve) => { wake = resolve; });
    return events.shift();
};
const add = (event) => { events.push(event); wake(); };
socket.onopen = () => add("open");
socket.onmessage = ({ data }) => add(data);
socket.onclose = ({ code, reason, wasClean }) => add({ code, reason, wasClean });
(async () => {
    check(await next() === "open", "open");
    for (const text of ["", "Grüße 👋", "x".repeat(1 << 20)]) {
        socket.send(text);
        check(await next() === text, `text of ${text.length}`);
    }
    for (const count of [0, 256, 1 << 20]) {
        const bytes = Uint8Array.from({ length: count }, (_, index) => index);
        socket.send(bytes);
        check(Buffer.from(await next()).equals(Buffer.from(bytes)), `binary of ${count}`);
    }
    for (let number = 0; number < 10_000; number++) socket.send(`${number}`);
    for (let number = 0; number < 10_000; number++) check(await next() === `${number}`, `order at ${number}`);
    socket.close(4000, "enough");
    const close = await next();
    check(close.code === 4000 && close.wasClean, `close ${JSON.stringify(close)}`);
    console.log("all is well");
})();
"""


@pytest.fixture(scope="session")
def node_command():
    """The command that runs a script with a `WebSocket`; Node before 22 needs a flag for it, and before 20.10 has none."""
    node = shutil.which("node")
    for flags in ([], ["--experimental-websocket"]):
        command = [node, *flags, "--eval"]
        found = subprocess.run([*command, "process.exit(globalThis.WebSocket ? 0 : 1)"], capture_output=True)
        if found.returncode == 0:
            return command
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    pytest.skip(f"Node {version} has no WebSocket")


def test_its_WebSocket_and_our_server_understand_each_other(node_command, start_server, tmp_path):
    echo = start_server("--echo", "--envelope", "none")
    node = Program([*node_command, SCRIPT, echo.url], tmp_path)
    node.wait_for("all is well")
    assert node.exit_code() == 0
    echo.wait_for(r'disconnected \(4000 "enough" from the peer\)')


def test_its_WebSocket_trusts_our_certificate_authority(node_command, start_server, certificates, tmp_path):
    flags = ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
    echo = start_server("--echo", "--envelope", "none", *flags, scheme="wss")
    environment = os.environ | {"NODE_EXTRA_CA_CERTS": str(certificates.authority)}
    Program([*node_command, SCRIPT, echo.url], tmp_path, environment).wait_for("all is well")
