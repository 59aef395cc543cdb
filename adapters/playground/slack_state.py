"""What a local Slack knows and remembers: users, direct messages, posts, views, and what it was told to fail at."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from time import monotonic
from typing import Any

Body = dict[str, Any]


class Failure(StrEnum):
    """How a call fails."""

    ERROR = "error"
    """Answered with an error code, and nothing done."""
    LIMITED = "limited"
    """429 with Retry-After, and nothing done."""
    BROKEN = "broken"
    """500, and nothing done."""
    BROKEN_AFTER = "broken_after"
    """500, and done all the same."""
    HANGING = "hanging"
    """Done, and never answered."""
    DROPPED = "dropped"
    """Done, and the connection closed without an answer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure that waits for a call of a method."""

    failure: Failure
    code: str = ""
    retry_after: int = 1
    needed: str = ""


@dataclass(slots=True)
class LocalUser:
    """A member of the workspace."""

    id: str
    email: str
    name: str
    timezone: str = "Europe/Berlin"
    deleted: bool = False
    is_bot: bool = False
    is_restricted: bool = False
    quiet: tuple[float, float] | None = None
    """From when to when they are not to be disturbed, as seconds since 1970."""

    def to_dnd(self) -> Body:
        """Return when the user is not to be disturbed, as Slack tells it."""
        begin, end = self.quiet or (1.0, 1.0)
        return {"dnd_enabled": self.quiet is not None, "next_dnd_start_ts": begin, "next_dnd_end_ts": end}

    def to_body(self) -> Body:
        """Return the user as Slack tells of one."""
        return {
            "id": self.id,
            "name": self.name,
            "deleted": self.deleted,
            "is_bot": self.is_bot,
            "is_restricted": self.is_restricted,
            "tz": self.timezone,
            "profile": {"email": self.email, "real_name": self.name},
        }


@dataclass(slots=True)
class SlackState:
    """Everything of one workspace."""

    team: str = "T1"
    bot: str = "U0BOT"
    users: dict[str, LocalUser] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    """The user of each channel of direct messages."""
    posts: dict[str, list[Body]] = field(default_factory=lambda: defaultdict(list))
    """By channel, oldest first."""
    private: list[Body] = field(default_factory=list)
    """Ephemeral messages: nobody else sees them, and they can't be changed."""
    views: dict[str, Body] = field(default_factory=dict)
    homes: dict[str, Body] = field(default_factory=dict)
    calls: list[tuple[str, Body]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    url: str = ""
    """Where the workspace listens."""
    events: int = 0
    triggers: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Whose each trigger is and when it was given; it opens one view within three seconds."""
    responses: list[Body] = field(default_factory=list)
    """What was sent to a response_url."""
    scopes: set[str] = field(
        default_factory=lambda: {
            "chat:write",
            "commands",
            "im:write",
            "users:read",
            "users:read.email",
            "im:history",
            "dnd:read",
        }
    )
    """What the token was granted, as Slack names it beside each answer."""
    refused_blocks: frozenset[str] = frozenset()
    """Types of blocks that this workspace does not have yet."""
    is_organisation: bool = False
    """Whether the app is installed for a whole organisation."""
    missing_scopes: set[str] = field(default_factory=set)
    """Methods that lack their scope."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def add_user(self, email: str, **given: object) -> LocalUser:
        """Let somebody join."""
        user = LocalUser(f"U{next(self._numbers):08}", email, email.partition("@")[0])
        for name, value in given.items():
            setattr(user, name, value)
        self.users[user.id] = user
        return user

    def fail(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next calls of a method fail."""
        self.faults[method] += [fault] * times

    def trigger(self, user: str) -> str:
        """Return what a person's act may open a view with."""
        name = f"{next(self._numbers)}.trigger"
        self.triggers[name] = (user, monotonic())
        return name

    def user_of(self, email: str) -> LocalUser:
        """Return the member with this address."""
        return next(u for u in self.users.values() if u.email == email)

    def stamp(self) -> str:
        """Return the next time stamp: unique in the workspace, as Slack's are in a channel."""
        return f"1760000000.{next(self._numbers):06}"

    def channel_of(self, user: str) -> str:
        """Return the channel of direct messages with a user, opened when it was not."""
        channel = f"D{user[1:]}"
        self.channels[channel] = user
        return channel

    def to(self, email: str) -> list[Body]:
        """Return the posts that somebody got, oldest first."""
        return self.posts.get(f"D{self.user_of(email).id[1:]}", [])
