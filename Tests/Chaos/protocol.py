"""Names and URLs of docs/protocol.md."""

import urllib.parse

SUBPROTOCOL = "broadcast.v1.json"
# Longer than anything takes on a machine under load, in seconds.
PATIENCE = 30
# A server that is stopped closes with the first one.
RESTART, TAKEN_OVER = 1012, 4000


def target(channel, **parameters):
    """The target of the request that joins a channel."""
    query = urllib.parse.urlencode({name: value for name, value in parameters.items() if value is not None})
    return f"/{channel}" + (f"?{query}" if query else "")


def session_subprotocol(session):
    """What a client that comes back offers besides."""
    return f"broadcast.session.{session}"
