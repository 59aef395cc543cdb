"""Small stand-ins for what lies outside: a clock that is set by hand and a chat that remembers."""

from datetime import datetime, timedelta

from bot.domain.people import Person
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.outgoing import Found


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        """Start at `now`."""
        self.at = now

    def now(self) -> datetime:
        """Return the present of the test."""
        return self.at

    def move(self, **by: float) -> None:
        """Move on by a timedelta's arguments."""
        self.at += timedelta(**by)


class CutOff(Exception):  # noqa: N818  it is no error: it stands for a process that died
    """The process ended here."""


class FakeMessenger:
    """A chat that keeps what it got; it can refuse, be cut off before or after the message, and forget."""

    def __init__(self, clock: FakeClock) -> None:
        """Start with an empty history."""
        self.clock = clock
        self.got: list[tuple[datetime, str, str, Message]] = []
        self.refusal: SendRefused | None = None
        self.dies: str | None = None
        self.knows = True

    def workspace(self, person: Person) -> str:  # noqa: ARG002  the port's own name
        """Name the one workspace there is."""
        return "fake"

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Keep the message, unless told to fail."""
        if self.refusal is not None:
            raise self.refusal
        if self.dies == "before":
            raise CutOff
        self.got.append((self.clock.now(), person.id, delivery, message))
        if self.dies == "after":
            raise CutOff
        return f"ref-{len(self.got)}"

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Look into the history."""
        if self.refusal is not None:
            raise self.refusal
        if not self.knows:
            return Found.UNKNOWABLE, ""
        for place, (_, who, what, _) in enumerate(self.got, 1):
            if (who, what) == (person.id, delivery):
                return Found.SENT, f"ref-{place}"
        return Found.ABSENT, ""


class FakeQueue:
    """Remembers what it was asked for; tests do the work themselves."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.asked: list[tuple[str, ...]] = []

    async def submit(self, task: str, *ids: str) -> None:
        """Note a task."""
        self.asked.append((task, *ids))

    async def depth(self) -> int:
        """Return how many tasks were noted."""
        return len(self.asked)
