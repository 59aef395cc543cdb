"""Who somebody is in Slack: their user by e-mail, and the channel of their direct messages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from adapters.slack.client import SlackClient
from adapters.slack.errors import SlackError
from bot.domain.people import Person
from bot.ports import Clock

KEPT: Final = timedelta(hours=24)
"""A user is looked up again after so long: people leave, and a message to who has left is taken silently."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of the workspace; `channel` is that of direct messages with them."""

    id: str
    channel: str
    looked_at: datetime
    timezone: str | None = None


@dataclass(slots=True)
class Directory:
    """Users by the id of the person, looked up once a day."""

    client: SlackClient
    clock: Clock
    _known: dict[str, User] = field(default_factory=dict)

    async def user(self, person: Person) -> User:
        """Return who a person is; raises SlackError where they can't be written to: unknown, left, or a bot."""
        known, now = self._known.get(person.id), self.clock.now()
        if known is not None and now - known.looked_at < KEPT:
            return known
        if "@" not in person.name:
            raise SlackError("users.lookupByEmail", "users_not_found")
        found = (await self.client.call("users.lookupByEmail", email=person.name))["user"]
        if found.get("deleted") or found.get("is_bot"):
            raise SlackError("users.lookupByEmail", "user_disabled")
        opened = await self.client.call("conversations.open", users=found["id"])
        user = User(found["id"], opened["channel"]["id"], now, found.get("tz"))
        self._known[person.id] = user
        return user

    def forget(self, person: Person) -> None:
        """Look this person up anew next time."""
        self._known.pop(person.id, None)
