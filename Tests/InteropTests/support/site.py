"""A small web site, to have browsers come from an origin that is not the tested server's."""

import functools
import http.server
import threading


class _Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        """The report of the run has no place for requests."""


class Site:
    """Serves a folder at a free port of localhost."""

    def __init__(self, folder):
        handler = functools.partial(_Handler, directory=folder)
        self._server = http.server.ThreadingHTTPServer(("localhost", 0), handler)
        self.origin = f"http://localhost:{self._server.server_port}"
        self.url = self.origin + "/"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error):
        self._server.shutdown()
        self._server.server_close()
