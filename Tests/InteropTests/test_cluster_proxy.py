"""Two nodes behind a proxy, which is configured as docs/cluster.md says, but for the ports."""

import contextlib
import re

import pytest
from websockets.exceptions import ConnectionClosed

from support.chat import chatting
from support.deadline import wait_until
from support.documented import documented
from support.haproxy import run_haproxy
from support.nginx import run_nginx
from support.ports import free_port
from support.relay import Relay


@pytest.fixture
def nats(start_nats):
    return start_nats()


@pytest.fixture
def way(nats):
    """The way of the second node to NATS, which can be cut."""
    with Relay(nats.port) as way:
        yield way


@pytest.fixture
def nodes(nats, way, start_server):
    return [start_server("--cluster", f"nats://127.0.0.1:{port}") for port in (nats.port, way.port)]


@pytest.fixture
def start_proxy(nodes, tmp_path):
    """Starts nginx or HAProxy in front of both; gives it with the URL of a channel."""
    with contextlib.ExitStack() as stack:

        def start(name):
            port = free_port()
            ports = {"8080": port, "8088": nodes[0].port, "8089": nodes[1].port}
            text = documented("cluster.md", name)
            configuration = re.sub(r"\b80(80|88|89)\b", lambda printed: str(ports[printed[0]]), text)
            if name == "nginx":
                proxy = run_nginx(tmp_path, configuration)
            else:
                proxy = run_haproxy(tmp_path, configuration, port)
            stack.callback(proxy.stop)
            return proxy, f"ws://localhost:{port}/team"

        yield start


def home_of(name, nodes):
    """The node that has let a member in, by its log."""

    def has_it(node):
        return f" called {name}, in /team." in node.program.output

    wait_until(lambda: any(map(has_it, nodes)))
    return next(filter(has_it, nodes))


@pytest.mark.parametrize("name", ["nginx", "haproxy"])
def test_who_is_on_a_node_that_is_killed_comes_back_through_it(nodes, start_proxy, name):
    _, url = start_proxy(name)
    with chatting(f"{url}?name=ann") as ann:
        position = ann.say("before")["id"]
        home = home_of("ann", nodes)
        home.program.kill()
        with pytest.raises(ConnectionClosed):
            while True:
                ann.next()
    other = next(node for node in nodes if node is not home)
    with chatting(f"{other.url}/team") as bob:
        bob.say("meanwhile")
    with chatting(f"{url}?after={position}", session=ann.session) as again:
        assert again.welcome["recovered"] and again.member == ann.member
        again.get("message", text="meanwhile")
        assert again.say("after")["stored"] == "cluster"


def test_HAProxy_sends_nobody_new_to_a_node_without_its_cluster(nats, way, nodes, start_proxy):
    haproxy, url = start_proxy("haproxy")
    with contextlib.ExitStack() as stack:

        def join(name):
            return stack.enter_context(chatting(f"{url}?name={name}"))

        # One on each.
        members = {name: join(name) for name in ("ann", "bob")}
        guest = next(member for name, member in members.items() if home_of(name, nodes) is nodes[1])
        way.target = None
        way.cut()
        assert guest.get("status")["cluster"] == "away"
        haproxy.wait_for("Server nodes/n2 is DOWN")
        for name in ("carol", "dave", "eve"):
            join(name).say(f"{name} is here")
            assert home_of(name, nodes) is nodes[0]
        way.target = nats.port
        assert guest.get("status")["cluster"] == "back"
        haproxy.wait_for("Server nodes/n2 is UP")
        join("frank").say("frank is here")
        assert home_of("frank", nodes) is nodes[1]
        # Who was on it has been on it all the time.
        guest.get("message", text="frank is here")
