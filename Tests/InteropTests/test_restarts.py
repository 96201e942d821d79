"""A server that goes, and one that takes its place (docs/operation.md): from outside, and a small run of scripts/restarts."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest
from conftest import BUILD, ROOT
from support.chat import chatting
from support.deadline import PATIENCE, wait_until
from support.program import Program, Server


def become_mute_member(peer, server):
    """Joins as one that does not answer the close frame, for which a server that hands over waits a moment."""
    peer.sendall(
        f"GET / HTTP/1.1\r\nHost: localhost:{server.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    server.wait_for("Client 1 connected")


def order(*words):
    """One of the commands that give a server an order."""
    command = [BUILD / "broadcast-server", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


@pytest.fixture
def admin(tmp_path):
    """The path of an admin socket."""
    return tmp_path / "admin.sock"


@pytest.fixture
def ending():
    """Processes that nobody else ends."""
    processes = []
    yield processes.append
    for process in processes:
        try:
            os.kill(process, signal.SIGTERM)
        except ProcessLookupError:
            pass


def successor(server):
    """The process that has the place of a server that was upgraded."""
    return int(server.wait_for(r"after \d+ ms process (\d+) has its place")[1])


def test_a_run_of_restarts_and_upgrades_loses_nothing():
    small = ["--clients", "80", "--rate", "40", "--restarts", "1", "--upgrades", "2"]
    run = subprocess.run(
        [sys.executable, "Tests/Restarts", "--program", BUILD / "broadcast-server", *small],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("all back") == 3


def test_the_command_upgrade_answers_when_the_new_server_is_ready(start_server, admin, ending):
    server = start_server("--admin-socket", admin)
    answer = order("upgrade", "--admin-socket", admin)
    assert (answer.returncode, answer.stderr) == (0, "")
    process = successor(server)
    ending(process)
    assert answer.stdout == f"Process {process} takes over.\n"
    # It has the admin socket, too.
    server.wait_for(r"Server started at .*")
    again = order("upgrade", "--admin-socket", admin)
    assert again.returncode == 0, again.stderr
    ending(int(re.search(r"Process (\d+) ", again.stdout)[1]))


def test_the_command_upgrade_tells_why_not(start_server, admin, tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("")
    server = start_server("--admin-socket", admin, "--token-file", tokens, "--anonymous", "*")
    tokens.write_text("nonsense\n")
    answer = order("upgrade", "--admin-socket", admin)
    assert (answer.returncode, answer.stdout) == (80, "")
    assert "The new server cannot start: " in answer.stderr and "tokens" in answer.stderr
    with chatting(server.url) as member:
        member.say("still here")


def test_the_file_that_is_there_now_is_started(start_server, admin, tmp_path, ending):
    """As a package is upgraded: another file comes to the place of the one that runs."""
    program = tmp_path / "installed"
    program.write_bytes((BUILD / "broadcast-server").read_bytes())
    program.chmod(0o755)
    command = [program, "start", "--no-log-file", "--port", "0", "--admin-socket", admin]
    server = Server(Program(command, directory=tmp_path), "ws")
    other = tmp_path / "other"
    other.write_text(f'#!/bin/sh\necho "the new one"\nexec {BUILD / "broadcast-server"} "$@"\n')
    other.chmod(0o755)
    other.rename(program)
    assert order("upgrade", "--admin-socket", admin).returncode == 0
    ending(successor(server))
    server.wait_for("the new one")


def test_the_new_server_takes_its_turn_when_the_old_one_is_killed_before_it_is_ready(tmp_path, ending):
    program = tmp_path / "installed"
    program.write_bytes((BUILD / "broadcast-server").read_bytes())
    program.chmod(0o755)
    server = Server(Program([program, "start", "--no-log-file", "--port", "0"], directory=tmp_path), "ws")
    other = tmp_path / "other"
    waiting = f'echo "process $$"\nwhile [ ! -e {tmp_path / "go"} ]; do sleep 0.05; done\n'
    other.write_text(f'#!/bin/sh\n{waiting}exec {BUILD / "broadcast-server"} "$@"\n')
    other.chmod(0o755)
    other.rename(program)
    server.program.signal(signal.SIGUSR2)
    ending(int(server.wait_for(r"^process (\d+)$")[1]))
    server.program.kill()
    # It waits in the queue of the socket that both had.
    with socket.create_connection(("localhost", server.port), PATIENCE) as peer:
        peer.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        (tmp_path / "go").touch()
        assert peer.makefile("rb").read().endswith(b"ok\n")


def test_the_new_server_goes_on_with_the_log_file_that_nobody_has_named(tmp_path, ending):
    server = Server(Program([BUILD / "broadcast-server", "start", "--port", "0"], directory=tmp_path), "ws")
    file = tmp_path / "server.log"
    server.program.signal(signal.SIGUSR2)
    first = successor(server)
    ending(first)
    wait_until(lambda: file.read_text().count("Server started at") == 2)
    # It has the file to itself, as the first one had, and hands it on as well.
    os.kill(first, signal.SIGUSR2)
    process = rf"after \d+ ms process (?!{first} )(\d+) has its place"
    ending(int(server.wait_for(process)[1]))
    wait_until(lambda: file.read_text().count("Server started at") == 3)
    assert "another program" not in server.program.output


def test_who_is_told_twice_to_end_while_it_hands_over_leaves_no_process(start_server):
    server = start_server()
    with socket.create_connection(("localhost", server.port), PATIENCE) as mute:
        become_mute_member(mute, server)
        server.program.signal(signal.SIGUSR2)
        server.wait_for("another process takes its place")
        # Two of a kind might be taken for one.
        server.program.signal(signal.SIGTERM)
        server.program.signal(signal.SIGINT)
        assert server.program.exit_code() in (130, 143)

    def is_refused():
        try:
            socket.create_connection(("localhost", server.port), PATIENCE).close()
        except ConnectionRefusedError:
            return True

    wait_until(is_refused)


def test_a_server_that_is_about_to_end_refuses_an_upgrade(start_server, admin):
    server = start_server("--admin-socket", admin, "--drain-delay", "3s")
    server.program.signal(signal.SIGTERM)
    server.wait_for(r"Server stops \(SIGTERM\)")
    answer = order("upgrade", "--admin-socket", admin)
    assert answer.returncode == 80
    assert "about to end" in answer.stderr
    assert server.program.exit_code() == 0


def test_who_is_told_to_end_while_it_hands_over_ends_its_successor_too(start_server, ending):
    server = start_server()
    with socket.create_connection(("localhost", server.port), PATIENCE) as mute:
        become_mute_member(mute, server)
        server.program.signal(signal.SIGUSR2)
        server.wait_for("another process takes its place")
        server.program.signal(signal.SIGTERM)
        ending(successor(server))
        server.wait_for(r"Server stops \(SIGTERM\)")
        server.wait_for(r"Server stopped\.$")


def test_the_command_drain_sends_each_away_in_its_slot(start_server, admin):
    server = start_server("--admin-socket", admin)
    with chatting(server.url) as one, chatting(server.url) as other:
        answer = order("drain", "--over", "3s", "--admin-socket", admin)
        assert (answer.returncode, answer.stderr) == (0, "")
        times = sorted(member.get("closing")["after"] for member in (one, other))
        assert times == [0, 1500]
        # Another plan is not heard of any more.
        answer = order("drain", "--over", "1m", "--admin-socket", admin)
        assert (answer.returncode, answer.stdout) == (80, "")
        assert "about to end" in answer.stderr
    assert server.program.exit_code() == 0


def test_orders_that_nobody_takes(admin):
    for command in ("drain", "upgrade"):
        answer = order(command, "--admin-socket", admin)
        assert answer.returncode == 69
        assert "There is no socket" in answer.stderr


def test_sockets_of_a_service_manager(tmp_path):
    """Who connects before the server has started, and while it starts anew, waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        port = listening.getsockname()[1]
        early = socket.create_connection(("127.0.0.1", port))
        early.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")

        def start():
            # As the service manager, which knows the number of the process that it becomes.
            line = 'exec 3<&"$1"; shift; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=http exec "$@"'
            program = [BUILD / "broadcast-server", "start", "--no-log-file"]
            process = subprocess.Popen(
                ["bash", "-c", line, "bash", str(listening.fileno()), *program],
                pass_fds=[listening.fileno()],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert f":{port}" in process.stdout.readline()
            return process

        for _ in range(2):
            process = start()
            early.settimeout(PATIENCE)
            assert early.recv(4096).startswith(b"HTTP/1.1 200 ")
            process.terminate()
            assert process.wait(PATIENCE) == 0
            early.close()
            early = socket.create_connection(("127.0.0.1", port))
            early.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        early.close()


def test_a_socket_whose_use_is_not_known_ends_the_start(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        line = 'exec 3<&"$1"; shift; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=chat.socket exec "$@"'
        run = subprocess.run(
            ["bash", "-c", line, "bash", str(listening.fileno()), BUILD / "broadcast-server", "start"],
            pass_fds=[listening.fileno()],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
    assert run.returncode == 64
    assert "chat.socket" in run.stderr and "FileDescriptorName=http" in run.stderr
    assert not list(pathlib.Path(tmp_path).iterdir())
