"""The Voice port over the Bot Connector: cards put in the place of others, words in the chat, words for one alone."""

from typing import Any

from adapters.teams.connector import NOT_THERE, Address, Connector, unreachable
from adapters.teams.directory import PERSONAL, SERVICE, Directory
from adapters.teams.errors import ConnectorError, Kind
from adapters.teams.inbound import BETWEEN, GUID
from adapters.teams.messenger import refused, to_activity
from adapters.teams.sdk import words_to
from bot.domain.people import Person
from bot.domain.reference import Reference
from bot.domain.turn import Turn
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.messages.talk import told
from bot.talking import Seen


class TeamsVoice:
    """Answers people of one tenant where they did something."""

    def __init__(self, connector: Connector, directory: Directory) -> None:
        """Speak by this connector."""
        self._connector, self._directory = connector, directory

    async def aliases(self, user: str) -> tuple[str, ...]:
        """Return e-mail, name and id of a user of this tenant; what is no user's id is a name already."""
        if not GUID.fullmatch(user):
            return (user,)
        try:
            return await self._directory.aliases(user)
        except ConnectorError as error:
            raise refused(error) from None

    def is_kept(self, user: str) -> bool:
        """Whether nothing is left to keep of a user."""
        return self._directory.is_kept(user)

    async def keep_named(self, user: str) -> None:
        """Keep where a user can be written to whom the registry names."""
        await self._directory.keep_named(user)

    async def look_up(self, person: Person) -> Seen | None:
        """Return whether somebody can be written to: they came to us and did not take the app away."""
        reference = await self._directory.of_person(person)
        if reference is None:
            return Seen(is_gone=True)
        return Seen(is_gone=False, timezone=reference.timezone)

    async def read(self, text: str) -> str:
        """Return words as they are: Teams writes people by their names."""
        return text

    async def show(self, turn: Turn, delivery: str, place: str, message: Message) -> None:
        """Put a message into the place of another; where that is gone, say it, unless they answered elsewhere."""
        reference = await self._reference(turn)
        conversation, _, activity = place.partition(BETWEEN)
        at = Address(reference.address[SERVICE], conversation)
        if activity:
            try:
                await self._connector.put(at, activity, to_activity(message, delivery, reference, at))
            except ConnectorError as error:
                if error.kind is not Kind.GONE:
                    raise refused(error) from None
                if place != turn.place:
                    return
            except NOT_THERE as fault:
                raise unreachable(fault) from None
            else:
                return
        await self.say(turn, message, delivery)

    async def say(self, turn: Turn, message: Message, delivery: str = "", *, again: bool = False) -> None:
        """Write into the chat of whoever did the turn.

        With `again` it may stand there already, which nobody can look up: said twice it is better than not at all,
        since they asked.
        """
        del again
        reference = await self._reference(turn)
        try:
            at = await self._directory.chat_with(reference)
            await self._post(at, to_activity(message, delivery, reference, at))
        except ConnectorError as error:
            raise refused(error) from None

    async def whisper(self, turn: Turn, text: str) -> None:
        """Tell who did the turn something: in a chat of several by a message that they alone see."""
        reference = await self._reference(turn)
        conversation, _, _ = turn.place.partition(BETWEEN)
        if not conversation or conversation == reference.address.get(PERSONAL):
            await self.say(turn, told(text))
            return
        at = Address(reference.address[SERVICE], conversation)
        try:
            await self._post(at, words_to(reference, at, text, is_targeted=True), is_targeted=True)
        except ConnectorError:  # not every tenant has messages for one alone
            await self.say(turn, told(text))

    async def _reference(self, turn: Turn) -> Reference:
        reference = await self._directory.of_user(turn.user)
        if reference is None:
            raise SendRefused("they took the app away", final=True)
        return reference

    async def _post(self, at: Address, body: dict[str, Any], *, is_targeted: bool = False) -> None:
        try:
            await self._connector.post(at, body, is_targeted=is_targeted)
        except NOT_THERE as fault:
            raise unreachable(fault) from None
