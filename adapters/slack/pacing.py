"""How fast we call Slack: a bucket for each method, one for each channel, and a stop where Slack asked for one."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from adapters.busy import PATIENCE, Busy

PER_MINUTE: Final[Mapping[str, float]] = {
    "chat.postMessage": 60 * 10,
    "chat.update": 50,
    "chat.postEphemeral": 100,
    "conversations.open": 50,
    "conversations.history": 50,
    "users.info": 100,
    "dnd.info": 50,
    "users.lookupByEmail": 50,
    "users.list": 20,
    "views.open": 100,
    "views.update": 100,
    "views.publish": 100,
    "auth.test": 100,
}
"""Calls a minute and workspace by Slack's tiers (docs.slack.dev/apis/web-api/rate-limits). The workspace's cap of posts
is not published: ten a second is our choice, and what Slack says to more than that is obeyed."""
POST: Final = "chat.postMessage"
CHANNEL: Final = 1.0
"""Posts a second into one channel."""
MOST_CHANNELS: Final = 10_000
"""Channels that are remembered; a second after its last post a channel needs none."""


BURST: Final = 20.0
"""Seconds whose calls may be made at once: Slack counts by the minute."""


@dataclass(slots=True)
class Bucket:
    """Lets calls through at a rate, with as many at once as come up in `burst` seconds; `at` is when the next may go."""

    per_second: float
    burst: float = 1.0
    at: float = 0.0
    parked: float = 0.0
    """Until when nothing goes: Slack said so."""

    def wait(self, now: float) -> float:
        """Return how many seconds the next call has to wait."""
        return max(0.0, max(self.at, now - self.burst) - now, self.parked - now)

    def reserve(self, now: float) -> float:
        """Take the next turn and return how many seconds to wait for it."""
        wait = self.wait(now)
        self.at = max(self.at, now - self.burst, self.parked) + 1 / self.per_second
        return wait

    def give_back(self) -> None:
        """Return a turn that was taken and not used."""
        self.at -= 1 / self.per_second

    def park(self, until: float) -> None:
        """Let nothing through until then; whoever waits already waits anew."""
        self.parked = max(self.parked, until)


@dataclass(slots=True)
class Pacing:
    """Turns of one workspace."""

    methods: dict[str, Bucket] = field(default_factory=dict)
    channels: dict[str, Bucket] = field(default_factory=dict)

    async def turn(self, method: str, channel: str = "") -> None:
        """Wait until a call may be made; raises Busy where that is not soon."""
        loop = asyncio.get_running_loop()
        buckets = [self._method(method), *([self._channel(channel, loop.time())] if channel else [])]
        while True:
            wait = max(bucket.wait(loop.time()) for bucket in buckets)
            if wait > PATIENCE:
                raise Busy(wait)
            wait = max(bucket.reserve(loop.time()) for bucket in buckets)
            try:
                if wait:
                    await asyncio.sleep(wait)
            except asyncio.CancelledError:
                for bucket in buckets:
                    bucket.give_back()
                raise
            if buckets[0].parked <= loop.time():
                return

    def park(self, method: str, pause: timedelta) -> None:
        """Make no call of a method for as long as Slack asked."""
        self._method(method).park(asyncio.get_running_loop().time() + pause.total_seconds())

    def _method(self, method: str) -> Bucket:
        per_second = PER_MINUTE.get(method, 20) / 60
        return self.methods.setdefault(method, Bucket(per_second, 1.0 if method == POST else BURST))

    def _channel(self, channel: str, now: float) -> Bucket:
        if len(self.channels) >= MOST_CHANNELS:
            self.channels = {name: b for name, b in self.channels.items() if b.at > now - 1}
        return self.channels.setdefault(channel, Bucket(CHANNEL, burst=0.0))
