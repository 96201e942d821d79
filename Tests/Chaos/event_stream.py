"""A client of event streams (HTML section 9.2)."""

from dataclasses import dataclass

from endpoint import Endpoint


@dataclass
class Event:
    """What stands between two empty lines."""

    name: str | None = None
    data: str | None = None
    id: str | None = None
    retry: str | None = None


class EventStream(Endpoint):
    """One stream; what it gets it hands on at once: `on_event(Event)`, at last `on_end()`."""

    def __init__(self, on_event, on_end):
        super().__init__()
        self._on_event, self._on_end = on_event, on_end
        self._event = Event()
        # How far it has been looked for the end of a line.
        self._looked = 0

    async def open(self, port, target, fields, receive_buffer=None):
        """Connects; the first events may come before this returns."""
        lines = [f"GET {target} HTTP/1.1", f"Host: localhost:{port}", "Accept: text/event-stream", *fields, "", ""]
        await self._open(port, "\r\n".join(lines).encode(), receive_buffer)

    def end(self):
        """Closes the sending half: a client that goes, and may not have read everything."""
        self._transport.write_eof()

    def _accepts(self, status, fields):
        return status == 200 and fields.get("content-type", "").partition(";")[0] == "text/event-stream"

    def _ended(self):
        self._on_end()

    def _read(self):
        data, at = self._bytes, 0
        while (end := data.find(b"\n", max(at, self._looked))) >= 0:
            line = data[at:end].decode()
            at = end + 1
            self._take(line)
        del data[:at]
        self._looked = len(data)

    def _take(self, line):
        if not line:
            event, self._event = self._event, Event()
            # A comment alone is no event.
            if event != Event():
                self._on_event(event)
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._event.data = value if self._event.data is None else f"{self._event.data}\n{value}"
            case "event":
                self._event.name = value
            case "id":
                self._event.id = value
            case "retry":
                self._event.retry = value
