"""A voice that lets what is shown at a card be the answer to the tap on it, while whoever tapped waits for one."""

from adapters.teams.voice import TeamsVoice
from bot.domain.people import Person
from bot.domain.turn import Turn
from bot.messages.model import Message
from bot.talking import Seen


class InPlace:
    """The Voice port for one turn. What is shown is shown to everybody besides: an answer reaches the tapping client alone."""

    def __init__(self, voice: TeamsVoice, turn: Turn) -> None:
        """Speak by this voice, about this turn."""
        self._voice, self._turn = voice, turn
        self.shown: tuple[Message, str] | None = None
        """The message in the place of the card, and its delivery."""
        self.said: str | None = None
        self.is_waited_for = True

    async def aliases(self, user: str) -> tuple[str, ...]:
        """Ask the voice."""
        return await self._voice.aliases(user)

    async def look_up(self, person: Person) -> Seen | None:
        """Ask the voice."""
        return await self._voice.look_up(person)

    async def read(self, text: str) -> str:
        """Ask the voice."""
        return await self._voice.read(text)

    async def show(self, turn: Turn, delivery: str, place: str, message: Message) -> None:
        """Put it into its place, and keep it for the answer where that is where they tapped."""
        await self._voice.show(turn, delivery, place, message)
        if place == self._turn.place:
            self.shown = (message, delivery)

    async def say(self, turn: Turn, message: Message, delivery: str = "", *, again: bool = False) -> None:
        """Say it."""
        await self._voice.say(turn, message, delivery, again=again)

    async def whisper(self, turn: Turn, text: str) -> None:
        """Answer with it, or where nobody waits any more say it."""
        if self.is_waited_for:
            self.said = text
        else:
            await self._voice.whisper(turn, text)
