"""What is played on: servers of NATS, three nodes, and a way between each that can be cut."""

import asyncio

from cut import Cut
from member import Member, Speaker
from nats import NATS
from node import Node

NODES = 3


class Stage:
    """Three servers of NATS, three nodes, and who speaks and listens on them."""

    def __init__(self, program, directory, flags, cuts):
        """`cuts` are the numbers of nodes that can be cut off: what they tell NATS goes through this process."""
        self._program, self._cut_nodes = program, cuts
        self.flags = flags
        self.nats = NATS(directory, 3)
        self.cuts = {}
        self.nodes = []

    async def start(self):
        """Returns when all nodes listen."""
        await self.nats.start()
        for number in self._cut_nodes:
            self.cuts[number] = Cut([server.port for server in self.nats.servers])
            await self.cuts[number].start()
        for number in range(NODES):
            urls = self.cuts[number].urls if number in self.cuts else self.nats.urls
            # A message that is refused may be said again, but behind others: nothing that is done here lasts so long.
            flags = ["--cluster-wait", "--cluster-patience", "120s", *self.flags]
            node = Node(self._program, urls, flags)
            self.nodes.append(node)
        # Together, with nothing there: one of them makes the stream, and begins.
        await asyncio.gather(*(node.start() for node in self.nodes))

    async def stop(self):
        """Ends everything at once."""
        for node in self.nodes:
            await node.kill()
        for cut in self.cuts.values():
            cut.close()
        await self.nats.kill()

    async def people(self, channel, listeners=3, speakers=3):
        """Who listens and who speaks, on all nodes in turn."""
        listening = [Member(self.nodes, i, channel, f"l{i}") for i in range(listeners)]
        speaking = [Speaker(self.nodes, i, channel, f"s{i}") for i in range(speakers)]
        for one in [*listening, *speaking]:
            await one.start()
        return listening, speaking
