"""Servers of event streams that are not ours, for our client."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextlib.contextmanager
def serving_events(answer, protocol="HTTP/1.1"):
    """Serves GET with a function of Python's own HTTP server; gives the authority."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol

        def do_GET(self):
            with contextlib.suppress(OSError):
                answer(self)
            self.close_connection = True

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def begin(handler, *fields):
    """Sends the head of an answer that is a stream of events."""
    handler.send_response(200)
    for name, value in [("Content-Type", "text/event-stream; charset=utf-8"), *fields]:
        handler.send_header(name, value)
    handler.end_headers()
