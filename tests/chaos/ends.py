"""What is at the other end of the wire in a storm: something that got messages, and fails as it is told to."""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from time import monotonic
from typing import Protocol

from chat_server import Faults, Got
from jumping import JumpingClock


class End(Protocol):
    """A chat, whichever it is."""

    faults: Faults
    answers: Counter[str]
    doubtful: dict[str, list[float]]
    """Deliveries whose send went wrong here, with the moments of the machine's clock."""

    @property
    def got(self) -> list[Got]:
        """Return every first post of a delivery that stands somewhere."""
        ...

    def running(self) -> AbstractAsyncContextManager[dict[str, str]]:
        """Serve, and give what a replica has to know of it, as its environment."""
        ...

    def reach(self, port: int) -> None:
        """Know where on this machine the service listens."""
        ...

    async def settle_in(self) -> None:
        """Let everybody do what makes them reachable."""
        ...


class Trouble(StrEnum):
    """How a call fails."""

    LIMITED = "limited"
    BROKEN = "broken"
    BROKEN_AFTER = "broken_after"
    HANGING = "hanging"
    DROPPED = "dropped"


@dataclass(slots=True)
class Weather:
    """How often calls of a real protocol fail: those that post in every way, others are limited at times."""

    dice: Random
    answers: Counter[str] = field(default_factory=Counter)
    doubtful: dict[str, list[float]] = field(default_factory=dict)
    posts: int = 0
    """Calls to post so far, whatever became of them."""

    def of(self, faults: Faults, deliveries: Sequence[str], *, is_post: bool) -> Trouble | None:
        """Return how a call fails, which posts these deliveries; None where it does not."""
        self.posts += is_post
        if self.dice.random() < faults.limited * (1.0 if is_post else 0.1):
            self.answers[Trouble.LIMITED] += 1
            return Trouble.LIMITED
        if not is_post:
            return None
        shares = {
            Trouble.BROKEN: faults.broken / 2,
            Trouble.BROKEN_AFTER: faults.broken / 2,
            Trouble.HANGING: faults.hanging / 2,
            Trouble.DROPPED: faults.hanging / 2,
        }
        chance = self.dice.random()
        for trouble, share in shares.items():
            chance -= share
            if chance < 0:
                self.answers[trouble] += 1
                for delivery in deliveries:
                    self.doubtful.setdefault(delivery, []).append(monotonic())
                return trouble
        self.answers["taken"] += 1
        return None


@dataclass(slots=True, kw_only=True)
class RealEnd:
    """What the local chats of these tests have in common: people, of whom some are gone, and their weather."""

    clock: JumpingClock
    weather: Weather
    people: Sequence[str] = ()
    """Addresses of everybody in the chat."""
    gone: frozenset[str] = frozenset()
    faults: Faults = field(default_factory=Faults)

    @property
    def answers(self) -> Counter[str]:
        """Return what was answered."""
        return self.weather.answers

    @property
    def doubtful(self) -> dict[str, list[float]]:
        """Return what went wrong."""
        return self.weather.doubtful
