"""What a local Teams knows and remembers: people, their chats with the bot, what was posted, and what it was told to fail at."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any, Final
from uuid import NAMESPACE_DNS, uuid5

Body = dict[str, Any]
TENANT: Final = "9c0b0d3c-52a5-4a58-8b7a-2f6c9f1d0001"
APP: Final = "5d1f6f0e-2f0b-4c39-9a55-6f3f7a5e0002"
BOT: Final = f"28:{APP}"


class Failure(StrEnum):
    """How a call fails."""

    REFUSED = "refused"
    """Answered with a status, and nothing done."""
    REFUSED_AFTER = "refused_after"
    """Answered with a status, and done all the same."""
    HANGING = "hanging"
    """Done, and never answered."""
    DROPPED = "dropped"
    """Done, and the connection closed without an answer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure that waits for a call."""

    failure: Failure
    status: int = 500
    body: str = ""
    retry_after: str = ""


@dataclass(slots=True)
class LocalPerson:
    """Somebody of the tenant."""

    email: str
    name: str
    aad: str
    id: str
    timezone: str = "Europe/Berlin"
    is_installed: bool = False
    has_blocked: bool = False

    def to_body(self) -> Body:
        """Return them as the roster of a conversation tells of one."""
        names = {"name": self.name, "email": self.email, "userPrincipalName": self.email}
        return {"id": self.id, "aadObjectId": self.aad, "tenantId": TENANT, "userRole": "user"} | names


@dataclass(slots=True)
class Conversation:
    """One chat: who is in it besides the bot, and everything that stands in it, oldest first."""

    id: str
    kind: str
    people: list[str]
    """By their addresses."""
    activities: list[Body] = field(default_factory=list)


@dataclass(slots=True)
class TeamsState:
    """Everything of one tenant."""

    people: dict[str, LocalPerson] = field(default_factory=dict)
    """By address."""
    conversations: dict[str, Conversation] = field(default_factory=dict)
    calls: list[tuple[str, str, Body]] = field(default_factory=list)
    """Method, path and body of each call of the connector."""
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    """By what is called: post, put, open, member."""
    url: str = ""
    """Where the Bot Connector listens."""
    screens: dict[str, Any] = field(default_factory=dict)
    """What is open in front of somebody, by address."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def add_person(self, email: str, **given: object) -> LocalPerson:
        """Let somebody join the tenant."""
        aad = str(uuid5(NAMESPACE_DNS, email))
        person = LocalPerson(email, email.partition("@")[0].title(), aad, f"29:{uuid5(NAMESPACE_DNS, aad).hex}")
        for name, value in given.items():
            setattr(person, name, value)
        self.people[email] = person
        return person

    def fail(self, what: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a kind fail."""
        self.faults[what] += [fault] * times

    def chat_of(self, email: str) -> Conversation:
        """Return the chat of one person with the bot."""
        name = f"a:1{uuid5(NAMESPACE_DNS, 'chat' + email).hex}"
        return self.conversations.setdefault(name, Conversation(name, "personal", [email]))

    def team_of(self, *emails: str) -> Conversation:
        """Return a channel in which these people are with the bot."""
        name = f"19:{uuid5(NAMESPACE_DNS, ' '.join(emails)).hex}@thread.tacv2"
        return self.conversations.setdefault(name, Conversation(name, "channel", list(emails)))

    def person_of(self, user: str) -> LocalPerson | None:
        """Return who has this id, ours or Entra's."""
        return next((one for one in self.people.values() if user in {one.id, one.aad}), None)

    def number(self) -> str:
        """Return the id of the next activity: a number, as those of Teams are."""
        return str(1760000000000 + next(self._numbers))

    def to(self, email: str) -> list[Body]:
        """Return what the bot posted to somebody, oldest first."""
        return [one for one in self.chat_of(email).activities if one["from"]["id"] == BOT]
