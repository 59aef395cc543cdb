"""The chats of this process: those whose settings are there, joined so that each person is written to in one of them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bot.app.chats import Chats
from bot.app.rules import Rules
from bot.app.vitals import Check
from bot.outgoing import Messenger
from bot.ports import Clock, Ports
from bot.talking import References, Voice
from jobs.settings import read_slack, read_teams

if TYPE_CHECKING:  # a third of a second to load, which only the service needs
    from aiohttp.web import Application


class Chat(Protocol):
    """One chat, as far as it needs no store."""

    @property
    def name(self) -> str:
        """Return what its turns are called by."""
        ...

    def messenger(self, references: References) -> Messenger:
        """Return what sends."""
        ...

    def voice_of(self, references: References) -> Voice:
        """Return what answers."""
        ...

    def listening(
        self, ports: Ports, rules: Rules, site: "Application", others: Mapping[str, Voice]
    ) -> AbstractAsyncContextManager[object]:
        """Take what it delivers while the block lasts, by this site where it comes by HTTP."""
        ...

    async def ready(self) -> None:
        """Raise where the chat refuses the app."""
        ...


@dataclass(frozen=True, slots=True)
class Joined:
    """Chats as one."""

    chats: Sequence[Chat]

    def messenger(self, references: References) -> Messenger:
        """Return what sends: by the one chat, or by the one of several in which somebody is."""
        found = {chat.name: chat.messenger(references) for chat in self.chats}
        return next(iter(found.values())) if len(found) == 1 else Chats(found)

    def voices(self, references: References) -> dict[str, Voice]:
        """Return what answers, by the name of the chat."""
        return {chat.name: chat.voice_of(references) for chat in self.chats}

    @property
    def checks(self) -> dict[str, Check]:
        """Return what must go well for each chat, by its name."""
        return {chat.name: chat.ready for chat in self.chats}

    @asynccontextmanager
    async def listening(self, ports: Ports, rules: Rules, site: "Application") -> AsyncIterator[None]:
        """Take what each chat delivers until the block ends."""
        voices = self.voices(ports.references) if len(self.chats) > 1 else {}
        async with AsyncExitStack() as stack:
            for chat in self.chats:
                await stack.enter_async_context(chat.listening(ports, rules, site, voices))
            yield


@asynccontextmanager
async def open_chats(clock: Clock, admins: Sequence[str]) -> AsyncIterator[Joined | None]:
    """Join every chat that is set up, None where none is; raises SettingsError."""
    slack, teams = read_slack(), read_teams()
    async with AsyncExitStack() as stack:
        chats: list[Chat] = []
        if slack.bot_token is not None:
            from jobs.slack import open_slack  # noqa: PLC0415  half a second to load, which nobody needs without a token

            chats.append(await stack.enter_async_context(open_slack(slack, clock, admins)))
        if teams.app_id is not None:
            from jobs.teams import open_teams  # noqa: PLC0415  more than a second to load, as above

            chats.append(await stack.enter_async_context(open_teams(teams, clock, admins)))
        yield Joined(chats) if chats else None
