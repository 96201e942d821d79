"""The configuration file, as an operator meets it: what check-config says of it, what --print-config prints, and what SIGHUP
does with it."""

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import BUILD
from support.certificates import Certificates
from support.secure import connect

PROGRAM = BUILD / "broadcast-server"
SECRET = "s3cret"


@pytest.fixture
def run(tmp_path):
    """Runs the program with variables of its own, and gives what came of it."""

    def run(*arguments, **variables):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BROADCAST_SERVER_")}
        command = [PROGRAM, *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment | variables, capture_output=True, text=True, timeout=60, check=False
        )
        assert SECRET not in done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def write(tmp_path):
    """Writes a file, and gives its name as it is seen from there."""

    def write(content, name="c.yaml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        return name

    return write


BAD = [
    # What is no YAML.
    ("port: 1\n\thost: a\n", "2:1", "tab"),
    ("log:\n\tlevel: debug\n", "2:1", "Use spaces"),
    ("port: [1\nhost: a\n", "2:5", "flow sequence"),
    ("allow-origin: [a, b\n", "2:1", "flow sequence"),
    ("log: {level: debug\n", "2:1", "flow mapping"),
    ('host: "a\n', "2:1", "quoted scalar"),
    ("host: 'a\n", "2:1", "quoted scalar"),
    ('host: "a\\q"\n', "1:9", "escape"),
    ("port: 1\n host: a\n", "2:6", "not allowed"),
    ("host: a: b\n", "1:8", "not allowed"),
    ("log:\n  level: debug\n file: a\n", "3:2", "block mapping"),
    ("port 1\nhost: a\n", "2:5", "not allowed"),
    ("%port: 1\n", "1:6", "directive"),
    ("host: @a\n", "1:7", "cannot start any token"),
    ("host: `a`\n", "1:7", "cannot start any token"),
    ("allow-origin: *\n", "1:15", "in quotes"),
    ("allow-origin: *all\n", "1:15", "Write values that begin with * in quotes"),
    ("]\n", "1:1", "expected"),
    ("[" * 100_000, "1:1", "nested too deeply"),
    # What is YAML, and no configuration.
    ("port\n", "1:1", "port: 8088"),
    ("- port: 1\n", "1:1", "port: 8088"),
    ("port: 1\n---\nport: 2\n", "2:1", "second document"),
    ("port: 1\nport: 2\n", "2:1", "said already, in line 1"),
    ("{port: 1, port: 2}\n", "1:2", "once more"),
    ("port: &p 1\n", "1:7", "not understood"),
    ("base: &b {port: 1}\n<<: *b\n", "1:1", 'no option "base"'),
    ("port: !!int 1\n", "1:7", "Tags"),
    ("host: !env HOST\n", "1:7", "Tags"),
    ("? [port]\n: 1\n", "1:3", "is a word"),
    ("".join(f"k{n}: &a{n} [x, *b, *c]\n" for n in range(40)), "1:13", "not understood"),
    # Options that there are not.
    ("prot: 1\n", "1:1", '"port"'),
    ("Port: 1\n", "1:1", '"port"'),
    ("history_messages: 5\n", "1:1", '"history-messages"'),
    ("history:\n  mesages: 5\n", "2:3", '"history-messages"'),
    ("histroy: {messages: 5}\n", "1:1", '"history"'),
    ("zzzzzz: 5\n", "1:1", 'no option "zzzzzz".\n'),
    ("config: other.yaml\n", "1:1", "cannot stand in a file"),
    ("\"\\e[31m\": 5\n", "1:1", "\\u{1B}"),
    # Values that are none.
    ("port:\n", "1:6", "no value"),
    ("port: null\n", "1:7", "no value"),
    ('host: ""\n', "1:7", "no value"),
    ("port: 70000\n", "1:7", "from 0 to 65535"),
    ("port: -1\n", "1:7", "from 0 to 65535"),
    ("port: 80.5\n", "1:7", "from 0 to 65535"),
    ("port: [1, 2]\n", "1:1", "no list"),
    ("port: {number: 1}\n", "1:7", "no options under it"),
    ("log: debug\n", "1:1", "write them under it"),
    ("allow-origin: []\n", "1:15", "is empty"),
    ("allow-origin: [https://a.example, b]\n", "1:35", "Use an origin"),
    ("allow-origin:\n- https://a.example\n- {b: c}\n", "3:3", "no text"),
    ("echo: perhaps\n", "1:7", "true or false"),
    ("compression: 5\n", "1:14", "on, off"),
    ("history:\n  age: 1 week\n", "2:8", "500ms"),
    ("max-message: 1K5\n", "1:14", "1K to 64M"),
    ("log: {level: loud}\n", "1:14", "trace, debug"),
    ("host: |\n  a\n  b\n", "1:7", "several lines"),
    ('host: "a\\0b"\n', "1:7", "control character"),
    ("history-age: 1h\nhistory: {age: 2h}\n", "2:11", "in line 1"),
    (f"cluster: nats://ann:{SECRET}@localhost/x\n", "1:10", "has a wrong value"),
    # What does not go together, and files that are not there.
    ("durable: true\n", "1:1", "--state-dir"),
    ("tls: {cert: a.pem}\n", "1:7", "need each other"),
    ("host: a\ntls:\n  cert: a.pem\n  key: a.key\n", "3:3", "a.pem"),
    ("max-lag: 0\n", "1:1", "longer than zero"),
    ("cluster: nats://a\nstate-dir: b\n", "1:1", "exclude each other"),
    ("cluster: {ca: nothing.pem}\n", "1:11", "nothing.pem"),
    # What is no text.
    (b"host: a\nport: \xff\n", "2:7", "UTF-8"),
    ("port: 1\n".encode("utf-16"), "1:1", "UTF-8"),
    (b"host: a\x00\n", "1:8", "control character"),
    ("host: a\u009b\n", "1:8", "control character"),
]


@pytest.mark.parametrize(("content", "place", "words"), BAD, ids=lambda value: str(value)[:20].strip())
def test_each_fault_is_told_with_its_place(run, write, content, place, words):
    name = write(content)
    done = run("check-config", "--config", name)
    assert done.returncode == 78
    assert done.stdout == ""
    assert done.stderr.startswith(f"{name}:{place}: ")
    assert words in done.stderr
    assert "\x1b" not in done.stderr
    # The server says the same, and does not start.
    done = run("start", "--config", name)
    if "need each other" not in words and ".pem" not in words:
        assert done.stderr.startswith(f"Error: {name}:{place}: ")
    assert done.returncode != 0


PLACES = [
    ("admin-socket: nowhere/admin.sock\n", "1:1", "No such file"),
    ("admin-socket: /etc/passwd\n", "1:1", "File exists"),
    ("state-dir: /etc/passwd\n", "1:1", "Not a directory"),
    ("state-dir: nowhere/state\n", "1:1", "No such file"),
    ("log: {file: nowhere/a.log}\n", "1:7", "No such file"),
    ("log-file: /\n", "1:1", "Is a directory"),
]


@pytest.mark.parametrize(("content", "place", "words"), PLACES)
def test_a_place_that_cannot_be_written_to_is_told(run, write, content, place, words):
    name = write(content)
    done = run("check-config", "--config", name)
    assert done.returncode == 78
    assert done.stderr.startswith(f"{name}:{place}: ")
    assert words in done.stderr
    assert run("start", "--port", "0", "--config", name).returncode != 0


def test_places_that_can_be_written_to_are_fine_and_nothing_is_made_there(run, write, tmp_path):
    places = {"admin-socket": "admin.sock", "state-dir": "state", "log-file": "a.log"}
    content = "".join(f"{option}: {tmp_path / name}\n" for option, name in places.items())
    done = run("check-config", "--config", write(content))
    assert (done.returncode, done.stderr) == (0, "")
    assert not any((tmp_path / name).exists() for name in places.values())


def test_a_file_with_a_secret_that_everybody_may_read_is_warned_of(run, write, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(SECRET * 16)
    secret.chmod(0o604)
    name = write(f"token-secret: {secret}\n")
    assert f"Warning: Everybody may read {secret}" in run("check-config", "--config", name).stderr
    secret.chmod(0o640)
    assert run("check-config", "--config", name).stderr == ""


def test_all_faults_are_told_at_once(run, write):
    name = write("prot: 1\nlog:\n  level: loud\ndurable: true\n")
    done = run("check-config", "--config", name, BROADCAST_SERVER_PORT="http", BROADCAST_SERVER_HOTS="a")
    assert done.returncode == 78
    assert [line.split(" ")[0] for line in done.stderr.splitlines()] == [
        "Note:", f"{name}:1:1:", f"{name}:3:10:", "The", f"{name}:4:1:",
    ]
    assert "BROADCAST_SERVER_HOST" in done.stderr
    done = run("start", "--config", name)
    assert done.returncode == 78
    assert "2 more are wrong: broadcast-server check-config lists everything." in done.stderr


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (os.mkfifo, "no regular file"),
        (lambda path: path.write_text("#" * (1 << 20) + "\n"), "1 MiB"),
        (lambda path: path.symlink_to(path.name), "symbolic links"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(run, tmp_path, make, words):
    make(tmp_path / "c.yaml")
    for command in ("check-config", "start"):
        done = run(command, "--config", "c.yaml")
        assert done.returncode == 78
        assert re.search(rf"The configuration file c.yaml cannot be read: .*{words}", done.stderr)


def test_a_file_that_others_own_cannot_be_read(run, write, tmp_path):
    write("port: 1\n").encode()
    (tmp_path / "c.yaml").chmod(0)
    # Who may do everything has to give that up.
    words = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    if words and not shutil.which("setpriv"):
        pytest.skip("no setpriv")
    command = [*words, PROGRAM, "check-config", "--config", "c.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 78
    assert "Permission denied" in done.stderr


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n", "\ufeffport: 1\r\nhost: a\r\n", "echo: on\ncompression: true\n"])
def test_a_file_that_is_fine_is_called_so(run, write, content):
    done = run("check-config", "--config", write(content))
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.startswith("The configuration is fine.")


def test_each_value_is_printed_with_who_has_said_it(run, write):
    name = write(f"history:\n  messages: 500\nhost: file\nport: 1\ncluster: nats://ann:{SECRET}@localhost:4222\n")
    variables = {"BROADCAST_SERVER_CONFIG": name, "BROADCAST_SERVER_HOST": "variable", "BROADCAST_SERVER_ECHO": ""}
    done = run("start", "--print-config", "--port", "9000", **variables)
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.lstrip("# ").partition(":")[0]: " ".join(line.split()) for line in done.stdout.splitlines()}
    assert lines["port"] == "port: 9000 # flag"
    assert lines["host"] == "host: variable # BROADCAST_SERVER_HOST"
    assert lines["history-messages"] == f"history-messages: 500 # {name}:2"
    assert lines["echo"] == "echo: false # default"
    assert lines["cluster"] == f"# cluster: # not shown, {name}:5"
    # It says the same as a file.
    again = run("start", "--print-config", "--config", write(done.stdout, "again.yaml"))
    values = [re.sub(r" *# .*", "", line) for line in done.stdout.splitlines()]
    assert [re.sub(r" *# .*", "", line) for line in again.stdout.splitlines()] == values


def test_a_secret_that_everybody_may_read_is_warned_of(run, write, tmp_path):
    name = write(f"cluster: nats://ann:{SECRET}@localhost:4222\n")
    assert run("check-config", "--config", name).stderr == ""
    (tmp_path / name).chmod(0o644)
    done = run("check-config", "--config", name)
    assert done.returncode == 0
    assert done.stderr.startswith("Warning: Everybody may read c.yaml")
    assert run("check-config", "--config", write("cluster: nats://localhost:4222\n")).stderr == ""


# SIGHUP


@pytest.fixture
def start(start_program, tmp_path, write):
    """Starts a server with a configuration file."""

    def start(content, *flags, scheme="ws"):
        from support.program import Server

        write(content)
        program = start_program("broadcast-server", "start", "--port", "0", "--config", "c.yaml", *flags)
        return Server(program, scheme)

    return start


def status_for(server, origin):
    """What a page of this origin is answered."""
    with socket.create_connection(("localhost", server.port), 10) as connection:
        lines = ["GET / HTTP/1.1", f"Host: localhost:{server.port}", "Connection: Upgrade", "Upgrade: websocket"]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==", f"Origin: {origin}", "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return int(connection.recv(100).split()[1])


def test_a_hangup_takes_what_may_change_and_names_the_rest(start, write, tmp_path):
    server = start("no-log-file: true\nhost: localhost\nallow-origin: https://a.example\n")
    assert status_for(server, "https://a.example") == 101
    assert status_for(server, "https://b.example") == 403
    write("host: localhost\nallow-origin: [https://b.example]\nlog: {file: new.log, messages: off}\necho: true\nthreads: 2\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"\[WARNING\] Only a start changes threads, echo: ")
    server.wait_for(r"\[NOTICE\] The configuration was read anew: allow-origin, log-file, no-log-file, log-messages\.")
    assert status_for(server, "https://a.example") == 403
    assert status_for(server, "https://b.example") == 101
    # What has been left is told again; what was taken is as it is.
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration was read anew: no option has changed\.")
    server.stop()
    log = (tmp_path / "new.log").read_text()
    assert "The configuration was read anew: allow-origin" in log
    assert "no option has changed" in log


def test_a_hangup_with_faults_changes_nothing_and_tells_all_of_them(start, write):
    server = start("no-log-file: true\nallow-origin: https://a.example\n")
    write("no-log-file: true\nallow-origin: https://b.example\nprot: 1\nlog: {level: loud}\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"\[ERROR\] The configuration stays as it is\. c\.yaml:3:1: ")
    server.wait_for(r"\[ERROR\] The configuration stays as it is\. c\.yaml:4:14: ")
    assert status_for(server, "https://a.example") == 101
    assert status_for(server, "https://b.example") == 403
    # A log file that cannot be had is as bad.
    write("log-file: nowhere/a.log\nallow-origin: https://b.example\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration stays as it is\. c\.yaml:1:1: --log-file: nowhere/a\.log cannot be used")
    assert status_for(server, "https://b.example") == 403
    write("no-log-file: true\nallow-origin: https://b.example\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration was read anew: allow-origin\.")
    assert status_for(server, "https://b.example") == 101
    server.stop()


def test_a_flag_stays_what_it_is(start, write):
    server = start("no-log-file: true\n", "--log-level", "info", "--allow-origin", "https://a.example")
    write("no-log-file: true\nallow-origin: https://b.example\nlog-level: error\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration was read anew: no option has changed\.")
    assert status_for(server, "https://b.example") == 403
    server.stop()


def test_the_log_level_changes(start, write):
    server = start("no-log-file: true\nlog-level: error\n")
    write("no-log-file: true\nlog-level: debug\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration was read anew: log-level\.")
    status_for(server, "https://a.example")
    server.wait_for(r"Refused a handshake")
    server.stop()


def test_the_log_file_can_still_be_rotated(start, tmp_path):
    server = start("log-file: a.log\n")
    (tmp_path / "a.log").rename(tmp_path / "a.log.1")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration was read anew: no option has changed\.")
    server.stop()
    assert "The configuration was read anew" in (tmp_path / "a.log").read_text()
    assert "Server started at" in (tmp_path / "a.log.1").read_text()


def test_many_hangups_do_no_harm(start, write):
    server = start("no-log-file: true\n")
    for number in range(200):
        write(f"no-log-file: true\nallow-origin: https://a{number}.example\n")
        server.program.signal(signal.SIGHUP)
    write("no-log-file: true\nallow-origin: https://last.example\nlog-messages: off\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for("The configuration was read anew: .*log-messages")
    assert status_for(server, "https://last.example") == 101
    server.stop()


# Tokens


def publish_status(server, token):
    """What becomes of a message that is published with a token."""
    request = urllib.request.Request(
        f"{server.page}team", b"hello", {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status // 100
    except urllib.error.HTTPError as error:
        return error.code


def test_tokens_are_exchanged_while_the_server_runs(start, run, write):
    made = [json.loads(run("token", name, "--allow", "team", "--json").stdout) for name in ("ann", "bob")]
    (ann, bob) = (one["token"] for one in made)
    write(made[0]["line"] + "\n", "tokens")
    configuration = "no-log-file: true\ntoken:\n  file: tokens\n"
    server = start(configuration)
    assert (publish_status(server, ann), publish_status(server, bob)) == (2, 401)
    # One line is none: everything stays, and the place is told.
    write(made[1]["line"] + "\nann\n", "tokens")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"\[ERROR\] The configuration stays as it is\. tokens:2: ")
    assert (publish_status(server, ann), publish_status(server, bob)) == (2, 401)
    done = run("check-config", "--config", "c.yaml")
    assert (done.returncode, done.stderr[:10]) == (78, "tokens:2: ")
    write(made[1]["line"] + "\n", "tokens")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration was read anew: no option has changed\.")
    assert (publish_status(server, ann), publish_status(server, bob)) == (401, 2)
    write(configuration + "  allow: [team]\nanonymous: ['*=subscribe', team]\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"The configuration was read anew: anonymous, token-allow\.")
    for token in (ann, bob):
        assert token not in server.program.output
    server.stop()


# Certificates


def shown(server, authority):
    """The number of the certificate that a new handshake is shown."""
    context = ssl.create_default_context(cafile=authority)
    with socket.create_connection(("localhost", server.port), 10) as connection:
        with context.wrap_socket(connection, server_hostname="localhost") as secure:
            return secure.getpeercert()["serialNumber"]


@pytest.mark.parametrize("has_file", [True, False])
def test_certificates_are_exchanged_while_connections_go_on(start, start_server, tmp_path, tmp_path_factory, has_file):
    old, new = (Certificates(tmp_path_factory.mktemp("authority")) for _ in range(2))
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"

    def install(certificates, with_key=None):
        shutil.copy(certificates.certificate, certificate)
        shutil.copy((with_key or certificates).key, key)

    install(old)
    if has_file:
        server = start(f"no-log-file: true\ntls: {{cert: {certificate}, key: {key}}}\n", scheme="wss")
    else:
        server = start_server("--tls-cert", certificate, "--tls-key", key, scheme="wss")
    first = shown(server, old.authority)
    with connect(server.url, ssl=old.client_context) as ann, connect(server.url, ssl=old.client_context) as bob:
        server.wait_for("Total clients: 2")
        ann.send("before")
        assert bob.recv() == "Client 1: before"
        # A key of another certificate: nothing changes.
        install(new, with_key=old)
        server.program.signal(signal.SIGHUP)
        server.wait_for(r"\[ERROR\] The configuration stays as it is\. .*key")
        assert shown(server, old.authority) == first
        install(new)
        server.program.signal(signal.SIGHUP)
        server.wait_for(r"The configuration was read anew: no option has changed\.")
        second = shown(server, new.authority)
        assert second != first
        with pytest.raises(ssl.SSLCertVerificationError):
            shown(server, old.authority)
        with connect(server.url, ssl=new.client_context) as carl:
            server.wait_for("Total clients: 3")
            ann.send("after")
            assert bob.recv() == "Client 1: after"
            assert carl.recv() == "Client 1: after"
            carl.send("welcome")
            assert ann.recv() == "Client 3: welcome"
    assert "Client 1 disconnected" not in server.program.output.partition("Client 3: welcome")[0]
    server.stop()


def test_a_server_without_tls_gets_none_by_a_hangup(start, write, certificates):
    server = start("no-log-file: true\n")
    write(f"no-log-file: true\ntls: {{cert: {certificates.certificate}, key: {certificates.key}}}\nlog-level: debug\n")
    server.program.signal(signal.SIGHUP)
    server.wait_for(r"Only a start changes tls-cert, tls-key: ")
    server.wait_for(r"The configuration was read anew: log-level\.")
    assert status_for(server, f"http://localhost:{server.port}") == 101
    server.stop()
