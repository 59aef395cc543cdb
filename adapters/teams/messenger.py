"""The Messenger port over the Bot Connector: a card in the chat of one person with us."""

from typing import Any, Final

import aiohttp

from adapters.teams.cards import LARGEST, size_of, to_card, to_summary
from adapters.teams.connector import NOT_THERE, Address, Connector, unreachable
from adapters.teams.directory import Directory
from adapters.teams.errors import ConnectorError, Kind, refusal
from adapters.teams.inbound import BETWEEN, CHAT
from adapters.teams.sdk import card_to, words_to
from bot.domain.people import Person
from bot.domain.reference import Reference
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.messages.plain import to_plain
from bot.outgoing import Found

MOST_WORDS: Final = 20_000
"""Characters of a message without a card; in UTF-16 with all that goes beside them, well below what Teams takes."""


class TeamsMessenger:
    """Sends to people of one tenant."""

    def __init__(self, connector: Connector, directory: Directory) -> None:
        """Send by this connector."""
        self._connector, self._directory = connector, directory

    def workspace(self, person: Person) -> str:  # noqa: ARG002  the port's own name; there is one tenant
        """Name what Teams limits together."""
        return CHAT

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Post and return conversation and id of the activity.

        Raises SendRefused where Teams took nothing; anything else leaves open whether it did.
        """
        reference = await self._directory.of_person(person)
        if reference is None:
            raise SendRefused("they have not installed the app in Teams", final=True, gone=True)
        at = await self._chat(reference)
        try:
            return await self._post(reference, at, delivery, message)
        except ConnectorError as error:
            if error.kind is not Kind.GONE:
                raise refused(error) from None
        again = await self._chat(reference, anew=True)
        try:
            return await self._post(reference, again, delivery, message)
        except ConnectorError as error:
            raise refused(error) from None

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:  # noqa: ARG002  the port's own names
        """Say that nobody can know: a bot may not read the history of its chats."""
        return Found.UNKNOWABLE, ""

    async def _chat(self, reference: Reference, *, anew: bool = False) -> Address:
        """Return where to write; whatever goes wrong here, nothing was sent."""
        try:
            return await self._directory.chat_with(reference, anew=anew)
        except ConnectorError as error:
            raise refusal(error) or SendRefused(f"Teams did not answer (HTTP {error.status})") from None
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise unreachable(fault) from None

    async def _post(self, reference: Reference, at: Address, delivery: str, message: Message) -> str:
        try:
            posted = await self._connector.post(at, to_activity(message, delivery, reference, at, sent=True))
        except NOT_THERE as fault:
            raise unreachable(fault) from None
        return f"{at.conversation}{BETWEEN}{posted}"


def refused(error: ConnectorError) -> Exception:
    """Return how an answer is told to the core; what may have happened all the same stays as it is."""
    return refusal(error) or error


def to_activity(
    message: Message, delivery: str, reference: Reference, at: Address, *, sent: bool = False
) -> dict[str, Any]:
    """Return a message as an activity to somebody, `sent` or shown; one that is too large for a card goes as words."""
    made = card_to(reference, at, to_card(message, delivery, sent=sent), to_summary(message))
    return made if size_of(made) <= LARGEST else words_to(reference, at, to_plain(message)[:MOST_WORDS])
