"""A local Slack at the other end of the wire: what arrived, and how it fails, told as by the chat of these tests."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from time import monotonic

from chat_server import Faults, Got
from jumping import JumpingClock

from adapters.playground.slack_server import LocalSlack
from adapters.playground.slack_state import Body, Failure, Fault

POST = "chat.postMessage"
MARK = "slack+"
"""What an address begins with that is one of Slack's Web API."""


@dataclass(slots=True)
class SlackEnd:
    """A workspace that keeps its history; whoever is gone was deactivated."""

    clock: JumpingClock
    dice: Random
    people: Sequence[str] = ()
    """Addresses of everybody in the workspace."""
    gone: frozenset[str] = frozenset()
    faults: Faults = field(default_factory=Faults)
    posts: int = 0
    """Calls to post so far, whatever became of them."""
    slack: LocalSlack = field(default_factory=LocalSlack)
    answers: Counter[str] = field(default_factory=Counter)
    doubtful: dict[str, list[float]] = field(default_factory=dict)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """Serve and give the address."""
        for email in self.people:
            self.slack.state.add_user(email, deleted=email in self.gone)
        self.slack.weather = self._weather
        async with self.slack.running() as slack:
            yield f"{MARK}{slack.url}"

    @property
    def got(self) -> list[Got]:
        """Return every first post of a delivery that stands in somebody's channel."""
        posts = [(user, post) for user, found in self.slack.state.posts.items() for post in found]
        marked = [(user, post["metadata"]["event_payload"]["id"]) for user, post in posts if "metadata" in post]
        return [Got(delivery, user, self.clock.now(), monotonic()) for user, delivery in marked]

    def _weather(self, method: str, body: Body) -> Fault | None:
        """Return how a call fails: reads are limited at times, posts fail in every way."""
        self.slack.latency = self.faults.latency.total_seconds()
        self.posts += method == POST
        chance = self.dice.random()
        if chance < self.faults.limited * (1.0 if method == POST else 0.1):
            self.answers["limited"] += 1
            return Fault(Failure.LIMITED, retry_after=int(self.faults.retry_after.total_seconds()))
        if method != POST:
            return None
        shares = {
            Failure.BROKEN: self.faults.broken / 2,
            Failure.BROKEN_AFTER: self.faults.broken / 2,
            Failure.HANGING: self.faults.hanging / 2,
            Failure.DROPPED: self.faults.hanging / 2,
        }
        chance = self.dice.random()
        for failure, share in shares.items():
            chance -= share
            if chance < 0:
                self.answers[failure.value] += 1
                self.doubtful.setdefault(str(body["metadata"]["event_payload"]["id"]), []).append(monotonic())
                return Fault(failure)
        self.answers["taken"] += 1
        return None
