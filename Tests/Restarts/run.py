"""Clients under load, while their server is restarted and upgraded."""

import asyncio
import collections
import random
import time

from clients import Guest, Listener, Member
from prober import Prober
from server import Server

# Of the clients of a channel: so many members of objects, listeners, and guests of plain text, one after another.
_SHARES = [Member] * 14 + [Listener] * 5 + [Guest]
_MESSAGES_A_SECOND = 200
_AT_ONCE = 100
_PATIENCE = 120
# Of what is accepted at most, probes take one in so many.
_PROBE_SHARE = 10


class Failed(Exception):
    """Something was not as it was promised."""


class Run:
    """All of it; what is found wrong is thrown."""

    def __init__(self, program, directory, clients, rate):
        flags = ["--state-dir", f"{directory}/state", "--drain-rate", str(rate), "--log-messages", "off"]
        # All come from one address.
        flags += ["--max-sessions", "100000", "--max-sessions-per-address", "100000"]
        self._server = Server(program, flags)
        self._rate = rate
        self._clients = []
        for number in range(clients):
            kind = _SHARES[number % len(_SHARES)]
            self._clients.append(kind(self, f"c{number // len(_SHARES)}"))
        self._publishers = [client for client in self._clients[:: len(_SHARES)]]
        self._said = collections.defaultdict(list)
        self._number = 0
        self.closes = collections.Counter()
        self.refusals = collections.Counter()
        self.told = 0
        self._prober = Prober(self, max(0.02, _PROBE_SHARE / rate))
        self._tasks = []

    @property
    def port(self):
        return self._server.port

    def count_refusal(self, refused):
        self.refusals[str(refused)] += 1

    def acknowledged(self, channel, text):
        self._said[channel].append(text)

    async def play(self, restarts, upgrades):
        try:
            await self._server.start()
            await self._arrive()
            self._tasks.append(asyncio.create_task(self._prober.live()))
            self._tasks.append(asyncio.create_task(self._publish()))
            steps = ["restart"] * restarts + ["upgrade"] * upgrades
            for step in steps:
                await self._step(step)
            await self._end()
        except Exception:
            print(self._server.last_lines)
            raise
        finally:
            for task in self._tasks:
                task.cancel()
            self._server.kill()

    async def _arrive(self):
        for first in range(0, len(self._clients), _AT_ONCE):
            some = self._clients[first : first + _AT_ONCE]
            self._tasks += [asyncio.create_task(client.live()) for client in some]
            await self._all_here(some)

    async def _all_here(self, clients):
        async with asyncio.timeout(_PATIENCE):
            for client in clients:
                await client.is_connected.wait()

    async def _publish(self):
        while True:
            self._number += 1
            random.choice(self._publishers).publish(f"text {self._number}")
            await asyncio.sleep(1 / _MESSAGES_A_SECOND)

    async def _step(self, step):
        """One restart or upgrade, until everybody is back and some time has passed."""
        self._prober.begin()
        self.closes.clear()
        self.refusals.clear()
        self.told = 0
        await asyncio.sleep(1)
        self._server.arrivals.clear()
        start = time.monotonic()
        await getattr(self._server, step)()
        served = time.monotonic() - start
        async with asyncio.timeout(_PATIENCE):
            while sum(self.closes.values()) < len(self._clients):
                await asyncio.sleep(0.05)
        await self._all_here(self._clients)
        back = time.monotonic() - start
        await asyncio.sleep(1)
        await self._prober.settle()
        most = self._most_a_second()
        gap = f", not served for {self._server.gaps[-1]} ms" if step == "upgrade" else ""
        print(
            f"{step}: next server after {served:.2f} s{gap}; all back after {back:.1f} s; at most {most} accepted in a "
            f"second (rate {self._rate}); {self.told} told; {self._prober.count} probes, longest {self._prober.longest:.2f} s, "
            f"{len(self._prober.faults)} refused; {sum(self.refusals.values())} attempts of clients refused",
            flush=True,
        )
        if most > self._rate:
            raise Failed(f"{most} were accepted in one second")
        if step == "upgrade" and (self._prober.faults or self.refusals):
            raise Failed(f"refused during an upgrade: {self._prober.faults[:3]} {self.refusals}")

    def _most_a_second(self):
        """The most arrivals within any second."""
        times = sorted(self._server.arrivals)
        most = first = 0
        for last, moment in enumerate(times):
            while times[first] <= moment - 1:
                first += 1
            most = max(most, last - first + 1)
        return most

    async def _end(self):
        """Nothing more is said; when all have everything, it is compared."""
        self._tasks[-1].cancel()
        deadline = time.monotonic() + _PATIENCE
        while any(publisher.pending for publisher in self._publishers) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        await asyncio.sleep(2)
        total = 0
        for client in self._clients:
            total += self._check(client)
        print(f"{self._number} messages, {total} deliveries compared: none lost, none doubled, all in order", flush=True)
        for client in self._clients:
            client.leave()
        await self._server.stop()

    def _check(self, client):
        said = self._said[client.channel]
        if (trouble := getattr(client, "trouble", None)) is not None:
            raise Failed(f"{type(client).__name__} in {client.channel}: {trouble}")
        if len(set(said)) != len(said):
            raise Failed(f"{client.channel}: something was acknowledged twice")
        if client in self._publishers:
            if client.pending or client.texts:
                raise Failed(f"{client.channel}: {len(client.pending)} not acknowledged, {len(client.texts)} came back")
            return len(said)
        if isinstance(client, Guest):
            # It has no place to come back to, but nothing comes twice, or in another order.
            remaining = iter(said)
            if not all(text in remaining for text in client.texts):
                raise Failed(f"{client.channel}: a guest has something twice, or in another order")
        elif client.texts != said:
            missing = [text for text in said if text not in client.texts]
            doubled = [text for text, count in collections.Counter(client.texts).items() if count > 1]
            raise Failed(
                f"{type(client).__name__} in {client.channel}: {len(missing)} lost ({missing[:3]}), "
                f"{len(doubled)} doubled ({doubled[:3]}), of {len(said)}"
            )
        return len(client.texts)
