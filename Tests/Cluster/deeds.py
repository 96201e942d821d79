"""What is done at random to nodes and to the servers of NATS; at the end of each deed all is whole again."""

import asyncio

_PAUSES = (0.5, 5)
# Longer than it takes a node to be taken for dead, and a server to be left.
_LONGEST = 12


class Deeds:
    """One after the other, or two at once."""

    def __init__(self, random, stage, report):
        self._random, self._stage, self._report = random, stage, report
        self._on_nodes = [self._kill_node, self._stop_node, self._freeze_node, self._cut_node]
        self._on_servers = [
            self._kill_leader, self._freeze_leader, self._kill_server, self._stop_server, self._kill_all,
        ]
        self._on_all = [self._kill_nodes, self._stop_nodes]
        self.count = 0

    async def do_some(self):
        """One or two."""
        random = self._random
        nodes = random.sample(range(len(self._stage.nodes)), 2)
        on_nodes = [random.choice(self._on_nodes)(number) for number in nodes]
        on_servers = random.choice(self._on_servers)()
        on_all = random.choice(self._on_all)()
        chosen = random.choice(
            [on_nodes[:1], on_nodes[:1], [on_servers], [on_nodes[0], on_servers], on_nodes, [on_all], [on_all, on_servers]]
        )
        for deed in [*on_nodes, on_servers, on_all]:
            if deed not in chosen:
                deed.close()
        self.count += len(chosen)
        await asyncio.gather(*(self._do(deed, number) for number, deed in enumerate(chosen)))

    async def _do(self, deed, number):
        # So that the second meets different stages of the first.
        await asyncio.sleep(number * self._random.uniform(0, 3))
        await deed

    def _draw(self):
        return round(self._random.uniform(*_PAUSES), 1), round(self._random.uniform(0.5, _LONGEST), 1)

    # MARK: Nodes

    async def _kill_node(self, number):
        pause, _ = self._draw()
        self._report(f"node {number + 1} is killed, and starts {pause} s later")
        node = self._stage.nodes[number]
        await node.kill()
        await asyncio.sleep(pause)
        await node.start()

    async def _stop_node(self, number):
        pause, _ = self._draw()
        self._report(f"node {number + 1} is stopped, and starts {pause} s later")
        node = self._stage.nodes[number]
        await node.stop()
        await asyncio.sleep(pause)
        await node.start()

    async def _freeze_node(self, number):
        _, seconds = self._draw()
        self._report(f"node {number + 1} stands still for {seconds} s")
        node = self._stage.nodes[number]
        node.stand_still()
        await asyncio.sleep(seconds)
        node.go_on()

    async def _cut_node(self, number):
        _, seconds = self._draw()
        self._report(f"node {number + 1} is cut off for {seconds} s")
        cut = self._stage.cuts[number]
        cut.cut()
        await asyncio.sleep(seconds)
        cut.mend()

    async def _kill_nodes(self):
        pause, _ = self._draw()
        self._report(f"all nodes are killed, and start {pause} s later")
        await self._restart_nodes(pause, lambda node: node.kill())

    async def _stop_nodes(self):
        pause, _ = self._draw()
        self._report(f"all nodes are stopped, and start {pause} s later")
        await self._restart_nodes(pause, lambda node: node.stop())

    async def _restart_nodes(self, pause, end):
        nodes = self._stage.nodes
        await asyncio.gather(*(end(node) for node in nodes))
        await asyncio.sleep(pause)
        await asyncio.gather(*(node.start() for node in nodes))

    # MARK: Servers of NATS

    async def _kill_leader(self):
        pause, _ = self._draw()
        leader = await self._stage.nats.leader("BROADCAST")
        self._report(f"{leader.name}, which leads the stream, is killed, and starts {pause} s later")
        await self._restart(leader, pause)

    async def _kill_server(self):
        pause, _ = self._draw()
        server = self._random.choice(self._stage.nats.servers)
        self._report(f"{server.name} is killed, and starts {pause} s later")
        await self._restart(server, pause)

    async def _stop_server(self):
        pause, _ = self._draw()
        server = self._random.choice(self._stage.nats.servers)
        self._report(f"{server.name} is stopped, and starts {pause} s later")
        await server.stop()
        await asyncio.sleep(pause)
        await server.start()

    async def _freeze_leader(self):
        _, seconds = self._draw()
        leader = await self._stage.nats.leader("BROADCAST")
        self._report(f"{leader.name}, which leads the stream, stands still for {seconds} s")
        leader.stand_still()
        await asyncio.sleep(seconds)
        leader.go_on()

    async def _kill_all(self):
        pause, _ = self._draw()
        self._report(f"all servers of NATS are killed, and start {pause} s later")
        await self._stage.nats.kill()
        await asyncio.sleep(pause)
        await self._stage.nats.start()

    async def _restart(self, server, pause):
        await server.kill()
        await asyncio.sleep(pause)
        await server.start()
