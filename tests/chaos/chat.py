"""The Messenger port over HTTP, as an adapter of a chat would speak: what is definite and what is not."""

from datetime import timedelta
from http import HTTPStatus

import aiohttp

from bot.domain.people import Person
from bot.errors import SendRefused
from bot.messages.model import Message
from bot.outgoing import Found

WORKSPACES = 4


def workspace_of(person: str) -> str:
    """Return the workspace of a person, one of four."""
    return f"team-{sum(person.encode()) % WORKSPACES}"


class HttpMessenger:
    """Speaks to the chat server of these tests."""

    def __init__(self, url: str) -> None:
        """Send to this address; the connection is made with the first message."""
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    def workspace(self, person: Person) -> str:
        """Name the workspace of a person."""
        return workspace_of(person.id)

    async def send(self, person: Person, delivery: str, message: Message) -> str:
        """Send; 429 and 410 are refusals, anything but 200 leaves open whether the message arrived."""
        told = {"person": person.id, "delivery": delivery, "text": message.to_stored()}
        async with self._open().post(f"{self._url}/messages", json=told) as answer:
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise SendRefused("slow down", retry_after=timedelta(seconds=int(answer.headers["Retry-After"])))
            if answer.status == HTTPStatus.GONE:
                raise SendRefused("no such person", final=True)
            answer.raise_for_status()
            return str((await answer.json())["ref"])

    async def find(self, person: Person, delivery: str) -> tuple[Found, str]:
        """Ask for the history."""
        async with self._open().get(f"{self._url}/messages/{self.workspace(person)}/{delivery}") as answer:
            if answer.status == HTTPStatus.FORBIDDEN:
                return Found.UNKNOWABLE, ""
            if answer.status == HTTPStatus.NOT_FOUND:
                return Found.ABSENT, ""
            answer.raise_for_status()
            return Found.SENT, str((await answer.json())["ref"])

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
