"""A server of the page whose one channel does as it is told: it loses what it has kept, and its connections, at the right
moment. It speaks as much of docs/protocol.md as the page does."""

import contextlib
import http
import json
import mimetypes
import pathlib
import secrets
import threading
import time
import urllib.parse

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.sync.server import serve

PAGE = pathlib.Path(__file__).resolve().parents[3] / "Sources/broadcast-server/Page"
SUBPROTOCOL, OFFER = "broadcast.v1.json", "broadcast.session."


class Channel:
    """What the server keeps, and the means to tell it what to do; any thread may call them."""

    def __init__(self):
        self._lock = threading.RLock()
        self._epoch = 1
        self._count = 0
        # For each message the session that it is from, and its form for others.
        self._kept = []
        # For each connection its session and its member.
        self._members = {}
        # For each session the number of its member, and the acknowledgements by their keys.
        self._sessions = {}
        self._is_away = False
        self._acknowledges = True
        # For each acknowledgement that was not sent, its connection.
        self._withheld = []
        # Whether nothing of the past is given to those who ask.
        self.is_mute = False
        # Whether its cluster is away, and whether it refuses what is said meanwhile, or lets it wait.
        self._has_lost_cluster = False
        self._refuses = False
        # What waits for the cluster, with the means to take it, and the keys of all that was said without it.
        self._held = []
        self.kept_out = []
        # How many messages of the past it gives at once, as if they were large.
        self.most_at_once = 100
        # The largest message that `welcome` tells of, if it does.
        self.max_message = None
        # Names that it does not take, and the code of the error.
        self.refused_names = set()
        self.name_problem = "bad-name"
        # Whether it says nothing to those that it lets in.
        self.is_dumb = False
        # Status and problem, or text, for those who ask why they are not let in.
        self._refusal = None
        # The targets of all opening handshakes.
        self.targets = []

    # MARK: Means

    def say(self, *texts, name="ann"):
        """Has somebody say something."""
        with self._lock:
            for text in texts:
                self._publish(None, {"id": 9, "name": name}, text)

    def leave_out(self, count, reason):
        """Tells all members that so many messages do not come, which are kept."""
        with self._lock:
            start = self._position
            texts = [f"left out {number}" for number in range(count)]
            for text in texts:
                self._keep(None, {"id": 9, "name": "ann"}, text)
            self._send_all({"type": "gap", "from": start, "to": self._position, "missing": count, "reason": reason})

    def restart(self, seconds):
        """Closes all connections, and says before when they are to come back."""
        with self._lock:
            self._send_all({"type": "closing", "after": round(seconds * 1000)})
        self.close(1012)

    def forget(self):
        """Drops everything that is kept."""
        with self._lock:
            self._kept = []

    def begin_anew(self):
        """Drops everything, and counts from 0 in another epoch."""
        with self._lock:
            self._kept, self._sessions = [], {}
            self._epoch, self._count = self._epoch + 1, 0

    @contextlib.contextmanager
    def away(self, name=None):
        """Closes all connections, or those of one name, and takes no others for a while."""
        self._is_away = True
        self.close(1001, name=name)
        yield
        self._is_away = False

    @contextlib.contextmanager
    def refusing(self, status, problem):
        """Closes all connections and lets nobody in for a while, for a reason: an object or a text."""
        self._refusal = (http.HTTPStatus(status), problem)
        self.close(1001)
        yield
        self._refusal = None

    @contextlib.contextmanager
    def silent(self):
        """Takes messages, but does not acknowledge them for a while."""
        self._acknowledges = False
        yield
        self._acknowledges = True

    @contextlib.contextmanager
    def without_cluster(self, refuses):
        """Takes nothing for a while, and says so."""
        with self._lock:
            self._has_lost_cluster, self._refuses = True, refuses
            self._send_all({"type": "status", "cluster": "away", "message": "Nobody leads."})
        yield
        with self._lock:
            self._has_lost_cluster = False
            held, self._held = self._held, []
            for said in held:
                self._take(*said)
            self._send_all({"type": "status", "cluster": "back"})

    def acknowledge_late(self):
        """Sends the acknowledgements that it has left out, as a server does that waits for its disk."""
        with self._lock:
            withheld, self._withheld = self._withheld, []
            for connection, ack in withheld:
                self._send(connection, ack | {"stored": "disk"})

    def close(self, code, reason="", name=None):
        """Closes all connections, or those of one name."""
        for connection, (_, member) in list(self._members.items()):
            if name is None or member["name"] == name:
                connection.close(code, reason)

    @property
    def texts(self):
        """What was said, by all."""
        with self._lock:
            return [message["text"] for _, message in self._kept]

    # MARK: The protocol

    @property
    def _position(self):
        return f"{self._epoch}.{self._count}"

    def _keep(self, session, member, text):
        self._count += 1
        now = int(time.time() * 1000)
        message = {"type": "message", "id": self._position, "from": member, "time": now, "text": text}
        self._kept.append((session, message))
        return message

    def _publish(self, session, member, text):
        message = self._keep(session, member, text)
        others = [connection for connection, (other, _) in self._members.items() if other != session]
        for connection in others:
            self._send(connection, message)
        return message, len(others)

    def _send_all(self, message):
        for connection in list(self._members):
            self._send(connection, message)

    @staticmethod
    def _send(connection, message):
        with contextlib.suppress(ConnectionClosed):
            connection.send(json.dumps(message))

    def answer(self, connection, request):
        """Answers plain requests with the files of the page, and lets no connection in while it is away."""
        path = urllib.parse.urlsplit(request.path).path
        if "Upgrade" in request.headers:
            self.targets.append(request.path)
            is_shut = self._is_away or self._refusal
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, "away\n") if is_shut else None
        if path == "/-/admission":
            return self._admit(connection)
        file = PAGE / (path.removeprefix("/-/") if path.startswith("/-/") else "index.html")
        if not file.is_file():
            return connection.respond(http.HTTPStatus.NOT_FOUND, "nothing\n")
        kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file)[0]
        policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"
        headers = Headers({"Content-Type": kind, "Content-Security-Policy": policy, "Cache-Control": "no-cache"})
        return Response(200, "OK", headers, file.read_bytes())

    def _admit(self, connection):
        status, problem = self._refusal or (http.HTTPStatus.NO_CONTENT, "")
        if isinstance(problem, str):
            return connection.respond(status, problem)
        headers = Headers({"Content-Type": "application/problem+json"})
        return Response(status.value, status.phrase, headers, json.dumps(problem).encode())

    def serve(self, connection):
        """Takes a member in, and does what it says until it leaves."""
        offers = [name.strip() for name in connection.request.headers["Sec-WebSocket-Protocol"].split(",")]
        shown = next((name.removeprefix(OFFER) for name in offers if name.startswith(OFFER)), None)
        if self.is_dumb:
            with contextlib.suppress(ConnectionClosed):
                connection.recv()
            return
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(connection.request.path).query))
        with self._lock:
            session, member, older = self._enter(connection, shown, query)
        if self._is_away or self._refusal:
            # It was let in a moment before, and so was not among those that were closed.
            connection.close(1001)
        if older:
            older.close(4000, "The session goes on in another connection.")
        with contextlib.suppress(ConnectionClosed):
            for text in connection:
                with self._lock:
                    self._take(connection, session, member, json.loads(text))
        with self._lock:
            self._members.pop(connection, None)

    def _enter(self, connection, shown, query):
        session = shown if shown in self._sessions else secrets.token_hex(16)
        number, _ = self._sessions.setdefault(session, (len(self._sessions) + 1, {}))
        name = query.get("name", f"Client {number}")
        member = {"id": number, "name": f"Client {number}" if name in self.refused_names else name}
        older = next((other for other, (its, _) in self._members.items() if its == session), None)
        self._members.pop(older, None)
        self._members[connection] = (session, member)
        start, gap = self._start(query)
        welcome = {"type": "welcome", "position": gap["to"] if gap else start, "recovered": "after" in query and not gap}
        members = [other for _, other in self._members.values()]
        welcome |= {"member": member, "session": session, "channel": "", "count": len(members), "members": members}
        if self.max_message:
            welcome["maxMessage"] = self.max_message
        self._send(connection, welcome)
        if name in self.refused_names:
            self._refuse_name(connection)
        if gap:
            self._send(connection, gap)
        for author, message in self._behind(gap["to"] if gap else start):
            if author != session:
                self._send(connection, message)
        if query.keys() & {"after", "last"}:
            self._send(connection, {"type": "position", "id": self._position})
        return session, member, older

    def _start(self, query):
        """Where to begin, and what is missing before."""
        first = self._number(self._kept[0][1]["id"]) - 1 if self._kept else self._count
        if after := query.get("after"):
            if not after.startswith(f"{self._epoch}."):
                return None, {"type": "gap", "from": after, "to": f"{self._epoch}.{first}", "reason": "epoch"}
            if missing := max(0, first - self._number(after)):
                gap = {"type": "gap", "from": after, "to": f"{self._epoch}.{first}", "reason": "expired"}
                return None, gap | {"missing": missing}
            return after, None
        last = int(query.get("last", 0))
        return f"{self._epoch}.{max(first, self._count - last)}", None

    @staticmethod
    def _number(position):
        return int(position.split(".")[1])

    def _behind(self, position):
        return [entry for entry in self._kept if self._number(entry[1]["id"]) > self._number(position)]

    def _take(self, connection, session, member, said):
        if said["type"] == "fetch":
            if not self.is_mute:
                self._fetch(connection, said)
        elif said["type"] == "name":
            self._rename(connection, member, said["name"])
        elif said["type"] == "message" and self._has_lost_cluster:
            self.kept_out.append(said["key"])
            if self._refuses:
                problem = {"type": "error", "code": "unavailable", "message": "Try again.", "key": said["key"]}
                self._send(connection, problem)
            else:
                self._held.append((connection, session, member, said))
        elif said["type"] == "message":
            keys = self._sessions[session][1]
            ack = keys.get(said["key"])
            if ack:
                ack = ack | {"duplicate": True}
            else:
                message, receivers = self._publish(session, member, said["text"])
                ack = {"type": "ack", "key": said["key"], "id": message["id"], "receivers": receivers, "stored": "memory"}
                keys[said["key"]] = ack
            if self._acknowledges:
                self._send(connection, ack)
            else:
                self._withheld.append((connection, ack))

    def _rename(self, connection, member, name):
        if name in self.refused_names:
            return self._refuse_name(connection)
        was, member["name"] = member["name"], name or f"Client {member['id']}"
        self._send_all({"type": "renamed", "member": member, "was": was})

    def _refuse_name(self, connection):
        self._send(connection, {"type": "error", "code": self.name_problem, "message": "That is none."})

    def _fetch(self, connection, said):
        direction = "before" if "before" in said else "after"
        position, limit = said[direction], min(said.get("limit", 50), self.most_at_once)
        if not position.startswith(f"{self._epoch}."):
            problem = {"type": "error", "code": "bad-position", "message": "The position is of another epoch."}
            return self._send(connection, problem)
        behind = [message for _, message in self._behind(position)]
        if direction == "after":
            found, more = behind[:limit], len(behind) > limit
        else:
            before = [message for _, message in self._kept if self._number(message["id"]) < self._number(position)]
            found, more = before[-limit:], len(before) > limit
        page = {"type": "history", "messages": found, "position": self._position, "more": more, direction: position}
        first = self._number(self._kept[0][1]["id"]) - 1 if self._kept else self._count
        if direction == "after" and first > self._number(position):
            page["missing"] = first - self._number(position)
        self._send(connection, page)


@contextlib.contextmanager
def channel():
    """Serves a channel and the page at a free port; gives the channel, with their addresses as `url` and `page`."""
    channel = Channel()
    options = {"process_request": channel.answer, "subprotocols": [SUBPROTOCOL], "compression": None}
    with serve(channel.serve, "localhost", 0, **options) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        authority = f"localhost:{server.socket.getsockname()[1]}/"
        channel.page, channel.url = "http://" + authority, "ws://" + authority
        yield channel
        server.shutdown()
