"""What the core needs of a chat in which people answer: what they did, kept until it is answered, and a voice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.people import Person
from bot.domain.reference import Reference
from bot.domain.turn import Meant, Settled, Turn
from bot.messages.model import Message


class Turns(Protocol):
    """What people did in chats, stored before the chat gets its acknowledgement."""

    async def take(self, turn: Turn) -> bool:
        """Claim the business key and store the turn in one step; False when the key is known."""
        ...

    async def is_first(self, key: str) -> bool:
        """Claim the business key of something that is done at once and kept for nobody; False when the key is known."""
        ...

    async def due(self, now: datetime) -> list[Turn]:
        """Return turns that wait for an answer of ours now, oldest first."""
        ...

    async def hold(self, turn: Turn, now: datetime, until: datetime) -> int:
        """Become the one who answers it until then; returns how often it was held so far, 0 when somebody else has it."""
        ...

    async def later(self, turn: Turn, at: datetime) -> None:
        """Let a held turn wait until then."""
        ...

    async def settle(self, turn: Turn, settled: Settled) -> None:
        """Keep what a held turn led to, before anything is done about it."""
        ...

    async def settled(self, turn: Turn) -> Settled | None:
        """Return what a turn led to when it was held before, None where it did not get so far."""
        ...

    async def answered(self, turn: Turn) -> None:
        """Forget what was done, and keep that it was."""
        ...

    async def meant(self, person: str) -> Meant | None:
        """Return what was understood of a person's words and waits for their yes."""
        ...

    async def keep_meant(self, person: str, meant: Meant | None) -> None:
        """Keep it for an hour in the place of what was there, or drop it."""
        ...


class References(Protocol):
    """Where people can be written to, by the name of the chat; for chats that find nobody by an address."""

    async def keep(self, chat: str, reference: Reference) -> None:
        """Keep what is known of a user now, in the place of what was."""
        ...

    async def of_user(self, chat: str, user: str) -> Reference | None:
        """Return what is known of a user."""
        ...

    async def of_person(self, chat: str, person: str) -> Reference | None:
        """Return what is known of the user who is this person of ours, by one of their aliases."""
        ...

    async def forget(self, chat: str, user: str) -> None:
        """Delete what is known of a user: they can't be written to any more."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a chat knows of somebody: whether they can be written to there, and their time zone (IANA)."""

    is_gone: bool
    timezone: str | None = None


class Voice(Protocol):
    """One chat, as it answers who did something in it.

    Each raises SendRefused where the chat took nothing, with `final` where it never will; anything else leaves open
    whether it arrived.
    """

    async def aliases(self, user: str) -> tuple[str, ...]:
        """Return how the registry may write a user of the chat, the best first; none for a bot, a stranger, or nobody."""
        ...

    async def look_up(self, person: Person) -> Seen | None:
        """Return what the chat knows of somebody now; None where it can't say."""
        ...

    async def read(self, text: str) -> str:
        """Return words with those whom they mention as the registry may write them."""
        ...

    async def show(self, turn: Turn, delivery: str, place: str, message: Message) -> None:
        """Put this into the place of a message of ours; done twice it is the same."""
        ...

    async def say(self, turn: Turn, message: Message, delivery: str = "", *, again: bool = False) -> None:
        """Write to who did the turn; with `again` it may have been said already, and is looked for first."""
        ...

    async def whisper(self, turn: Turn, text: str) -> None:
        """Tell who did the turn something that nobody else sees."""
        ...
