"""Who somebody is in Slack: their user by the registry's way to write them, and the other way round."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from adapters.slack.client import SlackClient
from adapters.slack.errors import Kind, SlackError
from bot.domain.people import Person
from bot.ports import Clock

KEPT: Final = timedelta(hours=24)
"""A user is looked up again after so long: people leave, and a message to who has left is taken silently."""
SHORTLY: Final = timedelta(minutes=5)
"""So long nobody stays nobody: people come back."""
LONGEST_QUIET: Final = 24 * 3600.0
"""Seconds; whoever is quiet for longer is asked again after a day."""
USER: Final = re.compile(r"[UW][A-Z0-9]{2,}")
"""Ids of users; a registry may write people so."""
MENTION: Final = re.compile(r"<(?:@([UW][A-Z0-9]+)|[#!]?([^|<>@]*@?[^|<>]*))(?:\|([^<>]*))?>")
"""How Slack writes users, channels and links in words."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the workspace; `channel` is that of direct messages with them, empty until one was needed."""

    id: str
    alias: str
    looked_at: datetime
    timezone: str | None = None
    channel: str = ""


@dataclass(slots=True)
class Directory:
    """Users, looked up once a day."""

    client: SlackClient
    clock: Clock
    known: dict[str, User] = field(default_factory=dict)
    """By the id of the person, with their channel."""
    reads_dnd: bool = True
    """Whether Slack lets us read when somebody is not to be disturbed."""
    _aliases: dict[str, User] = field(default_factory=dict)
    """By the id of the user."""

    async def user(self, person: Person) -> User:
        """Return who a person is; raises SlackError where they can't be written to: unknown, left, or a bot."""
        known, now = self.known.get(person.id), self.clock.now()
        if known is not None and now - known.looked_at < KEPT:
            return known
        found = await self.find(person)
        user = replace(found, channel=await self.channel(found.id))
        self.known[person.id] = user
        return user

    async def find(self, person: Person) -> User:
        """Look a person up now; raises SlackError where they can't be written to."""
        if USER.fullmatch(person.name):
            found = (await self.client.call("users.info", user=person.name))["user"]
        elif "@" in person.name:
            found = (await self.client.call("users.lookupByEmail", email=person.name))["user"]
        else:
            raise SlackError("users.lookupByEmail", "users_not_found")
        if is_of_nobody(found):
            raise SlackError("users.lookupByEmail", "user_disabled")
        return User(found["id"], person.name, self.clock.now(), found.get("tz"))

    async def quiet_for(self, user: str) -> timedelta | None:
        """Return for how long a user is not to be disturbed, as they or their workspace set it; None where they may be.

        Without the scope dnd:read nobody is asked: Slack holds back its own notifications then.
        """
        if not self.reads_dnd:
            return None
        try:
            found = await self.client.call("dnd.info", user=user)
        except SlackError as error:
            self.reads_dnd = error.kind is not Kind.SETUP
            return None
        now = self.clock.now().timestamp()
        begin, end = float(found.get("next_dnd_start_ts") or 0), float(found.get("next_dnd_end_ts") or 0)
        is_quiet = bool(found.get("dnd_enabled")) and begin <= now < end
        return timedelta(seconds=min(end - now, LONGEST_QUIET)) if is_quiet else None

    async def channel(self, user: str) -> str:
        """Return the channel of direct messages with a user, opened where it was not."""
        opened = await self.client.call("conversations.open", users=user)
        return str(opened["channel"]["id"])

    async def aliases(self, user: str) -> tuple[str, ...]:
        """Return how the registry may write a user: by e-mail or by id; nothing for bots, who has left, and strangers."""
        known, now = self._aliases.get(user), self.clock.now()
        if known is None or now - known.looked_at >= (KEPT if known.alias else SHORTLY):
            try:
                found = (await self.client.call("users.info", user=user))["user"]
            except SlackError as error:
                if error.kind is Kind.REROUTE:
                    return ()
                raise
            email = "" if is_of_nobody(found) else str(found.get("profile", {}).get("email") or user)
            known = self._aliases[user] = User(user, email, now, found.get("tz"))
        return tuple(dict.fromkeys((known.alias, user))) if known.alias else ()

    async def read(self, text: str) -> str:
        """Return words with Slack's own marks as people write them: users by e-mail, links by what is shown."""
        for user in {found[1] for found in MENTION.finditer(text) if found[1]}:
            alias = next(iter(await self.aliases(user)), "somebody")
            for mark in {found[0] for found in MENTION.finditer(text) if found[1] == user}:
                text = text.replace(mark, alias)
        plain = MENTION.sub(lambda found: found[3] or str(found[2]).removeprefix("mailto:"), text)
        return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    def forget_user(self, user: str) -> None:
        """Look this user up anew next time: something about them changed."""
        self._aliases.pop(user, None)
        self.known = {person: one for person, one in self.known.items() if one.id != user}

    def forget(self, person: Person) -> None:
        """Look this person up anew next time."""
        self.known.pop(person.id, None)


def is_of_nobody(user: Mapping[str, Any]) -> bool:
    """Whether a user is nobody whom we may ask: who has left, a bot, or somebody of another firm in a shared channel."""
    return any(user.get(mark) for mark in ("deleted", "is_bot", "is_stranger"))
