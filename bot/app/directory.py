"""What a chat knows of the people whom the registry names: who has left, who is back, and whose clock is which."""

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from bot.app.chats import seen_anywhere
from bot.domain.calendar import is_zone
from bot.domain.people import Person
from bot.ports import Ports
from bot.talking import Seen, Voice

LOG = logging.getLogger(__name__)

FEW: Final = 5
"""Of more people, no more than half can have left since yesterday: then the chat, or the way we ask it, is at fault."""


async def known_as(aliases: Sequence[str], ports: Ports) -> Person | None:
    """Return the person whom the registry writes in one of these ways."""
    ids = [ports.people.identify(alias) for alias in aliases]
    found = await ports.people.some(ids)
    return next((found[one] for one in ids if one in found), None)


async def look_up_all(ports: Ports, voices: Mapping[str, Voice]) -> int:
    """Ask the chats about everybody and keep what they say; returns how many can be written to in none.

    It takes as long as their pace makes it; cut off, the next day's round begins anew.
    """
    everybody = await ports.people.all()
    found = {person.id: await seen_anywhere(person, voices) for person in everybody.values()}
    gone = sum(seen is not None and seen.is_gone for seen in found.values())
    if gone > FEW and gone > len(everybody) / 2:
        LOG.error(
            "the chat knows %d of %d people not: that is taken for a fault, and nobody for gone", gone, len(everybody)
        )
        return gone
    moved = []
    for person in everybody.values():
        seen = found[person.id]
        if seen is not None and await keep_seen(ports, person, seen):
            moved.append(person)
    if moved:
        await tell_moved(ports, moved)
    LOG.info("looked up in the chat: %d people, %d of them not there, %d moved", len(everybody), gone, len(moved))
    return gone


async def tell_moved(ports: Ports, people: Sequence[Person]) -> None:
    """Have every pilot looked at in which one of these people has a part."""
    names = {person.name for person in people}
    pilots = [p.id for p in await ports.pilots.all() if {p.owner, p.sponsor, p.programme_lead} & names]
    await ports.touched.note(pilots)
    await ports.queue.submit("changed")


async def keep_seen(ports: Ports, person: Person, seen: Seen) -> bool:
    """Keep what a chat says of somebody; True where they left or came back."""
    if seen.timezone is not None and person.timezone is None and is_zone(seen.timezone):
        await ports.people.learn_zone(person.id, seen.timezone)
    if (person.gone_on is not None) is seen.is_gone:
        return False
    await ports.people.lost(person.id, ports.clock.now().date() if seen.is_gone else None)
    return True
