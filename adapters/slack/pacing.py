"""How fast we call Slack: a bucket for each method, one for each channel, and a stop where Slack asked for one."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

PER_MINUTE: Final[Mapping[str, float]] = {
    "chat.postMessage": 60 * 10,
    "chat.update": 50,
    "chat.postEphemeral": 100,
    "conversations.open": 50,
    "conversations.history": 50,
    "users.info": 100,
    "users.lookupByEmail": 50,
    "users.list": 20,
    "views.open": 100,
    "views.update": 100,
    "views.publish": 100,
    "auth.test": 100,
}
"""Calls a minute and workspace by Slack's tiers (docs.slack.dev/apis/web-api/rate-limits). The workspace's cap of posts
is not published: ten a second is our choice, and what Slack says to more than that is obeyed."""
CHANNEL: Final = 1.0
"""Posts a second into one channel."""
MOST_CHANNELS: Final = 10_000
"""Channels that are remembered; a second after its last post a channel needs none."""


@dataclass(slots=True)
class Bucket:
    """Lets calls through at a rate, with as many at once as come up in `burst` seconds; `at` is when the next may go."""

    per_second: float
    burst: float = 1.0
    at: float = 0.0

    def reserve(self, now: float) -> float:
        """Take the next turn and return how many seconds to wait for it."""
        self.at = max(self.at, now - self.burst) + 1 / self.per_second
        return max(0.0, self.at - 1 / self.per_second - now)

    def park(self, until: float) -> None:
        """Let nothing through until then."""
        self.at = max(self.at, until)


@dataclass(slots=True)
class Pacing:
    """Turns of one workspace."""

    methods: dict[str, Bucket] = field(default_factory=dict)
    channels: dict[str, Bucket] = field(default_factory=dict)

    async def turn(self, method: str, channel: str = "") -> None:
        """Wait until a call may be made."""
        loop = asyncio.get_running_loop()
        wait = self._method(method).reserve(loop.time())
        if channel:
            if len(self.channels) >= MOST_CHANNELS:
                self.channels = {name: b for name, b in self.channels.items() if b.at > loop.time() - 1}
            bucket = self.channels.setdefault(channel, Bucket(CHANNEL, burst=0.0))
            wait = max(wait, bucket.reserve(loop.time()))
        if wait:
            await asyncio.sleep(wait)

    def park(self, method: str, pause: timedelta) -> None:
        """Make no call of a method for as long as Slack asked."""
        self._method(method).park(asyncio.get_running_loop().time() + pause.total_seconds())

    def _method(self, method: str) -> Bucket:
        return self.methods.setdefault(method, Bucket(PER_MINUTE.get(method, 20) / 60))
