"""A chat at the other end of the wire: it remembers every message, and fails as it is told to.

It runs in the process of the test. What arrived is in `got`; what went wrong, and when, is in `faults`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from typing import Final

from aiohttp import web
from jumping import JumpingClock

CHAT_URL: Final = "CHAT_URL"
"""In the environment of a replica: where this chat is."""


@dataclass(frozen=True, slots=True)
class Got:
    """A message that arrived: of which delivery, to whom, at which moment of the test's clock and of the machine's."""

    delivery: str
    person: str
    at: datetime
    machine: float


@dataclass(slots=True)
class Faults:
    """How often the chat fails, each as a share of the requests, and how slow it is."""

    limited: float = 0.0
    """Refused with 429 and a Retry-After."""
    hanging: float = 0.0
    """Taken, and then never answered."""
    broken: float = 0.0
    """Answered with 500, half of the time after the message was taken."""
    latency: timedelta = timedelta(milliseconds=10)
    retry_after: timedelta = timedelta(seconds=1)


@dataclass(slots=True)
class ChatServer:
    """A chat of several workspaces; those of `silent` keep no history that could be asked for."""

    clock: JumpingClock
    dice: Random
    silent: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    """People whom the chat refuses for good."""
    faults: Faults = field(default_factory=Faults)
    got: list[Got] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    doubtful: dict[str, list[float]] = field(default_factory=dict)
    """Deliveries whose send went wrong here, with the moments of the machine's clock."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[dict[str, str]]:
        """Serve on a port of its own and give what a replica has to know of it."""
        app = web.Application()
        app.add_routes([web.post("/messages", self._take), web.get("/messages/{workspace}/{delivery}", self._find)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield {CHAT_URL: f"http://127.0.0.1:{runner.addresses[0][1]}"}
        finally:
            await runner.cleanup()

    async def settle_in(self) -> None:
        """Let everybody be there already."""

    def reach(self, port: int) -> None:
        """Know where the service listens, to whom nothing is said here."""

    async def _take(self, request: web.Request) -> web.Response:
        """Take a message, or fail."""
        told = await request.json()
        await asyncio.sleep(self.faults.latency.total_seconds())
        if told["person"] in self.gone:
            return self._answer("gone", web.Response(status=410))
        chance = self.dice.random()
        if chance < self.faults.limited:
            wait = {"Retry-After": str(int(self.faults.retry_after.total_seconds()))}
            return self._answer("limited", web.Response(status=429, headers=wait))
        chance -= self.faults.limited
        if chance < self.faults.broken / 2:
            self._doubt(told["delivery"])
            return self._answer("broken before", web.Response(status=500))
        self._keep(told)
        if chance < self.faults.broken:
            self._doubt(told["delivery"])
            return self._answer("broken after", web.Response(status=500))
        if chance - self.faults.broken < self.faults.hanging:
            self._doubt(told["delivery"])
            self.answers["hanging"] += 1
            await asyncio.sleep(3600)
        return self._answer("taken", web.json_response({"ref": f"m{len(self.got)}"}))

    async def _find(self, request: web.Request) -> web.Response:
        """Say whether a delivery is in the history."""
        if request.match_info["workspace"] in self.silent:
            return self._answer("not told", web.Response(status=403))
        for place, one in enumerate(self.got, 1):
            if one.delivery == request.match_info["delivery"]:
                return self._answer("found", web.json_response({"ref": f"m{place}"}))
        return self._answer("absent", web.Response(status=404))

    def _keep(self, told: dict[str, str]) -> None:
        self.got.append(Got(told["delivery"], told["person"], self.clock.now(), monotonic()))

    def _doubt(self, delivery: str) -> None:
        self.doubtful.setdefault(delivery, []).append(monotonic())

    def _answer(self, kind: str, response: web.Response) -> web.Response:
        self.answers[kind] += 1
        return response
