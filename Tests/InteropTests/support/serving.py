"""A server of Python's `websockets`, for our client."""

import contextlib
import threading

from websockets.sync.server import serve


@contextlib.contextmanager
def serving(handler, **options):
    """Serves WebSocket connections with a function, at a free port; gives the URL."""
    with serve(handler, "localhost", 0, **options) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://localhost:{server.socket.getsockname()[1]}"
        server.shutdown()
