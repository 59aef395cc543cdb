"""Who somebody is in Teams, and where they can be written to: nobody is found there who did not come to us first."""

import logging
from asyncio import gather
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp

from adapters.teams.connector import Address, Connector
from adapters.teams.errors import ConnectorError, Kind
from adapters.teams.inbound import CHAT, GUID, MENTIONED, Activity
from bot.domain.people import Person
from bot.domain.reference import Reference
from bot.ports import Clock
from bot.talking import References

LOG = logging.getLogger(__name__)

KEPT: Final = timedelta(hours=24)
"""Somebody's address and name at Entra are asked for again after so long."""
MOST: Final = 5_000
"""References that a process remembers to have written; more are written again."""
SURE: Final = timedelta(minutes=1)
"""So long a process relies on what it remembers: another may have deleted the reference since."""
MENTIONS: Final = 20
"""Members of a text who are looked up; no command names more."""
INSTALLED: Final = "installationUpdate"
UNANSWERED: Final = (ConnectorError, aiohttp.ClientError, TimeoutError)
"""What a lookup fails with."""
SERVICE, USER, BOT, PERSONAL, MET = "service_url", "user_id", "bot_id", "conversation", "met_at"
"""What an address holds: the service of their tenant, their id and ours there, the chat with us alone, and where we met."""


@dataclass(slots=True)
class Directory:
    """The users of one tenant who came to us, kept in the store for every process."""

    connector: Connector
    references: References
    clock: Clock
    tenant: str
    _written: dict[str, tuple[datetime, dict[str, str], str | None]] = field(default_factory=dict)
    _met: dict[str, Reference] = field(default_factory=dict)
    """Who was met among others and never alone, as far as this process has to answer them: not kept in the store."""

    async def see(self, activity: Activity) -> None:
        """Keep where somebody can be written to, as they show it now: addresses move, and the newest counts."""
        if activity.user is None:
            return
        told = {SERVICE: activity.service_url, USER: activity.sender.id, BOT: activity.recipient.id}
        told |= {PERSONAL if activity.is_personal else MET: activity.conversation.id}
        now = self.clock.now()
        if activity.type != INSTALLED and self._has_written(activity.user, told, activity.timezone, now):
            return
        stored = await self.references.of_user(CHAT, activity.user)
        known = stored or self._met.get(activity.user) or Reference(user=activity.user)
        address, zone = known.address | told, activity.timezone or known.timezone
        seen = known.model_copy(update={"address": address, "timezone": zone})
        if stored is None and not activity.is_personal:
            self._meet(seen)
            return
        if seen != stored:
            self._met.pop(activity.user, None)
            await self.references.keep(CHAT, seen)
        if len(self._written) >= MOST:
            self._written.clear()
        self._written[activity.user] = (now, told, activity.timezone)

    def _meet(self, reference: Reference) -> None:
        if len(self._met) >= MOST:
            self._met.clear()
        self._met[reference.user] = reference

    def is_kept(self, user: str) -> bool:
        """Whether nothing is left to keep of a user: who was only met among others is in this process alone."""
        return user not in self._met

    async def keep_named(self, user: str) -> None:
        """Keep in the store who was only met among others: the registry names them, and they may be written to."""
        met = self._met.pop(user, None)
        if met is not None:
            await self.references.keep(CHAT, met)

    async def _keep(self, reference: Reference) -> None:
        """Keep what changed of somebody where they are kept."""
        if reference.user in self._met:
            self._met[reference.user] = reference
        else:
            await self.references.keep(CHAT, reference)

    def _has_written(self, user: str, told: Mapping[str, str], zone: str | None, now: datetime) -> bool:
        """Whether this process wrote just that a moment ago."""
        at, *written = self._written.get(user, (now, {}, None))
        return now - at < SURE and written == [told, zone]

    async def forget(self, user: str) -> None:
        """Delete where somebody could be written to: they took the app away."""
        self._written.pop(user, None)
        self._met.pop(user, None)
        await self.references.forget(CHAT, user)

    async def of_user(self, user: str) -> Reference | None:
        """Return what is known of a user."""
        return await self.references.of_user(CHAT, user) or self._met.get(user)

    async def of_person(self, person: Person) -> Reference | None:
        """Return where a person can be written to; None where they did not come to us, or took the app away."""
        found = await self.references.of_person(CHAT, person.id)
        return found or (await self.of_user(person.name) if GUID.fullmatch(person.name) else None)

    async def aliases(self, user: str) -> tuple[str, ...]:
        """Return how the registry may write a user: by e-mail, by name at Entra, or by id; none for who is not of the tenant.

        Where Teams can't say now it is what was known before; without that it raises ConnectorError, or what the wire raises.
        """
        known = await self.of_user(user)
        if known is None:
            return ()
        now = self.clock.now()
        if known.looked_at is not None and now - known.looked_at < KEPT:
            return known.aliases
        try:
            found = await self.connector.member(met_at(known), known.address[USER])
        except UNANSWERED as fault:
            is_no_member = isinstance(fault, ConnectorError) and fault.kind in {Kind.GONE, Kind.REROUTE}
            if known.aliases or is_no_member:
                return known.aliases
            raise
        aliases = self._aliases(user, found)
        newest = await self.of_user(user)
        if newest is not None:  # else they took the app away meanwhile
            await self._keep(newest.model_copy(update={"aliases": aliases, "looked_at": now}))
        return aliases

    async def read(self, text: str, at: Address) -> str:
        """Return a text with members of a conversation whom it mentions by their addresses; who is none there stays as it is."""
        users = list(dict.fromkeys(found["user"] for found in MENTIONED.finditer(text)))[:MENTIONS]
        names = dict(zip(users, await gather(*(self._name_of(user, at) for user in users)), strict=True))
        return MENTIONED.sub(lambda found: names.get(found["user"]) or found[0], text)

    async def _name_of(self, user: str, at: Address) -> str | None:
        """Return how the registry writes a member of a conversation; None where Teams can't say."""
        try:
            member = await self.connector.member(at, user)
        except UNANSWERED:
            return None
        return next(iter(self._aliases(str(member.get("aadObjectId")), member)), None)

    def _aliases(self, user: str, member: Mapping[str, Any]) -> tuple[str, ...]:
        tenant = member.get("tenantId")
        if member.get("aadObjectId", user) != user or (isinstance(tenant, str) and tenant != self.tenant):
            return ()
        told = (member.get("email"), member.get("userPrincipalName"), user)
        return tuple(dict.fromkeys(one for one in told if isinstance(one, str) and one))

    async def chat_with(self, reference: Reference, *, anew: bool = False) -> Address:
        """Return the chat of somebody with us alone, opened where it was not; with `anew` the one we know is gone."""
        address = reference.address
        if PERSONAL in address and not anew:
            return Address(address[SERVICE], address[PERSONAL])
        opened = await self.connector.open(address[SERVICE], [address[USER]], address[BOT], self.tenant)
        newest = await self.of_user(reference.user)
        if newest is not None:  # as above
            kept = newest.model_copy(update={"address": newest.address | {PERSONAL: opened}})
            await self._keep(kept)
        return Address(address[SERVICE], opened)


def met_at(reference: Reference) -> Address:
    """Return a conversation in which we know somebody."""
    address = reference.address
    return Address(address[SERVICE], address.get(PERSONAL) or address[MET])
