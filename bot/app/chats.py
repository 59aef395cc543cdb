"""Several chats at once: each person is written to in one of them, and nobody is gone who is in any."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain.people import Person
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.outgoing import Found, Messenger
from bot.talking import Seen, Voice

BETWEEN: Final = " "
"""Stands in a reference between the name of the chat and its own reference."""


def chat_order(person: Person, chats: Sequence[str]) -> list[str]:
    """Return the chats to try for somebody: their choice, else where they answered last, then the others."""
    wanted = [chat for chat in (person.preferences.chat, person.met_in) if chat is not None and chat in chats]
    return list(dict.fromkeys([*wanted, *chats]))


def ref_in(chat: str, ref: str) -> str:
    """Return a reference as this chat knows it; empty where it is another's."""
    name, between, own = ref.partition(BETWEEN)
    if not between:
        return ref
    return own if name == chat else ""


class Chats:
    """The Messenger port over several chats. What one definitely did not take may go through the next, nothing else."""

    def __init__(self, messengers: Mapping[str, Messenger]) -> None:
        """Send by these, given by their names in the order in which they are tried."""
        self._messengers = dict(messengers)

    def workspace(self, person: Person) -> str:
        """Name what the chat that is tried first limits together."""
        return self._first(person)[1].workspace(person)

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Send in one chat, the next one only where somebody is not to be found in one."""
        last: SendRefused | None = None
        for chat in chat_order(person, [*self._messengers]):
            try:
                ref = await self._messengers[chat].send(person, delivery, message)
            except SendRefused as refused:
                if not refused.gone:
                    raise
                last = refused
            else:
                return f"{chat}{BETWEEN}{ref}"
        raise last or SendRefused("there is no chat", final=True)

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Say whether a delivery is in any chat; absent only where each can tell."""
        is_known = True
        for chat in chat_order(person, [*self._messengers]):
            found, ref = await self._messengers[chat].find(person, delivery)
            if found is Found.SENT:
                return found, f"{chat}{BETWEEN}{ref}"
            is_known = is_known and found is Found.ABSENT
        return (Found.ABSENT if is_known else Found.UNKNOWABLE), ""

    def _first(self, person: Person) -> tuple[str, Messenger]:
        chat = chat_order(person, [*self._messengers])[0]
        return chat, self._messengers[chat]


async def seen_anywhere(person: Person, voices: Mapping[str, Voice]) -> Seen | None:
    """Return what the chats know of somebody: gone where each says so, None where none can say."""
    found = [await voices[chat].look_up(person) for chat in chat_order(person, [*voices])]
    here = next((seen for seen in found if seen is not None and not seen.is_gone), None)
    if here is not None:
        return here
    return Seen(is_gone=True) if found and all(seen is not None for seen in found) else None
